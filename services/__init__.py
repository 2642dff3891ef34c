"""The composition root: four services, started apart or together, and the command `kept`."""
