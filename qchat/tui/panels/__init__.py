"""What can stand beside the conversation: sessions, memories, the kernel, what left the machine."""
