"""What opens above the conversation: pages, questions, the palette, the welcome."""
