"""Whether one release follows another, and goes back to it, while all is at work."""
