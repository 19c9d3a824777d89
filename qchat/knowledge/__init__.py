"""The user's own folders, read so that passages of them can be found and cited."""
