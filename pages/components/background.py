"""What the server does beside the pages: it imports torch once, and keeps a spare worker warm while pages are open."""

import gc
import logging
import threading
import time

import streamlit as st
from streamlit.runtime import Runtime
from streamlit.runtime.runtime import RuntimeState

from core.datasets.source import DataSource
from core.errors import Problem
from core.locale import _
from core.prepared import prepare
from core.runs.lab import Lab

FIRST_PAGE_S = 1.0  # seconds for the first page, before the import of torch takes the interpreter for a few
POLL_INTERVAL_S = 5.0  # seconds between two checks of the spare worker
TORCH_INTERVAL_S = 1.0  # seconds between two looks whether torch is there
SPARE_WORKER_IDLE_S = 600.0  # seconds that a spare worker waits for work before it leaves

logger = logging.getLogger(__name__)
thread_started = threading.Event()
torch_imported = threading.Event()
start_lock = threading.Lock()


def start(lab: Lab) -> None:
    """Start the thread, once per server. Does nothing where no server runs, as in a test of the page alone."""
    with start_lock:
        if thread_started.is_set() or not isinstance(runtime_state(), RuntimeState):
            return
        thread_started.set()
    threading.Thread(target=keep_warm, args=(lab,), name="keep-warm", daemon=True).start()


def runtime_state() -> RuntimeState | None:
    return Runtime.instance().state if Runtime.exists() else None


def keep_warm(lab: Lab) -> None:
    time.sleep(FIRST_PAGE_S)
    try:
        lab.executor.start_worker(idle=SPARE_WORKER_IDLE_S)  # its own process: it imports while we do
        for _progress in prepare.prepare(DataSource("digits"), lab.workspace):  # so that the first click trains at once
            pass
        import core.models.summary  # noqa: F401  torch; the pages that compute find it loaded

        # Torch alone is 300,000 objects that never become garbage: a collection need not look through them, and
        # hold the interpreter for 0.2 s.
        gc.collect()
        gc.freeze()
    except Exception:
        logger.exception("The warm-up failed; pages still work and load what they need themselves")
    torch_imported.set()
    while (state := runtime_state()) not in (None, RuntimeState.STOPPING, RuntimeState.STOPPED):
        time.sleep(POLL_INTERVAL_S)
        if state is RuntimeState.ONE_OR_MORE_SESSIONS_CONNECTED:
            try:
                lab.executor.start_worker(idle=SPARE_WORKER_IDLE_S)
            except (Problem, OSError):
                logger.exception("No spare worker could be started")


def torch_loaded() -> bool:
    """Whether a page can use torch without a wait; True, too, where only the page itself would load it."""
    return torch_imported.is_set() or not thread_started.is_set()


def lacks_torch() -> bool:
    """Whether what is made of torch has to wait; then a line says so, and the page is drawn again once it is there."""
    if torch_loaded():
        return False
    wait_for_torch()
    return True


@st.fragment(run_every=TORCH_INTERVAL_S)
def wait_for_torch() -> None:
    if torch_loaded():
        st.rerun()
    st.caption(f":material/hourglass_empty: {_('PyTorch is being loaded …')}")
