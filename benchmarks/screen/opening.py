"""Opening: the first page of a fresh server, and the pages from the sidebar."""

import time

from benchmarks.screen.stage import Row, Stage, has_torch, nearly_all, told, typical, words
from benchmarks.screen.tab import DRAWN, Tab
from benchmarks.server import resident
from benchmarks.side_by_side import median, percentile

BARE = "bench.all('h1').some((one) => one.textContent.startsWith('Bare'))"


def first_page(stage: Stage) -> list[Row]:
    """From starting the server to Home drawn and at rest, in a browser that has none of it in its cache; turn about
    with an app that is nothing but a title."""
    times, bare, sizes, torch = [], [], [], []
    for _ in range(stage.size.servers):
        lab, began = stage.lab, time.time()
        with stage.bare_server() as server, Tab(stage.browser, server.address) as tab:
            tab.visit("", BARE, quiet=0)
            bare.append(told("a bare app", tab, tab.since(began, BARE)))
        began = time.time()
        with stage.server(lab) as server, Tab(stage.browser, server.address) as tab:
            tab.visit("", DRAWN["Home"], quiet=0)
            sizes.append(resident(server))
            torch.append(has_torch(server.process.pid))
            times.append(told("the first page", tab, tab.since(began, DRAWN["Home"])))
    return [
        ("`streamlit run` to the first page drawn", typical(times), "≤ 2 s"),
        ("the same of an app of one title", typical(bare), ""),
        ("the server's memory then", f"{median(sizes):.0f} MB", "≤ 250 MB"),
        ("torch imported by the server then", "yes" if any(torch) else "no", "no"),
    ]


def from_the_sidebar(stage: Stage) -> list[Row]:
    """From the click on a page to the page drawn and at rest, each page in turn, all of them warm."""
    times: dict[str, list[float]] = {name: [] for name in DRAWN}
    with stage.tab(stage.lab) as tab:
        tab.visit("", DRAWN["Home"])
        for turn in range(stage.size.rounds + 1):
            for name in (*list(DRAWN)[1:], "Home"):
                took = told(name, tab, tab.turn_to(name))
                if turn:  # in the first round the browser loads the code of each page
                    times[name].append(took)
    by_page = ", ".join(f"{name} {words(percentile(values, 0.95))}" for name, values in times.items())
    everything = [value for values in times.values() for value in values]
    return [("a page opened from the sidebar, p95", f"{nearly_all(everything)}: {by_page}", "≤ 400 ms")]
