"""Searching and reading the web, as untrusted text."""
