"""The promise: its life as a pure core, its table, its parts and its clocks."""
