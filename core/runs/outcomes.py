"""How runs end other than by finishing: what is kept of it, by code, and said when somebody looks."""

from core.errors import Problem

OUT_OF_MEMORY = "out_of_memory"  # a page offers half the batch size
DATA_GONE = "data_gone"
STOPPED = "stopped"


def out_of_memory(batch_size: int) -> Problem:
    """Whether torch said so or the system killed the process."""
    return Problem(
        "There was not enough memory for batches of {batch_size} images. Start again with a smaller batch size, half "
        "of it for instance.",
        OUT_OF_MEMORY,
        batch_size=batch_size,
    )


def data_gone(title: str) -> Problem:
    return Problem(
        "The prepared images of {title} are gone or damaged; prepare them again. Resume to go on from the last "
        "checkpoint.",
        DATA_GONE,
        title=title,
    )


def stopped_silently() -> Problem:
    """Nothing tells why: it was killed, or the computer went off."""
    return Problem("Its worker stopped without a word. Resume to go on from the last checkpoint.", STOPPED)


def stopped(why: Problem) -> Problem:
    """Its worker could say why, but the store took nothing of it."""
    return Problem("Paused. {why} Resume to go on from the last checkpoint.", STOPPED, why=str(why))
