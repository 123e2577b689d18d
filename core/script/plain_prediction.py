"""How a script as a teacher writes it answers pictures, and what happens when it is started."""

from textwrap import indent

from core.locale import N_
from core.script.briefly_drawn import brief_drawing_code
from core.script.opened import ON_WHITE, UPRIGHT
from core.script.subject import Subject
from core.script.text import Part
from core.training.losses import LOSSES


def prediction_part(about: Subject) -> Part:
    transform = "test_transform" if about.augmented else "transform"
    drawing = f"{brief_drawing_code(about.style)}\n\n" if about.style else ""
    opening, named = opened(about), "picture"
    if not about.style and opening.count("\n") == 1 and opening.count("=") == 1:  # a name for it would be read once
        opening, named = "", opening.partition(" = ")[2].strip()
    image = picture(about, named)
    shares, words = "softmax(0)", "softmax: probabilities"
    if LOSSES[about.config.loss.name].log_probabilities:
        shares, words = "exp()", "exp undoes the logarithm"
    code = (
        f"{drawing}"
        "def predict(file):  # the class of the picture in a file, and how sure the model is, from 0 to 1\n"
        f"{opening}"
        f"    images = {transform}({image})[None].to(device)  # [None]: one more axis, for a batch of one\n"
        "    model.eval()\n"
        "    with torch.no_grad():\n"
        f"        sure, best = model(images)[0].{shares}.max(0)  # {words}; max: the largest and its place\n"
        "    return class_names[best], sure.item()\n"
    )
    words = N_("A picture of your own, answered by the trained model.")
    if about.style:
        words = N_(
            "A picture of your own, answered by the trained model. A model knows only what looks like its training "
            "images: so what is drawn is found on its paper, cut out, and made as large and as bright as they are."
        )
    return Part("prediction", N_("Prediction"), words, code)


def opened(about: Subject) -> str:
    """Lines that make `picture` of a file, as the data set gives its own."""
    meta, mode = about.meta, "L" if about.meta.channels == 1 else "RGB"
    if about.style:
        return f"    picture = {UPRIGHT}  # turned upright\n"
    turned = ".transpose(Image.Transpose.TRANSPOSE)" if about.source.upright else ""
    lines = [f'picture = {UPRIGHT}.convert("RGBA")  # turned upright']
    lines.append(f"picture = {ON_WHITE.format(mode=mode)}")
    if about.folders:  # opened as the training images were
        lines = ["picture = opened(file)" + ("" if mode == "RGB" else '.convert("L")')]
    if meta.size is not None:
        size, ground = meta.size[::-1], about.spec.ground
        made, words = f"ImageOps.fit(picture, {size})", "its middle, in the width and height of the others"
        if ground is not None:
            level = ground[0] if mode == "L" else ground
            made, words = f"ImageOps.pad(picture, {size}, color={level})", "all of it, on the ground of the others"
        lines.append(f"picture = {made}{turned}  # {words}")
    return indent("".join(f"{line}\n" for line in lines), "    ")


def picture(about: Subject, named: str) -> str:
    """What the transform is given of the picture that is `named` so."""
    if not about.style:
        return named
    turned = ".transpose(Image.Transpose.TRANSPOSE)" if about.source.upright else ""
    return f"drawn({named}){turned}" + ("" if about.meta.channels == 1 else '.convert("RGB")')


# What stands in the last cell instead of what reads the command line.
NOTEBOOK = """train()
# Later, instead of another training:
# model.load_state_dict(torch.load("model.pt", map_location=device, weights_only=True))
# Take the # off the next line, and name a picture of your own:
# predict("picture.png")
"""


def start_part() -> Part:
    return Part(
        "start", N_("Start"),
        N_("Training begins here; afterwards the model answers pictures."),
        'if __name__ == "__main__":  # not where another file imports this one\n'
        "    if not sys.argv[1:]:\n"
        "        train()\n"
        '    model.load_state_dict(torch.load("model.pt", map_location=device, weights_only=True))  # as learnt\n'
        "    for file in sys.argv[1:]:\n"
        '        print("{}: {} ({:.1%})".format(file, *predict(file)))\n',
        notebook=NOTEBOOK, ruled=False,
    )  # fmt: skip
