"""How busy a run keeps its computer: processor, memory and, where there is one, GPU."""

import shutil
import subprocess
from dataclasses import dataclass

import psutil

from core.locale import _

GPU_QUERY = ("--query-gpu=utilization.gpu,memory.used,memory.total", "--format=csv,noheader,nounits")
GPU_TIMEOUT_S = 2.0  # seconds for the driver's answer
MIB = 2**20

_watched: dict[int, psutil.Process] = {}  # pid → the process, which remembers when it was asked last


@dataclass(frozen=True)
class GpuLoad:
    """Of one GPU: the share of the last moment in which it computed, and its memory in bytes."""

    busy: float
    used: int
    total: int


@dataclass(frozen=True)
class Load:
    """What a process uses: cores' worth of processor since it was asked last (2.0: two whole cores), memory in bytes,
    and what the computer has of both."""

    processor: float
    cores: int
    memory: int
    total: int
    gpus: tuple[GpuLoad, ...] = ()

    def in_words(self) -> str:
        """`Processor 1.9 of 2 cores · memory 812 MB of 4.1 GB`."""
        words = [
            _("Processor {used:.1f} of {cores} cores", used=self.processor, cores=self.cores),
            _("memory {used:size} of {total:size}", used=self.memory, total=self.total),
        ]
        words += [
            _("GPU {busy:share}, memory {used:size} of {total:size}", busy=gpu.busy, used=gpu.used, total=gpu.total)
            for gpu in self.gpus
        ]
        return " · ".join(words)


def load_of(pid: int) -> Load | None:
    """Of a process of this computer; None if it is gone or is somebody else's."""
    try:
        process = _watched.get(pid)
        if process is None or not process.is_running():
            process = psutil.Process(pid)
            process.cpu_percent()  # from here on it is counted
            _watched.clear()
            _watched[pid] = process
        used = process.cpu_percent() / 100
        memory = int(process.memory_info().rss)
    except psutil.Error:
        _watched.pop(pid, None)
        return None
    return Load(used, psutil.cpu_count() or 1, memory, int(psutil.virtual_memory().total), gpu_loads())


def gpu_loads() -> tuple[GpuLoad, ...]:
    """Of every NVIDIA GPU, as its driver says; none where there is no driver."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ()
    try:
        answer = subprocess.run([tool, *GPU_QUERY], capture_output=True, text=True, timeout=GPU_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return ()
    return read_gpus(answer.stdout)


def read_gpus(answer: str) -> tuple[GpuLoad, ...]:
    """`97, 1024, 81559` a line: percent, MiB, MiB. A GPU that does not tell (`[N/A]`) is left out."""
    found = []
    for line in answer.splitlines():
        try:
            busy, used, total = (float(part) for part in line.split(","))
        except ValueError:
            continue
        found.append(GpuLoad(busy / 100, int(used * MIB), int(total * MIB)))
    return tuple(found)
