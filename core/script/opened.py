"""The lines that open a picture as the app does: upright, on white where it is transparent, with 8 bits a colour; and
those that turn round light and dark where its ground is not that of the training images."""

from core.importing.ground import DARK, FLAT, LIGHT, SHARE, Ground
from core.sandbox.image_files import PALE_LEVEL
from core.sandbox.levels import Levels

UPRIGHT = "ImageOps.exif_transpose(Image.open(file))"  # as the camera was held
ON_WHITE = 'Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("{mode}")'


def opening_code(mode: str, levels: Levels | None = None, *, deep: bool = True) -> str:
    """A function `opened` of a file, which gives a Pillow image of this mode. `levels`: of the training images, where
    they have more than 8 bits; `deep`: whether a picture may have as many."""
    begun = in_eight_bits(levels) if deep else f'    picture = {UPRIGHT}.convert("RGBA")\n'
    return (
        "def opened(file):  # the picture in a file: turned upright, and on white where it is transparent\n"
        f"{begun}"
        f"    return {ON_WHITE.format(mode=mode)}\n"
    )


def opening_as_shown(levels: Levels | None, ground: Ground | None) -> str:
    """A function `opened` of a file, which gives a Pillow image of mode RGB as the app shows it to a model: ink that is
    too pale for white paper stands on black. With a common `ground` of the training images that is dark or light, a
    function `turned`, too, for those that have the opposite one."""
    return (
        "def opened(file):\n"
        '    """The picture in a file, in colours: turned upright, on paper where it is transparent."""\n'
        f"{in_eight_bits(levels)}"
        '    sheets = [Image.new("RGBA", picture.size, paper) for paper in ("white", "black")]\n'
        '    white, black = (Image.alpha_composite(sheet, picture).convert("RGB") for sheet in sheets)\n'
        f"    return black if np.asarray(white).min() > {PALE_LEVEL} else white  # pale ink is not seen on white\n"
        + (f"\n\n{turning_code(ground)}" if ground and ground.tone else "")
    )


def in_eight_bits(levels: Levels | None) -> str:
    """Lines that make `picture` of a file that may have more bits, upright, with its transparency."""
    return (
        f"    picture = {UPRIGHT}\n"
        '    if picture.mode[0] in "IF":  # more than 8 bits\n'
        f"{deep_lines(levels)}"
        '    picture = picture.convert("RGBA")\n'
    )


def turning_code(ground: Ground) -> str:
    if ground.tone == "dark":
        opposite = f"level > {LIGHT:g}"
        spread = f"{ground.level:g} + (levels + level - 255) * ({255 - ground.level:g} / level)"
    else:
        opposite = f"level < {DARK:g}"
        spread = f"{ground.level:g} - (255 - level - levels) * ({ground.level:g} / (255 - level))"
    return (
        "def turned(picture):\n"
        f'    """Light and dark turned round, hues kept, where the ground is not {ground.tone} as in training."""\n'
        "    levels, step = np.asarray(picture, float), max(1, max(picture.size) // 96)\n"
        "    grey = levels[step // 2 :: step, step // 2 :: step].mean(2)\n"
        "    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])\n"
        "    level = np.median(border)\n"
        f"    if not {opposite} or (abs(border - level) < {FLAT:g}).mean() <= {SHARE}:  # or there is none\n"
        "        return picture\n"
        "    levels = levels + 255 - levels.max(2, keepdims=True) - levels.min(2, keepdims=True)\n"
        f"    levels = {spread}  # their level\n"
        "    return Image.fromarray(np.uint8(np.clip(np.rint(levels), 0, 255)))\n"
    )


def deep_lines(levels: Levels | None) -> str:
    """Lines that bring a `picture` of more than 8 bits to 8: by the range that the training images share, or else from
    0 to the most that as many bits hold as it uses."""
    span = levels and (levels.whole or levels.decimal)
    if span:
        shares = f"(values - {span[0]:g}) / {span[1] - span[0]:g}" if span[0] else f"values / {span[1]:g}"
        lines = ["values = np.nan_to_num(np.asarray(picture, float))"]
    else:
        shares = "values / (2 ** max(bits, 8 if bits > 1 else 1) - 1)"
        lines = [
            "values = np.nan_to_num(np.asarray(picture, float))",
            "bits = int(np.ceil(values.max())).bit_length()  # as many as it uses; floats go to 1 or 255",
        ]
    lines.append(f"picture = Image.fromarray(np.uint8(255 * np.clip({shares}, 0, 1) + 0.5))")
    return "".join(f"        {line}\n" for line in lines)
