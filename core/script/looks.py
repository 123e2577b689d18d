"""The lines behind the sections of Inspect, to be put after the script of a run: they use its `model`, `device`,
`test_loader`, `test_set`, `class_names` and `v2`. Reading it imports no torch."""

from core.locale import N_
from core.script.text import Part

PROBABILITIES = '''def probabilities(model, loader):
    """The right class of every image (N,), and what the model thinks of each class (N, classes), 0 to 1."""
    model.eval()
    right, found = [], []
    with torch.no_grad():
        for images, labels in loader:
            found.append(model(images.to(device)).softmax(1).cpu())
            right.append(labels)
    return torch.cat(right), torch.cat(found)


'''

ERRORS = f"""{PROBABILITIES}right, found = probabilities(model, test_loader)
sure, taken = found.max(1)  # how sure each answer is, and which class it is

# Row: the right class; column: the class that the image was taken for.
classes = len(class_names)
confusion = torch.bincount(right * classes + taken, minlength=classes**2).view(classes, classes)
print(confusion)

# The images that it gets wrong and is surest about come first.
wrong = (right != taken).nonzero()[:, 0]
for index in wrong[sure[wrong].argsort(descending=True)][:10].tolist():
    names = class_names[right[index]], class_names[taken[index]]
    print(f"image {{index}}: {{names[0]}}, taken for {{names[1]}} ({{sure[index]:.0%}})")
"""

LOOKS = """# How much the score of the answer would change with each pixel: the gradient, as a picture (height, width).
image = test_set[0][0][None].to(device).requires_grad_()  # a batch of one image
model.eval()
scores = model(image)[0]
scores[scores.argmax()].backward()
saliency = image.grad.abs().amax(1)[0].cpu()
v2.functional.to_pil_image(saliency / saliency.max()).save("saliency.png")
print(f"saliency.png is bright where the score of {class_names[scores.argmax()]} depends on the pixel")
"""

LAYERS = """# What each layer makes of one image. A hook is called whenever its layer has worked.
outputs = {}
hooks = [
    layer.register_forward_hook(lambda layer, inputs, output, name=name: outputs.update({name: output}))
    for name, layer in model.named_modules()
    if not list(layer.children())
]
model.eval()
with torch.no_grad():
    model(test_set[0][0][None].to(device))
for hook in hooks:
    hook.remove()
for name, output in outputs.items():
    print(name, tuple(output.shape[1:]))  # channels, height, width; or neurons
"""

MAP = """# What the last layer is given for each image, brought to two numbers by the directions in which the
# images differ most (principal components): images that the model sees as alike lie close together.
last = [layer for layer in model.modules() if isinstance(layer, torch.nn.Linear)][-1]
given = []
hook = last.register_forward_hook(lambda layer, inputs, output: given.append(inputs[0].cpu()))
model.eval()
with torch.no_grad():
    for images, _ in test_loader:
        model(images.to(device))
hook.remove()
features = torch.cat(given)  # (images, features)
centred = features - features.mean(0)
_, _, directions = torch.linalg.svd(centred, full_matrices=False)
places = centred @ directions[:2].T  # (images, 2)
print(places[:5])
"""

BELIEF = f"""{PROBABILITIES}right, found = probabilities(model, test_loader)
sure, taken = found.max(1)
correct = (right == taken).double()

# Answers that are about 80 % sure should be right about 80 times of a hundred. The calibration error
# is how far the two lie apart, on average over the images, in 15 bins of how sure they are
# (Guo et al. 2017).
bins = (sure * 15).ceil().clamp(1, 15).long() - 1
error = torch.zeros(15, dtype=torch.double).index_add_(0, bins, correct - sure).abs().sum() / len(right)
print(f"expected calibration error {{error:.2%}}")
"""

TWO = f'''from copy import deepcopy
from pathlib import Path

{PROBABILITIES}def compare(first, second):
    """On how many test images two models are both right, only one of them, or none."""
    right, answers = probabilities(first, test_loader)
    one = answers.argmax(1) == right
    two = probabilities(second, test_loader)[1].argmax(1) == right
    print(f"both right {{(one & two).sum()}}, only the first {{(one & ~two).sum()}}, "
          f"only the second {{(two & ~one).sum()}}, none {{(~one & ~two).sum()}}")
    return one, two


first = deepcopy(model)  # it stays as it is; model gets other weights
if Path("other.pt").exists():  # the model.pt of another training of the same network, under this name
    model.load_state_dict(torch.load("other.pt", map_location=device, weights_only=True))
else:
    train()  # on from these weights, as long again
compare(first, model)
'''

# By the name of the section.
LOOKS_OF_SECTIONS = {
    part.name: part
    for part in (
        Part("errors", "", N_("Every test image is answered; what is wrong is counted, and the surest mistakes are "
                              "listed."), ERRORS),
        Part("looks", "", N_("The simplest of the ways on this page: the gradient."), LOOKS),
        Part("layers", "", N_("What each layer makes of one image."), LAYERS),
        Part("map", "", N_("What the last layer is given for each image, as places on a map."), MAP),
        Part("belief", "", N_("Whether answers are right as often as they are sure."), BELIEF),
        Part("two", "", N_("Two models, asked about the same images: the one of the script, and one with the weights "
                           "in other.pt, a model.pt of another training. Without one, the model learns on."), TWO),
    )
}  # fmt: skip
