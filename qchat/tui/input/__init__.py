"""Where the user writes: prompt, completions, attachments, the queue, and key dispatch."""
