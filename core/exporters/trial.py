"""Whether weights that fit their model answer plain images with numbers: tried in a process with limits, before
anything here uses them."""

import numpy as np
import safetensors.torch
import torch
from torch import Tensor

from core.errors import BadInput, Problem
from core.locale import N_, translate
from core.locale.messages import SettingName
from core.prepared.arrays import Meta
from core.run_config import RunConfig
from core.sandbox import process
from core.sandbox.weight_files import MEMORY_BYTES, MEMORY_PER_FILE_BYTE, READ_TIMEOUT_S, TOO_BUSY, header_of
from core.training.model import input_spec_of

ANSWER_BYTES = 2 * 10**9  # bytes that an answer to a few images may take in addition
NO_ANSWER = N_(
    "cannot answer: with its weights even plain images give numbers that are not finite. Take the weights of an "
    "earlier epoch, or train with a lower learning rate."
)


def require_answers(weights: dict[str, Tensor], config: RunConfig, meta: Meta, filename: str) -> None:
    """`BadInput` naming the file unless the model of these settings, with weights that fit it, answers plain images."""
    content = safetensors.torch.save(weights, metadata={"config": config.to_json(), "meta": meta.model_dump_json()})
    try:
        answer = process.run(
            __name__,
            content,
            memory=MEMORY_BYTES + MEMORY_PER_FILE_BYTE * len(content) + ANSWER_BYTES,
            seconds=2 * READ_TIMEOUT_S,
        )
    except process.Stopped as stopped:
        if stopped.limit == "clock":
            raise Problem(TOO_BUSY, filename=filename) from stopped
        raise BadInput(
            "{filename:name} describes a model that takes far too much memory or time to answer. Choose a smaller "
            "model or {setting}.",
            filename=filename,
            setting=SettingName("data.size"),
        ) from stopped
    if answer != b"+":
        raise BadInput("{filename:name} {no_answer}", filename=filename, no_answer=translate(NO_ANSWER))


def answer(content: bytes) -> bytes:
    """The work of the process: `+` if the model of a safetensors file that describes itself answers, else `-`."""
    return b"+" if answers(content) else b"-"


def answers(content: bytes) -> bool:
    """Whether the model of a safetensors file that describes itself gives finite numbers for black, grey and white."""
    from core.loading.pixels import from_images
    from core.training.model import build_model

    header = header_of(content)
    config, meta = RunConfig.from_json(header["config"]), Meta.model_validate_json(header["meta"])
    spec = input_spec_of(config, meta)
    model = build_model(config, spec, len(meta.classes), weights=False)
    model.load_state_dict(safetensors.torch.load(content))
    images = [np.full((*spec.size, spec.channels), shade, np.uint8) for shade in (0, 128, 255)]
    with torch.inference_mode():
        found = model.eval()(from_images(images, spec, torch.device("cpu")))
    return bool(found.isfinite().all())


if __name__ == "__main__":
    process.serve(answer)
