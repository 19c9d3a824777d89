"""What a text says: words, times, statements, secrets; no input or output."""
