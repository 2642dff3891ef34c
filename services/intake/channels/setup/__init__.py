"""Channels as they are configured and examined: settings, directory, doctor, refusals."""
