"""Batches of the script that gives a run's own numbers: the same order, and the same draws of augmentation."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from core.loading.augment import placed
from core.loading.augmentations import in_use
from core.loading.augmentations.spec import AugmentationSpec, Geometry
from core.loading.pixels import as_tensor, cut, scaled, whole
from core.loading.randomness import addressed
from core.script.collected import collected
from core.script.subject import Subject
from core.script.text import Part


def batches_part(about: Subject) -> Part:
    entries = in_use(about.config.augment)
    singles, mixes = [one for one in entries if not one.mix], [one for one in entries if one.mix]
    photos = about.meta.size is None
    needs: list[Any] = [scaled]
    if photos or about.meta.size != about.spec.size:
        needs.append(sizing(about))
    if photos:
        needs.append(as_tensor)
    if entries:
        needs.append(addressed)
    for entry in entries:
        needs += [one for one in (entry.box, entry.geometry, entry.pixels, entry.mix) if one]
    if any(one.geometry or one.box for one in singles):
        needs += [Geometry, placed]
    settings = {key: value for entry in entries for key, value in chosen(about, entry).items()}
    given = ", ".join(f"{key}={value!r}" for key, value in settings.items())
    lines = [collected(dict.fromkeys(needs)), "\n\n"]
    if entries:
        lines.append(f"settings = SimpleNamespace({given})  # of augmentation\n\n\n{DRAWN}\n\n")
    if singles:
        lines.append(f"{augmented_lines(about, singles)}\n\n")
    if mixes:
        lines.append(f"{mixed_lines(mixes)}\n\n")
    lines += [seen_lines(about, singles), "\n\n", CUTS, "\n\n", epoch_lines(about, mixes)]
    return Part("batches", "Batches", "", "".join(lines))


def sizing(about: Subject) -> Callable[..., Tensor]:
    """What brings an image to the size that the model takes."""
    return cut if about.spec.ground is None else whole


DRAWN = '''def drawn(name, count, epoch, indices, antithetic=False):
    """(N, count) random numbers of an augmentation; of a pair of epochs the second may have what the first has not."""
    if antithetic and epoch % 2:
        return 1 - addressed(seed, name, epoch - 1, indices, count)
    return addressed(seed, name, epoch, indices, count)
'''


CUTS = '''def cuts(count, size):
    """Where each batch begins and ends. A last batch of one image joins the one before: batch norm needs a spread."""
    starts = list(range(0, count, size))
    if len(starts) > 1 and count - starts[-1] == 1:
        starts.pop()
    return list(zip(starts, [*starts[1:], count]))
'''


def chosen(about: Subject, entry: AugmentationSpec) -> dict[str, Any]:
    return {key: getattr(about.config.augment, key) for key in entry.settings.model_fields}


def draw_of(entry: AugmentationSpec, indices: str = "indices") -> str:
    more = ", antithetic=True" if entry.antithetic else ""
    return f'drawn("{entry.name}", {entry.draws}, epoch, {indices}{more})'


def augmented_lines(about: Subject, singles: list[AugmentationSpec]) -> str:
    """The function that changes images, in the order of `core.loading.augment.Change.apply`."""
    geometry = [one for one in singles if one.geometry]
    boxes = [one for one in singles if one.box] if about.meta.size is not None else []
    lines = [
        "def augmented(images, indices, epoch):\n"
        '    """The images (N, C, H, W), floats in 0–1, changed as this epoch has it."""\n'
    ]
    if geometry or boxes:
        lines.append("    geometry = Geometry.none(len(indices))\n")
        for one in geometry:
            assert one.geometry
            lines.append(f"    {one.geometry.__name__}({draw_of(one)}, settings, geometry)\n")
        lines.append(f"    boxes = [{box_lines(boxes)}]\n" if boxes else "    boxes = []\n")
        beyond = "torch.tensor(spec.ground, device=device).view(-1, 1, 1) / 255" if about.spec.ground else "None"
        lines.append(f"    images = placed(images, geometry, boxes, reflect=spec.reflect, beyond={beyond})\n")
    for one in singles:
        if one.pixels:
            lines.append(f"    images = {one.pixels.__name__}(images, {draw_of(one)}, settings, spec.reflect)\n")
    return "".join([*lines, "    return images\n"])


def box_lines(boxes: list[AugmentationSpec]) -> str:
    (first, *others) = boxes
    assert first.box and not others  # of the built-in ones there is one
    return f"{first.box.__name__}(draw, settings, *images.shape[2:]) for draw in {draw_of(first)}"


def mixed_lines(mixes: list[AugmentationSpec]) -> str:
    """The function that mixes a batch, as `core.loading.augment.Augmentation.mixed` does."""
    names = ", ".join(f'("{one.name}", {one.draws}, {one.mix.__name__})' for one in mixes if one.mix)
    return (
        "def mixed(images, labels, indices, epoch, step):\n"
        '    """A batch whose images are mixed with one another, and the shares (N, classes) of each class."""\n'
        f"    ways, here = [{names}], np.array([step])\n"
        '    name, count, mix = ways[int(addressed(seed, "mix: which", epoch, here, 1)[0, 0] * len(ways))]\n'
        '    order = np.argsort(addressed(seed, "mix: partner", epoch, indices, 1)[:, 0], kind="stable")\n'
        "    draw = addressed(seed, name, epoch, here, count)[0]\n"
        "    shares_of = F.one_hot(labels, classes).float()\n"
        "    return mix(images, shares_of, torch.from_numpy(order).to(device), draw, settings)\n"
    )


def seen_lines(about: Subject, singles: list[AugmentationSpec]) -> str:
    """The function that makes what the model sees."""
    head = (
        "def model_inputs(indices, epoch=None):\n"
        '    """What the model sees of these images, (N, C, H, W) float32; as an epoch of training changes them."""\n'
    )
    if about.meta.size is None:
        return head + photo_lines(about, singles)
    sized = about.meta.size != about.spec.size
    lines = "    chosen = torch.from_numpy(images[indices]).permute(0, 3, 1, 2).to(device)  # (N, C, H, W) uint8\n"
    lines += f"    chosen = {sizing(about).__name__}(chosen, spec)\n" if sized else ""
    if singles:
        lines += "    if epoch is not None:\n        chosen = augmented(chosen.float().div_(255), indices, epoch)\n"
    return f"{head}{lines}    return scaled(chosen, spec)\n"


def photo_lines(about: Subject, singles: list[AugmentationSpec]) -> str:
    crops = [one for one in singles if one.box]
    lines = "    photos = [as_tensor(images[i]) for i in indices]  # each (1, C, H, W) uint8\n"
    if singles and crops:
        (crop,) = crops
        assert crop.box
        lines += (
            "    if epoch is not None:  # cut out of the large photograph, so that no detail is lost\n"
            "        small = []\n"
            f"        for photo, draw in zip(photos, {draw_of(crop)}):\n"
            f"            box = {crop.box.__name__}(draw, settings, *photo.shape[2:])\n"
            "            small.append(V.resized_crop(photo[0], *box, list(spec.size), antialias=True))\n"
            "        chosen = torch.stack(small).to(device).float().div_(255)\n"
            "        return scaled(augmented(chosen, indices, epoch), spec)\n"
        )
    sized = f"{sizing(about).__name__}(photo, spec)"
    lines += f"    chosen = torch.cat([{sized} for photo in photos]).to(device)\n"
    if singles and not crops:
        lines += "    if epoch is not None:\n        chosen = augmented(chosen.float().div_(255), indices, epoch)\n"
    return f"{lines}    return scaled(chosen, spec)\n"


def inputs_of(about: Subject) -> str:
    """The function that makes of images what a batch of training or evaluation begins with."""
    return "features" if about.text.frozen else "model_inputs"


def epoch_lines(about: Subject, mixes: list[AugmentationSpec]) -> str:
    order = "np.random.default_rng([seed, epoch]).permutation(train)" if about.config.data.shuffle else "train"
    given = "features(indices)" if about.text.frozen else "model_inputs(indices, epoch)"
    mixed = "        inputs, targets = mixed(inputs, targets, indices, epoch, step)\n" if mixes else ""
    return (
        "def training_batches(epoch):\n"
        '    """(images, labels) of each step of an epoch."""\n'
        f"    order = {order}\n"
        "    for step, (start, end) in enumerate(cuts(len(order), batch_size)):\n"
        "        indices = order[start:end]\n"
        f"        inputs, targets = {given}, torch.from_numpy(labels[indices]).to(device)\n"
        f"{mixed}"
        "        yield inputs, targets\n"
    )
