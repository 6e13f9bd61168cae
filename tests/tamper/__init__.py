"""Whether every change of the access log is found: see `__main__`."""
