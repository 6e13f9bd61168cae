"""What `tests/judge.py` is made of. Nothing here imports anything of the product."""
