"""The terminal itself: driver, clipboard, mouse, signals, what stays after a crash."""
