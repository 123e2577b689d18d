"""Occlusion (Zeiler & Fergus 2014, arXiv:1311.2901, section 4.2)."""

from typing import Literal

from core.insight.attribution.spec import Asked, AttributionSpec, Blank, Found, MethodSettings, blank_field
from core.settings.fields import setting


class OcclusionSettings(MethodSettings):
    """A square that wanders over the image in steps of half its side."""

    name: Literal["occlusion"] = "occlusion"
    blank: Blank = blank_field()
    window: float = setting(
        0.2,
        title="Window",
        help="Side of the square that is covered, as a share of the image's shorter side.",
        low=0.02,
        high=0.9,
        step=0.02,
        too_high="It says little of places.",
        too_low="Slow, and no small piece matters by itself.",
    )


def sizes(settings: OcclusionSettings, height: int, width: int) -> tuple[int, int]:
    """Side and stride of the square in pixels."""
    side = max(1, round(settings.window * min(height, width)))
    return side, max(1, side // 2)


def places(length: int, side: int, stride: int) -> int:
    """Of a square of that side along a length: the last one may reach beyond the edge."""
    return -(-(length - side) // stride) + 1


def compute(settings: OcclusionSettings, asked: Asked) -> Found:
    """By how much the score falls where a pixel is covered, on average over the squares that cover it."""
    import torch
    from captum.attr import Occlusion
    from torch import Tensor

    _, channels, height, width = asked.inputs.shape
    side, stride = sizes(settings, height, width)
    total = 1 + places(height, side, stride) * places(width, side, stride)  # and the whole image
    done = 0

    def scores(images: Tensor) -> Tensor:
        nonlocal done
        found: Tensor = asked.model(images)
        done += len(images)
        asked.observe(min(done, total), total)
        return found

    with torch.no_grad():
        values = Occlusion(scores).attribute(
            asked.inputs,
            sliding_window_shapes=(channels, side, side),
            strides=(channels, stride, stride),
            baselines=asked.blanks[settings.blank].expand_as(asked.inputs).contiguous(),
            target=asked.target,
            perturbations_per_eval=asked.batch,
        )
    return Found(values[0, 0])  # the channels are covered together, and have the same values


SPECS = (
    AttributionSpec(
        name="occlusion",
        title="Occlusion",
        about="Covers one piece of the image after the other and looks how far the score falls: that piece speaks for "
        "the class. Where it rises, the piece speaks against it. It needs no gradients.",
        limits="What counts only together with something else is missed, as one piece is covered at a time. A covered "
        "image looks like none that the model has learnt.",
        reference="Zeiler & Fergus 2014, arXiv:1311.2901",
        settings=OcclusionSettings,
        compute=compute,
        order=2,
    ),
)
