"""What the tests of core.sandbox.process run in a child process: each request names what to do."""

import ctypes
import os
import signal
import sys
import time

from core.sandbox import process


def obey(content: bytes) -> bytes:
    word, _, rest = content.partition(b" ")
    if word == b"echo":
        print("said aside")
        return rest
    if word == b"pid":
        return str(os.getpid()).encode()
    if word == b"modules":
        return " ".join(sys.modules).encode()
    if word == b"sleep":
        time.sleep(float(rest))
    if word == b"spin":  # in C, without giving Python's lock back
        ctypes.PyDLL(None).sleep(int(rest))
    if word == b"compute":
        until = time.process_time() + float(rest)
        while time.process_time() < until:
            pass
    if word == b"grind":  # in C, in one call
        pow(3, 10**9, 10**200_000)
    if word == b"fill":
        held = bytes([1]) * int(rest)
        time.sleep(0.2)
        return held[:1]
    if word == b"claim":  # without using it
        return str(len(bytearray(int(rest)))).encode()
    if word == b"die":
        os.kill(os.getpid(), signal.SIGSEGV)
    if word == b"fail":
        raise ValueError("no good")
    return b""


if __name__ == "__main__":
    if "ONLY_WATCHED" in os.environ:  # as on a system that counts only a part of the memory as data
        process._confine = lambda memory: None
    process.serve(obey)
