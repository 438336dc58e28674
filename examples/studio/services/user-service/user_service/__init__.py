"""Accounts of Pingvas Studio."""
