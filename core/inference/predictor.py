"""Predictor: a trained run that answers pictures."""

from collections.abc import Sequence

import numpy as np
import torch

from core.datasets.drawing_style import DrawingStyle
from core.errors import BadInput, Problem
from core.files.paths import Workspace
from core.inference.drawing import to_input
from core.inference.enlarged import drawing_on
from core.inference.ink import Drawing, Picture
from core.loading.batches import evaluation_batch
from core.loading.pixels import from_images, unscaled
from core.prepared.arrays import Meta
from core.runs.confidence import PLAIN, Confidence
from core.runs.store import Run
from core.runs.trained import Trained, load_model, trained_checkpoint
from core.training.checkpoint import LAST
from core.training.device import choose_device


class Predictor:
    """A model with the very pre-processing it was trained with. It answers in float32, at its `confidence`."""

    def __init__(self, trained: Trained, device: torch.device, name: str, confidence: Confidence = PLAIN) -> None:
        self.name, self.confidence = name, confidence  # the run's
        self.config, self.meta, self.spec, self.device = trained.config, trained.meta, trained.spec, device
        self.model = trained.model.to(device)

    @property
    def classes(self) -> tuple[str, ...]:
        return self.meta.classes

    def predict(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Each image (H, W, 1 or 3) uint8, of any size → (N, classes) float32 probabilities. `Problem` where an answer
        is no number."""
        many = evaluation_batch(self.spec)
        answers = [np.zeros((0, len(self.classes)), np.float32)]
        for first in range(0, len(images), many):
            answers.append(self.answers(self.inputs(images[first : first + many])))
        return np.concatenate(answers)

    def inputs(self, images: Sequence[np.ndarray]) -> torch.Tensor:
        """Images, as `predict` takes them, as the model takes them: (N, C, H, W) float32."""
        return from_images(images, self.spec, self.device)

    def answers(self, inputs: torch.Tensor) -> np.ndarray:
        """What `inputs` gives → (N, classes), as `predict` gives them. One forward pass."""
        with torch.inference_mode():
            logits = self.model(inputs).float()
            together: np.ndarray = (logits / self.confidence.temperature).softmax(1).cpu().numpy()
        if not np.isfinite(together).all():
            raise Problem(
                "There is no answer from {name:name}: its numbers became too large to compute with. "
                "Choose another run, or train it again with a lower learning rate.",
                name=self.name,
            )
        return together

    def seen(self, image: np.ndarray) -> np.ndarray:
        """An image (H, W, 1 or 3) uint8 as the model sees it, (H, W, C) uint8: resized, cropped, scaling undone."""
        shown: np.ndarray = unscaled(self.inputs([image]), self.spec)[0]
        return shown


def from_drawing(
    picture: Picture, style: DrawingStyle, one_sign: bool = False, option: str = "--one-sign"
) -> tuple[np.ndarray, Drawing]:
    """A drawing of any size as an image (H, W, 1) uint8 like those of the data set that `style` was measured on, and
    what was found on the picture. `one_sign`: what stands apart belongs together; `option` says that where the picture
    was given.

    `Problem` when nothing is drawn; `BadInput` when several signs are.
    """
    drawing = drawing_on(picture, style)
    if drawing.signs > 1 and not one_sign:
        raise BadInput(
            "There are {signs:count} signs on this picture, and the model answers one at a time. Cut the picture to "
            "one of them; if they are parts of one sign, say so with {option}.",
            signs=drawing.signs,
            option=option,
        )
    image = to_input(drawing.ink, style)
    if image is None:
        raise no_ink()
    return image[:, :, None], drawing


def no_ink() -> Problem:
    """The error for a sheet on which nothing is drawn."""
    return Problem("There is no ink on this picture. Draw or write something first.")


def is_drawing(image: np.ndarray, meta: Meta) -> bool:
    """Whether a picture is read as a drawing by a model of drawings unless a person says otherwise: where it has not
    the size of the training images, as one of them would have."""
    return meta.size is None or image.shape[:2] != meta.size


def load(run: Run, workspace: Workspace, which: str = LAST) -> Predictor:
    """The model of a run's `last` or `best` checkpoint, on the best device. `Problem` if there is none yet."""
    trained = load_model(trained_checkpoint(run, workspace, which))
    return Predictor(trained, choose_device("auto"), run.name, trained.confidence)
