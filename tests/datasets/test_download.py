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
from core.datasets.catalog import catalog
from core.datasets.source import DataSource
from core.errors import Problem
from core.files import disk_space
from core.files.paths import Workspace
from core.prepared.prepare import find, prepare
from tests.datasets.makers import MNIST, archive, cifar10, idx, mnist, pixels, prepared, tar

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
    monkeypatch.setattr(urllib.request, "_opener", None)
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


def test_two_at_a_time_do_not_disturb_each_other_and_nothing_of_the_process_is_changed(
    workspace: Workspace, server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchvision import datasets
    from torchvision.datasets import utils

    monkeypatch.setattr(urllib.request, "_opener", None)  # an earlier request of this process may have made one
    for name in ("mirrors", "resources"):
        monkeypatch.setattr(datasets.KMNIST, name, getattr(datasets.MNIST, name))
    monkeypatch.setattr(_Quiet, "delay", 0.02)
    bars, running, seen = utils.tqdm, [], []
    for name in ("mnist", "kmnist"):
        running.append(prepare(DataSource(name), workspace))
    while running:  # by turns
        for one in list(running):
            try:
                seen.append((one, next(one)))
            except StopIteration:
                running.remove(one)
            assert urllib.request._opener is None and utils.tqdm is bars
    for one in {one for one, _ in seen}:
        sizes = [report.done for by, report in seen if by is one and report.stage == f"downloading {MNIST[0]}.gz"]
        assert len(set(sizes)) > 3 and sizes == sorted(sizes)
    assert all(find(DataSource(name), workspace) for name in ("mnist", "kmnist"))


def test_whoever_a_server_sends_us_to_is_named(workspace: Workspace, server: Path, mirrors: Any) -> None:
    class Elsewhere(_Quiet):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", f"http://localhost:9{self.path}")
            self.end_headers()

    with _Server(("127.0.0.1", 0), Elsewhere) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        mirrors(f"http://127.0.0.1:{running.server_port}/")
        assert "could not be downloaded from 127.0.0.1 and localhost (" in _fails(workspace)
        running.shutdown()


def test_the_next_server_is_asked_and_a_plain_road_taken_where_an_encrypted_one_is_closed(
    workspace: Workspace, server: Path, mirrors: Any
) -> None:
    from torchvision import datasets

    (mirror,) = datasets.MNIST.mirrors
    mirrors(mirror + "not/there/", mirror.replace("http:", "https:"))
    list(prepare(DataSource("mnist"), workspace))
    assert find(DataSource("mnist"), workspace)


def test_what_is_not_there_is_said(workspace: Workspace, server: Path) -> None:
    (server / f"{MNIST[1]}.gz").unlink()
    assert "(HTTP Error 404: File not found)" in _fails(workspace)


def test_a_disk_without_room_is_no_fault_of_the_network(
    workspace: Workspace, server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_space.shutil, "disk_usage", lambda _: type("Usage", (), {"total": 10**9, "free": 10**6}))
    sentence = _fails(workspace)
    assert sentence.startswith(f"there is not enough space for {MNIST[0]}.gz: ")


def test_emnist_comes_in_one_archive(workspace: Workspace, server: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision import datasets

    arrays = [pixels(26, 28, 28), np.arange(1, 27)] * 2
    names = [f"emnist-letters-{part}-{kind}" for part in ("train", "test") for kind in ("images-idx3", "labels-idx1")]
    files = {f"gzip/{n}-ubyte.gz": gzip.compress(idx(array)) for n, array in zip(names, arrays, strict=True)}
    content = archive(server / "gzip.zip", files).read_bytes()
    monkeypatch.setattr(datasets.EMNIST, "url", datasets.MNIST.mirrors[0] + "gzip.zip")
    monkeypatch.setattr(datasets.EMNIST, "md5", hashlib.md5(content).hexdigest())
    assert prepared(workspace, "emnist-letters").meta.count == 52
    there = {path.name for path in (workspace.data / "EMNIST" / "raw").iterdir()}
    assert there == {"gzip.zip", *(f"{name}-ubyte" for name in names)}
    assert len(datasets.EMNIST(workspace.data, split="letters")) == 26, "torchvision finds them, too"


def test_an_archive_of_cifar_is_unpacked_for_torchvision(
    workspace: Workspace, server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchvision import datasets

    made = tar(server / "cifar-10-python.tar.gz", cifar10())
    monkeypatch.setattr(datasets.CIFAR10, "url", datasets.MNIST.mirrors[0] + made.name)
    monkeypatch.setattr(datasets.CIFAR10, "tgz_md5", hashlib.md5(made.read_bytes()).hexdigest())
    assert prepared(workspace, "cifar10").meta.count == 60
    assert {path.name for path in workspace.data.iterdir()} == {"cifar-10-batches-py", made.name}


@pytest.mark.parametrize("name", [name for name, one in catalog().items() if one.download])
def test_what_can_be_downloaded_is_what_is_looked_for(name: str) -> None:
    one = catalog()[name]
    remotes = one.download()  # type: ignore[misc]
    for remote in remotes:
        assert remote.urls and all(url.startswith(("http://", "https://")) for url in remote.urls)
        assert len(bytes.fromhex(remote.md5)) == 16
    workspace = {remote.place for remote in remotes}
    wanted = {f"{one.where}/{file}".lstrip("/") for file in one.files}
    assert wanted == workspace or workspace == {"EMNIST/raw/gzip.zip"}
