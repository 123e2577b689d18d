"""A weights file from an unknown source → plain tensors. Run as a process of its own, by `core.sandbox.process`.

What comes in is the kind of file, a line break, and the file; what goes out is `+` and safetensors, or `-` and the end
of a sentence that begins with the file's name. Nothing in the file is run.
"""

import io
import json
import pickletools
import zipfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Literal

import numpy as np
import safetensors.torch
import torch
from numpy._core.multiarray import scalar
from torch import Tensor

from core.errors import BadInput, Problem
from core.locale import N_, _, translate
from core.sandbox import process
from core.sanitize import one_line

Kind = Literal["safetensors", "pt"]
ENDINGS: dict[str, Kind] = {
    ".safetensors": "safetensors", ".pt": "pt", ".pth": "pt", ".ckpt": "pt", ".bin": "pt",
}  # fmt: skip
MAX_FILE_BYTES = 500 * 10**6  # bytes of a file; the largest network here takes a fifth of it
MEMORY_BYTES, MEMORY_PER_FILE_BYTE = 850 * 10**6, 4  # that reading takes: torch itself, and so many times the file
READ_TIMEOUT_S = 20.0  # seconds of processor time in which it has to be read, the import of torch left out
MAX_HEADER_BYTES = 10**7  # bytes of a safetensors header; ours have ten thousand
MAX_TENSORS = 10_000  # tensors; a network of 200 layers has a thousand
TOO_BUSY = (
    "The computer was too busy to read {filename:name}: other programs took the processor for minutes. Close some of "
    "them, then try again."
)
STATE_NAMES = ("state_dict", "model_state_dict", "model", "net", "network", "weights", "params")
PLAIN_MODULES = (
    "torch",
    "collections",
    "numpy",
    "builtins",
    "_codecs",
)  # what dicts of tensors and numbers are made of
# What a number of numpy is made of, such as the best accuracy beside the weights; by both names of its module.
NUMBERS: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [
    np.dtype,
    (scalar, "numpy.core.multiarray.scalar"),
    (scalar, "numpy._core.multiarray.scalar"),
    *(type(np.dtype(kind)) for kind in (np.float64, np.float32, np.int64, np.int32, np.bool_)),
]
TORCHSCRIPT = N_(
    "is a TorchScript program, which would have to be run. Save the weights in it: "
    "torch.save(torch.jit.load(file).state_dict(), new_file)."
)
PICKLES = 5  # of torch's older format: its own mark, its version, the system, what was saved, the names of the numbers
LATER_PROTOCOL = 4  # of pickle, which torch reads in no safe way
UNREADABLE = N_(
    "is not a {kind} file that can be read: it is damaged, cut short, or holds more than weights. Save or copy it anew."
)


def read(content: bytes, filename: str, kind: Kind) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors by name, and the words in the header; those under `order` are the names as JSON, in the order of the
    file. `BadInput` naming the file if it is not such a file, or claims
    more than it holds."""
    if len(content) > MAX_FILE_BYTES:
        raise BadInput(
            "{filename:name} is larger than {max_file_bytes:size}, and so are no weights of a network here. "
            "Choose a file of weights alone.",
            filename=filename,
            max_file_bytes=MAX_FILE_BYTES,
        )
    try:
        request = kind.encode() + b"\n" + content
        answer = process.run(
            __name__, request, memory=MEMORY_BYTES + MEMORY_PER_FILE_BYTE * len(content), seconds=READ_TIMEOUT_S
        )
    except process.Stopped as stopped:
        if stopped.limit == "clock":
            raise Problem(TOO_BUSY, filename=filename) from stopped
        words = {
            "memory": N_("takes far more memory than its size to read, as no weights do. Save it again."),
            "time": N_("takes far too long to read, as no weights do. Save it again."),
        }.get(stopped.limit, UNREADABLE)
        raise BadInput("{filename:name} {words}", filename=filename, words=_(words, kind=kind)) from stopped
    if answer[:1] != b"+":
        raise BadInput("{filename:name} {answer}", filename=filename, answer=translate(answer[1:].decode()))
    return safetensors.torch.load(answer[1:]), header_of(answer[1:])


def answer(request: bytes) -> bytes:
    """The work of the process."""
    kind, content = request.split(b"\n", 1)
    try:
        weights, header = checked(content, kind.decode())
        return b"+" + safetensors.torch.save(weights, metadata=header | {"order": json.dumps(list(weights))})
    except BadInput as error:
        return b"-" + str(error).encode()


def checked(content: bytes, kind: str) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Plain tensors, together no larger than the file."""
    header: dict[str, str] = {}
    try:
        if kind == "safetensors":
            header = header_of(content)
            weights: Any = safetensors.torch.load(content)
        else:
            check_stored(content)
            refuse_objects(content)
            with torch.serialization.safe_globals(NUMBERS):
                weights = unpacked(torch.load(io.BytesIO(content), map_location="cpu", weights_only=True))
    except BadInput:
        raise
    except Exception as error:
        raise BadInput(UNREADABLE, kind=kind) from error
    if not isinstance(weights, dict) or not are_tensors(weights):
        raise BadInput(
            "is not a state_dict: a dict from parameter names to tensors was expected. "
            "Save model.state_dict(), and nothing around it."
        )
    if len(weights) > MAX_TENSORS:
        raise BadInput("holds {weights:count} tensors, which no network here has. Save it again.", weights=len(weights))
    if not all(is_plain(tensor) for tensor in weights.values()):
        raise BadInput("holds tensors that are not plain numbers in a row. Save it with model.state_dict().")
    claimed = sum(tensor.numel() * tensor.itemsize for tensor in weights.values())
    if claimed > len(content):
        raise BadInput(
            "is {content:size}, but claims to hold {claimed:size}. Save it again.",
            content=len(content),
            claimed=claimed,
        )
    return {name: tensor.detach().contiguous().clone() for name, tensor in weights.items()}, header


