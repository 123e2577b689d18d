"""kill -9 of the server while something trains: the training goes on, and the next server shows it."""

import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from core.run_config import RunConfig
from core.runs.lab import Lab
from tests.browser.serving import end_workers, serving
from tests.browser.test_road import run_of, set_epochs
from tests.faults import many
from tests.pages.makers import numbered

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(1200)]
LONG = RunConfig().replace({"model.channels": [8], "model.widths": [], "training.epochs": 1000})
SHOWN = 5.0  # seconds in which a new server shows what trains; three times as long on a slow machine


def test_training_goes_on_without_its_server_and_is_shown_by_the_next(lab: Lab, digits, browse: Callable) -> None:
    home, tab = lab.workspace.home, browse()
    try:
        with serving(home, workers_stay=True):
            run = lab.submit(LONG, "goes on")
            while not lab.store.epochs(run.id):
                time.sleep(0.05)
        pid, epochs = lab.run(run.id).pid, 0
        for _ in range(many(2)):
            with serving(home, workers_stay=True, spare=False) as server:
                answers = time.monotonic()
                tab.goto(f"{server.address}/Train?run={run.id}")
                tab.get_by_role("button", name="Pause").wait_for(timeout=3 * SHOWN * 1000)
                assert time.monotonic() - answers < 3 * SHOWN
                now = lab.run(run.id)
                assert (now.state, now.pid) == ("running", pid)
                before, epochs = epochs, len(lab.store.epochs(run.id))
                assert epochs > before
                tab.goto("about:blank")  # a page without its server complains on the console
                os.killpg(server.process.pid, signal.SIGKILL)
                server.process.wait()
        lab.cancel(run.id)
        while lab.run(run.id).state == "running":
            time.sleep(0.05)
        assert [row.epoch for row in lab.store.epochs(run.id)] == list(range(len(lab.store.epochs(run.id))))
    finally:
        end_workers(home)


def test_a_tab_that_outlives_its_server_keeps_what_was_chosen(lab: Lab, digits, window: Any) -> None:
    """The form and the run beside it; a next run has the settings that the tab shows. What the browser's console says
    while there is no server is no fault of the page."""
    home, tab = lab.workspace.home, window.new_page()
    run = numbered(lab, "beside", 0.9)
    with serving(home, spare=False) as server:
        tab.goto(f"{server.address}/Train?recipe=digits-quick&run={run.id}")
        set_epochs(tab, 7)
        tab.wait_for_function("() => location.search.includes('training.epochs=7')")
        port = int(server.address.rpartition(":")[2])
        os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()
    tab.evaluate("() => { window.before = true; }")
    with serving(home, port=port, spare=False):  # that it is queued is enough
        # Streamlit draws a page again at the next thing that is done on it, or at once where it was being drawn.
        tab.get_by_role("slider", name="Batch size").press("ArrowRight")
        tab.wait_for_function("() => !window.before", timeout=120_000)  # it was loaded anew
        tab.get_by_role("button", name="Epochs 20 → 7").wait_for()
        assert run_of(tab) == run.id
        tab.get_by_role("button", name="Start training").click()
        tab.wait_for_function("old => new URLSearchParams(location.search).get('run') !== old", arg=run.id)
        assert lab.run(run_of(tab)).config.training.epochs == 7
        tab.close()
