"""What the user's files say: settings, credentials, keys on the keyboard, model profiles."""
