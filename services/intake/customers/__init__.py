"""Customers: who somebody is, by which addresses, and which customers are one person."""
