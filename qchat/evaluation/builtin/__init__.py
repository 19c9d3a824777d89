"""Evaluations that need no data: everything is drawn from a seed, and graded by what was drawn.

Another one is a file here, and a line in `catalog.py`.
"""
