"""Which addresses may be fetched: http and https, to hosts of the public internet only.

A page's address comes from a model or a stranger; it must not reach the user's own machine or
network. What the name resolves to is judged, never how it is written, and the caller connects to
the judged addresses alone, so that a name which changes its mind in between gains nothing.

Behind a proxy of the user's own it is the proxy that looks names up and connects: what resolves
here is judged as ever, what does not is judged by its name, and the rest is the proxy's to guard.

A proxy in TUN mode (Clash, sing-box, Surge) answers for every name with an address of its own,
out of 198.18.0.0/15, and connects by the name that it gave it for. Such an answer says nothing of
where the name leads: the name is judged, once the user has said that there is such a proxy.
"""

import re
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx
import msgspec

from qchat_tools import wording
from qchat_tools.base import ToolError
from qchat_tools.web.deadline import within
from qchat_tools.web.proxies import proxy_for

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""All addresses of a host name. Raises socket.gaierror, or TimeoutError."""

_RESOLVE_TIMEOUT_S = 5.0
_ONLINE_TIMEOUT_S = 3.0
_WELL_KNOWN = ("duckduckgo.com", "en.wikipedia.org")
_MAX_ADDRESSES = 8
_LOCAL_ENDS = """
    localhost local internal intranet lan home corp home.arpa private localdomain invalid onion i2p
    arpa alt fritz.box localtest.me lvh.me vcap.me fuf.me lacolhost.com local.gd
"""
_LOCAL_NAMES = tuple(_LOCAL_ENDS.split())
"""Ends of names that never are on the public internet (RFC 6761, RFC 6762, RFC 8375, and habit), or
that are there to lead back to who asks."""
_STAND_IN = "test"
"""Never given out (RFC 6761), and so free for what stands in for the internet."""
_NAME = re.compile(r"[\w.-]+")
_IPV4_WITHIN = re.compile(r"(?<!\d)(\d{1,3})[.-](\d{1,3})[.-](\d{1,3})[.-](\d{1,3})(?!\d)")

# The special-purpose registries of IANA (RFC 6890 and its updates), and multicast. Python's own
# `is_global` differs between patch releases; both must agree that an address is public.
_SPECIAL_TEXT = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24"
    " 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16"
    " 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4"
    " 2001::/23 2001:db8::/32 2620:4f:8000::/48 3fff::/20"
)
_SPECIAL = tuple(map(ip_network, _SPECIAL_TEXT.split()))
# All that was ever given out of IPv6; what is outside is local, mapped, multicast or reserved.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: how an IPv6-only network shows IPv4 hosts


_FAKE_IP = IPv4Network("198.18.0.0/15")  # RFC 2544: for tests of devices, never in the internet
_FAKE_IPV6 = IPv6Network("fc00::/7")  # what the same proxies give for IPv6, beside the other


class Policy(msgspec.Struct, frozen=True):
    """What the user allows beyond the public internet."""

    allow_hosts: frozenset[str] = frozenset()
    """May be private."""
    fake_ip: bool = False
    """There is a proxy that answers for names with addresses of its own."""

    def allows(self, host: str) -> bool:
        return _plain(host) in {_plain(allowed) for allowed in self.allow_hosts}


NOTHING_MORE = Policy()


class CheckedUrl(msgspec.Struct, frozen=True):
    """An address that may be fetched, and the only machines it may be fetched from."""

    url: str
    host: str
    port: int
    addresses: tuple[str, ...]
    proxy: str = ""
    """The user's own proxy, which is given the name; `addresses` then are none."""
    private: bool = False
    """True where it may be fetched on the user's wish alone."""


class NoNetwork(ToolError):
    """This machine cannot reach the web at all."""


async def check(
    url: str,
    policy: Policy = NOTHING_MORE,
    resolve: Resolve | None = None,
) -> CheckedUrl:
    """Judge an address before it is fetched. Raises ToolError that says why not."""
    parsed = parse_url(url)
    host = parsed.host
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    proxy = proxy_for(str(parsed))
    try:
        addresses = list(dict.fromkeys(await (resolve or resolved)(host, port)))
    except (OSError, UnicodeError) as error:  # TimeoutError is an OSError
        if not proxy:
            raise await _unresolved(host, error) from error
        addresses = []
    if not addresses and not proxy:
        raise ToolError(f"there is no host {host}")
    fake = _fake(host, addresses)
    if fake and (proxy or policy.fake_ip):
        addresses = fake
        public = await _is_public_name(host)
    elif addresses:
        public = all(map(is_public, addresses))
    else:
        public = await _is_public_name(host)
    if not public and not policy.allows(host):
        raise ToolError(_refused(host, fake))
    if proxy:
        return CheckedUrl(str(parsed), host, port, (), proxy, not public)
    return CheckedUrl(
        str(parsed), host, port, tuple(addresses)[:_MAX_ADDRESSES], private=not public
    )


def check_stored(url: str, policy: Policy, *, private: bool) -> None:
    """Judge again what was fetched before; `private`: on the user's wish alone, at that time.

    The name is not looked up: nothing is connected to. Raises ToolError.
    """
    host = parse_url(url).host
    if (private or not _may_be_public(host)) and not policy.allows(host):
        raise ToolError(_refused(host, []))


