"""Nine fixed images that a run answers after every epoch; the answers are kept and can be looked at over the epochs.

They are of the part that is measured after every epoch; pictures of a person's own (`watched_images`) come to them. A
file beside the run's checkpoints has a line an epoch; it is for looking only, and nothing depends on it. Reading
imports no torch.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

    from core.loading.batches import RunData
    from core.training.state import TrainState

IMAGES = 9
FILE = "probe-images.jsonl"
LIKELIEST = 3  # classes of an answer that are kept
Likeliest = list[tuple[int, float]]  # classes by their number, and probabilities


@dataclass(frozen=True)
class ProbeAnswers:
    """What a run answered after an epoch (0: untrained): for each image its place in the data set, and the likeliest
    classes with their probabilities, the likeliest first. `own`: the same by the file's name of a person's picture."""

    epoch: int
    images: list[int]
    answers: list[Likeliest]
    own: dict[str, Likeliest] = field(default_factory=dict)


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

    def __init__(self, folder: Path, data: "RunData", own: Mapping[str, np.ndarray] | None = None) -> None:
        self.path, self.pixels, self.spec = folder / FILE, data.val.pixels, data.spec
        self.own = dict(own or {})
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

        from core.loading.pixels import from_images
        from core.training.device import autocast

        state.network.eval()
        with torch.inference_mode(), autocast(state.precision, state.device):
            pairs = likeliest(state.network(self.pixels.clean(self.images)))
            own: list[Likeliest] = []
            if self.own:  # by the whole model: the network may begin at features, which are computed of the set alone
                state.model.eval()
                own = likeliest(state.model(from_images(list(self.own.values()), self.spec, state.device)))
        told = ProbeAnswers(epoch, self.images.tolist(), pairs, dict(zip(self.own, own, strict=True)))
        with suppress(OSError), self.path.open("a", encoding="utf-8") as file:
            file.write(line(told))


def likeliest(logits: "Tensor") -> list[Likeliest]:
    """Of each row of (N, classes)."""
    likely = logits.float().softmax(1)
    values, classes = likely.topk(min(LIKELIEST, likely.shape[1]), dim=1)
    return [
        [(int(name), round(float(share), 4)) for name, share in zip(names, shares, strict=True)]
        for names, shares in zip(classes.tolist(), values.tolist(), strict=True)
    ]


def line(answers: ProbeAnswers) -> str:
    told = {"epoch": answers.epoch, "images": answers.images, "answers": answers.answers}
    return json.dumps(told | ({"own": answers.own} if answers.own else {})) + "\n"


def read(path: Path) -> Sequence[ProbeAnswers]:
    """What was written down; nothing where there is no file."""
    with suppress(OSError):
        return parsed(path.read_bytes())
    return []


def parsed(content: bytes) -> Sequence[ProbeAnswers]:
    """In the order of the epochs; a line that cannot be read is left out."""
    found = {}
    for text in content.decode("utf-8", "replace").splitlines():
        with suppress(ValueError, KeyError, TypeError):
            one = json.loads(text)
            answers = [pairs_of(pairs) for pairs in one["answers"]]
            own = {str(name): pairs_of(pairs) for name, pairs in dict(one.get("own", {})).items()}
            images = [int(image) for image in one["images"]]
            if len(images) == len(answers) and all(answers) and all(own.values()):
                found[int(one["epoch"])] = ProbeAnswers(int(one["epoch"]), images, answers, own)
    return [found[epoch] for epoch in sorted(found)]


def pairs_of(pairs: Iterable[Any]) -> Likeliest:
    return [(int(name), float(share)) for name, share in pairs]
