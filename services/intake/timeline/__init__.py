"""The timeline: every event of every service, by customer."""
