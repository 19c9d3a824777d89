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
    ("word", "name"),
    [
        *(
            ("cn", "Beijing"),
            ("China", "Beijing"),
            ("China (Beijing)", "Beijing"),
            ("北京", "Beijing"),
        ),
        *(("intl", "Singapore"), ("international", "Singapore"), ("新加坡", "Singapore")),
        *(("us", "Virginia"), ("US (Virginia)", "Virginia"), ("hk", "Hong Kong")),
        *(("China (Hong Kong)", "Hong Kong"), ("eu", "Frankfurt"), ("Japan (Tokyo)", "Tokyo")),
        ("dashscope-us.aliyuncs.com", "Virginia"),
    ],
)
def test_a_region_has_other_words(word: str, name: str) -> None:
    assert region(word).name == name


def test_no_word_stands_for_two_regions() -> None:
    for known in REGIONS:
        for word in (known.name, known.code, *known.others):
            assert region(word) is known


@pytest.mark.parametrize("typed", ["", " ", "-", "atlantis", "aliyuncs.com"])
def test_what_is_no_region_is_told_which_there_are(typed: str) -> None:
    with pytest.raises(UsageError, match=r"Regions: Singapore \(ap-southeast-1\), Beijing"):
        region(typed)


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
