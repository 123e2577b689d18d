"""The lines that open a picture as the app does, for a model of photographs: upright, on white where it is
transparent, with 8 bits a colour."""

from core.sandbox.levels import Levels

UPRIGHT = "ImageOps.exif_transpose(Image.open(file))"  # as cameras mean it
ON_WHITE = 'Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("{mode}")'


def opening_code(mode: str, levels: Levels | None = None, *, deep: bool = True) -> str:
    """A function `opened` of a file, which gives a Pillow image of this mode. `levels`: of the training images, where
    they have more than 8 bits; `deep`: whether a picture may have as many."""
    begun = f'    picture = {UPRIGHT}.convert("RGBA")\n'
    if deep:
        begun = (
            f"    picture = {UPRIGHT}\n"
            '    if picture.mode[0] in "IF":  # more than 8 bits\n'
            f"{deep_lines(levels)}"
            '    picture = picture.convert("RGBA")\n'
        )
    return (
        "def opened(file):\n"
        '    """The picture in a file: upright, as cameras mean it, and on white where it is transparent."""\n'
        f"{begun}"
        f"    return {ON_WHITE.format(mode=mode)}\n"
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
