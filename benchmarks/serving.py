"""Images a second that `serve` answers to one client and to sixteen, with shared forward passes and with one a pass.

python -m benchmarks.serving [--tiny] [--seconds 10] [--turns 3]
"""

import argparse
import http.client
import io
import threading
import time
from functools import partial

from PIL import Image

from benchmarks.server import workspace
from benchmarks.side_by_side import alternate, machine, median, percentile, say, table
from core.datasets.source import DataSource
from core.prepared import prepare
from core.run_config import RunConfig
from core.runs.foreground import train_here
from tests.serving.running import PROGRAM, Running, running

CLIENTS = (1, 16)
ALONE = "from core.serving import batches; batches.evaluation_batch = lambda spec: 1\n"
MODELS = {
    "CNN, 8 × 8": {},
    "ResNet-18, 64 × 64 (2.2 GMAC)": {
        "model.name": "resnet18",
        "data.size": 64,
        "training.epochs": 1,
        "data.limit": 200,
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiny", action="store_true", help="only to see that it works")
    parser.add_argument("--seconds", type=float, default=10.0, help="for which clients ask, each time")
    parser.add_argument("--turns", type=int, default=3, help="how often each side is measured")
    args = parser.parse_args()
    seconds, turns = (0.3, 1) if args.tiny else (args.seconds, args.turns)
    rows = []
    with workspace() as lab:
        list(prepare.prepare(DataSource("digits"), lab.workspace))
        content = io.BytesIO()
        Image.fromarray(prepare.require(DataSource("digits"), lab.workspace).image(0)[:, :, 0]).save(content, "PNG")
        for title, settings in list(MODELS.items())[: 1 if args.tiny else None]:
            say(f"a run of {title}")
            run = train_here(RunConfig().replace(settings), lab, title, None, lambda event: None)
            home = lab.workspace.home
            with running(home, run.id) as shared, running(home, run.id, program=ALONE + PROGRAM) as alone:
                for clients in CLIENTS:
                    ask = partial(asked, clients=clients, content=content.getvalue(), seconds=seconds)
                    sides = {"shared passes": partial(ask, shared), "one a pass": partial(ask, alone)}
                    for side, found in alternate(sides, turns).items():
                        rates, waits = zip(*found, strict=True)
                        rows.append([title, clients, side, f"{median(rates):.0f}", f"{1000 * median(waits):.0f} ms"])
    print(table(["model", "clients", "forward passes", "images/s", "95 of 100 within"], rows))
    print(f"\n{machine()}")


def asked(server: Running, clients: int, content: bytes, seconds: float) -> tuple[float, float]:
    """Images a second, and the seconds in which 95 of 100 were answered."""
    waits: list[float] = []
    end = time.monotonic() + seconds

    def ask() -> None:
        link = http.client.HTTPConnection(*server.place, timeout=60)
        while (begun := time.monotonic()) < end:
            link.request("POST", "/predict", content)
            answer = link.getresponse()
            answer.read()
            assert answer.status == 200
            waits.append(time.monotonic() - begun)
        link.close()

    begun, all_clients = time.monotonic(), [threading.Thread(target=ask) for _ in range(clients)]
    for one in all_clients:
        one.start()
    for one in all_clients:
        one.join()
    return len(waits) / (time.monotonic() - begun), percentile(waits, 0.95)


if __name__ == "__main__":
    main()
