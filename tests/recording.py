"""A way to the network that remembers what was asked: real connections, nothing replaced."""

from typing import Any

import httpx
import msgspec


class Recording(httpx.AsyncHTTPTransport):
    """`bodies` are the JSON bodies of all POSTs, `paths` where they went."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[dict[str, Any]] = []
        self.paths: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.bodies.append(msgspec.json.decode(await request.aread()))
            self.paths.append(request.url.path)
        return await super().handle_async_request(request)
