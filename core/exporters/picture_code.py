"""What opens a picture and prepares it for a model that left, as the app does: functions in numpy and Pillow alone."""

from core.datasets.drawing_style import DrawingStyle
from core.exporters.spec import Exported
from core.importing.ground import Ground
from core.sandbox.levels import Levels
from core.script.drawn import FAINTEST, NO_INK, drawing_code
from core.script.opened import opening_as_shown


def picture_code(exported: Exported) -> str:
    """Functions of which the last, `prepared`, makes of a file a Pillow image for the model, of any size."""
    return prepared_code(exported.style, exported.ground, exported.trained.meta.levels)


def pillow_modules(exported: Exported) -> str:
    """What its lines need of Pillow."""
    return "Image, ImageFilter, ImageOps" if exported.style else "Image, ImageOps"


def prepared_code(style: DrawingStyle | None, ground: Ground | None, levels: Levels | None) -> str:
    """With the style of the training images where they are drawn, their common ground, and their levels where they
    have more than 8 bits."""
    opening = opening_as_shown(levels, ground)
    shown = "turned(picture)" if ground and ground.tone else "picture"
    if style is None:
        return f"{opening}\n\ndef prepared(file):\n    picture = opened(file)\n    return {shown}\n"
    own = ""
    if style.margin is None:
        own = (
            f"    if picture.size == ({style.width}, {style.height}):  # one of the training images, or as large\n"
            f"        if np.ptp(picture) < {FAINTEST}:\n"
            f"            {NO_INK}\n"
            f"        return {shown}\n"
        )
    return (
        f"{opening}\n\n{drawing_code(style)}\n\n"
        f"def prepared(file):\n    picture = opened(file)\n{own}    return drawn(picture)\n"
    )
