"""A tab of a real browser that knows how long a person has waited."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

WATCH = Path(__file__).with_name("watch.js").read_text(encoding="utf-8")
QUIET = 150  # milliseconds without a change after which a page counts as at rest; they are not part of the time
LIMIT = 120_000  # milliseconds after which a measurement has failed

# What must be drawn before a page can be used, in the words of watch.js.
DRAWN = {
    "Home": "bench.all('.st-key-recipe-digits-quick').length > 0 && bench.all('a[href*=\"run=\"]').length > 0",
    "Data": "bench.pictures(100)",
    "Train": "bench.button('Start training') && bench.all('[type=range]').length > 2",
    "Compare": "bench.lines() > 0 && bench.all('[data-testid=data-grid-canvas]').length > 0",
    "Predict": "bench.sheet()",
}


class Tab:
    """One tab with an empty cache. Times are in seconds."""

    def __init__(self, browser: Any, address: str) -> None:
        context = browser.new_context(viewport={"width": 1400, "height": 1000})
        context.add_init_script(WATCH)
        self.page, self.address = context.new_page(), address
        self.page.set_default_timeout(LIMIT)
        self.problems: list[str] = []
        self.browsers_share: float | None = None  # of the last wait: until the browser told the server
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def __enter__(self) -> "Tab":
        return self

    def __exit__(self, *_: object) -> None:
        self.page.context.close()

    def visit(self, path: str, shown: str, quiet: int = QUIET) -> float:
        """Open an address by hand; how long it took once the server was asked for the page."""
        self.page.goto(self.address + path)
        return self.since(0.0, shown, quiet)

    def since(self, moment: float, shown: str, quiet: int = QUIET) -> float:
        """From a moment (seconds since 1970; 0: when this document was asked for) until `shown` holds."""
        origin = f"{1000 * moment} - performance.timeOrigin" if moment else "0"
        self.page.evaluate(f"() => {{ bench.started = {origin}; {expect(None, shown, quiet)} }}")
        return self.result()

    def wait(self, kind: str, act: Callable[[], object], shown: str, quiet: int = QUIET) -> float:
        """From the event `kind` that `act` brings about until `shown` holds."""
        self.page.evaluate(f"() => {{ {expect(kind, shown, quiet)} }}")
        act()
        return self.result()

    def result(self) -> float:
        found = self.page.evaluate("() => bench.result")
        assert self.page.locator("[data-testid=stException]").count() == 0, "the page shows an error"
        assert not self.problems, self.problems
        self.browsers_share = None if found["browser"] is None else found["browser"] / 1000
        return found["time"] / 1000

    def turn_to(self, name: str, shown: str | None = None) -> float:
        """Click on a page in the sidebar, until it is drawn and at rest."""
        link = self.page.locator("[data-testid=stSidebar]").get_by_role("link", name=name, exact=True)
        if not link.count():
            link = self.page.locator("[data-testid=stSidebar] a", has_text=name)
        return self.wait("click", link.first.click, titled(name, shown or DRAWN[name]))


def titled(name: str, shown: str) -> str:
    return f"bench.titled({name!r}) && {shown}"


def expect(kind: str | None, shown: str, quiet: int) -> str:
    event = "null" if kind is None else repr(kind)
    return f"bench.expect({event}, () => {shown}, {quiet}, {LIMIT});"
