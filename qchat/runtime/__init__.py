"""Facts and switches of the running process: where things lie, offline, garbage collection."""
