"""The data of a script as a teacher writes it: torchvision's data set, transforms, DataLoaders."""

import json
import re
from textwrap import indent

from torch.nn.modules.batchnorm import _BatchNorm

from core.loading.augmentations import expressions
from core.locale import N_
from core.prepared.class_folders import folder_names
from core.script.opened import opening_code
from core.script.subject import Subject
from core.script.text import LONGEST, WIDTH, Part


def data_part(about: Subject) -> Part:
    source, config = about.source, about.config
    lines = [source.imports, opening(about), f"{source.before}\n" if source.before else ""]
    first = "Epochlab makes the folder images"
    for command in source.commands:
        lines.append("".join(f"# {line}\n" for line in f"{first}: {command}".splitlines()))
        first = "then"
    lines.append(transforms(about))
    train, test = ("train_transform", "test_transform") if about.augmented else ("transform", "transform")

    def part(name: str, transform: str) -> str:
        return broken(source.parts[name].format(transform=transform))

    lines.append(f"\ntrain_set = {part('train', train)}\n")
    held_out = about.parts.val_split == "validation"
    tested = "test" if "test" in source.parts else "val"
    if about.parts.val_split == "val" and about.parts.held_out:
        lines.append(f"val_set = {part('val', test)}\n{numbers_by_name(about, 'val', 'val_set')}")
    if tested in source.parts:
        val = "  # here the folder val is the test set" if about.folders and tested == "val" else ""
        lines.append(f"test_set = {part(tested, test)}{val}\n{numbers_by_name(about, tested, 'test_set')}")
    if held_out:
        lines.append(hold_out(about, part("train", test) if about.augmented else ""))
    if config.data.limit is not None:
        lines.append(
            f"\n# Only {config.data.limit} of the training images, chosen at random\n"
            f"chosen = torch.randperm(len(train_set))[: {config.data.limit}]\n"
            "train_set = Subset(train_set, chosen.tolist())\n"
        )
    lines.append(loaders(about))
    if "sample" in about.text.lines:
        lines.append(
            "chosen = torch.randperm(len(train_set))[:5000].tolist()  # 5000 images at random\n"
            "sample = torch.stack([train_set[i][0] for i in chosen])  # the model's first layer is computed from them\n"
        )
    return Part(
        "data", N_("Data"),
        N_("A data set gives one image and its class at a time. Transforms turn the picture into numbers that a "
           "network learns from well; a DataLoader puts them into batches."),
        "".join(lines),
    )  # fmt: skip


READABLE = '''def readable(file):
    """Whether it is a picture: what is none, or is damaged, is passed over."""
    try:
        return opened(file) is not None
    except OSError:
        return False


'''


def opening(about: Subject) -> str:
    """The functions that open the files of class folders; "" for other data sets."""
    if not about.folders:
        return ""
    levels = about.meta.levels
    code = opening_code("RGB", levels, deep=levels is not None)
    return f"{code}\n\n{READABLE if about.meta.skipped else ''}"


def numbers_by_name(about: Subject, part: str, name: str) -> str:
    """A line that gives the classes of a part their own numbers, where its folders lack some and would be numbered
    otherwise; "" elsewhere."""
    if not about.folders or 0 not in about.meta.class_counts.get(part, ()):
        return ""
    folders = folder_names(about.meta.classes) if about.source.commands else list(about.meta.classes)
    names = "class_names" if folders == list(about.meta.classes) else json.dumps(folders, ensure_ascii=False)
    return f"{name}.target_transform = lambda label: {names}.index({name}.classes[label])  # some lack images\n"


def transforms(about: Subject) -> str:
    """One list of steps for training images and one for all others; one for both where they are the same."""
    mean, std = ([float(f"{value:.4f}") for value in values] for values in (about.spec.mean, about.spec.std))
    scale = (
        ""
        if not any(mean) and all(one == 1 for one in std)
        else f"v2.Normalize({mean}, {std}),  # {normalized(about)}\n"
    )
    numbers = "v2.ToDtype(torch.float32, scale=True),  # 0–255 becomes 0–1\n"
    upright = (
        f"{about.source.upright},  # as the files hold them, the images lie mirrored\n" if about.source.upright else ""
    )
    image = "v2.ToImage(),  # a picture becomes a tensor, PyTorch's array: channels × height × width\n"
    start = f"{upright}{padding(about)}{colours(about)}{image}"
    sized, random_crop = sizing(about), any(entry.box for entry in about.augmented)
    written = expressions(about.config.augment)
    changes = "".join(f"{one},\n" for one in dict.fromkeys(written[entry.name] for entry in about.augmented))
    size = f"size = {about.spec.size}  # height and width in pixels, as the model sees images\n"
    if not about.config.data.size and "size" not in re.findall(r"\w+", start + changes):
        size, sized = "", re.sub(r"\bsize\b", str(about.spec.size), sized)
    if not about.augmented and not about.measures:
        return f"{size}transform = v2.Compose([\n{indent(start + sized + numbers + scale, '    ')}])\n"
    named = f"normalize = {scale.replace('),', ')', 1)}" if scale else ""
    if about.measures:
        named = measuring(about)
    read = f"read = [\n{indent(start + sized + numbers, '    ')}]\n"
    if start + sized == image:
        read = (
            "# A picture becomes a tensor, PyTorch's array: channels × height × width numbers from 0 to 1.\n"
            "read = [v2.ToImage(), v2.ToDtype(torch.float32, scale=True)]\n"
        )
    read = f"{size}{read}{named}"
    seen = f"v2.Compose([*read{', normalize' if scale else ''}])\n"
    if not about.augmented:
        return f"{read}transform = {seen}"
    # Photographs are cut out at random instead of in the middle.
    begun = start + numbers if random_crop and sized and about.spec.ground is None else "*read,\n"
    steps = f"{begun}{changes}{'normalize,' if scale else ''}".rstrip("\n")
    return (
        f"{read}# Training images are changed at random, anew in every epoch: more variety to learn from.\n"
        f"train_transform = {composed(steps)}\n"
        f"test_transform = {seen}"
    )


