"""Ways in: what a provider is, how its requests are proved and read, and the channels that a team sets up."""