def unpacked(saved: Any) -> Any:
    """The state_dict in what training scripts save: it alone, or beside the epoch and the optimizer's state, under one
    of the usual names or as the only dict of tensors."""
    while isinstance(saved, dict):
        inner = [saved[name] for name in STATE_NAMES if isinstance(saved.get(name), dict)][:1]
        inner = inner or [one for one in saved.values() if isinstance(one, dict) and one and are_tensors(one)]
        if len(inner) != 1:
            break
        saved = inner[0]
    return saved


def are_tensors(saved: dict[Any, Any]) -> bool:
    return all(isinstance(name, str) and isinstance(tensor, Tensor) for name, tensor in saved.items())


def refuse_objects(content: bytes) -> None:
    """Refuse a whole pickled model: its classes would have to be imported, which is to run what the file says."""
    for name in pickled_names(content):
        module, _space, name = name.partition(" ")
        if not module.startswith(PLAIN_MODULES) or module.startswith("torch.nn"):
            raise BadInput(
                "is a whole pickled model, or holds other objects of Python ({name}): to read them is to run what the "
                "file says. Save model.state_dict() instead.",
                name=one_line(name, 80),
            )


def pickled_names(content: bytes) -> Iterator[str]:
    """Every object of Python, as `module name`, that a file of torch.save names; nothing of it is made. `BadInput` for
    a protocol of pickle that torch does not read."""
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            listed = next((name for name in archive.namelist() if name.endswith("/data.pkl")), None)
            pickled = io.BytesIO(archive.read(listed) if listed else b"")
    else:
        pickled = io.BytesIO(content)  # the older format: a few pickles, then the numbers
    words: deque[str] = deque(maxlen=2)  # the last texts, which may come from the memo
    memo: list[str | None] = []
    before: str | None = None
    protocol = 0
    with suppress(ValueError):  # there are fewer, or a damaged file is at its end
        for _ in range(PICKLES):
            for operation, argument, _position in pickletools.genops(pickled):
                if operation.name == "PROTO":
                    protocol = max(protocol, int(str(argument)))
                elif operation.name == "GLOBAL":
                    yield str(argument)
                elif operation.name == "STACK_GLOBAL":  # the two texts before it
                    yield " ".join(words)
                elif operation.name == "MEMOIZE":
                    memo.append(before)
                elif "BINGET" in operation.name and int(str(argument)) < len(memo):
                    words.extend(filter(None, [memo[int(str(argument))]]))
                elif isinstance(argument, str):
                    words.append(argument)
                before = argument if isinstance(argument, str) else None
    if protocol >= LATER_PROTOCOL:
        raise BadInput("was saved with pickle_protocol={protocol}, which is not read. Save it without: "
                       "torch.save(model.state_dict(), file).", protocol=protocol)  # fmt: skip


def is_plain(tensor: Tensor) -> bool:
    """On the processor, dense, real, and of torch's own class."""
    own = type(tensor) in (Tensor, torch.nn.Parameter) and tensor.layout == torch.strided
    return own and tensor.device.type == "cpu" and not tensor.is_quantized and not tensor.is_complex()


def check_stored(content: bytes) -> None:
    """torch saves without compression; a compressed file may unpack to any size."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return  # the older format, which is no ZIP
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
    if any(part.filename.endswith("/constants.pkl") for part in parts):
        raise BadInput(TORCHSCRIPT)
    if any(part.compress_type != zipfile.ZIP_STORED or part.file_size > len(content) for part in parts):
        raise BadInput("is packed, as torch.save never does. Save it again.")


def header_of(content: bytes) -> dict[str, str]:
    """The metadata of a safetensors file: 8 bytes of length, then JSON (the format's own definition)."""
    length = int.from_bytes(content[:8], "little")
    if length > MAX_HEADER_BYTES:
        raise BadInput("has a header too long for any weights. Save it again.")
    values = json.loads(content[8 : 8 + length]).get("__metadata__", {})
    return {str(name): str(words) for name, words in values.items()}


if __name__ == "__main__":
    process.serve(answer)
