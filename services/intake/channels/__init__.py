"""Channels: providers, how their requests are verified and read, and the channels that a team sets up."""
