"""The basic block of a ResNet. The class is self-contained, as it is also written into what is exported."""

import torch
from torch import nn


class ResidualBlock(nn.Module):
    """ReLU(x + f(x)), where f is two 3×3 convolutions with batch norm (He et al. 2015, arXiv:1512.03385, figure 2);
    x passes a 1×1 convolution with batch norm where its shape changes (option B of section 3.3)."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1):
        super().__init__()
        self.inputs, self.outputs, self.stride = inputs, outputs, stride
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            fitted = nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)
            self.shortcut = nn.Sequential(fitted, nn.BatchNorm2d(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        change = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(change + self.shortcut(x))
