"""Histories of other programs, and of qchat itself, as conversations of the store."""
