"""Statistics that several services need: shares and quantiles with intervals, and how long things last. Pure."""
