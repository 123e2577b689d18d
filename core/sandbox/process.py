"""Work on files from unknown sources, in a process of its own with limited memory and time.

The time is that of the processor, so that a busy computer is not taken for a bad file. A generous limit by the clock
stands beside it, and says something else.

The module that does the work turns bytes into bytes, and ends with

    if __name__ == "__main__":
        process.serve(function)

Nothing is unpickled on either side. Where the system has no memory limits (Windows), only the time is limited.
"""

import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Literal

from core.program import ROOT

REQUEST = struct.Struct("<Qdd")  # bytes that follow, seconds of the processor and by the clock to answer in
ANSWER = struct.Struct("<?Q")  # whether it is an answer (else words about an error), bytes that follow
OUT_OF_MEMORY_STATUS = 77  # exit status of a process that ran out of memory
WATCH_INTERVAL_S = 0.02  # seconds between two looks at the resident memory
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # stacks of more would count as memory in use
GRACE_S = 1.0  # seconds after the time by the clock is over until a process ends by itself, if its parent is gone
CLOCK_FACTOR = 12  # times as long by the clock as of the processor: as if eleven others wanted it, too
MIN_CLOCK_S = 5.0


Limit = Literal["memory", "time", "clock", ""]


class Stopped(Exception):
    """There is no answer. `limit` is the limit that was broken: of memory, of processor time, or of time by the clock,
    which says nothing about the file; "" if the work failed for another reason. The words are for a log."""

    def __init__(self, limit: "Limit", words: str) -> None:
        super().__init__(words)
        self.limit = limit


def run(module: str, content: bytes, *, memory: int, seconds: float) -> bytes:
    """The answer of `module` to `content`, within `memory` bytes and `seconds` of processor time; Stopped if none."""
    with Child(module, memory=memory) as child:
        return child.ask(content, seconds=seconds)


class Child:
    """A process that runs `module` and answers one request at a time; once it was stopped, it cannot be used again."""

    def __init__(self, module: str, *, memory: int) -> None:
        self._memory = memory
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, str(memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # decoders write warnings there about every unusual file
            start_new_session=True,
            cwd=ROOT,
            env={**os.environ, **ONE_THREAD},
        )

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, content: bytes, *, seconds: float) -> bytes:
        """The answer to `content` within so many seconds of processor time, its start left out; Stopped if there is
        none, and then the process is gone, or the work has failed."""
        late = threading.Event()
        by_the_clock = max(MIN_CLOCK_S, CLOCK_FACTOR * seconds)

        def expire() -> None:
            late.set()
            self.kill()

        timer = threading.Timer(by_the_clock, expire)
        timer.daemon = True
        timer.start()
        assert self._process.stdin and self._process.stdout
        try:
            self._process.stdin.write(REQUEST.pack(len(content), seconds, by_the_clock))
            self._process.stdin.write(content)
            self._process.stdin.flush()
            done, length = ANSWER.unpack(_exactly(self._process.stdout, ANSWER.size))
            answer = _exactly(self._process.stdout, length)
        except (OSError, ValueError, EOFError) as error:
            self.close()
            raise self._stopped(late.is_set()) from error
        finally:
            timer.cancel()
            if late.is_set():
                self.close()
        if not done:
            raise Stopped("", answer.decode("utf-8", "replace"))
        return answer

    def kill(self) -> None:
        """End it at once; another thread that waits for its answer gets Stopped."""
        if self._process.poll() is not None:
            return
        with suppress(OSError):  # it may just have ended
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                assert pipe
                pipe.close()

    def _stopped(self, late: bool) -> Stopped:
        status = self._process.returncode
        if late:
            return Stopped("clock", "the time by the clock was over")
        if hasattr(signal, "SIGPROF") and status == -signal.SIGPROF:
            return Stopped("time", "the processor time was over")
        if status == OUT_OF_MEMORY_STATUS:
            return Stopped("memory", f"more than {self._memory} bytes of memory")
        return Stopped("", f"the process ended with status {status}")


def serve(function: Callable[[bytes], bytes]) -> None:
    """The child's side: answer requests until the parent ends. The limits are set before anything is read."""
    memory = int(sys.argv[1])
    _confine(memory)
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output of a library must not get into an answer
    busy = threading.Event()
    threading.Thread(target=_watch, args=(memory, busy), daemon=True).start()
    while header := requests.read(REQUEST.size):
        length, seconds, by_the_clock = REQUEST.unpack(header)
        _alarm(seconds, by_the_clock + GRACE_S)
        busy.set()
        try:
            done, answer = True, function(_exactly(requests, length))
        except MemoryError:
            os._exit(OUT_OF_MEMORY_STATUS)
        except Exception as error:
            done, answer = False, f"{type(error).__name__}: {error}".encode()
        busy.clear()
        answers.write(ANSWER.pack(done, len(answer)))
        answers.write(answer)
        answers.flush()
        _alarm(0, 0)


def _confine(memory: int) -> None:
    """No more than `memory` bytes of data. The address space stays free: torch reserves far more than it uses."""
    with suppress(ImportError):
        import resource

        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        soft = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (soft, soft))


def _watch(memory: int, busy: threading.Event) -> None:
    """End this process when more is resident than allowed: not every system counts all of it as data."""
    while busy.wait():
        if _resident() > memory:
            os._exit(OUT_OF_MEMORY_STATUS)
        threading.Event().wait(WATCH_INTERVAL_S)


def _resident() -> int:
    """Bytes of this process that are in memory, 0 if the system does not say."""
    with suppress(OSError), open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    with suppress(ImportError):
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
    return 0


def _alarm(seconds: float, by_the_clock: float) -> None:
    """Let the system end this process after so much processor time, or time by the clock, even if no caller waits for
    it any more; 0 for never."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_REAL, by_the_clock)


def _exactly(pipe: IO[bytes], length: int) -> bytes:
    content = pipe.read(length)
    if len(content) < length:
        raise EOFError
    return content
