"""Signature schemes over raw bytes. Each takes all valid secrets, compares in constant time, raises Refused.

They may meet any bytes and any header: nothing else is raised.
"""
