"""Feedback: customers' confirmation that what we call done is right for them."""
