"""A server of a run as a process of its own, and requests to it as any program sends them."""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.program import ROOT

QUICK_S = 2.0  # seconds that a slow client has here
# As `python -m core serve`, with less patience.
PROGRAM = f"""
import sys
from core.serving import body, protocol
body.PAUSE_S = protocol.HEAD_TIMEOUT_S = {QUICK_S}
sys.argv[0] = "core"
import runpy
runpy.run_module("core", run_name="__main__")
"""
BOUNDARY = "between"


@dataclass(frozen=True)
class Running:
    """A server: what it said when it began, and its process."""

    said: dict[str, Any]
    process: subprocess.Popen

    @property
    def place(self) -> tuple[str, int]:
        there = urlsplit(self.said["address"])
        return there.hostname or "", there.port or 0

    def ask(
        self, path: str, body: Any = None, method: str | None = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers and content of the answer."""
        link = http.client.HTTPConnection(*self.place, timeout=60)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        link.request(method or ("GET" if body is None else "POST"), path, body, names)
        answer = link.getresponse()
        content = answer.read()
        link.close()
        return answer.status, answer.headers, content

    def predict(self, content: Any, query: str = "", **headers: str) -> tuple[int, Any]:
        status, _headers, answer = self.ask(f"/predict{query}", content, "POST", **headers)
        return status, json.loads(answer)

    def predict_form(self, files: list[tuple[str, bytes]], query: str = "") -> tuple[int, Any]:
        return self.predict(form(files), query, Content_Type=f"multipart/form-data; boundary={BOUNDARY}")


def form(files: list[tuple[str, bytes]]) -> bytes:
    """Files by their names as a browser sends them."""
    head = '--{}\r\nContent-Disposition: form-data; name="files"; filename="{}"\r\n\r\n'
    parts = [head.format(BOUNDARY, name).encode() + content + b"\r\n" for name, content in files]
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


@contextmanager
def running(home: Path, run: str, *more: str, program: str = PROGRAM) -> Iterator[Running]:
    """`serve RUN` on a port that is free."""
    environment = {**os.environ, "EPOCHLAB_HOME": str(home), "EPOCHLAB_DB": f"sqlite:///{home}/epochlab.db"}
    command = [sys.executable, "-c", program, "serve", run, "--port", "0", "--json", *more]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout and process.stderr
    try:
        first = process.stdout.readline()
        assert first, process.stderr.read()
        yield Running(json.loads(first), process)
    finally:
        process.kill()
        process.communicate()
