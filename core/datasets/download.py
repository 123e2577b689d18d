"""Downloading a built-in data set: watched, cancellable, and all or nothing."""

import os
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Generator
from functools import partial
from http.client import HTTPResponse
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit

from core.datasets.catalog import DatasetSpec
from core.datasets.local_copies import incomplete
from core.datasets.progress import PrepareProgress
from core.errors import Problem

FIRST_ANSWER = 6.0  # seconds from the first request until some server has to have sent something
SILENCE = 30.0  # seconds without a byte that end a download which had begun
NETWORK = (URLError, TimeoutError, ConnectionError)


def download(spec: DatasetSpec, data: Path, temporary: Path) -> Generator[PrepareProgress, None, None]:
    """Fetch the files of `spec` into `temporary`, then move them under the root `data`.

    Yields bytes by file. Problem, within about ten seconds where there is no network, says what was tried and
    which files to put where by hand. Closing the generator abandons the download. Whatever is left in
    `temporary` is for the caller to remove.
    """
    if spec.download is None:
        raise Problem("{title} cannot be downloaded", title=spec.title)
    yield PrepareProgress("getting ready to download", 0, 0, "bytes")
    watch = _Watch()
    thread = threading.Thread(target=_run, args=(partial(spec.download, temporary), watch), daemon=True)
    try:
        temporary.mkdir(parents=True)
        thread.start()
        while thread.is_alive():
            thread.join(0.05)
            yield PrepareProgress(f"downloading {watch.file}" if watch.file else "connecting", *watch.count, "bytes")
            if watch.stalled:
                raise URLError("no answer")
        if watch.error:
            raise watch.error
        _publish(temporary, data)
    except Exception as error:
        if isinstance(error, OSError) and not isinstance(error, NETWORK):
            raise  # the disk's fault
        raise Problem(_sentence(spec, data, watch, error)) from error
    finally:
        watch.stopped = True
        thread.join(1)


def by_hand(spec: DatasetSpec, data: Path) -> str:
    """Which files to put where, for the end of a sentence."""
    words = f"put {', '.join(spec.files)} into {data / spec.where}"
    if copy := incomplete(spec, data):
        words += f" ({copy.folder} has a part of them, but no {', '.join(copy.missing)})"
    return words


class _Cancelled(Exception):
    """Raised inside torchvision's download when nobody waits for it any more."""


class _Watch(urllib.request.BaseHandler):
    """Sits in urllib, which torchvision downloads with: counts bytes, notes hosts, and can stop the transfer."""

    def __init__(self) -> None:
        self.file = ""
        self.count = (0, 0)  # bytes of this file: so far, in all (0: unknown)
        self.hosts: list[str] = []
        self.error: Exception | None = None
        self.thread: threading.Thread | None = None  # the one to watch
        self.stopped = False
        self._began: float | None = None  # when the first request went out
        self._heard = False  # some server has begun to send
        self._waiting: float | None = None  # since when the network owes us something

    @property
    def stalled(self) -> bool:
        """Whether the network has been silent for too long (unpacking and checking are not its fault)."""
        if self._waiting is None or self._began is None:
            return False
        now = time.monotonic()
        return now - self._waiting > SILENCE if self._heard else now - self._began > FIRST_ANSWER

    def http_request(self, request: urllib.request.Request) -> urllib.request.Request:
        if threading.current_thread() is self.thread:
            self._check()
            request.timeout = SILENCE
            host = urlsplit(request.full_url).hostname or request.full_url
            if host not in self.hosts:
                self.hosts.append(host)
            self._waiting = time.monotonic()
            self._began = self._began or self._waiting
        return request

    def http_response(self, request: urllib.request.Request, response: HTTPResponse) -> HTTPResponse:
        if threading.current_thread() is self.thread:
            self._waiting = None
            self._check()
            if response.status == 200:
                self._heard = True
                self._count(request, response)
        return response

    https_request = http_request
    https_response = http_response

    def _count(self, request: urllib.request.Request, response: HTTPResponse) -> None:
        file, total, read = urlsplit(request.full_url).path.rsplit("/", 1)[-1], response.length or 0, response.read
        done = 0

        def counted(amt: int | None = None) -> bytes:
            nonlocal done
            self._check()
            self._waiting = time.monotonic()
            content = read(amt)
            self._waiting = None
            done += len(content)
            self.file, self.count = file, (done, max(total, done) if total else 0)
            return content

        response.read = counted  # type: ignore[method-assign]

    def _check(self) -> None:
        if self.stopped:
            raise _Cancelled


def _run(fetch: Callable[[], None], watch: _Watch) -> None:
    watch.thread = threading.current_thread()
    urllib.request.install_opener(urllib.request.build_opener(watch))
    try:
        fetch()
    except Exception as error:  # whatever it is, the waiting generator raises it
        watch.error = error
    finally:  # only now: until its end, even if nobody waits, the download has to hear that it is to stop
        urllib.request.install_opener(None)  # whoever comes next gets one for the proxies of then


def _publish(temporary: Path, data: Path) -> None:
    """Move whole files into place: what has its final name is complete."""
    for path in sorted(temporary.rglob("*")):
        if path.is_file():
            target = data / path.relative_to(temporary)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, target)


def _sentence(spec: DatasetSpec, data: Path, watch: _Watch, error: Exception) -> str:
    # torchvision lists each mirror and what it said; the last line says it best.
    words = str(error.reason if isinstance(error, URLError) else error).strip() or "the connection broke"
    reason = re.sub(r"<urlopen error |>$|\[Errno -?\d+\] ", "", words.splitlines()[-1])
    tried = " and ".join(watch.hosts) or "torchvision's servers"
    return (
        f"{spec.title} is not on this computer and could not be downloaded from {tried} ({reason}): "
        f"connect to the internet and try again, or {by_hand(spec, data)} and try again."
    )
