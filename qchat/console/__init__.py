"""The line-mode front ends: one-shot `ask`, the REPL, and what both draw with."""
