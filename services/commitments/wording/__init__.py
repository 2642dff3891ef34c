"""Plain wording of texts for customers, with the tenant's own glossary of jargon."""
