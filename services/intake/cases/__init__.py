"""Cases: which one a contact belongs to, and their life by API."""
