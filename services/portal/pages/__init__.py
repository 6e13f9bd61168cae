"""The pages that people see once they are signed in."""
