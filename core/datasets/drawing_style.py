"""The common style of the drawings of a data set: what it is, not how it is measured. No torch here."""

from typing import Literal

from pydantic import Field

from core.settings.fields import Settings

# What may stand on a drawing without being it, unless the drawings of a data set have it themselves.
FRAME, UNDERLINE = "frame", "underline"
FILE = "drawing_style.json"  # beside the images that it was measured on, or with a run
SQUARE = 64  # pixels: images of many sizes are looked at in squares of this side
SEVERAL = "several"  # a drawing of pieces that stand apart, as several signs would


class DrawingStyle(Settings):
    """The common style of a data set's drawings. Lengths are in the data set's own pixels, fractions allowed."""

    height: int = Field(ge=1)
    width: int = Field(ge=1)
    light_on_dark: bool
    peak: float = Field(gt=0, le=255)  # how far the ink's full strength lies from the paper, in grey levels
    paper: float = Field(ge=0, le=255)  # the grey level of the paper
    stroke: float = Field(gt=0)  # usual width of a stroke, between the places of half strength
    thickest: float = Field(gt=0)  # the same in the drawings with the thickest pens, one in twenty
    extent: float = Field(gt=0)  # longer side of the ink's bounding box, between the places of half strength
    slant: tuple[float, float]  # from least to most, columns to the right a row down, leaving out a tenth at both ends
    widest: float = Field(gt=0)  # width over height of the ink's bounding box, leaving out the widest tenth
    blur: float = Field(ge=0)  # standard deviation of an edge's softness; a sharp edge's pixels have 0.29
    centred: Literal["mass", "box"]  # what is put at `centre`: the ink's centre of mass, or its bounding box's
    centre: tuple[float, float]  # row and column; 0, 0 is the outer corner of the first pixel
    # Of images of many sizes, which are cut to their ink, the pixels left around it; None: all have one size.
    margin: float | None
    own: tuple[str, ...]  # what its drawings have themselves: FRAME, UNDERLINE, SEVERAL pieces that stand apart

    @property
    def size(self) -> tuple[int, int]:
        return self.height, self.width

    @property
    def ink(self) -> float:
        """How far the ink's full strength lies above the paper's level."""
        return self.peak if self.light_on_dark else -self.peak

    @property
    def looks(self) -> str:
        """How a picture has to look for the model to be asked without any preparation, in English."""
        sides = f"{self.width} × {self.height} pixels" if self.margin is None else "cut to the ink"
        ink = "light on dark" if self.light_on_dark else "dark on light"
        share = f", the sign {self.extent:.0f} pixels long" if self.margin is None else ""
        return f"grey, {ink}, {sides}{share}"
