"""Weights that were saved elsewhere, brought into the form of the model they belong to, as far as that is certain."""

from collections import Counter
from collections.abc import Mapping, Sequence

from torch import Tensor

from core.locale import N_

COUNTER = "num_batches_tracked"  # of batch norm; only a momentum of None reads it, so nothing depends on it here

PREFIX = N_("the names' common beginning was taken off")
COUNTERS = N_("the counters of batch norm, which it lacks, were set to 0")
PRECISION = N_("its numbers were converted to the model's precision")
BESIDE = N_("what it holds beside the model's weights was left out")
SHAPES = N_("its layers have other names and were matched by their shapes, of which each is there once")
ORDER = N_("its layers have other names and were matched by their order and shapes")


def adapted(
    weights: Mapping[str, Tensor], order: Sequence[str] | None, expected: Mapping[str, Tensor]
) -> tuple[dict[str, Tensor], list[str]]:
    """The weights under the names, and in the precision, of the state_dict `expected`, and what was changed for it.

    `order` is that of the file, None where it keeps none. What fits in no certain way is left as it is.
    """
    found = {name: weights[name] for name in order or weights}
    changes = []
    if stripped := without_prefix(found, expected):
        found, changes = stripped, [PREFIX]
    elif part := of_one_beginning(found, expected):
        found, changes = part, [PREFIX, BESIDE]
    if not same_layers(found, expected):
        if order and (renamed := by_order(found, expected)):
            found = renamed
            changes.append(ORDER)
        elif not order and (renamed := by_shapes(found, expected)):
            found = renamed
            changes.append(SHAPES)
    if same_layers(found, expected) and (lacking := [name for name in expected if name not in found]):
        found |= {name: expected[name].new_zeros(expected[name].shape, device="cpu") for name in lacking}
        changes.append(COUNTERS)
    for name, tensor in found.items():
        wanted = expected.get(name)
        if (
            wanted is not None
            and tensor.dtype != wanted.dtype
            and (tensor.is_floating_point() == wanted.is_floating_point() or is_counter(name))
        ):
            found[name] = tensor.to(wanted.dtype)
            changes += [] if PRECISION in changes else [PRECISION]
    return found, changes


def layers(names: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """All but the counters of batch norm."""
    return {name: tensor for name, tensor in names.items() if not is_counter(name)}


def is_counter(name: str) -> bool:
    return name.rpartition(".")[2] == COUNTER


def same_layers(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> bool:
    return set(layers(found)) == set(layers(expected)) and set(found) <= set(expected)


def without_prefix(found: dict[str, Tensor], expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights without a beginning that all names share and the model's do not, such as `module.` of DataParallel or
    `_orig_mod.` of a compiled model; empty if there is none, or if it does not help. A number by itself, such as how
    many models an average is made of, is none of the weights."""
    names = found
    while not same_layers(names, expected):
        names = {name: tensor for name, tensor in names.items() if "." in name or tensor.ndim}
        beginnings = {name.partition(".")[0] for name in names}
        if len(beginnings) != 1 or not all("." in name for name in names):
            return {}
        names = {name.partition(".")[2]: tensor for name, tensor in names.items()}
    return names if names is not found else {}


def of_one_beginning(found: dict[str, Tensor], expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of the one part that is the model, such as `model.` beside the `criterion.` of a training script;
    empty if none is, or more."""
    parts = {}
    for beginning in {name.partition(".")[0] for name in found}:
        part = {name: tensor for name, tensor in found.items() if name.startswith(f"{beginning}.")}
        if fitting := part and without_prefix(part, expected):
            parts[beginning] = fitting
    return parts.popitem()[1] if len(parts) == 1 else {}


def by_order(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights under the model's names, if there are as many of the same shapes in the same order; else empty."""
    for given, wanted in ((found, expected), (layers(found), layers(expected))):
        if [tensor.shape for tensor in given.values()] == [tensor.shape for tensor in wanted.values()]:
            return dict(zip(wanted, given.values(), strict=True))
    return {}


def by_shapes(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same where each layer has shapes that no other one has, whatever the order; else empty."""
    given, wanted = layers_by_shapes(layers(found)), layers_by_shapes(layers(expected))
    if given.keys() != wanted.keys() or None in (*given.values(), *wanted.values()):
        return {}
    return {f"{wanted[shapes]}{leaf}": found[f"{given[shapes]}{leaf}"] for shapes in wanted for leaf, _shape in shapes}


def layers_by_shapes(weights: Mapping[str, Tensor]) -> dict[tuple[tuple[str, tuple[int, ...]], ...], str | None]:
    """The names and shapes of a layer's tensors → what the layer is called, with its dot; None where several are so."""
    shapes: dict[str, list[tuple[str, tuple[int, ...]]]] = {}
    for name, tensor in weights.items():
        layer, dot, leaf = name.rpartition(".")
        shapes.setdefault(layer + dot, []).append((leaf, tuple(tensor.shape)))
    found: dict[tuple[tuple[str, tuple[int, ...]], ...], str | None] = {}
    for layer, own in shapes.items():
        key = tuple(sorted(own))
        found[key] = None if key in found else layer
    return found


def alike_in_shapes(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> bool:
    """Whether both have the same shapes as often, whatever they are called."""
    given, wanted = (Counter(tuple(one.shape) for one in layers(some).values()) for some in (found, expected))
    return given == wanted