def _may_be_public(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return not _is_local_name(host)
    return is_public(host.strip("[]"))


def _fake(host: str, addresses: Sequence[str]) -> list[str]:
    """The addresses of a proxy in TUN mode that a name was answered with, if that is what it is."""
    try:
        ips = [ip_address(address) for address in addresses]
    except ValueError:
        return []
    if re.fullmatch(r"[\d.]+", host) or not all(
        ip in (_FAKE_IP if ip.version == 4 else _FAKE_IPV6) for ip in ips
    ):
        return []
    return [str(ip) for ip in ips if ip.version == 4]


def _refused(host: str, fake: Sequence[str]) -> str:
    if fake:
        return (
            f"not allowed: {host} has the address {fake[0]}, which is not on the public internet."
            " Proxies in TUN mode give such addresses: if you run one, say so once by"
            " `qchat config set web.fake_ip true`"
        )
    return f"not allowed: {host} is not on the public internet"


def is_public(address: str) -> bool:
    """Whether an IP address, in the standard notation, belongs to the public internet."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if ip in _NAT64:
            return is_public(str(IPv4Address(int(ip) & 0xFFFF_FFFF)))
        if ip not in _GLOBAL_UNICAST or (ip.sixtofour and not is_public(str(ip.sixtofour))):
            return False
    return ip.is_global and not any(ip in network for network in _SPECIAL)


async def resolved(host: str, port: int) -> Sequence[str]:
    """Ask the system, which also reads odd notations such as `0x7f.1`."""
    rows = await within(
        _RESOLVE_TIMEOUT_S, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    )
    return [str(row[4][0]) for row in rows]


async def online() -> bool:
    """Whether the web can be reached at all, as far as asking for a name shows it, in 3 s.

    Behind a proxy names need not resolve here: that counts as online.
    """
    if proxy_for(f"https://{_WELL_KNOWN[0]}/"):
        return True

    def any_known() -> bool:
        for name in _WELL_KNOWN:
            try:
                return bool(socket.getaddrinfo(name, 443))
            except OSError:
                continue
        return False

    try:
        return await within(_ONLINE_TIMEOUT_S, any_known)
    except TimeoutError:
        return False


def parse_url(url: str) -> httpx.URL:
    """Read an address as it is fetched, without its fragment. Raises ToolError for what is none."""
    url = url.strip()
    other = re.match(r"([a-z][a-z0-9+.-]*):(?!//|\d)", url, re.IGNORECASE)
    if other:  # `data:…`; not `host:8080`
        raise ToolError(f"not allowed: only http and https, not {other[1][:20]}")
    if len(url) > 4_000:
        raise ToolError("not allowed: the address is longer than 4000 characters")
    try:
        parsed = httpx.URL(url if "://" in url else f"https://{url}")
        parsed.host  # noqa: B018  decoded when asked for, and then it may fail
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise ToolError(f"not an address: {url[:200]!r}") from error
    if parsed.scheme not in ("http", "https"):
        raise ToolError(f"not allowed: only http and https, not {parsed.scheme[:20]}")
    if parsed.userinfo:
        raise ToolError("not allowed: an address with a user name or password")
    if not parsed.host or not parsed.host.isprintable() or " " in parsed.host:
        raise ToolError(f"not an address: {url[:200]!r}")
    if not 0 < (parsed.port or 80) < 65_536:
        raise ToolError(f"not an address: there is no port {parsed.port}")
    return parsed.copy_with(fragment=None)


async def _unresolved(host: str, error: Exception) -> ToolError:
    if not await online():
        return NoNetwork(wording.no_network("web_read"))
    if isinstance(error, TimeoutError):
        return ToolError(f"timed out: no answer about the name {host}")
    return ToolError(f"there is no host {host}")


async def _is_public_name(host: str) -> bool:
    """Whether a name that only others can look up may lead to the public internet."""
    if _is_local_name(host):
        return False
    try:
        return await within(_RESOLVE_TIMEOUT_S, lambda: _has_public_suffix(host))
    except TimeoutError:
        return False


def _has_public_suffix(host: str) -> bool:
    """Whether a name ends in what registries give out (publicsuffix.org)."""
    from tld import get_tld  # noqa: PLC0415  its list takes a moment to load

    if _plain(host).endswith(f".{_STAND_IN}"):
        return True
    return get_tld(f"http://{_plain(host)}/", fail_silently=True) is not None


def _is_local_name(host: str) -> bool:
    """Whether a name is a private one, leads back by its form, or is a number in disguise."""
    name = _plain(host)
    labels = name.split(".")
    if not _NAME.fullmatch(name) or len(labels) < 2 or labels[-1].isdigit():
        return True
    if any(re.fullmatch(r"0x[0-9a-f]*", label) for label in labels):
        return True
    if any(name == end or name.endswith(f".{end}") for end in _LOCAL_NAMES):
        return True
    return any(not is_public(address) for address in _addresses_within(name))


def _addresses_within(name: str) -> Iterator[str]:
    """Addresses that a name spells out, as some services resolve it: `10-0-0-1.nip.io`."""
    for found in _IPV4_WITHIN.finditer(name):
        if all(int(part) < 256 for part in found.groups()):
            yield ".".join(str(int(part)) for part in found.groups())
    if name.endswith(_SPELLING):
        for label in name.split("."):
            if re.fullmatch(r"[0-9a-f]{8}", label):
                yield str(IPv4Address(int(label, 16)))


_SPELLING = (".nip.io", ".sslip.io", ".xip.io")


def _plain(host: str) -> str:
    return host.strip("[]").rstrip(".").casefold()
