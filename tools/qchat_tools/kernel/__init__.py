"""The code interpreter: one Jupyter kernel for the user and the model."""
