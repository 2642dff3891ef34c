"""Mail as it really is, whoever brings it: bytes of any kind become a contact and facts, in linear time."""
