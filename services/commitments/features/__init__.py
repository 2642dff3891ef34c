"""One date that many customers wait for: each has a promise of their own, and all hear when it moves."""
