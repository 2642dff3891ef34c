"""The composition root: four services started apart or together, behind one address."""
