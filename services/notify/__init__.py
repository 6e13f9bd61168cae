"""Takes what patients must hear of, writes to them, gives `notification.*`."""
