"""A checkpoint from an unknown source → plain values and tensors that fit together. Run as a process of its own, by
`core.sandbox.process`: nothing of the file's own pickle leaves it.

What comes in is the file; what goes out is `+` and safetensors with the values around the tensors as JSON in its
header, or `-` and the end of a sentence. `core.packing.checkpoints` makes a checkpoint of it.
"""

import io
import json
from dataclasses import asdict
from typing import Any, Literal

import safetensors.torch
import torch
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from torch import Tensor

from core.errors import BadInput
from core.exporters import trial
from core.exporters.import_weights import meta_from_header
from core.locale import N_
from core.prepared.allowed_paths import whereabouts
from core.run_config import RunConfig
from core.sandbox import process
from core.sandbox.weight_files import are_tensors, check_stored, is_plain, refuse_objects
from core.training.earlier import Start
from core.training.state import TrainPosition

MAX_PARTS = 500_000  # values and tensors in one
MAX_DEPTH = 12  # of dicts and lists in each other
MAX_INT = 2**63
STRUCTURE = "structure"  # under which the values are in the header
UNFIT = N_("is damaged, or is not what a run of these settings saves")

Parts = dict[str, Any]


class Around(BaseModel):
    """What is in a checkpoint beside the weights and what optimizer and schedule remember. Weights that were loaded
    from a file have no more than the first three."""

    model_config = ConfigDict(extra="ignore", arbitrary_types_allowed=True)

    config: dict[str, Any]
    meta: str
    fingerprint: str = Field(max_length=200)
    stat_digest: str = Field("", max_length=200)
    versions: dict[str, str] = {}
    device: str = Field("", max_length=200)
    precision: Literal["float32", "bfloat16"] | None = None
    threads: int | None = Field(None, ge=1, le=1024)
    randomness: int | None = Field(None, ge=1, le=100)


def checked(content: bytes) -> Parts:
    """The values of a checkpoint; `BadInput` for one that could not have been saved here, or whose model cannot
    answer."""
    check_stored(content)
    refuse_objects(content)
    try:
        values = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        around = {key: value for key, value in Around.model_validate(values).model_dump().items() if key in values}
        config, meta = RunConfig.from_dict(around["config"]), meta_from_header(around["meta"], "")
        whereabouts(config.data.path or "")  # only a name here, mostly of a place on another computer
        found: Parts = {**around, "meta": meta.model_dump_json(), "model": dict(values["model"])}
        if not are_tensors(found["model"]):
            raise BadInput(UNFIT)
        header = {"config": config.to_json(), "meta": found["meta"]}
        weights = {name: tensor.detach().contiguous().clone() for name, tensor in found["model"].items()}
        trial.answers(safetensors.torch.save(weights, metadata=header))  # builds the model, within this process' limits
        if "progress" in values:
            progress = {**values["progress"]}
            progress["history"] = [one if isinstance(one, str) else json.dumps(one) for one in progress["history"]]
            found["progress"] = asdict(TypeAdapter(TrainPosition).validate_python(progress))
        if "start" in values:
            found["start"] = asdict(TypeAdapter(Start).validate_python(values["start"]))
        return found | {key: values[key] for key in ("optimizer", "schedule", "random", "random_cuda") if key in values}
    except MemoryError:
        raise
    except Exception as error:
        raise BadInput(UNFIT) from error


def channels_last(tensor: Tensor) -> Tensor:
    """Another one (N, C, H, W) of its kind, in the order in memory that convolutions prefer."""
    return torch.empty(tensor.shape, dtype=tensor.dtype, memory_format=torch.channels_last)


def packed(values: Parts, most: int) -> bytes:
    """The same as safetensors, which holds nothing but numbers and words; `BadInput` where that is more than `most`
    bytes of numbers."""
    tensors: dict[str, Tensor] = {}
    left = [MAX_PARTS, most]  # values, and bytes

    def plain(value: Any, depth: int = 0) -> Any:
        """As JSON: a container is a list that begins with its kind, so that a tuple stays one, and a key a number."""
        left[0] -= 1
        if depth > MAX_DEPTH or left[0] < 0:
            raise BadInput(UNFIT)
        if isinstance(value, Tensor):
            if not is_plain(value):
                raise BadInput(UNFIT)
            left[1] -= value.nbytes
            if left[1] < 0:  # one value in the file under many names, or in many places
                raise BadInput(UNFIT)
            name = str(len(tensors))
            tensors[name] = value.detach().contiguous().clone()
            return ["tensor", name, value.ndim == 4 and value.stride() == channels_last(value).stride()]
        if isinstance(value, dict) and all(type(key) in (str, int) for key in value):
            return ["dict", [[key, plain(one, depth + 1)] for key, one in value.items()]]
        if isinstance(value, list | tuple):
            return ["tuple" if isinstance(value, tuple) else "list", [plain(one, depth + 1) for one in value]]
        if value is None or isinstance(value, bool | float | str) or (isinstance(value, int) and abs(value) < MAX_INT):
            return value
        raise BadInput(UNFIT)

    structure = json.dumps(plain(values))
    return safetensors.torch.save(tensors, metadata={STRUCTURE: structure})


def unpacked(content: bytes) -> Parts:
    """What `packed` made, read back."""
    length = int.from_bytes(content[:8], "little")
    structure = json.loads(json.loads(content[8 : 8 + length])["__metadata__"][STRUCTURE])
    tensors = safetensors.torch.load(content)

    def value(part: Any) -> Any:
        if not isinstance(part, list):
            return part
        kind, content, *more = part
        if kind == "tensor":
            tensor = tensors[content]
            return channels_last(tensor).copy_(tensor) if more[0] else tensor
        if kind == "dict":
            return {key: value(one) for key, one in content}
        items = [value(one) for one in content]
        return tuple(items) if kind == "tuple" else items

    found: Parts = value(structure)
    return found


def answer(content: bytes) -> bytes:
    """The work of the process."""
    try:
        return b"+" + packed(checked(content), len(content))
    except BadInput as error:
        return b"-" + str(error).encode()


if __name__ == "__main__":
    process.serve(answer)
