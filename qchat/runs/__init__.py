"""Runs: a goal is worked on while nobody looks, and whether it is reached is checked."""
