"""What patients see: sign-in, their scans, the viewer's data, and who looked."""
