"""Our own people: persons, roles, sign-in."""
