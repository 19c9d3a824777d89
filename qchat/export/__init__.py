"""A conversation as a file: Markdown, JSON lines, a notebook."""
