"""Measured figures beside their bars, each next to what it is compared with in the same run."""
