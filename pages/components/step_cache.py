"""The numbers of a run, read once and then only what is new: a refresh of a page costs the same late in a run."""

import threading
from dataclasses import dataclass, field

import streamlit as st

from core.runs.store import StepRow, Store


@dataclass
class StepCache:
    """The step rows of one run so far. Shared by all sessions of the server."""

    steps: list[StepRow] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, store: Store, run_id: str) -> list[StepRow]:
        """All rows of the run, fetching the new ones only."""
        with self.lock:
            if not self.steps:
                self.steps = store.steps(run_id)
                return list(self.steps)
            last = self.steps[-1]
            fresh = store.steps(run_id, after=last.step - 1)
            if fresh and fresh[0] == last:
                self.steps += fresh[1:]
            else:  # a resumed run went back to its checkpoint and counts those steps anew
                self.steps = store.steps(run_id)
            return list(self.steps)


@st.cache_resource(max_entries=64, show_spinner=False)
def step_cache(database: str, run_id: str) -> StepCache:
    return StepCache()


def step_rows(store: Store, run_id: str) -> list[StepRow]:
    return step_cache(store.url, run_id).read(store, run_id)
