"""From stored images to what a model sees: resized, scaled, with the right channels, on the right device."""

from collections.abc import Sequence
from math import ceil

import numpy as np
import torch
from torch import Tensor

from core.loading.augment import Change
from core.loading.input_spec import InputSpec
from core.prepared.arrays import Prepared
from core.sandbox.image_files import MAX_ASPECT

# A data set up to this size is kept whole in the memory of an accelerator.
RESIDENT_BYTES = 4 * 2**30


def resize(images: Tensor, spec: InputSpec) -> Tensor:
    """(N, C, H, W) of any one size → (N, C, *spec.size)."""
    if tuple(images.shape[2:]) == spec.size:
        return images
    return cut(images, spec) if spec.ground is None else whole(images, spec)


def cut(images: Tensor, spec: InputSpec) -> Tensor:
    """(N, C, H, W) of any one size → (N, C, *spec.size): the shorter side first, then the centre."""
    from torchvision.transforms.v2 import functional as V  # a second to import, which images of one size need not wait

    (height, width), (target_h, target_w) = images.shape[2:], spec.resized
    scale = max(target_h / height, target_w / width)
    # A long strip is cut first, as on import: enlarged whole, a line of a million pixels would fill the memory.
    needed = [min(height, ceil(MAX_ASPECT * target_h / scale)), min(width, ceil(MAX_ASPECT * target_w / scale))]
    if needed != [height, width]:
        images, (height, width) = V.center_crop(images, needed), needed
    size = [max(target_h, round(height * scale)), max(target_w, round(width * scale))]
    if size != [height, width]:
        images = V.resize(images, size, antialias=True)
    centre: Tensor = V.center_crop(images, list(spec.size))
    return centre


def whole(images: Tensor, spec: InputSpec) -> Tensor:
    """(N, C, H, W) uint8 of any one size → (N, C, *spec.size): all of each image, in the middle of the ground."""
    scale = min(target / side for target, side in zip(spec.size, images.shape[2:], strict=True))
    size = [max(1, round(side * scale)) for side in images.shape[2:]]
    if size != list(images.shape[2:]):
        from torchvision.transforms.v2 import functional as V

        images = V.resize(images, size, antialias=True)
    return on_ground(images, spec, spec.size)


def on_ground(images: Tensor, spec: InputSpec, size: tuple[int, int]) -> Tensor:
    """(N, C, H, W) uint8 in the middle of as many images of the ground, (N, C, *size), which are at least as large."""
    (height, width), (full_height, full_width) = images.shape[2:], size
    top, left = (full_height - height) // 2, (full_width - width) // 2
    level = with_channels(torch.tensor(spec.ground, dtype=torch.uint8)[None, :, None, None], images.shape[1])
    filled = level.to(images.device).repeat(len(images), 1, *size)
    filled[:, :, top : top + height, left : left + width] = images
    return filled


def with_channels(images: Tensor, channels: int) -> Tensor:
    """(N, 1 or 3, H, W) → (N, channels, H, W): grey is repeated, colour is weighed as the eye does (ITU-R 601)."""
    if images.shape[1] == channels:
        return images
    if channels == 3:
        return images.expand(-1, channels, -1, -1)
    from torchvision.transforms.v2 import functional as V

    grey: Tensor = V.rgb_to_grayscale(images)
    return grey


def scaled(images: Tensor, spec: InputSpec) -> Tensor:
    """(N, C, H, W), uint8 in 0–255 or float in 0–1 → float32 with the run's channels, mean 0 and spread 1."""
    if images.dtype == torch.uint8:
        images = images.float().div_(255)
    images = with_channels(images, spec.channels)
    if not any(spec.mean) and all(s == 1 for s in spec.std):
        return images
    mean, std = (torch.tensor(v, device=images.device).view(-1, 1, 1) for v in (spec.mean, spec.std))
    return (images - mean) / std


def unscaled(inputs: Tensor, spec: InputSpec) -> np.ndarray:
    """A model's input (N, C, H, W) back to something to look at: (N, H, W, C) uint8."""
    mean, std = (torch.tensor(v, device=inputs.device).view(-1, 1, 1) for v in (spec.mean, spec.std))
    shown = ((inputs * std + mean) * 255).round().clamp(0, 255).byte()
    return shown.permute(0, 2, 3, 1).cpu().numpy()


def as_tensor(image: np.ndarray) -> Tensor:
    """(H, W, C) uint8 → (1, C, H, W), a copy: what is mapped from a file cannot be written to."""
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)[None]


def from_images(images: Sequence[np.ndarray], spec: InputSpec, device: torch.device) -> Tensor:
    """Images from anywhere, each (H, W, 1 or 3) uint8 of its own size → (N, C, H, W) float32 as a model sees them."""
    if len({image.shape for image in images}) == 1:  # all of one size go through together
        together = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
        return scaled(resize(together, spec).to(device), spec)
    return torch.cat([scaled(resize(as_tensor(image), spec).to(device), spec) for image in images])


class Pixels:
    """The images of a prepared data set as a model's input, on one device."""

    def __init__(self, prepared: Prepared, spec: InputSpec, device: torch.device) -> None:
        self.prepared, self.spec, self.device = prepared, spec, device
        self.pool: Tensor | None = None  # (N, H, W, C) uint8, when all images have one size
        if prepared.uniform:
            # mode "c": torch wants writable memory; no code writes to it, and no write would reach the file
            self.pool = torch.from_numpy(np.load(prepared.folder / "images.npy", mmap_mode="c"))
            if device.type != "cpu" and self.pool.numel() <= RESIDENT_BYTES:
                self.pool = self.pool.to(device)

    def clean(self, indices: np.ndarray) -> Tensor:
        """(N, C, H, W) float32, scaled, not augmented."""
        if self.pool is None:
            return from_images([self.prepared.image(int(i)) for i in indices], self.spec, self.device)
        return scaled(resize(self.gather(indices), self.spec), self.spec)

    def augmented(self, change: Change) -> Tensor:
        """The images that a change is about, changed."""
        cropped = self.pool is None and bool(change.boxes)
        if self.pool is not None:
            images = resize(self.gather(change.indices), self.spec)
        else:
            photos = (as_tensor(self.prepared.image(int(index))) for index in change.indices)
            if cropped:  # before they are made small, so that no detail is lost
                images = torch.stack([change.crop(row, self.shaped(one)[0], self.spec.size)
                                      for row, one in enumerate(photos)])  # fmt: skip
            else:
                images = torch.cat([resize(one, self.spec) for one in photos])
        images = images.to(self.device).float().div_(255)
        beyond = None
        if self.spec.ground is not None:
            beyond = torch.tensor(self.spec.ground, device=self.device).view(-1, 1, 1) / 255
        return scaled(change.apply(images, reflect=self.spec.reflect, beyond=beyond, cropped=cropped), self.spec)

    def shaped(self, image: Tensor) -> Tensor:
        """An image (1, C, H, W) uint8 of a prepared data set, whole and in a model's shape, at its own scale: with the
        ground around, where there is one."""
        if self.spec.ground is None:
            return image
        scale = max(side / target for side, target in zip(image.shape[2:], self.spec.size, strict=True))
        height, width = (ceil(target * scale) for target in self.spec.size)
        return on_ground(image, self.spec, (height, width))

    def gather(self, indices: np.ndarray) -> Tensor:
        """(N, C, H, W) uint8; channels lie last in memory, as in the file, which suits convolutions."""
        assert self.pool is not None
        chosen = self.pool.index_select(0, torch.from_numpy(indices).to(self.pool.device))
        return chosen.permute(0, 3, 1, 2).to(self.device, non_blocking=True)
