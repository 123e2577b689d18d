"""Files of pictures as a run's model is shown them: as a drawing in the form of the training images, or as a photograph
on their ground."""

from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from core.datasets.source import DataSource
from core.errors import BadInput
from core.files.paths import Workspace
from core.locale import N_, _, translate
from core.runs.store import Run

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    import numpy as np

    from core.datasets.drawing_style import DrawingStyle
    from core.inference.image_style import Fitted, ImageStyle
    from core.inference.ink import Drawing
    from core.inference.photo import Reading
    from core.inference.predictor import Predictor


STYLE_GONE = N_(
    "It learned from drawings whose style is not known any more, as they are gone: this picture was only brought to "
    "their size. The answer may mean little."
)


@dataclass(frozen=True)
class Shown:
    """One picture as it is shown to the model: (H, W, 1 or 3) uint8, and how it came to be that."""

    image: "np.ndarray"
    drawing: "Drawing | None" = None  # what was found on it, where it was read as a drawing
    other: "Fitted | None" = None  # what was done to it, where it was not
    unlike: list[str] = field(default_factory=list)  # how it is unlike the training images, in sentences

    @property
    def changed(self) -> str:
        """What was done to the picture beside its size, in words that stand after an answer; "" if nothing was."""
        if self.drawing and self.drawing.left_out:
            return _("read as a drawing without {left_out}", left_out=self.drawing.left_out_in_words())
        if self.other and self.other.turned:
            return _("read with light and dark turned round")
        return ""


@dataclass(frozen=True)
class ReadAs:
    """How a person wants pictures to be read; what is false is left to the picture."""

    drawing: bool = False
    image: bool = False
    as_is: bool = False  # a ground that is the opposite of the training images' is not turned round
    one_sign: bool = False  # several signs are one
    one_sign_by: str = "--one-sign"  # how a person says that


class Pictures:
    """Reads pictures for one model, as it is asked for. `BadInput` where a drawing is asked for and the model has not
    learnt any."""

    def __init__(self, workspace: Workspace, run: Run, answerer: "Predictor", read_as: ReadAs) -> None:
        from core.inference.known_style import learnt_drawings
        from core.prepared import prepare as data

        self.workspace, self.run, self.answerer, self.read_as = workspace, run, answerer, read_as
        self.source = DataSource.of(run.config.data)
        self.prepared = data.find(self.source, workspace)  # a photograph is answered without it, too
        drawn = answerer.meta.drawable and not self.prepared
        self.of_drawings = drawn or learnt_drawings(run, workspace)
        self._check()

    def read_otherwise(self, read_as: ReadAs) -> "Pictures":
        """The same for another wish, with what was measured already."""
        other = copy(self)
        other.read_as = read_as
        other._check()
        return other

    def _check(self) -> None:
        if not self.read_as.drawing:
            return
        if not self.of_drawings:
            raise BadInput(
                "{name:name} has learnt {title:name}, which is not drawn; leave out --drawing.",
                name=self.answerer.name,
                title=self.answerer.meta.title,
            )
        assert self.drawn_style  # without its data set there is no style, and no file need be read

    @cached_property
    def drawn_style(self) -> "DrawingStyle":
        from core.inference.known_style import require_style

        return self.known_style or require_style(self.run, self.workspace)

    @cached_property
    def known_style(self) -> "DrawingStyle | None":
        from core.inference.known_style import known_style

        return known_style(self.run, self.workspace)

    @cached_property
    def usual(self) -> "ImageStyle | None":
        from core.inference.image_style import image_style_of

        return image_style_of(self.prepared) if self.prepared else None

    def read(self, source: "str | Path | bytes | BinaryIO", name: str = "") -> "Reading":
        """The pixels of a file: its path, its content, or open. Raises `BadInput` that names it."""
        from core.inference.photo import read_picture

        return read_picture(source, name or str(source) or "“”", self.answerer.meta.levels)

    def shown(self, image: "np.ndarray") -> Shown:
        """A picture as the model is shown it. `Problem` for a sheet without ink, `BadInput` for several signs."""
        from core.inference import predictor
        from core.inference.image_style import fitted
        from core.inference.ink import FAINTEST
        from core.inference.likeness import unlike_strokes

        read_as, meta = self.read_as, self.answerer.meta
        strokes = self.of_drawings and not read_as.image and predictor.is_drawing(image, meta)
        if read_as.drawing or (strokes and (self.prepared or self.known_style)):
            drawn, drawing = predictor.from_drawing(image, self.drawn_style, read_as.one_sign, read_as.one_sign_by)
            unlike = [words for words in (unlike_strokes(drawing, self.drawn_style),) if words]
            return Shown(drawn, drawing, None, unlike)
        if self.of_drawings and not read_as.image and int(image.max()) - int(image.min()) < FAINTEST:
            raise predictor.no_ink()  # in the size of the training images, too
        if self.usual is None:
            return Shown(image, unlike=[translate(STYLE_GONE)] if strokes else [])
        other = fitted(image, self.usual, meta.channels, turn=not read_as.as_is)
        return Shown(other.image, None, other, other.differences)
