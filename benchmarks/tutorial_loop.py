"""The opponent: the training loop that every tutorial uses, with the hyperparameters of our recipes.

torchvision's data set, `ToTensor` (and `Normalize`) image by image, a `DataLoader` in the main process (four workers
for photographs), float32, `torch.optim` defaults, `loss.item()` in every step. The images come from Epochlab's prepared
arrays, as both sides must learn from the same ones: torchvision's classes keep such arrays in memory, and run their own
code for each image. Photographs are read from the folder, as `ImageFolder` does.

    python -m benchmarks.tutorial_loop mnist-cnn --epochs 2 --limit 10000
"""

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Subset
from torchvision import datasets, models, transforms

from core.datasets.source import DataSource
from core.datasets.stratified import stratified
from core.files.paths import Workspace
from core.loading.split import parts
from core.prepared import prepare
from core.run_config import RunConfig


def mnist_mlp() -> nn.Module:
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 64), nn.ReLU(),
        nn.Linear(64, 64), nn.ReLU(),
        nn.Linear(64, 64), nn.ReLU(),
        nn.Linear(64, 10), nn.LogSoftmax(dim=1),
    )  # fmt: skip


def mnist_cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 128, 3, padding=1), nn.BatchNorm2d(128), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(6272, 1024), nn.ReLU(), nn.Dropout(0.5), nn.Linear(1024, 10),
    )  # fmt: skip


def fashion_cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 12, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(192, 120), nn.ReLU(), nn.Linear(120, 60), nn.ReLU(), nn.Linear(60, 10),
    )  # fmt: skip


def cifar10_cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 3), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(576, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def resnet18() -> nn.Module:
    network = models.resnet18()
    network.fc = nn.Linear(network.fc.in_features, 2)
    return network


def adam(lr: float) -> Callable[[nn.Module], torch.optim.Optimizer]:
    return lambda model: torch.optim.Adam(model.parameters(), lr=lr)


def momentum(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)


to_tensor = transforms.ToTensor()
imagenet = transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])


@dataclass(frozen=True)
class Tutorial:
    """One tutorial's hyperparameters."""

    data: str
    model: Callable[[], nn.Module]
    optimizer: Callable[[nn.Module], torch.optim.Optimizer]
    batch_size: int
    epochs: int
    loss: Callable[[Tensor, Tensor], Tensor] = nn.functional.cross_entropy
    transform: Callable = to_tensor
    test_transform: Callable | None = None  # as in training
    shuffle: bool = True
    workers: int = 0
    step: int = 0  # epochs after which the learning rate falls to a tenth; 0: never


TUTORIALS = {
    "mnist-mlp": Tutorial("mnist", mnist_mlp, adam(0.001), 15, 2, loss=nn.functional.nll_loss),
    "fashion-cnn": Tutorial("fashion-mnist", fashion_cnn, adam(0.01), 100, 2, shuffle=False),
    "mnist-cnn": Tutorial(
        "mnist", mnist_cnn, adam(0.001), 64, 10,
        transform=transforms.Compose([to_tensor, transforms.Normalize(0.5, 0.5)]),
    ),
    "cifar10-cnn": Tutorial("cifar10", cifar10_cnn, adam(0.001), 10, 100),
    "folder-resnet18": Tutorial(
        "folder", resnet18, momentum, 4, 25, workers=4, step=7,
        transform=transforms.Compose(
            [transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip(), to_tensor, imagenet]
        ),
        test_transform=transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224), to_tensor, imagenet]),
    ),
}  # fmt: skip


