"""Weights files that nobody should open: each is refused in a sentence, by a process that stays small."""

import io
import json
import os
import pickle
import struct
import time
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from core.errors import BadInput, Problem
from core.sandbox import process, weight_files
from core.sandbox.weight_files import MAX_FILE_BYTES, MEMORY_BYTES, MEMORY_PER_FILE_BYTE, read
from tests.datasets.makers import zipped

SMALL = {"0.weight": torch.zeros(4, 4), "0.bias": torch.zeros(4)}
GIGABYTE = 10**9


def saved(value: Any, **how: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, **how)
    return buffer.getvalue()


def header(values: Any, body: bytes = b"") -> bytes:
    words = values if isinstance(values, bytes) else json.dumps(values).encode()
    return struct.pack("<Q", len(words)) + words + body


def claiming(shape: list[int], end: int, kind: str = "F32") -> bytes:
    return header({"w": {"dtype": kind, "shape": shape, "data_offsets": [0, end]}}, b"\0" * 64)


def repacked(change: Callable[[str, bytes], bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    """A file of torch's with its members changed."""
    with zipfile.ZipFile(io.BytesIO(saved(SMALL))) as old:
        return zipped({name: change(name, old.read(name)) for name in old.namelist()}, how)


def bomb() -> bytes:
    """A small file whose numbers unfold to half a gigabyte."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(SMALL))) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if not name.endswith("/data/0"):
                new.writestr(name, old.read(name))
                continue
            with new.open(name, "w", force_zip64=True) as member:
                for _ in range(32):
                    member.write(bytes(2**24))
    return out.getvalue()


class Harm:
    """Unpickled, it makes the file that this variable names."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {os.environ['EPOCHLAB_TEST_MARK']}",)


class Own(torch.Tensor):
    pass


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "empty": ("pt", lambda: b""),
    "empty header": ("safetensors", lambda: b""),
    "text": ("pt", lambda: b"these are no weights\n" * 100),
    "text as safetensors": ("safetensors", lambda: b"these are no weights\n" * 100),
    "half a file": ("pt", lambda: cut(saved(SMALL))),
    "half a file of safetensors": ("safetensors", lambda: cut(safetensors.torch.save(SMALL))),
    "a pickle that runs something": ("pt", lambda: pickle.dumps(Harm())),
    "the same within a file of torch's": (
        "pt", lambda: repacked(lambda name, old: pickle.dumps(Harm()) if name.endswith("data.pkl") else old)
    ),
    "the same in the older format": ("pt", lambda: saved({"w": Harm()}, _use_new_zipfile_serialization=False)),
    "a header that is larger than the file": ("safetensors", lambda: struct.pack("<Q", 2**62) + b"{}"),
    "a header of 100 MB": ("safetensors", lambda: header(b"{" + b" " * 10**8 + b"}")),
    "a deep header": ("safetensors", lambda: header(b"[" * 10**6)),
    "terabytes in a header": ("safetensors", lambda: claiming([2**40], 2**42)),
    "a shape that overflows": ("safetensors", lambda: claiming([2**63, 2**63], 64)),
    "a shape of another size": ("safetensors", lambda: claiming([100], 64)),
    "a dtype that is none": ("safetensors", lambda: claiming([16], 64, "F12")),
    "a header of another shape": ("safetensors", lambda: header({"w": [1, 2], "__metadata__": 3})),
    "tensors over one another": ("safetensors", lambda: header(
        {name: {"dtype": "F32", "shape": [16], "data_offsets": [0, 64]} for name in "ab"}, bytes(64)
    )),
    "terabytes by strides": ("pt", lambda: saved({"w": torch.zeros(1).expand(2**40)})),
    "many views of one number": ("pt", lambda: saved({str(i): torch.zeros(1).expand(10**6) for i in range(300)})),
    "a packed file": ("pt", lambda: repacked(lambda name, old: old, zipfile.ZIP_DEFLATED)),
    "a file that unfolds to a thousand times its size": ("pt", bomb),
    "sparse": ("pt", lambda: saved({"w": torch.eye(4).to_sparse()})),
    "sparse of terabytes": ("pt", lambda: saved({"w": torch.sparse_coo_tensor([[0]], [1.0], (2**40,))})),
    "complex": ("pt", lambda: saved({"w": torch.zeros(4, dtype=torch.complex64)})),
    "quantised": ("pt", lambda: saved({"w": torch.quantize_per_tensor(torch.zeros(4), 0.1, 0, torch.qint8)})),
    "on the meta device": ("pt", lambda: saved({"w": torch.zeros(2**40, device="meta")})),
    "a class of its own": ("pt", lambda: saved({"w": torch.zeros(4).as_subclass(Own)})),
    "a list": ("pt", lambda: saved([torch.zeros(4)])),
    "a tensor alone": ("pt", lambda: saved(torch.zeros(4))),
    "numbers as names": ("pt", lambda: saved({1: torch.zeros(4)})),
    "a whole module": ("pt", lambda: saved(torch.nn.Linear(2, 2))),
    "too many names": (
        "pt", lambda: saved({str(i): one for i, one in enumerate(torch.zeros(weight_files.MAX_TENSORS + 1))})
    ),
    "a dict in itself": ("pt", lambda: saved(turning())),
}  # fmt: skip


