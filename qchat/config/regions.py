"""Where Alibaba Cloud Model Studio answers: each region gives out keys that no other one takes.

From the vendor's page "Select region, service deployment scope, and access domain" (June 2026). A
wrong line costs a word here: an address can always be given in full.
"""

import re
from urllib.parse import urlsplit

import msgspec

from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr

DOMAIN = ".aliyuncs.com"
PATH = "/compatible-mode/v1"
_WORKSPACE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_ADDRESS = re.compile(r"[a-z0-9-]+\.(?P<id>[a-z0-9-]+)\.maas\.aliyuncs\.com")


class Region(msgspec.Struct, frozen=True):
    """One region: what it is called, its code, and the host that its keys share."""

    name: str
    code: str
    host: str = ""
    """Empty where there are only hosts of a workspace."""
    others: tuple[str, ...] = ()
    """What else people call it: a country, the service's own short word, its name in Chinese."""

    @property
    def base_url(self) -> str:
        """The address of the host that is shared; empty where there is none."""
        return f"https://{self.host}{PATH}" if self.host else ""


REGIONS = (
    Region(
        "Singapore",
        "ap-southeast-1",
        "dashscope-intl.aliyuncs.com",
        ("intl", "international", "global", "sg", "新加坡", "国际"),
    ),
    Region(
        "Beijing",
        "cn-beijing",
        "dashscope.aliyuncs.com",
        ("cn", "china", "mainland", "China (Beijing)", "北京", "中国"),
    ),
    Region(
        "Virginia",
        "us-east-1",
        "dashscope-us.aliyuncs.com",
        ("us", "usa", "US (Virginia)", "美国", "弗吉尼亚"),
    ),
    Region(
        "Hong Kong",
        "cn-hongkong",
        "cn-hongkong.dashscope.aliyuncs.com",
        ("hk", "China (Hong Kong)", "香港", "中国香港"),
    ),
    Region(
        "Frankfurt", "eu-central-1", "", ("de", "eu", "Germany (Frankfurt)", "法兰克福", "德国")
    ),
    Region("Tokyo", "ap-northeast-1", "", ("jp", "japan", "Japan (Tokyo)", "东京", "日本")),
)


def is_cloud(host: str) -> bool:
    """Whether a host belongs to the vendor of the cloud."""
    return host.lower().endswith(DOMAIN)


def region_of(base_url: str) -> Region | None:
    """The region that an address belongs to; None for an address of nobody's region."""
    try:
        host = (urlsplit(base_url).hostname or "").lower()
    except ValueError:
        return None
    if found := _ADDRESS.fullmatch(host):
        return next((region for region in REGIONS if region.code == found["id"]), None)
    return next((region for region in REGIONS if host and region.host == host), None)


def known_region(text: str) -> Region | None:
    """The region of that name, code, host, or other word for it; None for what is none."""
    wanted = _plain(text)
    for known in REGIONS:
        words = (known.name, tr(known.name), known.code, known.host, *known.others)
        if wanted and wanted in map(_plain, words):
            return known
    return None


def region(text: str) -> Region:
    """The same. Raises UsageError that lists them."""
    if (found := known_region(text)) is not None:
        return found
    known_names = ", ".join(f"{tr(r.name)} ({r.code})" for r in REGIONS)
    raise UsageError(
        tr("Unknown region {text!r}. Regions: {known_names}.", text=text, known_names=known_names)
    )


def _plain(word: str) -> str:
    return re.sub(r"[\s_().-]", "", word).lower()


def address(chosen: Region, workspace: str = "") -> str:
    """The base address in a region, of a workspace where one is named.

    Raises UsageError where only workspaces have a host, or for a name that cannot be one.
    """
    if not workspace:
        if not chosen.host:
            raise UsageError(
                tr(
                    "{name} has no shared address: name your workspace as well (its ID stands "
                    "in the console of Model Studio).",
                    name=tr(chosen.name),
                )
            )
        return chosen.base_url
    name = workspace.strip().lower()
    if not _WORKSPACE.fullmatch(name):
        raise UsageError(
            tr(
                "Invalid workspace ID {workspace!r}: use letters, digits and hyphens, like "
                "llm-abc123.",
                workspace=workspace,
            )
        )
    return f"https://{name}.{chosen.code}.maas.aliyuncs.com{PATH}"
