"""The conversation on the screen: turns in a virtualized list, found, folded and moved in."""
