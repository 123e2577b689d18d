"""How many faults the tests of faults put in: EPOCHLAB_FAULTS=10 takes ten times as many."""

import os


def many(number: int) -> int:
    return number * int(os.environ.get("EPOCHLAB_FAULTS", "1"))
