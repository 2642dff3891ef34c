"""Mail as programs really write it: bytes of any kind become a contact and facts, in linear time."""
