"""Where code from a model may run, and the limits that it is held to."""
