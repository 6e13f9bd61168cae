"""In-memory stand-ins for the edges; the real ones must pass the same tests in tests/contracts."""
