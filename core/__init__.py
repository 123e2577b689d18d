"""Data, models, training, runs and answers: everything but the pages. Never imports streamlit."""

import os

__version__ = "0.1.0"

# How long (in loop turns) a thread that waits for its siblings spins before it sleeps, read by GNU OpenMP when torch is
# imported. By default it spins for milliseconds; when pages, a browser or a second run want the cores too, that takes
# the time the siblings need: training was 3 times slower on two busy cores, and no faster on idle ones.
os.environ.setdefault("GOMP_SPINCOUNT", "5000")
