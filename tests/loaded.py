"""Chroma as qchat loads it, less what is left out: for a process to fork from."""

from qchat_memory.storage import library

chromadb = library.chromadb()
