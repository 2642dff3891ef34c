"""Our own people: how they sign in."""
