"""Layers that PyTorch does not have. Their definitions are written beside exported weights; they need torch and nn."""

import torch
from torch import nn


class SamePadding(nn.Module):
    """Adds zeros around an image so that each window fits, an odd row or column below or to the right: TensorFlow's."""

    def __init__(self, kernel: int, stride: int) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        # -(-a // b) is a / b, rounded up
        room = [max(0, (-(-side // self.stride) - 1) * self.stride + self.kernel - side) for side in images.shape[2:]]
        return nn.functional.pad(images, (room[1] // 2, (room[1] + 1) // 2, room[0] // 2, (room[0] + 1) // 2))


class InvertedResidual(nn.Module):
    """Widens by a 1×1 convolution, filters each channel by itself, narrows again to `maps` channels; adds its input
    where the shapes agree."""

    def __init__(self, channels: int, maps: int, kernel: int, stride: int, expand: int) -> None:
        super().__init__()
        self.channels, self.maps, self.kernel, self.stride, self.expand = channels, maps, kernel, stride, expand
        wide = channels * expand
        layers = [nn.Conv2d(channels, wide, 1, bias=False), nn.BatchNorm2d(wide, 1e-3, 0.01), nn.ReLU6()]
        self.widen = nn.Sequential(*layers) if expand > 1 else nn.Identity()
        self.pad = SamePadding(kernel, stride)
        self.filter = nn.Sequential(
            nn.Conv2d(wide, wide, kernel, stride, groups=wide, bias=False), nn.BatchNorm2d(wide, 1e-3, 0.01), nn.ReLU6()
        )
        self.narrow = nn.Sequential(nn.Conv2d(wide, maps, 1, bias=False), nn.BatchNorm2d(maps, 1e-3, 0.01))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        narrow: torch.Tensor = self.narrow(self.filter(self.pad(self.widen(images))))
        return images + narrow if images.shape == narrow.shape else narrow
