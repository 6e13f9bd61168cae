"""Whether a withdrawal is a withdrawal: on every path, at every replica, after every restore."""
