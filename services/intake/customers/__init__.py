"""Customers: persons, their addresses, and which customers are one person."""
