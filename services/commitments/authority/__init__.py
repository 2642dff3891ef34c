"""Authority, or who may promise what: roles, limits, goodwill, and rules of the house with their history."""
