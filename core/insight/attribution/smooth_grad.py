"""SmoothGrad (Smilkov et al. 2017, arXiv:1706.03825)."""

from typing import Literal

from core.insight.attribution.spec import Asked, AttributionSpec, Found, MethodSettings
from core.settings.fields import setting


class SmoothGradSettings(MethodSettings):
    """The paper's usual noise, and as many samples as its figure 4 finds enough."""

    name: Literal["smoothgrad"] = "smoothgrad"
    samples: int = setting(
        50,
        title="Samples",
        help="Noisy copies of the image over which the gradient is averaged.",
        low=1,
        high=1000,
        too_high="Slow, and nothing changes any more.",
        too_low="The map is as noisy as a single gradient.",
    )
    noise: float = setting(
        0.15,
        title="Noise",
        help="Spread of the noise, as a share of the span between the image's darkest and brightest value.",
        low=0,
        high=1,
        step=0.01,
        too_high="The copies show hardly anything of the image.",
        too_low="Nothing is smoothed.",
    )
    seed: int = setting(0, title="Seed", help="Another number is other noise.", low=0, high=2**31 - 1)


def compute(settings: SmoothGradSettings, asked: Asked) -> Found:
    """The mean gradient over noisy copies, and of it the largest strength over the channels."""
    import torch
    from captum.attr import Saliency

    # Captum's own noise comes from torch's one generator for all, whose state other threads share.
    generator = torch.Generator().manual_seed(settings.seed)
    spread = settings.noise * float(asked.inputs.max() - asked.inputs.min())
    method, total = Saliency(asked.model), torch.zeros_like(asked.inputs[0])
    for first in range(0, settings.samples, asked.batch):
        many = min(asked.batch, settings.samples - first)
        noise = torch.randn(many, *asked.inputs.shape[1:], generator=generator).to(asked.inputs.device)
        noisy = (asked.inputs + spread * noise).requires_grad_()
        total += method.attribute(noisy, asked.target, abs=False).detach().sum(0)
        asked.observe(first + many, settings.samples)
    return Found((total / settings.samples).abs().amax(0))


SPECS = (
    AttributionSpec(
        name="smoothgrad",
        title="SmoothGrad",
        about="Which pixels move the score most when they change a little: the gradient, averaged over noisy copies of "
        "the image.",
        limits="It says how much a pixel would move the score, and not which way, nor how much it has added to it.",
        reference="Smilkov et al. 2017, arXiv:1706.03825",
        settings=SmoothGradSettings,
        compute=compute,
        order=3,
    ),
)
