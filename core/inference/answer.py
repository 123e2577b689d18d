"""A model's answer to a picture, as programs read it: a line of `predict --json`, and what the server sends."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from core.locale import N_

if TYPE_CHECKING:
    import numpy as np

    from core.inference.photo import Reading
    from core.inference.pictures import Shown
    from core.inference.predictor import Predictor


@dataclass(frozen=True)
class Answer:
    """The fields of the JSON, in their order."""

    file: Annotated[str, Field(description=N_("the file's name"))]
    label: Annotated[str, Field(description=N_("the likeliest class"))]
    probability: Annotated[float, Field(ge=0, le=1, description=N_("that the model gives it"))]
    probabilities: Annotated[dict[str, float], Field(description=N_("of every class; together 1"))]
    accepted: Annotated[bool, Field(description=N_("false: too unsure, so it is none of these classes"))]
    read_as: Annotated[
        Literal["drawing", "image"], Field(description=N_("a drawing is drawn again as the training images are"))
    ]
    left_out: Annotated[list[str], Field(description=N_("what was found on a drawing and left out, as ruled lines"))]
    bits: Annotated[int | None, Field(description=N_("of 16, where the file's own levels decided what is white"))]
    animation: Annotated[bool, Field(description=N_("the file is an animation: its first picture was read"))]
    holes: Annotated[bool, Field(description=N_("pixels without a value were given the lowest of the others"))]
    turned: Annotated[bool, Field(description=N_("whether light and dark were turned round"))]
    unlike: Annotated[list[str], Field(description=N_("how it is unlike the training images, in sentences"))]


def how_read(reading: "Reading", shown: "Shown") -> dict[str, Any]:
    """The fields that say how a picture was read."""
    drawing, other = shown.drawing, shown.other
    return {
        "read_as": "drawing" if drawing else "image",
        "left_out": list(drawing.left_out) if drawing else [],
        "bits": reading.bits,
        "animation": reading.moves,
        "holes": reading.holes,
        "turned": bool(other and other.turned),
        "unlike": shown.unlike,
    }


def answer_of(file: str, probabilities: "np.ndarray", answerer: "Predictor", how: dict[str, Any]) -> Answer:
    """The answer from a row of `Predictor.predict`, and `how_read`."""
    by_class = dict(zip(answerer.classes, map(float, probabilities), strict=True))
    label = max(by_class, key=by_class.__getitem__)
    accepted = by_class[label] >= answerer.confidence.threshold
    return Answer(file, label, by_class[label], by_class, accepted, **how)