def composed(steps: str) -> str:
    """Steps, each a line, as one transform: on one line, or on one of its own, where they fit and have no comments."""
    line = steps.rstrip(",").replace("\n", " ")
    if "#" not in line and len(line) <= LONGEST - len("train_transform = v2.Compose([])"):
        return f"v2.Compose([{line}])"
    inside = f"    {line}" if "#" not in line and len(line) <= LONGEST - 4 else indent(steps, "    ")
    return f"v2.Compose([\n{inside}\n])"


def measuring(about: Subject) -> str:
    """Lines that measure what `normalize` needs."""
    images = about.meta.splits["train"]
    some = about.source.parts["train"].format(transform="v2.Compose(read)")
    return (
        "# The mean and the standard deviation of each channel, over some of the training images\n"
        f"some = Subset({some}, range(0, {images}, {max(1, images // 1000)}))\n"
        "pixels = torch.stack([image for image, _ in some])  # (images, channels, height, width)\n"
        "normalize = v2.Normalize(pixels.mean((0, 2, 3)).tolist(), pixels.std((0, 2, 3)).tolist())\n"
    )


def normalized(about: Subject) -> str:
    """What the scaling of the pixels does."""
    if {*about.spec.mean, *about.spec.std} == {0.5}:
        return "0–1 becomes −1 to 1"
    own = about.config.data.normalize == "dataset" and about.spec.mean == about.meta.mean
    return f"mean 0, standard deviation 1 {'in training' if own else 'on ImageNet'}"


def colours(about: Subject) -> str:
    """A step that brings an image to the channels that the model takes, where it has others."""
    have = 3 if about.folders else about.meta.channels
    return "" if have == about.spec.channels else f"v2.Grayscale({about.spec.channels}),\n"


def padding(about: Subject) -> str:
    """A step that puts all of a drawing on its ground, in the size that the model takes."""
    if about.meta.size == about.spec.size or about.spec.ground is None:
        return ""
    levels = tuple(about.spec.ground)
    level = repr(levels[0] if len(levels) == 1 else levels)
    return (
        "# The whole drawing, with its ground around; Pillow takes (width, height).\n"
        f"v2.Lambda(lambda picture: ImageOps.pad(picture, size[::-1], Image.Resampling.BILINEAR, {level})),\n"
    )


def sizing(about: Subject) -> str:
    """Steps that bring an image to the size that the model takes."""
    if about.meta.size == about.spec.size or about.spec.ground is not None:
        return ""
    (short, _), square_image = about.spec.resized, about.meta.size and len(set(about.meta.size)) == 1
    if square_image:
        return "v2.Resize(size, antialias=True),\n"
    return f"v2.Resize({short}, antialias=True),  # the shorter side\nv2.CenterCrop(size),\n"


def hold_out(about: Subject, unchanged: str) -> str:
    """Lines that take the validation images from `train_set`; `unchanged` is the expression of the training part
    without augmentation, where there is one."""
    share = about.config.data.validation
    split = f"train_set, val_set = random_split(train_set, [{1 - share:g}, {share:g}])"
    if not unchanged:
        return f"{split}  # val: measured after each epoch, never learnt from\n"
    words = "val: not learnt from; measured without random changes"
    return f"{split}  # {words}\nval_set = Subset({unchanged}, val_set.indices)\n"


def loaders(about: Subject) -> str:
    shuffle = "shuffle=True" if about.config.data.shuffle else "shuffle=False"
    alone = ", drop_last=True" if leaves_one(about) else ""
    note = "  # a last batch of one image has no spread, which batch norm needs" if alone else ""
    if not alone and about.config.data.shuffle and not about.text.frozen:
        note = "  # in another random order in each epoch"
    lines = [f"train_loader = DataLoader(train_set, batch_size, {shuffle}{alone}){note}\n"]
    free = "  # here the size changes only speed and memory"
    if about.parts.held_out:
        lines.append(f"val_loader = DataLoader(val_set, batch_size=500){free}\n")
    return "".join(
        [*lines, f"test_loader = DataLoader(test_set, batch_size=500){'' if about.parts.held_out else free}\n"]
    )


def leaves_one(about: Subject) -> bool:
    """Whether an epoch's last batch has one image, which is left out: batch norm compares the images of a batch."""
    batch, images = about.config.training.batch_size, len(about.parts.train)
    return (
        1 < batch < images
        and images % batch == 1
        and any(isinstance(one, _BatchNorm) for one in about.network.modules())
    )


def broken(expression: str) -> str:
    """A long call with one argument a line."""
    if len(expression) + len("train_set = ") <= WIDTH:
        return expression
    head, _, arguments = expression.partition("(")
    return f"{head}(\n    {arguments[:-1]},\n)"
