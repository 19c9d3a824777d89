"""Write the trained model as GGUF: Q8_0 matrices, F32 norms and routers, tokenizer, template."""

import argparse
import json
from pathlib import Path

import gguf
import numpy as np
import torch
from model import Config, Model
from tokenizer import CONTROL, PADDING
from tokenizers import Tokenizer

HERE = Path(__file__).parent
NAMES = {
    "attention_norm.weight": "attn_norm.weight",
    "attention.q.weight": "attn_q.weight",
    "attention.k.weight": "attn_k.weight",
    "attention.v.weight": "attn_v.weight",
    "attention.out.weight": "attn_output.weight",
    "attention.q_norm.weight": "attn_q_norm.weight",
    "attention.k_norm.weight": "attn_k_norm.weight",
    "experts_norm.weight": "ffn_norm.weight",
    "experts.router.weight": "ffn_gate_inp.weight",
    "experts.gate": "ffn_gate_exps.weight",
    "experts.up": "ffn_up_exps.weight",
    "experts.down": "ffn_down_exps.weight",
}
"""What llama.cpp calls the tensors of one layer."""


def tensor_name(name: str) -> str:
    """Translate a PyTorch name; raises KeyError for a weight that llama.cpp does not know."""
    match name.split("."):
        case ["embedding", "weight"]:
            return "token_embd.weight"
        case ["norm", "weight"]:
            return "output_norm.weight"
        case ["blocks", number, *rest]:
            return f"blk.{number}.{NAMES['.'.join(rest)]}"
    raise KeyError(name)


def add_sizes(writer: gguf.GGUFWriter, config: Config) -> None:
    """Describe the architecture and where the file comes from."""
    writer.add_name("qchat demo (tiny Qwen3-MoE)")
    writer.add_author("qchat")
    writer.add_license("apache-2.0")
    writer.add_description("A tiny demonstration model trained from nothing on generated dialogues")
    writer.add_context_length(config.context)
    writer.add_embedding_length(config.width)
    writer.add_block_count(config.layers)
    writer.add_feed_forward_length(config.expert_width)
    writer.add_head_count(config.heads)
    writer.add_head_count_kv(config.kv_heads)
    writer.add_key_length(config.head_width)
    writer.add_value_length(config.head_width)
    writer.add_layer_norm_rms_eps(config.norm_epsilon)
    writer.add_rope_freq_base(config.rope_base)
    writer.add_expert_count(config.experts)
    writer.add_expert_used_count(config.experts_used)
    writer.add_expert_feed_forward_length(config.expert_width)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def add_tokenizer(writer: gguf.GGUFWriter, tokenizer: Tokenizer) -> None:
    """Store tokens by id, merges, and which tokens are markup of the chat."""
    vocabulary = tokenizer.get_vocab()
    tokens = sorted(vocabulary, key=vocabulary.__getitem__)
    added = {token.content for token in tokenizer.get_added_tokens_decoder().values()}
    kinds = [
        gguf.TokenType.CONTROL
        if token in CONTROL
        else gguf.TokenType.USER_DEFINED
        if token in added
        else gguf.TokenType.NORMAL
        for token in tokens
    ]
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(pair) for pair in merges])
    writer.add_eos_token_id(vocabulary["<|im_end|>"])
    writer.add_eot_token_id(vocabulary["<|im_end|>"])
    writer.add_bos_token_id(vocabulary["<|endoftext|>"])
    writer.add_pad_token_id(vocabulary[PADDING])
    writer.add_add_bos_token(False)
    writer.add_chat_template((HERE / "chat_template.jinja").read_text(encoding="utf-8").strip())


def export(model: Model, tokenizer: Tokenizer, target: Path) -> None:
    """Write one GGUF file; matrices in Q8_0 except the routers, whose choices must stay exact."""
    writer = gguf.GGUFWriter(target, "qwen3moe")
    add_sizes(writer, model.config)
    add_tokenizer(writer, tokenizer)
    for name, weight in model.state_dict().items():
        values = np.ascontiguousarray(weight.detach().float().numpy())
        if values.ndim == 1 or "router" in name:
            writer.add_tensor(tensor_name(name), values)
        else:
            q8 = gguf.quants.quantize(values, gguf.GGMLQuantizationType.Q8_0)
            writer.add_tensor(tensor_name(name), q8, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def mean(checkpoints: list[Path]) -> Model:
    """Take the mean of the weights: of late rounds it is better than any one of them."""
    saved = [torch.load(path, weights_only=True) for path in checkpoints]
    model = Model(Config(**saved[0]["config"]))
    with torch.no_grad():
        for name, weight in model.state_dict().items():
            weight.copy_(sum(one["model"][name] for one in saved) / len(saved))
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    build = HERE / "build"
    shipped = HERE.parent / "qchat_assets" / "qchat-demo-qwen3moe-q8_0.gguf"
    parser.add_argument(
        "--checkpoint",
        type=Path,
        nargs="+",
        default=[build / "checkpoint.pt"],
        help="of several rounds of one training: the mean of their weights",
    )
    parser.add_argument("--tokenizer", type=Path, default=build / "tokenizer.json")
    parser.add_argument("--target", type=Path, default=shipped)
    options = parser.parse_args()
    export(mean(options.checkpoint), Tokenizer.from_file(str(options.tokenizer)), options.target)
    print(f"{options.target.name}: {options.target.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
