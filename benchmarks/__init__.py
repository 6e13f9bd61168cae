"""What it costs: measured on the real servers, beside what a plain loop could reach."""
