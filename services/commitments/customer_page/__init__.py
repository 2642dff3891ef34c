"""The customer's page of one promise, reached by a signed link."""
