"""One turn, and one conversation: the agent loop, branches, context, persistence."""
