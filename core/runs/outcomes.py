"""How runs end other than by finishing: the store keeps a code and values; the sentence is made when it is read."""

from core.errors import Problem

OUT_OF_MEMORY = "out_of_memory"  # a page offers half the batch size
DATA_GONE = "data_gone"
STOPPED = "stopped"
DIED = "died"  # its worker
AWAY = "away"  # the database, for longer than its worker waits
LOST = (DIED, AWAY)  # nothing is wrong with the run: a computer that takes runs goes on with it by itself


def out_of_memory(batch_size: int) -> Problem:
    """The same for an error of torch and for a process that the system killed."""
    return Problem(
        "There was not enough memory for this model with batches of {batch_size} images. Start again with a smaller "
        "batch size, half of it for instance, or with a smaller model.",
        OUT_OF_MEMORY,
        batch_size=batch_size,
    )


def data_gone(title: str) -> Problem:
    return Problem(
        "The prepared images of {title:name} are gone or damaged; prepare them again. Resume to go on from the last "
        "checkpoint.",
        DATA_GONE,
        title=title,
    )


def stopped_silently() -> Problem:
    """The reason is unknown: the worker was killed, or the computer was switched off."""
    return Problem("Its worker stopped without an error message. Resume to go on from the last checkpoint.", DIED)


def left_elsewhere(place: str, *, files_here: bool) -> Problem:
    """Its worker, in another workspace that shares the store, does not hold it any more."""
    if files_here:
        return Problem(
            "Its worker in {place} has ended, or cannot reach the database. Resume to go on from the last checkpoint.",
            DIED,
            place=place,
        )
    return Problem(
        "Its worker in {place} has ended, or cannot reach the database. Resume the run there: its checkpoints are in "
        "that workspace.",
        DIED,
        place=place,
    )


def stopped(why: Problem) -> Problem:
    """The worker noted the reason, but could not write it to the store."""
    code = AWAY if why.code == AWAY else STOPPED
    return Problem("Paused. {why} Resume to go on from the last checkpoint.", code, why=str(why))
