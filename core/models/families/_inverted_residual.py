"""A layer that PyTorch does not have. Its definition is written beside exported weights; it needs torch and nn."""

import torch
from torch import nn


class InvertedResidual(nn.Module):
    """Widens by a 1×1 convolution, filters each channel by itself, narrows again; adds its input where the shapes
    agree. Pads as TensorFlow does, where the weights come from: what is odd at the right and below."""

    def __init__(self, channels: int, maps: int, kernel: int, stride: int, expand: int) -> None:
        super().__init__()
        self.channels, self.maps, self.kernel, self.stride, self.expand = channels, maps, kernel, stride, expand
        wide = channels * expand
        layers = [nn.Conv2d(channels, wide, 1, bias=False), nn.BatchNorm2d(wide, 1e-3, 0.01), nn.ReLU6()]
        self.widen = nn.Sequential(*layers) if expand > 1 else nn.Identity()
        self.filter = nn.Sequential(
            nn.Conv2d(wide, wide, kernel, stride, groups=wide, bias=False), nn.BatchNorm2d(wide, 1e-3, 0.01), nn.ReLU6()
        )
        self.narrow = nn.Sequential(nn.Conv2d(wide, maps, 1, bias=False), nn.BatchNorm2d(maps, 1e-3, 0.01))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        wide = self.widen(images)
        room = [max(0, (-(-side // self.stride) - 1) * self.stride + self.kernel - side) for side in wide.shape[2:]]
        padded = nn.functional.pad(wide, (room[1] // 2, (room[1] + 1) // 2, room[0] // 2, (room[0] + 1) // 2))
        narrow: torch.Tensor = self.narrow(self.filter(padded))
        return images + narrow if images.shape == narrow.shape else narrow
