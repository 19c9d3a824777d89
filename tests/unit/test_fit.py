"""What goes where on a machine: chosen from the file's own figures, and never over what is free."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.config.settings import BackendSettings, EngineName
from qchat.local import memory
from qchat.local.catalog import choices, entries, entry, largest_fitting
from qchat.local.engine import Engine
from qchat.local.fit import Wishes, compute_bytes, fit
from qchat.local.hardware import Device, Hardware, size
from qchat.local.model import read_model
from qchat.protocol.errors import ModelFileError, UsageError
from qchat_assets import demo_model_path
from tests.engines import CONTEXT, write_babbler

GB = 10**9
LAPTOP = Hardware(16 * GB, 12 * GB, 4)
GAMING = Hardware(64 * GB, 56 * GB, 16, (Device("GPU", 24 * GB, 23 * GB),))
MAC = Hardware(36 * GB, 28 * GB, 10, (Device("Metal", 27 * GB, 27 * GB, shared=True),))
MOE = entry("qwen3-30b-a3b").as_model("Q4_K_M")
BIG_MOE = entry("qwen3-235b-a22b").as_model("Q4_K_M")
DENSE = entry("qwen3-32b").as_model("Q4_K_M")
SMALL = entry("qwen3-4b").as_model("Q4_K_M")


def test_figures_come_from_the_file(tmp_path: Path):
    model = read_model(write_babbler(tmp_path / "babbler.gguf"))
    assert (model.architecture, model.layers, model.context) == ("qwen3moe", 1, CONTEXT)
    assert (model.experts, model.experts_used) == (2, 1)
    assert model.kv_bytes_per_token == 1 * (32 + 32) * 2  # layers * heads * (key + value) * f16
    assert model.expert_bytes == (3 * 64 * 32 * 2 * 4,)
    start = (tmp_path / "babbler.gguf").stat().st_size - model.weights_bytes
    assert 0 < start < 20_000  # everything but the head


def test_the_demo_models_quantization_and_parameters():
    model = read_model(demo_model_path())
    assert model.quantization == "Q8_0"
    assert 1_000_000 < model.parameters < 10_000_000


def test_a_model_in_parts_is_read_whole_and_a_missing_part_is_named(tmp_path: Path):
    first = write_babbler(tmp_path / "m-00001-of-00002.gguf")
    with pytest.raises(ModelFileError, match="m-00002-of-00002"):
        read_model(first)
    write_babbler(tmp_path / "m-00002-of-00002.gguf")
    assert read_model(first).layers == 1


def test_all_in_ram_without_a_gpu():
    chosen = fit(SMALL, LAPTOP)
    assert (chosen.fits, chosen.gpu_layers, chosen.gpu_bytes) == (True, 0, 0)
    assert (chosen.context, chosen.cache, chosen.threads) == (32_768, "f16", 4)


def test_all_on_the_gpu_where_it_has_room():
    chosen = fit(SMALL, GAMING)
    assert (chosen.gpu_layers, chosen.cpu_experts) == (SMALL.layers + 1, 0)
    assert chosen.ram_bytes < GB


def test_a_moes_experts_stay_in_ram_as_far_as_the_gpu_is_too_small():
    machine = Hardware(64 * GB, 56 * GB, 16, (Device("GPU", 12 * GB, 11 * GB),))
    chosen = fit(MOE, machine)
    assert chosen.fits
    assert chosen.gpu_layers == MOE.layers + 1
    assert 0 < chosen.cpu_experts < MOE.layers
    assert chosen.gpu_bytes < 11 * GB
    same = Wishes(chosen.context, chosen.cache, cpu_experts=chosen.cpu_experts - 1)
    one_less = fit(MOE, machine, same)
    assert not one_less.fits


def test_a_dense_model_is_split_by_layers():
    chosen = fit(DENSE, GAMING)
    assert chosen.fits
    assert 0 < chosen.gpu_layers <= DENSE.layers
    assert chosen.cpu_experts == 0


def test_shared_memory_counts_once():
    chosen = fit(MOE, MAC)
    assert chosen.fits
    assert chosen.ram_bytes + chosen.gpu_bytes < 28 * GB
    tight = msgspec.structs.replace(MAC, free_bytes=15 * GB)
    assert not fit(MOE, tight).fits


def test_a_tight_memory_gives_a_smaller_cache_and_then_a_shorter_context():
    need = SMALL.weights_bytes + compute_bytes(SMALL) + GB
    full = 32_768 * SMALL.kv_bytes_per_token
    roomy, tight, tiny = (
        fit(SMALL, Hardware(64 * GB, need + int(full * share), 4)) for share in (1.1, 0.6, 0.2)
    )
    assert (roomy.context, roomy.cache) == (32_768, "f16")
    assert (tight.context, tight.cache) == (32_768, "q8_0")
    assert tiny.context < 32_768
    assert tiny.fits


def test_a_long_context_is_for_those_with_room():
    long = entry("qwen3-4b-instruct-2507").as_model("Q4_K_M")
    assert fit(long, LAPTOP).context == 32_768
    assert fit(long, Hardware(512 * GB, 500 * GB, 32)).context == 262_144


def test_wishes_are_kept():
    wishes = Wishes(context=8192, cache="q4_0", gpu_layers=7, threads=3)
    chosen = fit(DENSE, GAMING, wishes)
    assert (chosen.context, chosen.cache, chosen.gpu_layers, chosen.threads) == (8192, "q4_0", 7, 3)
    assert fit(SMALL, LAPTOP, Wishes(context=10**9)).context == SMALL.context
    assert "7 of 64 layers on the GPU" in chosen.text


def test_a_wish_that_cannot_be_kept_here_is_said():
    without = fit(SMALL, LAPTOP, Wishes(gpu_layers=7))
    assert (without.fits, without.gpu_layers, without.gpu_bytes) == (True, 0, 0)
    assert without.text.endswith("; gpu_layers = 7 has no effect: the engine sees no GPU")
    assert fit(SMALL, LAPTOP).remark == fit(SMALL, GAMING, Wishes(gpu_layers=7)).remark == ""


def test_an_engine_that_cannot_move_experts_is_given_layers_instead():
    small = Hardware(64 * GB, 56 * GB, 16, (Device("GPU", 12 * GB, 11 * GB),), moves_experts=False)
    chosen = fit(MOE, small)
    assert chosen.fits
    assert chosen.cpu_experts == 0
    assert 0 < chosen.gpu_layers < MOE.layers
    wanted = fit(MOE, small, Wishes(cpu_experts=20))
    assert wanted.cpu_experts == 0
    assert "cpu_experts = 20 has no effect: this engine cannot" in wanted.text


@pytest.mark.parametrize(("engine", "said"), [("llama-cpp-python", True), ("xllamacpp", False)])
def test_an_engine_that_cannot_draft_says_so(engine: EngineName, said: bool):
    planned = Engine(
        demo_model_path(), BackendSettings(kind="llama.cpp", engine=engine, speculation="ngram")
    )
    planned.plan()
    assert planned.fit is not None
    assert ("speculation" in planned.fit.text) is said


def test_tiny_models_get_one_thread():
    assert fit(read_model(demo_model_path()), LAPTOP).threads == 1


def test_what_does_not_fit_is_said_with_what_would():
    chosen = fit(BIG_MOE, LAPTOP)
    assert not chosen.fits
    text = str(memory.too_large(BIG_MOE, LAPTOP, chosen))
    assert text.startswith("out of memory: ")
    assert "there is 16.0 GB RAM (12.0 GB free), 4 cores" in text
    assert f"What would fit: {largest_fitting(LAPTOP)}" in text
    long = fit(SMALL, Hardware(8 * GB, 4 * GB, 4), Wishes(context=32_768))
    text = str(memory.ran_out_of(SMALL, Hardware(8 * GB, 4 * GB, 4), long))
    assert "It would fit with a context of" in text


@given(
    free=st.integers(0, 200),
    gpu=st.integers(0, 200),
    name=st.sampled_from([e.name for e in entries()]),
)
def test_what_fits_is_never_more_than_is_free(free: int, gpu: int, name: str):
    devices = (Device("GPU", gpu * GB, gpu * GB),) if gpu else ()
    machine = Hardware(max(free, 1) * GB, free * GB, 8, devices)
    for choice in choices(entry(name), machine):
        chosen = choice.fit
        model = choice.entry.as_model(choice.quantization)
        assert chosen.ram_bytes + chosen.gpu_bytes >= model.weights_bytes
        if chosen.fits:
            assert chosen.ram_bytes <= machine.free_bytes
            assert chosen.gpu_bytes <= gpu * GB
            assert 0 < chosen.context <= model.context


@pytest.mark.parametrize(
    ("name", "quantization", "gigabytes"),
    [  # sizes of published files
        ("qwen3-8b", "Q4_K_M", 5.03),
        ("qwen3-8b", "Q8_0", 8.71),
        ("qwen3-30b-a3b", "Q4_K_M", 18.6),
        ("qwen3-0.6b", "Q8_0", 0.639),
        ("qwen3.5-397b-a17b", "Q8_0", 421.6),
        ("qwen3.5-9b", "Q4_K_M", 5.62),
    ],
)
def test_sizes_are_about_right(name: str, quantization: str, gigabytes: float):
    known = entry(name)
    assert known.file_bytes(quantization) == pytest.approx(gigabytes * GB, rel=0.05)
    assert known.as_model(quantization).weights_bytes == pytest.approx(
        known.file_bytes(quantization), rel=0.01
    )


def test_the_catalogue_covers_what_it_should():
    names = {known.name for known in entries()}
    assert {"qwen3-0.6b", "qwen3-235b-a22b", "qwen3-30b-a3b-thinking-2507"} <= names
    assert {"qwen3.5-35b-a3b", "qwen3.6-27b", "qwen3-embedding-0.6b"} <= names
    assert len(names) == len(entries())
    assert all(len(known.quantizations) > 1 for known in entries())
    with pytest.raises(UsageError, match="did you mean: qwen3-8b"):
        entry("qwen3-8")


def test_the_largest_that_fits():
    assert largest_fitting(LAPTOP).startswith("qwen3-14b") or "b:" in largest_fitting(LAPTOP)
    assert largest_fitting(Hardware(GB, GB // 4, 1)) == ""


@pytest.mark.parametrize(
    ("count", "text"), [(18_600_000_000, "18.6 GB"), (639_000_000, "639 MB"), (1_500, "2 kB")]
)
def test_sizes_as_people_read_them(count: int, text: str):
    assert size(count) == text


@pytest.mark.parametrize(
    "line",
    [
        "ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 8589934592",
        "ggml_cuda: cudaMalloc failed: out of memory",
        "terminate called after throwing an instance of 'std::bad_alloc'",
        "vk::Device::allocateMemory: ErrorOutOfDeviceMemory",
    ],
)
def test_engines_words_for_no_memory(line: str):
    assert memory.ran_out(["loading", line])
    assert not memory.ran_out(["unknown model architecture: 'llama9'"])
