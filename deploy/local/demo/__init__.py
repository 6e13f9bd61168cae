"""Two made-up hospitals with real images: what `make demo` drops."""
