"""What tools are called, apart from what they are: the command line names them and uses none."""

TOOLS = (
    "python",
    "memory_save",
    "memory_search",
    "memory_update",
    "memory_forget",
    "web_search",
    "web_read",
    "knowledge_search",
)
"""The names of all that a session may have."""
