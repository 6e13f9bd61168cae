"""What patients bring themselves: a hospital's CD, carried in piece by piece, and asked about."""
