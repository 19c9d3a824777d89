"""The vocabulary that everything speaks: events, messages, errors, permissions. Read this first."""
