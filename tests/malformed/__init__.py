"""Hostile files, made from good ones: what was done to each is known, so what may follow is too."""
