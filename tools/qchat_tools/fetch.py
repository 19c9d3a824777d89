"""Its place before the wings: kept for programs outside that import it from here."""

from qchat_tools.web.fetch import Fetcher

__all__ = ["Fetcher"]
