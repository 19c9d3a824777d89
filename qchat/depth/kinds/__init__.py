"""The modes, one a file: each has a NAME and `parse`, which reads what stands behind the name."""
