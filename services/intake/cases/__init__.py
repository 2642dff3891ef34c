"""Cases: assigning a contact to one, and their life by API."""
