"""The blocks that a turn is drawn with, one kind a module."""
