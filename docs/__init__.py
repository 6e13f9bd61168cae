"""Documentation; `generate.py` writes the parts that come from the code."""
