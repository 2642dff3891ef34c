"""The tenant's business calendars: their versions in the table, and the interface by which they are set."""
