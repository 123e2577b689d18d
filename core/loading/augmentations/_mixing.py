"""What mixup and CutMix have in common."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def own_share(number: float, alpha: float) -> float:
    """The share that an image keeps of itself: from Beta(alpha, alpha), at the quantile `number` in 0–1."""
    from scipy.special import betaincinv  # 0.2 s, for which a page that only shows images should not wait

    return float(betaincinv(alpha, alpha, number))


def shares(targets: "Tensor", partner: "Tensor", own: float) -> "Tensor":
    """(N, classes): of the own class and of the partner's."""
    return own * targets + (1 - own) * targets[partner]
