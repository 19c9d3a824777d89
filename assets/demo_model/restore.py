"""Turn the shipped GGUF back into a checkpoint and a tokenizer, so that training can go on."""

import argparse
from dataclasses import asdict
from pathlib import Path

import gguf
import tokenizer
import torch
from export import tensor_name
from model import Config, Model

HERE = Path(__file__).parent
SHIPPED = HERE.parent / "qchat_assets" / "qchat-demo-qwen3moe-q8_0.gguf"


def weights(reader: gguf.GGUFReader) -> Model:
    """Read all weights; what Q8_0 rounded away (about 0.4 % of a value) is learnt again soon."""
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    model = Model(Config())
    with torch.no_grad():
        for name, weight in model.state_dict().items():
            tensor = tensors[tensor_name(name)]
            values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
            weight.copy_(torch.from_numpy(values.copy()).reshape(weight.shape))
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--build", type=Path, default=HERE / "build")
    options = parser.parse_args()
    reader = gguf.GGUFReader(options.model)
    options.build.mkdir(exist_ok=True)
    model = weights(reader)
    saved = {"config": asdict(model.config), "model": model.state_dict()}
    torch.save(saved, options.build / "restored.pt")
    tokens = reader.fields["tokenizer.ggml.tokens"].contents()
    merges = reader.fields["tokenizer.ggml.merges"].contents()
    tokenizer.restore(tokens, merges).save(str(options.build / "tokenizer.json"))


if __name__ == "__main__":
    main()
