"""What qchat remembers about each user, kept in Chroma; import from the modules."""
