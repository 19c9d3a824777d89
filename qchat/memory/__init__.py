"""The bridge between a conversation and the user's memories in `qchat_memory`."""
