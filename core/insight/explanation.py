"""Which pixels of an image a model's answer rests on, by one of the methods of `attribution`."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core.errors import Problem
from core.insight.attribution import ATTRIBUTIONS, MethodSettings
from core.insight.attribution.spec import Asked, Blank, Observe
from core.insight.layer_outputs import device_of, images_at_once
from core.loading.input_spec import InputSpec
from core.loading.pixels import from_images, scaled, unscaled
from core.locale import _

ACTIVATION_FLOATS = 2**25  # that all layers together may hold at once: 128 MB, and as much again for the gradients
SURVIVES = 0.7  # rank correlation from which on a map is nearly the same with random weights; a convention of ours
LEVELS: dict[Blank, int] = dict(zip(get_args(Blank), (0, 128, 255), strict=True))  # of 255, in every channel


@dataclass(frozen=True)
class Explanation:
    """A map of one image for one class, and what it is a map of."""

    method: str
    target: int  # the class whose score is explained
    score: float  # of it, before the softmax
    predicted: int  # the likeliest class
    seen: NDArray[np.uint8]  # (H, W, C): the image as the model sees it
    values: NDArray[np.float32]  # (H, W): positive speaks for the class, negative against it
    coarse: NDArray[np.float32]  # (h, w): the same before it was enlarged to the image
    layer: str = ""  # whose places these are; "": the image's own
    kind: str = ""  # of that layer, as PyTorch calls it
    completeness: tuple[float, float] | None = None  # the sum of all values, and the difference that it should be

    @property
    def words(self) -> str:
        """What there is to say of the map itself; "" if nothing."""
        return " ".join(filter(None, [self.empty_words, self.made_words]))

    @property
    def empty_words(self) -> str:
        """That nothing speaks for the class, where that is so: such a map is the image without a colour."""
        if (self.values > 0).any():
            return ""
        if (self.values < 0).any():
            return _("Nothing on this image speaks for this class: all that is coloured speaks against it.")
        return _("The map is empty: by this method nothing on this image speaks for this class.")

    @property
    def made_words(self) -> str:
        """What the map is made of."""
        if self.layer:
            height, width = self.coarse.shape
            return _(
                "The map has {height} × {width} places, as the layer {layer:name} of kind {kind} has.",
                height=height,
                width=width,
                layer=self.layer,
                kind=self.kind,
            )
        if self.completeness:
            total, wanted = self.completeness
            return _(
                "The map adds up to {total:.4g}; the score differs from that of a blank image by {wanted:.4g}.",
                total=total,
                wanted=wanted,
            )
        return ""


def nothing(done: int, total: int) -> None:
    """An observer that does not look."""


def explain(
    model: nn.Module, image: NDArray[np.uint8], spec: InputSpec, settings: MethodSettings,
    target: int | None = None, observe: Observe = nothing,
) -> Explanation:  # fmt: skip
    """The map of an image (H, W, 1 or 3) of any size for the class `target`, or for the likeliest one.

    The model is not touched: a copy works, in float32 and in evaluation mode, whatever the run was trained with.
    `BadInput` where the method cannot explain such a model, `Problem` where the model answers with no numbers.
    """
    return explain_copy(own_copy(model), image, spec, settings, target, observe)


def explain_copy(
    model: nn.Module, image: NDArray[np.uint8], spec: InputSpec, settings: MethodSettings,
    target: int | None = None, observe: Observe = nothing,
) -> Explanation:  # fmt: skip
    """The same with a model that is the caller's own, as `own_copy` makes it."""
    device = device_of(model)
    inputs = from_images([image], spec, device)
    with torch.no_grad():
        scores = model(inputs)[0]
    if not bool(torch.isfinite(scores).all()):
        raise Problem(
            "There is nothing to explain: the model's numbers became too large to compute with. Choose another run, or "
            "train it again with a lower learning rate."
        )
    chosen = int(scores.argmax()) if target is None else target
    asked = Asked(
        model, inputs, chosen, blanks(spec, device), images_at_once(model, inputs, ACTIVATION_FLOATS), observe
    )
    found = ATTRIBUTIONS[settings.name].compute(settings, asked)
    values = found.values.float()
    return Explanation(
        settings.name, chosen, float(scores[chosen]), int(scores.argmax()), unscaled(inputs, spec)[0],
        enlarged(values, spec.size).cpu().numpy(), values.cpu().numpy(), found.layer,
        type(model.get_submodule(found.layer)).__name__ if found.layer else "", found.completeness,
    )  # fmt: skip


