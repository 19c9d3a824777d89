"""Sub-commands that look after what is kept and how qchat is set up, one noun a module.

Each module has `add(commands, common)`, which describes its arguments; each action is a function
of (options, paths) that gives back the exit status.
"""
