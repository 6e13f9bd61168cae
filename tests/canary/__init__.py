"""Whether what names people is found anywhere it must not be, after a whole run."""
