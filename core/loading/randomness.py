"""Random numbers that have an address instead of a memory: each is a function of (seed, purpose, epoch, index) alone.

A generator with a state could not be asked for image 31,007 without drawing the 31,006 before it, and one
additional draw would change all numbers after it.
"""

from functools import cache
from hashlib import blake2b
from typing import Any

import numpy as np

# How an address becomes a number. A checkpoint keeps the scheme it was trained with, and a run goes on with that.
SCHEME = 2

# Scheme 1 knew no purposes: every image had eleven numbers, of which each augmentation took its own.
_SLOTS_OF_SCHEME_1 = {"rotate": [0], "scale": [1], "shift": [2, 3], "flip": [4], "erase": [5, 6], "crop": [7, 8, 9, 10]}
_NUMBERS_OF_SCHEME_1 = 11

_GAMMA = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio, odd: SplitMix64's step


def draws(seed: int, purpose: str, epoch: int, indices: np.ndarray, count: int, scheme: int = SCHEME) -> np.ndarray:
    """(N, count) floats in (0, 1), evenly spread, `count` of them for each index, as a scheme has them."""
    if scheme == 1 and purpose in _SLOTS_OF_SCHEME_1:
        with np.errstate(over="ignore"):
            key = _mix(np.uint64(seed) * _GAMMA + np.uint64(epoch))
            slots = np.array(_SLOTS_OF_SCHEME_1[purpose][:count], np.uint64)
            index = indices.astype(np.uint64)[:, None]
            return _floats(_mix(key + (index * np.uint64(_NUMBERS_OF_SCHEME_1) + slots + np.uint64(1)) * _GAMMA))
    return addressed(seed, purpose, epoch, indices, count)


def addressed(seed: int, purpose: str, epoch: int, indices: np.ndarray, count: int) -> np.ndarray:
    """(N, count) floats in (0, 1), evenly spread, `count` of them for each index.

    The finaliser of SplitMix64 (Steele, Lea and Flood 2014) over the parts of the address, one after the other.
    """
    with np.errstate(over="ignore"):  # arithmetic modulo 2**64 is the point
        key = _mix(_mix(_number(purpose) + np.uint64(seed) * _GAMMA) + np.uint64(epoch) * _GAMMA)
        of_image = _mix(key + (indices.astype(np.uint64)[:, None] + np.uint64(1)) * _GAMMA)
        return _floats(_mix(of_image + np.arange(1, count + 1, dtype=np.uint64) * _GAMMA))


def _floats(bits: Any) -> np.ndarray:
    """Half a unit in the last place keeps 0 and 1 out, so that 1 - x is in the same range."""
    return np.asarray(((bits >> np.uint64(12)).astype(np.float64) + 0.5) / 2**52)


@cache
def _number(purpose: str) -> np.uint64:
    return np.uint64(int.from_bytes(blake2b(purpose.encode(), digest_size=8).digest(), "little"))


def _mix(z: Any) -> Any:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