def turning() -> dict[str, Any]:
    turns: dict[str, Any] = {}
    turns["w"] = turns
    return turns


class Watched(process.Child):
    """Remembers the most memory that it was seen to have."""

    def most(self) -> int:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)


@pytest.fixture(scope="module")
def asked() -> Iterator[Callable[[bytes], bytes]]:
    """Ask one process, another once it was stopped, and check what it took."""
    children: list[Watched] = []

    def ask(request: bytes) -> bytes:
        large = len(request) > 10**6
        if not children or not children[-1].alive or large:
            children.append(
                Watched("core.sandbox.weight_files", memory=MEMORY_BYTES + MEMORY_PER_FILE_BYTE * len(request))
            )
            children[-1].ask(b"pt\n" + saved(SMALL), seconds=60)  # torch is there now
        child, began = children[-1], time.monotonic()
        try:
            return child.ask(request, seconds=60)
        finally:
            assert time.monotonic() - began < 10
            if child.alive:
                assert child.most() < GIGABYTE
            if large:
                child.close()

    yield ask
    for child in children:
        child.close()


@pytest.fixture
def opened(asked: Callable[[bytes], bytes]) -> Callable[[str, bytes], str]:
    """What it says of a file."""

    def said(kind: str, content: bytes) -> str:
        try:
            answer = asked(kind.encode() + b"\n" + content)
        except process.Stopped as stopped:
            return f"stopped: {stopped.limit}"
        return answer[1:].decode() if answer[:1] == b"-" else "taken"

    return said


