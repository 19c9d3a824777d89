"""The cloud's regions: found by name or code, by any address of theirs, and by nothing else."""

import pytest

from qchat.config.regions import REGIONS, address, region, region_of
from qchat.protocol.errors import UsageError


@pytest.mark.parametrize("known", REGIONS)
def test_a_region_is_found_by_name_code_and_address(known: object) -> None:
    chosen = region(known.name)  # type: ignore[attr-defined]
    assert chosen is known
    assert region(chosen.code) is chosen
    assert region(chosen.name.upper().replace(" ", "-")) is chosen
    url = address(chosen, "llm-abc123")
    assert url == f"https://llm-abc123.{chosen.code}.maas.aliyuncs.com/compatible-mode/v1"
    assert region_of(url) is chosen
    if chosen.host:
        assert region_of(address(chosen)) is chosen
    else:
        with pytest.raises(UsageError, match="name your workspace"):
            address(chosen)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "not an address",
        "http://[::1",
        "https://dashscope.aliyuncs.com.example.org/v1",
        "https://a.b.cn-beijing.maas.aliyuncs.com.example.org/v1",
        "https://example.org/dashscope.aliyuncs.com",
        "https://x.atlantis-1.maas.aliyuncs.com/v1",
    ],
)
def test_other_addresses_belong_to_no_region(url: str) -> None:
    assert region_of(url) is None


@pytest.mark.parametrize("workspace", ["a b", "a.b", "a/b", "-a", "ä", "x" * 64, "a@b"])
def test_what_is_no_workspace_cannot_lead_elsewhere(workspace: str) -> None:
    with pytest.raises(UsageError, match="Invalid workspace"):
        address(region("Beijing"), workspace)
