"""Integrated gradients (Sundararajan et al. 2017, arXiv:1703.01365)."""

from typing import Literal

from core.insight.attribution.spec import Asked, AttributionSpec, Blank, Found, MethodSettings, blank_field
from core.settings.fields import setting

ENOUGH = 0.01  # of the score's difference: the sum of the map may be off by so much
FLOAT_NOISE = 1e-6  # of a score: float32 holds no smaller difference to be shared out
FIRST_STEPS = 32


class IntegratedGradientsSettings(MethodSettings):
    """The way from the blank image to this one, in steps."""

    name: Literal["integrated-gradients"] = "integrated-gradients"
    blank: Blank = blank_field()
    steps: int = setting(
        512,
        title="Steps at most",
        help="Places on the way from the blank image to this one at which the gradient is taken: doubled from 32 until "
        "the map adds up to the score within 1 %.",
        low=8,
        high=8192,
        too_high="It takes long where the map does not add up.",
        too_low="The map does not add up to the score.",
    )


def compute(settings: IntegratedGradientsSettings, asked: Asked) -> Found:
    import torch
    from captum.attr import IntegratedGradients

    blank = asked.blanks[settings.blank].expand_as(asked.inputs).contiguous()
    with torch.no_grad():
        ends = asked.model(torch.cat([asked.inputs, blank]))[:, asked.target]
    wanted = float(ends[0] - ends[1])
    method = IntegratedGradients(asked.model)
    steps, done = min(FIRST_STEPS, settings.steps), 0
    while True:
        values = method.attribute(
            asked.inputs, blank, asked.target, n_steps=steps, internal_batch_size=min(asked.batch, steps)
        )
        total, done = float(values.sum()), done + steps
        if abs(total - wanted) <= max(ENOUGH * abs(wanted), FLOAT_NOISE) or 2 * steps > settings.steps:
            break
        steps *= 2
        asked.observe(done, done + steps)
    asked.observe(done, done)
    return Found(values[0].sum(0).detach(), completeness=(total, wanted))


SPECS = (
    AttributionSpec(
        name="integrated-gradients",
        title="Integrated gradients",
        about="Shares the difference between the score of this image and that of a blank one out over the pixels: they "
        "add up to it.",
        limits="It depends on the blank image. Neighbouring pixels can differ much, and it does not say that they "
        "would count alone.",
        reference="Sundararajan et al. 2017, arXiv:1703.01365",
        settings=IntegratedGradientsSettings,
        compute=compute,
        order=1,
    ),
)
