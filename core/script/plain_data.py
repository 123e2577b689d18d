"""The data of a script as a teacher writes it: torchvision's data set, transforms, DataLoaders."""

from textwrap import indent

from core.loading.augmentations import in_use
from core.locale import N_
from core.script.subject import Subject
from core.script.text import WIDTH, Part


def data_part(about: Subject) -> Part:
    source, config = about.source, about.config
    augmented = [entry for entry in in_use(config.augment) if not entry.mix]
    lines = [source.imports, f"{source.before}\n" if source.before else "", transforms(about), "\n"]
    train, test = ("train_transform", "test_transform") if augmented else ("transform", "transform")

    def part(name: str, transform: str) -> str:
        return broken(source.parts[name].format(transform=transform))

    lines.append(f"train_set = {part('train', train)}\n")
    held_out = about.parts.val_split == "validation"
    tested = "test" if "test" in source.parts else "val"
    if about.parts.val_split == "val" and about.parts.held_out:
        lines.append(f"val_set = {part('val', test)}\n")
    if tested in source.parts:
        lines.append(f"test_set = {part(tested, test)}\n")
    if held_out:
        lines.append(hold_out(about, part("train", test) if augmented else ""))
    if config.data.limit is not None:
        lines.append(
            f"\n# Only {config.data.limit} of the training images, chosen at random\n"
            f"chosen = torch.randperm(len(train_set))[: {config.data.limit}]\n"
            "train_set = Subset(train_set, chosen.tolist())\n"
        )
    lines.append(loaders(about))
    if "sample" in about.text.lines:
        lines.append(
            "sample = torch.stack([train_set[i][0] for i in torch.randperm(len(train_set))[:5000].tolist()])\n"
        )
    return Part(
        "data", N_("Data"),
        N_("A data set gives one image and its class at a time. Transforms turn the picture into numbers that a "
           "network learns from well; a DataLoader puts them into batches."),
        "".join(lines),
    )  # fmt: skip


def transforms(about: Subject) -> str:
    """One list of steps for training images and one for all others; one for both where they are the same."""
    augmented = [entry for entry in in_use(about.config.augment) if not entry.mix]
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
    start = f"{upright}{colours(about)}v2.ToImage(),  # a picture becomes a tensor (channels, height, width)\n"
    sized, random_crop = sizing(about), any(entry.box for entry in augmented)
    size = f"size = {about.spec.size}  # height and width in pixels, as the model sees images\n"
    if not augmented:
        return f"{size}transform = v2.Compose([\n{indent(start + sized + numbers + scale, '    ')}])\n"
    changes = "".join(f"{entry.source(about.config.augment)},\n" for entry in augmented)
    # Photographs are cut out at random instead of in the middle.
    before = "" if random_crop and about.spec.ground is None else sized
    train = start + before + numbers + changes + scale
    head = "" if not about.spec.ground or not sized else square(about)
    return (
        f"{head}{size}"
        f"# Training images are changed at random, anew in every epoch: the class stays the same.\n"
        f"train_transform = v2.Compose([\n{indent(train, '    ')}])\n"
        f"test_transform = v2.Compose([\n{indent(start + sized + numbers + scale, '    ')}])\n"
    )


def normalized(about: Subject) -> str:
    """What the scaling of the pixels does."""
    if {*about.spec.mean, *about.spec.std} == {0.5}:
        return "0–1 becomes −1 to 1"
    own = about.config.data.normalize == "dataset" and about.spec.mean == about.meta.mean
    return "to mean 0 and spread 1" if own else "as for ImageNet: near mean 0, spread 1"


def colours(about: Subject) -> str:
    """A step that brings an image to the channels that the model takes, where it has others."""
    have = 3 if "ImageFolder" in "".join(about.source.parts.values()) else about.meta.channels
    return "" if have == about.spec.channels else f"v2.Grayscale({about.spec.channels}),\n"


def sizing(about: Subject) -> str:
    """Steps that bring an image to the size that the model takes."""
    if about.meta.size == about.spec.size:
        return ""
    if about.spec.ground is not None:
        return "v2.Lambda(square),\nv2.Resize(size, antialias=True),\n"
    (short, _), square_image = about.spec.resized, about.meta.size and len(set(about.meta.size)) == 1
    if square_image:
        return "v2.Resize(size, antialias=True),\n"
    return f"v2.Resize({short}, antialias=True),  # the shorter side\nv2.CenterCrop(size),\n"


def square(about: Subject) -> str:
    ground = list(about.spec.ground or ())
    return (
        "def square(image):\n"
        '    """The whole drawing (C, H, W) in the middle of a square of its ground."""\n'
        "    height, width = image.shape[1:]\n"
        "    side = max(height, width)\n"
        f"    ground = torch.tensor({ground}, dtype=torch.uint8).view(-1, 1, 1)\n"
        "    filled = ground.repeat(image.shape[0] // len(ground), side, side)\n"
        "    top, left = (side - height) // 2, (side - width) // 2\n"
        "    filled[:, top : top + height, left : left + width] = image\n"
        "    return filled\n\n\n"
    )


def hold_out(about: Subject, unchanged: str) -> str:
    """Lines that take the validation images from `train_set`; `unchanged` is the expression of the training part
    without augmentation, where there is one."""
    share = about.config.data.validation
    as_they_are = ", as they are" if unchanged else ""
    words = (
        f"\n# {share:.0%} of the training images are held out{as_they_are}: they tell how well it does on images that\n"
        "# it has not learnt from.\n"
    )
    generator = f"torch.Generator().manual_seed({about.config.training.seed})"
    if not unchanged:
        return (
            f"{words}generator = {generator}\n"
            f"train_set, val_set = random_split(train_set, [{1 - share:g}, {share:g}], generator)\n"
        )
    return (
        f"{words}generator = {generator}\n"
        f"learnt, held_out = random_split(range(len(train_set)), [{1 - share:g}, {share:g}], generator)\n"
        f"val_set = Subset({unchanged}, held_out.indices)\n"
        "train_set = Subset(train_set, learnt.indices)\n"
    )


def loaders(about: Subject) -> str:
    batch, images = about.config.training.batch_size, len(about.parts.train)
    shuffle = "shuffle=True" if about.config.data.shuffle else "shuffle=False"
    alone = ", drop_last=True" if batch > 1 and images % batch == 1 else ""
    note = "  # a last batch of one image has no spread, which batch norm needs" if alone else ""
    lines = [f"\ntrain_loader = DataLoader(train_set, batch_size, {shuffle}{alone}){note}\n"]
    if about.parts.held_out:
        lines.append("val_loader = DataLoader(val_set, batch_size=500)\n")
    return "".join([*lines, "test_loader = DataLoader(test_set, batch_size=500)\n"])


def broken(expression: str) -> str:
    """A long call with one argument a line."""
    if len(expression) + len("train_set = ") <= WIDTH:
        return expression
    head, _, arguments = expression.partition("(")
    return f"{head}(\n    {arguments[:-1]},\n)"
