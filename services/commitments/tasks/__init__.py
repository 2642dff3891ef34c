"""Tasks: what a customer has to do for a promise of ours to go on, asked in words, answered without a login."""
