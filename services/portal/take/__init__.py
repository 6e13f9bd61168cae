"""Take everything: originals as they were received, in one ZIP that any software reads."""
