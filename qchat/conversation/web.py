"""The web as the settings want it: who searches, which hosts are open, what is kept on disk."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from qchat.config.settings import WebSettings
from qchat.protocol.errors import SettingsError
from qchat.runtime.language import tr
from qchat.runtime.paths import Paths
from qchat_tools.base import Tool
from qchat_tools.web.sources import Sources

if TYPE_CHECKING:
    from qchat_tools.web.search import Provider

KEY_VARIABLES = {"brave": "BRAVE_API_KEY", "tavily": "TAVILY_API_KEY"}
"""Where a service's key is looked for unless the settings name another variable."""


def web_tools(
    settings: WebSettings, paths: Paths, sources: Sources, user: str = "default"
) -> list[Tool]:
    """The session's tools for the web. Raises SettingsError where a key or address is missing."""
    from qchat_tools.web.cache import Cache  # noqa: PLC0415  httpx and hishel are slow to load
    from qchat_tools.web.fetch import Fetcher  # noqa: PLC0415
    from qchat_tools.web.read import WebReadTool  # noqa: PLC0415
    from qchat_tools.web.search_tool import WebSearchTool  # noqa: PLC0415

    file = _cache_file(paths, user)
    cache = Cache(file, settings.cache_mb * 1_000_000) if settings.cache_mb else None
    fetcher = Fetcher(settings.allow_hosts, cache=cache, fake_ip=settings.fake_ip)
    return [
        WebSearchTool(sources, provider=provider(settings), cache=cache),
        WebReadTool(sources, fetcher),
    ]


def _cache_file(paths: Paths, user: str) -> Path:
    """Where a user's pages are kept. The one file that all users shared is taken away."""
    with suppress(OSError):
        (paths.web_dir / "cache.db").unlink(missing_ok=True)
    name = hashlib.sha256(user.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return paths.web_dir / name / "cache.db"


def provider(settings: WebSettings) -> "Provider":
    """Who searches, as it is set up. Raises SettingsError for what is missing."""
    from qchat_tools.web.search_api import Brave, SearXNG, Tavily  # noqa: PLC0415
    from qchat_tools.web.search_ddgs import Engines  # noqa: PLC0415

    match settings.search:
        case "ddgs" | "cloud":  # the cloud searches by itself; with other backends ddgs does
            return Engines(settings.engines)
        case "searxng":
            if not settings.search_url:
                raise SettingsError(tr('[web] search = "searxng" needs search_url, its address'))
            return SearXNG(settings.search_url)
        case "brave":
            return Brave(_key(settings), settings.search_url)
        case "tavily":
            return Tavily(_key(settings), settings.search_url)


def _key(settings: WebSettings) -> str:
    variable = settings.search_key_env or KEY_VARIABLES[settings.search]
    key = os.environ.get(variable, "").strip()
    if not key:
        raise SettingsError(
            tr(
                "[web] search = {search!r} needs a key: set the environment variable {variable}",
                search=settings.search,
                variable=variable,
            )
        )
    return key
