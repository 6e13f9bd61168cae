"""Staff of hospitals: signed in by their provider's groups, they read what patients let them."""
