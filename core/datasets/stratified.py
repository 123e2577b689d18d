"""Choosing some of the images so that every class gives its share."""

import numpy as np


def stratified(labels: np.ndarray, total: int, seed: int | tuple[int, ...], whole: bool = False) -> np.ndarray:
    """Choose `total` of the images with these labels (N,), each class in proportion: ascending indices.

    Every class gives at least one where that is possible. By default this is a hold-out: a class also keeps at
    least one (a lone image is kept), and giving one of each may exceed a small total. With `whole` a class may
    give all it has, the total is exact, and no class is promised an image if there are fewer images than classes.
    """
    chosen = [order[:share] for order, share in _orders(labels, total, seed, whole)]
    return np.sort(np.concatenate(chosen)) if chosen else np.arange(0)


def hold_out(labels: np.ndarray, total: int, seed: int | tuple[int, ...], copies: np.ndarray | None) -> np.ndarray:
    """`stratified`, or `with_copies` where some images are there more than once."""
    if copies is None or len(np.unique(copies)) == len(copies):
        return stratified(labels, total, seed)
    return with_copies(labels, total, seed, copies)


def with_copies(labels: np.ndarray, total: int, seed: int | tuple[int, ...], copies: np.ndarray) -> np.ndarray:
    """A hold-out as `stratified` chooses it, but images that are the same are chosen all or none, of whatever class
    they are, so that shares are met as nearly as that allows. `copies` (N,) has one number for all that are the same. A
    class whose images are all copies of one gives none."""
    _, group, sizes = np.unique(copies, return_inverse=True, return_counts=True)
    members = np.split(np.argsort(group, kind="stable"), np.cumsum(sizes)[:-1])
    taken = np.zeros(len(copies), bool)
    for order, share in _orders(labels, total, seed, whole=False):
        left = share - int(taken[order].sum())
        for index in order.tolist():
            images = members[group[index]]
            if not taken[index] and len(images) <= left:
                taken[images] = True
                left -= len(images)
        if share and not taken[order].any():  # every image has more copies than that: take the one with the fewest
            fewest = min((members[group[index]] for index in order.tolist()), key=len)
            if len(fewest) < len(order):
                taken[fewest] = True
    return np.flatnonzero(taken)


def _orders(labels: np.ndarray, total: int, seed: int | tuple[int, ...], whole: bool) -> list[tuple[np.ndarray, int]]:
    """For each class, its images in the order in which they are chosen, and how many."""
    classes, members = np.unique(labels, return_inverse=True)
    counts = np.bincount(members, minlength=len(classes))
    most = counts if whole else counts - 1
    least = np.minimum(most, 0 if whole and total < len(classes) else 1)
    random = np.random.default_rng(seed)
    shares = _shares(counts, total, least, most)
    return [(random.permutation(np.flatnonzero(members == one)), int(shares[one])) for one in range(len(classes))]


def _shares(counts: np.ndarray, total: int, least: np.ndarray, most: np.ndarray) -> np.ndarray:
    """`total` in proportion to `counts`, by largest remainder within the bounds; whole numbers, so exact anywhere."""
    total = int(np.clip(total, least.sum(), most.sum()))
    quota = counts * total  # in units of 1 / sum(counts)
    shares: np.ndarray = np.clip(quota // counts.sum(), least, most)
    while (gap := total - int(shares.sum())) != 0:
        step = 1 if gap > 0 else -1
        open_ones = np.flatnonzero(shares < most if gap > 0 else shares > least)
        need = (quota - shares * counts.sum())[open_ones] * step
        neediest = open_ones[np.argsort(-need, kind="stable")[: abs(gap)]]
        shares[neediest] += step
    return shares
