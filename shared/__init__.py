"""What the four services agree on: contracts, broker, event log, inbox, timers, security, pages' frame."""