def own_copy(model: nn.Module) -> nn.Module:
    """A copy that gives scores and whose layers can be looked at. The one in use may answer somebody else at the same
    moment: hooks on it would see their images."""
    copy = deepcopy(model).float().eval().requires_grad_(False)
    if type(copy) is nn.Sequential and len(copy) > 1 and isinstance(copy[-1], nn.LogSoftmax):
        copy = copy[:-1]  # its input are the scores
    for layer in copy.modules():
        if getattr(layer, "inplace", False):
            layer.inplace = False  # type: ignore[assignment]  # what a layer put out would be overwritten by the next
    return copy


def blanks(spec: InputSpec, device: torch.device) -> dict[Blank, Tensor]:
    """Each plain colour as a model sees it: (1, C, 1, 1)."""
    return {
        name: scaled(torch.full((1, spec.channels, 1, 1), level, dtype=torch.uint8, device=device), spec)
        for name, level in LEVELS.items()
    }


def enlarged(values: Tensor, size: tuple[int, int]) -> Tensor:
    """(h, w) → (H, W), bilinear, as the paper of Grad-CAM has it; what has the size already stays as it is."""
    from captum.attr import LayerAttribution

    if tuple(values.shape) == size:
        return values
    together: Tensor = LayerAttribution.interpolate(values[None, None], size, "bilinear")
    return together[0, 0]


@dataclass(frozen=True)
class SanityCheck:
    """The same method on the same image and class, with random weights in place of the learnt ones."""

    random: Explanation
    # Of the ranks of both maps' values; None where one of the maps is the same everywhere.
    correlation: float | None
    # The same of their strengths, signs left out: what is the image itself stays in these.
    strengths: float | None

    @property
    def words(self) -> str:
        """What the numbers mean."""
        if self.correlation is None or self.strengths is None:
            if np.ptp(self.random.values) == 0:
                return _("With random weights the map is the same everywhere: there is nothing to compare.")
            return _("The map of the learned weights is the same everywhere: there is nothing to compare.")
        if self.correlation >= SURVIVES:
            return _(
                "With random weights the map is nearly the same (rank correlation {correlation:.2f}): it shows the "
                "image, and explains nothing of what the model has learnt.",
                correlation=self.correlation,
            )
        if self.strengths >= SURVIVES:
            return _(
                "With random weights other pixels speak for the class (rank correlation {correlation:.2f}), but how "
                "strongly each counts is nearly the same ({strengths:.2f}): that part of the map is the image itself.",
                correlation=self.correlation,
                strengths=self.strengths,
            )
        return _(
            "With random weights the map is another one (rank correlation {correlation:.2f}, where 1 is the same map): "
            "it depends on what the model has learnt.",
            correlation=self.correlation,
        )


def sanity_check(
    model: nn.Module, image: NDArray[np.uint8], spec: InputSpec, settings: MethodSettings, learnt: Explanation,
    seed: int = 0, observe: Observe = nothing, randomise: "Callable[[nn.Module, int], None] | None" = None,
) -> SanityCheck:  # fmt: skip
    """Whether a map depends on what the model has learnt (Adebayo et al. 2018, arXiv:1810.03292): `learnt` beside that
    of the same network with all weights random. A map that stays the same explains nothing."""
    copy = own_copy(model)
    (randomise or draw_anew)(copy, seed)
    random = explain_copy(copy, image, spec, settings, learnt.target, observe)
    return SanityCheck(
        random,
        rank_correlation(learnt.values, random.values),
        rank_correlation(np.abs(learnt.values), np.abs(random.values)),
    )


def draw_anew(model: nn.Module, seed: int) -> None:
    """Replace every weight by a random number, in place: normal, with the spread that its tensor had, so that what the
    layers put out keeps its size, and around 0, or around the mean that the numbers of one for each channel had, as
    batch norm's scales. The learned mean of a wide layer would silence all its neurons, or none. Batch norm's own
    statistics stay."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weights in model.parameters():
            spread = float(weights.std()) if weights.numel() > 1 else abs(float(weights))
            drawn = torch.randn(weights.shape, generator=generator).to(weights.device)
            weights.copy_(drawn * spread + (weights.mean() if weights.ndim < 2 else 0))


def rank_correlation(first: NDArray[np.float32], second: NDArray[np.float32]) -> float | None:
    """Spearman's, of two maps of one size; None where one of them is the same everywhere."""
    from scipy.stats import spearmanr

    if not all(np.isfinite(one).all() and np.ptp(one) > 0 for one in (first, second)):
        return None
    return float(spearmanr(first.ravel(), second.ravel()).statistic)
