"""Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391)."""

from typing import TYPE_CHECKING, Literal

from core.errors import BadInput
from core.insight.attribution.spec import Asked, AttributionSpec, Found, MethodSettings
from core.locale.messages import SettingName
from core.settings.fields import setting

if TYPE_CHECKING:
    from torch import nn

MAX_LAYER_CHARS = 200  # characters of a layer's name


class GradCamSettings(MethodSettings):
    """As in the paper: the last convolution, and what speaks for the class."""

    name: Literal["grad-cam"] = "grad-cam"
    layer: str = setting(
        "",
        title="Layer",
        help="Whose feature maps are weighed. The last convolution knows most of the classes, and least of places.",
        most=MAX_LAYER_CHARS,
        empty="the last convolution",
    )
    shown: Literal["for", "both"] = setting(
        "for",
        title="Shown",
        help="What speaks for the class alone, or what speaks against it, too.",
        labels={"for": "What speaks for it", "both": "For and against"},
    )


def compute(settings: GradCamSettings, asked: Asked) -> Found:
    """Feature maps, each weighed with the mean of its gradient, at the layer's resolution."""
    from captum.attr import LayerGradCam

    from core.insight.layer_outputs import output_shapes

    shapes = output_shapes(asked.model, asked.inputs)
    layer = whole(asked.model, settings.layer) if settings.layer else last_convolution(asked, shapes)
    if len(shapes.get(layer, ())) != 3:
        pictures = [name for name, shape in shapes.items() if name and len(shape) == 3]
        raise BadInput(
            "{setting} is {layer:name}, which is no layer of this model with feature maps; have: {names}",
            setting=SettingName("layer"),
            layer=layer,
            names=", ".join(pictures),
        )
    method = LayerGradCam(asked.model, asked.model.get_submodule(layer))
    # The input asks for gradients, as the weights before the layer may be frozen.
    values = method.attribute(
        asked.inputs.clone().requires_grad_(), asked.target, relu_attributions=settings.shown == "for"
    )
    asked.observe(1, 1)
    return Found(values[0, 0].detach(), layer)


def whole(model: "nn.Module", layer: str) -> str:
    """The name of the step that puts out what a layer does: of a list of layers the last one."""
    from torch import nn

    named = dict(model.named_modules())
    while type(named.get(layer)) is nn.Sequential and len(list(named[layer].children())):
        layer = f"{layer}.{list(named[layer].named_children())[-1][0]}"
    return layer


def last_convolution(asked: Asked, shapes: dict[str, tuple[int, ...]]) -> str:
    """The name of the convolution whose input is made last, of those that put out more than one place: a convolution of
    what was pooled before weighs channels, and one in a shortcut, which may run last, sees what its block began with.
    `BadInput` for a model without any."""
    from torch import nn

    from core.insight.layer_outputs import by_input

    names = [
        name
        for name in by_input(asked.model, asked.inputs)
        if isinstance(asked.model.get_submodule(name), nn.modules.conv._ConvNd)
    ]
    if not names:
        raise BadInput(
            "Grad-CAM shows where the last convolution found what speaks for a class, and this model has no "
            "convolution. Choose another method: it needs none.",
            code="no_convolution",
        )
    return next((name for name in reversed(names) if max(shapes[name][1:], default=1) > 1), names[-1])


SPECS = (
    AttributionSpec(
        name="grad-cam",
        title="Grad-CAM",
        about="Where on the image the last convolution found what speaks for the class. One pass through the model.",
        limits="It is as coarse as the feature maps of that layer, and cannot say which pixels or edges counted. What "
        "later layers make of the places is left out.",
        reference="Selvaraju et al. 2017, arXiv:1610.02391",
        settings=GradCamSettings,
        compute=compute,
        order=0,
    ),
)
