"""A window that slides over a picture, as convolutions and pooling have it."""

from typing import Any

from core import formatting
from core.errors import BadInput
from core.locale import N_
from core.models.layers.spec import Formula, equals


def slid_over(height: int, width: int, kernel: int, stride: int, padding: int) -> tuple[int, int, tuple[Formula, ...]]:
    """Height and width of what a square window puts out, and how they follow (Dumoulin & Visin 2016,
    arXiv:1603.07285). `BadInput` where it does not fit into the picture."""
    least = min(height, width)
    if kernel > least + 2 * padding:
        values: dict[str, Any] = {
            "kernel": kernel, "height": height + 2 * padding, "width": width + 2 * padding,
            "formula": side_formula("", least, kernel, stride, padding).text,
        }  # fmt: skip
        if padding:
            raise BadInput(
                "its window of {kernel} × {kernel} pixels is larger than the picture that reaches it, {height} × "
                "{width} with its padding, as {formula}: take a smaller window, or pool less above it",
                **values,
            )
        raise BadInput(
            "its window of {kernel} × {kernel} pixels is larger than the picture of {height} × {width} that reaches "
            "it, as {formula}: take a smaller window, or pool less above it",
            **values,
        )
    sides = [(side + 2 * padding - kernel) // stride + 1 for side in (height, width)]
    named = {N_("Height"): height, N_("Width"): width} if height != width else {N_("Height and width"): height}
    formulas = tuple(side_formula(of, side, kernel, stride, padding) for of, side in named.items())
    return sides[0], sides[1], formulas


def side_formula(of: str, side: int, kernel: int, stride: int, padding: int) -> Formula:
    """`(28 + 2·1 − 3)/1 + 1 = 28`; where the stride leaves a rest over, the share is rounded down: `⌊…⌋`."""
    span = side + 2 * padding - kernel
    share = f"({formatting.count(side)} + 2·{padding} − {kernel})/{stride}"
    if span % stride:
        share = f"⌊{share}⌋"
    return equals(of, f"{share} + 1", span // stride + 1)
