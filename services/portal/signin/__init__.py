"""Claiming a record, signing in, and who helps whom."""