def image_sets(name: str, tutorial: Tutorial, path: Path | None, limit: int | None) -> tuple[Dataset, Dataset]:
    """Training and test set. `limit` is the same stratified subset that Epochlab's `data.limit` takes."""
    test_transform = tutorial.test_transform or tutorial.transform
    if tutorial.data == "folder":
        assert path is not None, "folder-resnet18 needs the folder: --path DIR"
        train: Dataset = datasets.ImageFolder(str(path / "train"), tutorial.transform)
        test: Dataset = datasets.ImageFolder(str(path / "val"), test_transform)
        if limit is not None:
            labels = np.array([label for _, label in train.samples])
            train = Subset(train, stratified(labels, limit, seed=0, whole=True).tolist())
        return train, test
    source = DataSource(tutorial.data) if path is None else DataSource("folder", str(path))
    for _ in prepare.prepare(source, Workspace.from_environment()):
        pass
    prepared = prepare.require(source, Workspace.from_environment())
    split = parts(prepared, 0.0, limit, RunConfig().training.seed)
    kind = datasets.CIFAR10 if tutorial.data == "cifar10" else datasets.MNIST
    return tuple(  # type: ignore[return-value]
        in_memory(kind, prepared.array[chosen], prepared.labels[chosen], transform)
        for chosen, transform in ((split.train, tutorial.transform), (split.test, test_transform))
    )


def in_memory(kind: type, images: np.ndarray, labels: np.ndarray, transform: Callable) -> Dataset:
    """torchvision's data set as it is after it has read its files: `data` and `targets`."""
    dataset = kind.__new__(kind)
    dataset.transform, dataset.target_transform = transform, None
    if kind is datasets.MNIST:
        dataset.data, dataset.targets = torch.from_numpy(images[..., 0].copy()), torch.from_numpy(labels.copy())
    else:
        dataset.data, dataset.targets = images.copy(), labels.tolist()
    return dataset


def train(
    name: str, *, epochs: int | None = None, limit: int | None = None, seed: int = 0, path: Path | None = None,
    test_every: bool = True,
) -> Iterator[dict[str, float]]:  # fmt: skip
    """One dict an epoch: its accuracies, the seconds of training alone (from the first batch asked for to the last step
    taken) and of testing. Epochs are tested one by one only if `test_every`, else the last alone."""
    tutorial = TUTORIALS[name]
    random.seed(seed)
    torch.manual_seed(seed)
    train_set, test_set = image_sets(name, tutorial, path, limit)
    loader = DataLoader(train_set, tutorial.batch_size, shuffle=tutorial.shuffle, num_workers=tutorial.workers)
    test_loader = DataLoader(test_set, tutorial.batch_size, num_workers=tutorial.workers)
    model = tutorial.model()
    optimizer = tutorial.optimizer(model)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, tutorial.step, 0.1) if tutorial.step else None
    epochs = epochs or tutorial.epochs
    for epoch in range(1, epochs + 1):
        started = time.perf_counter()
        model.train()
        loss_sum, correct, count = 0.0, 0, 0
        for images, labels in loader:
            optimizer.zero_grad()
            output = model(images)
            loss = tutorial.loss(output, labels)
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            correct += (output.argmax(1) == labels).sum().item()
            count += len(labels)
        if schedule is not None:
            schedule.step()
        trained = time.perf_counter()
        tested = test_every or epoch == epochs
        test_accuracy = accuracy(model, test_loader) if tested else None
        yield {
            "epoch": epoch,
            "train_loss": loss_sum / count,
            "train_accuracy": correct / count,
            "test_accuracy": test_accuracy,
            "train_images": count,
            "train_seconds": trained - started,
            "test_images": len(test_set) * tested,  # type: ignore[arg-type]
            "test_seconds": time.perf_counter() - trained,
        }


def accuracy(model: nn.Module, loader: DataLoader) -> float:
    model.eval()
    correct, count = 0, 0
    with torch.no_grad():
        for images, labels in loader:
            correct += (model(images).argmax(1) == labels).sum().item()
            count += len(labels)
    return correct / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", choices=list(TUTORIALS))
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--limit", type=int, help="training images")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--path", type=Path, help="the image folder; for CIFAR-10 one that Epochlab has prepared")
    parser.add_argument("--last-test-only", action="store_true")
    args = parser.parse_args()
    lines = train(
        args.recipe, epochs=args.epochs, limit=args.limit, seed=args.seed, path=args.path,
        test_every=not args.last_test_only,
    )  # fmt: skip
    for line in lines:
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
