"""Downloads, from a server of the test's own: progress, failure without a network, cancelling."""

import gzip
import hashlib
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.datasets import download, local_copies
from core.datasets.source import DataSource
from core.errors import Problem
from core.files.paths import Workspace
from core.prepared.prepare import find, prepare
from tests.data.makers import MNIST, idx, mnist, pixels

COUNT = 2000  # images in the served set: several chunks of a download


@pytest.fixture(autouse=True)
def no_system_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_copies, "SYSTEM", ())


@pytest.fixture
def mirrors(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Point torchvision's MNIST at other servers."""
    from torchvision import datasets

    return lambda *urls: monkeypatch.setattr(datasets.MNIST, "mirrors", list(urls))


class _Quiet(SimpleHTTPRequestHandler):
    delay = 0.0

    def log_message(self, *_: object) -> None:
        pass

    def copyfile(self, source: Any, outputfile: Any) -> None:
        while chunk := source.read(1 << 16):
            outputfile.write(chunk)
            time.sleep(self.delay)


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """torchvision hangs up on its first request: it only looks for redirects."""


@pytest.fixture
def server(tmp_path: Path, mirrors: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A server of a small MNIST; the folder that it serves."""
    from torchvision import datasets

    folder = tmp_path / "served"
    folder.mkdir()
    sums = []
    for name, array in zip(MNIST, (pixels(COUNT, 28, 28), np.arange(COUNT) % 10) * 2, strict=True):
        content = gzip.compress(idx(array))
        (folder / f"{name}.gz").write_bytes(content)
        sums.append((f"{name}.gz", hashlib.md5(content).hexdigest()))
    monkeypatch.setattr(datasets.MNIST, "resources", sums)
    with _Server(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        mirrors(f"http://127.0.0.1:{running.server_port}/")
        yield folder
        running.shutdown()


def test_a_download_shows_its_bytes_and_lands_in_torchvisions_layout(
    workspace: Workspace, server: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(_Quiet, "delay", 0.02)
    seen = list(prepare(DataSource("mnist"), workspace))
    size = (server / f"{MNIST[0]}.gz").stat().st_size
    steps = [one for one in seen if one.stage == f"downloading {MNIST[0]}.gz"]
    assert len({one.done for one in steps}) > 3 and {one.total for one in steps} == {size}
    assert [one.done for one in steps] == sorted(one.done for one in steps)
    found = find(DataSource("mnist"), workspace)
    assert found and found.meta.splits == {"train": COUNT, "test": COUNT} and "downloaded" in found.meta.source
    assert {path.name for path in (workspace.data / "MNIST" / "raw").iterdir()} >= set(MNIST)
    assert [path.name for path in workspace.data.iterdir()] == ["MNIST"]
    assert capfd.readouterr().err == "", "torchvision's own bars stay silent"


def _fails(workspace: Workspace) -> str:
    began = time.monotonic()
    with pytest.raises(Problem) as error:
        list(prepare(DataSource("mnist"), workspace))
    assert time.monotonic() - began < 12
    assert find(DataSource("mnist"), workspace) is None
    assert not list(workspace.data.glob(".*")) and not list(workspace.cache.glob("*.part"))
    assert "\n" not in str(error.value)
    return str(error.value)


def test_without_a_network_the_sentence_says_what_to_put_where(workspace: Workspace, mirrors: Any) -> None:
    mirrors("http://127.0.0.1:9/one/", "http://localhost:9/two/")
    sentence = _fails(workspace)
    assert "MNIST is not on this computer and could not be downloaded from 127.0.0.1 and localhost" in sentence
    assert "refused" in sentence
    assert f"put {', '.join(f'{name}.gz' for name in MNIST)} into {workspace.data / 'MNIST/raw'}" in sentence


def test_nobody_else_is_sent_through_the_proxy_of_a_download(
    workspace: Workspace, mirrors: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirrors("http://127.0.0.1:9/")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with pytest.raises(Problem):
        list(prepare(DataSource("mnist"), workspace))
    assert urllib.request._opener is None  # the next request looks for a proxy itself


def test_a_copy_with_a_file_missing_is_pointed_out(workspace: Workspace, mirrors: Any) -> None:
    mirrors("http://127.0.0.1:9/")
    mnist(workspace.data / "mnist", packed=True)
    (workspace.data / "mnist" / f"{MNIST[3]}.gz").unlink()
    assert f"{workspace.data / 'mnist'} has a part of them, but no {MNIST[3]}.gz" in _fails(workspace)


def test_a_server_that_never_answers_is_given_up(
    workspace: Workspace, mirrors: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "FIRST_ANSWER", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mirrors(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        assert "(no answer)" in _fails(workspace)


def test_a_damaged_download_does_not_stay(workspace: Workspace, server: Path) -> None:
    file = server / f"{MNIST[2]}.gz"
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    assert "corrupted" in _fails(workspace)
    assert not (workspace.data / "MNIST").exists()


def test_a_cancelled_download_leaves_nothing(
    workspace: Workspace, server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Quiet, "delay", 0.05)
    running = prepare(DataSource("mnist"), workspace)
    while not next(running).stage.startswith("downloading"):
        pass
    began = time.monotonic()
    running.close()
    assert time.monotonic() - began < 2
    assert list(workspace.data.iterdir()) == []
    assert [path.name for path in workspace.cache.iterdir() if path.suffix != ".lock"] == []
