"""Nine fixed images that a run answers after every epoch; the answers are kept and can be looked at over the epochs.

They are of the part that is measured after every epoch. A file beside the run's checkpoints has a line an epoch; it is
for looking only, and nothing depends on it. Reading imports no torch.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from core.loading.batches import RunData
    from core.training.state import TrainState

IMAGES = 9
FILE = "probe-images.jsonl"
LIKELIEST = 3  # classes of an answer that are kept


@dataclass(frozen=True)
class ProbeAnswers:
    """What a run answered after an epoch (0: untrained): for each image its place in the data set, and the likeliest
    classes with their probabilities, the likeliest first."""

    epoch: int
    images: list[int]
    answers: list[list[tuple[int, float]]]


def chosen(labels: np.ndarray, part: np.ndarray) -> np.ndarray:
    """The first image of each class in `part` (indices into the set), then the second of each, up to nine."""
    of_class = labels[part]
    order = np.argsort(of_class, kind="stable")
    classes, first, counts = np.unique(of_class[order], return_index=True, return_counts=True)
    places = [
        order[start + turn]
        for turn in range(min(IMAGES, int(counts.max(initial=0))))
        for start, count in zip(first, counts, strict=True)
        if turn < count
    ]
    return part[places[:IMAGES]] if len(classes) else part[:0]


class ProbeRecorder:
    """Lets a model answer them, and writes the answers down."""

    def __init__(self, folder: Path, data: "RunData") -> None:
        self.path, self.pixels = folder / FILE, data.val.pixels
        self.images = chosen(np.asarray(data.prepared.labels), data.parts.val)

    def forget_after(self, epoch: int) -> None:
        """Leave out what was answered after `epoch`: a resumed run answers again."""
        kept = [answers for answers in read(self.path) if answers.epoch <= epoch]
        with suppress(OSError):
            if kept or self.path.exists():
                self.path.write_text("".join(map(line, kept)), encoding="utf-8")

    def record(self, epoch: int, state: "TrainState") -> None:
        """Answer them with the model as it is. A disk that accepts no writes is no reason to stop."""
        import torch

        from core.training.device import autocast

        state.network.eval()
        with torch.inference_mode(), autocast(state.precision, state.device):
            likely = state.network(self.pixels.clean(self.images)).float().softmax(1)
            values, classes = likely.topk(min(LIKELIEST, likely.shape[1]), dim=1)
        pairs = [
            [(int(name), round(float(share), 4)) for name, share in zip(names, shares, strict=True)]
            for names, shares in zip(classes.tolist(), values.tolist(), strict=True)
        ]
        with suppress(OSError), self.path.open("a", encoding="utf-8") as file:
            file.write(line(ProbeAnswers(epoch, self.images.tolist(), pairs)))


def line(answers: ProbeAnswers) -> str:
    return json.dumps({"epoch": answers.epoch, "images": answers.images, "answers": answers.answers}) + "\n"


def read(path: Path) -> Sequence[ProbeAnswers]:
    """What was written down, in the order of the epochs; a line that cannot be read is left out."""
    found = {}
    with suppress(OSError):
        for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError, KeyError, TypeError):
                one = json.loads(text)
                answers = [[(int(name), float(share)) for name, share in pairs] for pairs in one["answers"]]
                images = [int(image) for image in one["images"]]
                if len(images) == len(answers) and all(answers):
                    found[int(one["epoch"])] = ProbeAnswers(int(one["epoch"]), images, answers)
    return [found[epoch] for epoch in sorted(found)]
