"""What a model can call. The version stands here, below all that says it, to web sites too."""

__version__ = "0.2.0"
