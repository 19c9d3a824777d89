"""Whether an answer that is held may be used, and whether one may be held: RFC 9111, by hishel."""

import time
from email.utils import formatdate
from uuid import UUID

import hishel

from qchat_tools.web.cache import Answer, CacheLookup

_OPTIONS: hishel.CacheOptions = {"shared": False, "supported_methods": ["GET"]}
_NOBODY = UUID(int=0)


def looked_up(answer: Answer, *, again: bool) -> CacheLookup:
    """What an answer that is held is good for; `again` has the server asked whatever it is."""
    request = _request(answer.url, {"cache-control": "no-cache"} if again else {})
    match hishel.IdleClient(_OPTIONS).next(request, [_entry(answer)]):
        case hishel.FromCache():
            return CacheLookup(answer, answer, {})
        case hishel.NeedRevalidation(request=conditional):
            names = ("if-none-match", "if-modified-since")
            conditions = {n: v for n in names if (v := conditional.headers.get(n))}
            return CacheLookup(None, answer, conditions)
        case _:
            return CacheLookup(None, answer, {})


def may_be_stored(answer: Answer) -> bool:
    """Whether the server allows it."""
    miss = hishel.CacheMiss(_OPTIONS, _request(answer.url, {}))
    return isinstance(miss.next(_entry(answer).response), hishel.StoreAndUse)


def _request(url: str, headers: dict[str, str]) -> hishel.Request:
    return hishel.Request("GET", url, hishel.Headers(headers))


def _entry(answer: Answer) -> hishel.Entry:
    headers = dict(answer.headers)
    # What varies by anything of ours does not vary here: our requests are all alike.
    if headers.get("vary", "").strip() != "*":
        headers.pop("vary", None)
    headers.setdefault("date", formatdate(answer.asked_at or time.time(), usegmt=True))
    response = hishel.Response(answer.status, hishel.Headers(headers))
    return hishel.Entry(_NOBODY, _request(answer.url, {}), response)
