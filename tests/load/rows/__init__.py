"""One module a family of rows: GOALS by row name, and `measure(servers, wanted)` for those that are wanted."""
