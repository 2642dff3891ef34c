"""Feedback: whether what we call done is right for the customer."""
