"""How busy a process is, on real ones."""

import subprocess
import sys
import time

import pytest

from core.runs import load
from core.runs.load import GpuLoad, Load, load_of, read_gpus


@pytest.mark.parametrize(("work", "least", "most"), [("while True: pass", 0.3, 1.3), ("time.sleep(30)", 0.0, 0.2)])
def test_one_that_works_and_one_that_waits(work: str, least: float, most: float) -> None:
    process = subprocess.Popen([sys.executable, "-c", f"import time\nkept = bytearray(60_000_000)\n{work}"])
    try:
        time.sleep(0.5)
        load_of(process.pid)
        for _ in range(20):  # on a busy machine its turn comes late
            time.sleep(0.5)
            found = load_of(process.pid)
            if not found or found.processor >= least:
                break
    finally:
        process.kill()
        process.wait()
    assert found and least <= found.processor <= most and found.processor <= found.cores + 0.5
    assert 60_000_000 < found.memory < 300_000_000 < found.total


def test_one_that_is_gone_has_none() -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    assert load_of(process.pid) is None


def test_what_the_driver_says() -> None:
    gpus = read_gpus("97, 1024, 81559\n[N/A], 3, 4\n0, 0, 16384\n")
    assert gpus == (GpuLoad(0.97, 2**30, 81559 * 2**20), GpuLoad(0.0, 0, 2**34))
    assert read_gpus("No devices were found") == ()


def test_without_a_driver_there_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load.shutil, "which", lambda name: None)
    assert load.gpu_loads() == ()


def test_it_is_told_in_words() -> None:
    words = Load(1.86, 2, 812_000_000, 4_100_000_000, (GpuLoad(0.97, 10**9, 8 * 10**9),)).in_words()
    assert words.startswith("Processor 1.9 of 2 cores · memory 812") and "GPU 97" in words
