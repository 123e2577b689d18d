"""Which epochs' checkpoints a run keeps, beside its last and its best one, so that it can be forked there later."""

MAX_KEPT = 10  # epochs that a run keeps: enough to find the one before things went wrong


def interval(epochs: int, checkpoint_bytes: int, limit_bytes: int) -> int:
    """Every how many epochs a run of `epochs` keeps one, so that there are at most MAX_KEPT and all of them together
    take at most `limit_bytes`; 0 where not even one fits.

    It follows from the settings and the limit alone, so a run that was interrupted keeps the same epochs."""
    most = min(MAX_KEPT, limit_bytes // max(1, checkpoint_bytes))
    return -(-epochs // most) if most else 0


def kept(epochs: int, every: int) -> int:
    """How many epochs that makes."""
    return epochs // every if every else 0


def keeps(epoch: int, every: int) -> bool:
    """Whether an epoch is among them."""
    return bool(every) and epoch > 0 and epoch % every == 0
