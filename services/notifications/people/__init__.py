"""Recipients: a copy of intake's customers and their addresses."""
