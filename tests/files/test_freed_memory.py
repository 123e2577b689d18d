"""Freed memory is kept for what is allocated next, where a process asks for it."""

import platform
import subprocess
import sys

import pytest

PAGES = 16_384  # of 4 kB: 64 MB
# How many pages the system had to give while three blocks were taken and freed, after a first one.
TAKEN = f"""
import resource, sys
from core.files.freed_memory import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()
taken = []
for turn in range(4):
    bytearray({PAGES} * 4096).replace(b"x", b"y")
    taken.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
print(taken[-1] - taken[0])
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_blocks_are_taken_from_the_system_once() -> None:
    asked = [[sys.executable, "-c", TAKEN, how] for how in ("keep", "give back")]
    kept, given_back = (int(subprocess.run(one, capture_output=True, text=True, check=True).stdout) for one in asked)
    assert kept < PAGES / 4 and given_back > PAGES
