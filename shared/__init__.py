"""The code that the four services share: contracts, broker, event log, inbox, timers, security, pages' frame."""
