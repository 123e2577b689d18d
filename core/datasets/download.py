"""Downloading a built-in data set: with progress, cancellable, and all or nothing."""

import hashlib
import os
import re
import threading
import time
import urllib.request
from collections.abc import Generator, Iterator
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from core.datasets.catalog import DatasetSpec, Remote
from core.datasets.local_copies import incomplete
from core.datasets.progress import PrepareProgress
from core.errors import Problem
from core.files import disk_space
from core.locale import N_, _

FIRST_ANSWER = 6.0  # seconds from the first request within which a server must have sent something
SILENCE = 30.0  # seconds without a byte after which a download that had begun is given up
CHUNK = 1 << 15  # bytes fetched at once
AGENT = {"User-Agent": "pytorch/vision"}  # torchvision's name, which these servers accept; some refuse Python's own
NETWORK = (URLError, HTTPException, TimeoutError, ConnectionError)


def download(spec: DatasetSpec, data: Path, temporary: Path) -> Generator[PrepareProgress, None, None]:
    """Fetch the files of `spec` into `temporary`, then move them under the root `data`.

    Yields bytes by file. Problem, within about ten seconds where there is no network, says what was tried and
    which files to put where by hand. Closing the generator abandons the download. The caller removes
    what is left in `temporary`. Several downloads may run at once: no state of the process is changed.
    """
    if spec.download is None:
        raise Problem(
            "{title} cannot be downloaded here: it is only available after a registration. Get it from {homepage}, "
            "and put {files} into {folder}.",
            title=spec.title,
            homepage=spec.homepage,
            files=", ".join(spec.files),
            folder=data / spec.where,
        )
    yield PrepareProgress(N_("getting ready to download"), 0, 0, "bytes")
    transfer = _Transfer()
    thread = threading.Thread(target=transfer.run, args=(spec, temporary), daemon=True)
    try:
        temporary.mkdir(parents=True)
        thread.start()
        while thread.is_alive():
            thread.join(0.05)
            stage = _("downloading {file}", file=transfer.file) if transfer.file else N_("connecting")
            yield PrepareProgress(stage, *transfer.count, "bytes")
            if transfer.stalled:
                raise URLError(_("no answer"))
        if transfer.error:
            raise transfer.error
        _publish(temporary, data)
    except Problem:
        raise
    except Exception as error:
        if isinstance(error, OSError) and not isinstance(error, NETWORK):
            raise  # an error of the disk
        raise _problem(spec, data, transfer, error) from error
    finally:
        transfer.stopped = True
        thread.join(1)


class _Cancelled(Exception):
    """Raised in the thread that fetches when no caller waits for it any more."""


class _Corrupted(Exception):
    """A file is not what it should be."""


class _Transfer(urllib.request.BaseHandler):
    """Fetches files in a thread of its own, one after the other; another thread reads its progress, and may stop it.

    It is a handler of its own opener, which calls it for every request, redirected ones, too.
    """

    def __init__(self) -> None:
        self.file = ""
        self.count = (0, 0)  # bytes of this file: so far, in all (0: unknown)
        self.hosts: list[str] = []
        self.error: Exception | None = None
        self.stopped = False
        self._began: float | None = None  # when the first request went out
        self._heard = False  # some server has begun to send
        self._waiting: float | None = None  # since when an answer of the network is due

    @property
    def stalled(self) -> bool:
        """Whether the network has been silent for too long (time for unpacking and checking does not count)."""
        if self._waiting is None or self._began is None:
            return False
        now = time.monotonic()
        return now - self._waiting > SILENCE if self._heard else now - self._began > FIRST_ANSWER

    def run(self, spec: DatasetSpec, folder: Path) -> None:
        """Fetch all files of `spec` into `folder`. An error is kept: the thread that waits raises it."""
        try:
            assert spec.download
            opener = urllib.request.build_opener(self)  # with the present proxies; for this download only
            for remote in spec.download():
                target = folder / remote.place
                target.parent.mkdir(parents=True, exist_ok=True)
                self._fetch(remote, target, opener)
                self._check()
                if remote.unpack:
                    remote.unpack(target)
        except Exception as error:
            self.error = error

    def http_request(self, request: urllib.request.Request) -> urllib.request.Request:
        self._check()
        host = urlsplit(request.full_url).hostname or request.full_url
        if host not in self.hosts:
            self.hosts.append(host)
        self._waiting = time.monotonic()
        self._began = self._began or self._waiting
        return request

    https_request = http_request

    def _fetch(self, remote: Remote, target: Path, opener: urllib.request.OpenerDirector) -> None:
        """Fetch a file from the first server that has all of it."""
        for url in _roads(remote):
            try:
                digest = self._get(url, target, opener)
                if digest != remote.md5:
                    raise _Corrupted(_("{name} arrived corrupted, its checksum is wrong", name=target.name))
                return
            except (*NETWORK, _Corrupted) as error:
                self._waiting = None
                last = error
        raise last

    def _get(self, url: str, target: Path, opener: urllib.request.OpenerDirector) -> str:
        """Fetch one file; the MD5 sum of what came."""
        digest = hashlib.md5(usedforsecurity=False)
        request = urllib.request.Request(url, headers=AGENT)
        with opener.open(request, timeout=SILENCE) as response, target.open("wb") as file:
            self._waiting, self._heard = None, True
            done, total = 0, response.length or 0
            disk_space.require(target.parent, total, target.name)
            self.file, self.count = target.name, (0, total)
            for chunk in self._chunks(response):
                file.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                self.count = done, max(total, done) if total else 0
        return digest.hexdigest()

    def _chunks(self, response: HTTPResponse) -> Iterator[bytes]:
        while True:
            self._check()
            self._waiting = time.monotonic()
            try:
                chunk = response.read(CHUNK)
            except OSError as error:  # so that it is not taken for an error of the disk
                raise URLError(error) from error
            self._waiting = None
            if not chunk:
                return
            yield chunk

    def _check(self) -> None:
        if self.stopped:
            raise _Cancelled


def _roads(remote: Remote) -> list[str]:
    """The URLs to try. Where encrypted connections fail, a plain one is enough: the checksum verifies the content."""
    return [road for url in remote.urls for road in dict.fromkeys([url, re.sub("^https:", "http:", url)])]


def _publish(temporary: Path, data: Path) -> None:
    """Move whole files into place: what has its final name is complete."""
    for path in sorted(temporary.rglob("*")):
        if path.is_file():
            target = data / path.relative_to(temporary)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, target)


def _problem(spec: DatasetSpec, data: Path, transfer: _Transfer, error: Exception) -> Problem:
    """What was tried, and which files to put where by hand."""
    told = error.reason if isinstance(error, URLError) and not isinstance(error, HTTPError) else error
    words = str(told).strip() or _("the connection broke")
    values: dict[str, Any] = {
        "title": spec.title,
        "hosts": _(" and ").join(transfer.hosts) or _("its servers"),
        "reason": re.sub(r"<urlopen error |>$|\[Errno -?\d+\] ", "", words.splitlines()[-1]),
        "files": ", ".join(spec.files),
        "folder": data / spec.where,
    }
    if copy := incomplete(spec, data):
        return Problem(
            "{title} is not on this computer and could not be downloaded from {hosts} ({reason}): connect to the "
            "internet and try again, or put {files} into {folder} ({copy} has a part of them, but no {missing}) and "
            "try again.",
            **values,
            copy=copy.folder,
            missing=", ".join(copy.missing),
        )
    return Problem(
        "{title} is not on this computer and could not be downloaded from {hosts} ({reason}): connect to the internet "
        "and try again, or put {files} into {folder} and try again.",
        **values,
    )