@pytest.fixture
def one_process(asked: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads a file asks that process, and none of its own, which would import torch first."""
    monkeypatch.setattr(process, "run", lambda module, request, **limits: asked(request))


@pytest.mark.parametrize("what", FILES)
def test_it_is_refused(what: str, opened: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = tmp_path / "ran"
    monkeypatch.setenv("EPOCHLAB_TEST_MARK", str(mark))
    kind, make = FILES[what]
    said = opened(kind, make())
    assert not mark.exists()
    assert said.endswith(".") and "\n" not in said and "Error" not in said and len(said) < 250, said


@pytest.mark.parametrize("what", ["a pickle that runs something", "a file that unfolds to a thousand times its size"])
def test_from_outside_it_is_a_sentence_with_the_files_name(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPOCHLAB_TEST_MARK", "/no/such/place")
    kind, make = FILES[what]
    with pytest.raises(BadInput, match=r"^“w\.pt” (is|claims)"):
        read(make(), "w.pt", kind)


@pytest.mark.parametrize(
    "limit,words", [("memory", "far more memory"), ("time", "far too long"), ("", "is not a pt file")]
)
def test_a_process_that_was_stopped_is_a_sentence(monkeypatch: pytest.MonkeyPatch, limit: Any, words: str) -> None:
    def stopped(*of: Any, **more: Any) -> bytes:
        raise process.Stopped(limit, "for a log")

    monkeypatch.setattr(process, "run", stopped)
    with pytest.raises(BadInput, match=rf"^“w\.pt” .*{words}"):
        read(b"", "w.pt", "pt")


def test_a_busy_computer_is_not_blamed_on_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*of: Any, **more: Any) -> bytes:
        raise process.Stopped("clock", "for a log")

    monkeypatch.setattr(process, "run", stopped)
    with pytest.raises(Problem, match=r"^The computer was too busy to read “w\.pt”"):
        read(b"", "w.pt", "pt")


@pytest.mark.parametrize("name", ["state_dict", "model_state_dict", "model", "net", "generator"])
def test_a_training_scripts_checkpoint_is_opened(name: str, one_process: None) -> None:
    optimizer = {"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": [{"lr": 0.1}]}
    found, words = read(saved({"epoch": 3, name: SMALL, "optimizer": optimizer}), "w.pt", "pt")
    assert found.keys() == SMALL.keys() and json.loads(words["order"]) == list(SMALL)


def test_a_whole_pickled_model_is_refused_with_what_to_save(one_process: None) -> None:
    for whole in (torch.nn.Linear(2, 2), {"epoch": 1, "model": torch.nn.Sequential(torch.nn.Linear(2, 2))}):
        for how in ({}, {"pickle_protocol": 4}, {"_use_new_zipfile_serialization": False}):
            with pytest.raises(
                BadInput, match=r"^“w\.pt” is a whole pickled model.*Save model\.state_dict\(\) instead"
            ):
                read(saved(whole, **how), "w.pt", "pt")


def test_other_ways_to_save_are_named(one_process: None) -> None:
    with pytest.raises(BadInput, match=r"pickle_protocol=4, which is not read\. Save it without"):
        read(saved(SMALL, pickle_protocol=4), "w.pt", "pt")
    program = io.BytesIO()
    with warnings.catch_warnings(action="ignore"):
        torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 2), torch.zeros(1, 2)), program)
    with pytest.raises(BadInput, match="is a TorchScript program"):
        read(program.getvalue(), "w.pt", "pt")


def test_a_number_of_numpy_beside_the_weights_is_no_obstacle() -> None:
    found, _words = read(saved({"state_dict": SMALL, "best": np.float64(0.97), "epoch": np.int64(3)}), "w.pt", "pt")
    assert found.keys() == SMALL.keys()


def test_a_file_too_large_is_not_even_looked_at() -> None:
    class Large(bytes):
        def __len__(self) -> int:
            return MAX_FILE_BYTES + 1

    with pytest.raises(BadInput, match="is larger than 500 MB"):
        read(Large(), "w.pt", "pt")


@pytest.mark.parametrize("content,kind", [
    (saved(SMALL), "pt"), (saved(OrderedDict(SMALL)), "pt"), (saved(torch.nn.Linear(2, 2).state_dict()), "pt"),
    (saved(SMALL, _use_new_zipfile_serialization=False), "pt"),
    (safetensors.torch.save(SMALL, {"a": "b"}), "safetensors"),
    (saved({"w": torch.zeros(0, 3), "i": torch.ones((), dtype=torch.int64), "t": torch.zeros(2, 3).t()}), "pt"),
], ids=["dict", "ordered", "of a module", "older format", "safetensors", "odd shapes"])  # fmt: skip
def test_honest_files_are_taken(opened: Callable[..., str], content: bytes, kind: str) -> None:
    assert opened(kind, content) == "taken"
