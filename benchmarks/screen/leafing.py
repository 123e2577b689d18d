"""The Data page: the next hundred images."""

from benchmarks.screen.stage import Row, Stage, nearly_all, told
from core.datasets import catalog
from core.datasets.local_copies import locate
from core.datasets.source import DataSource
from core.prepared import prepare


def leaves(stage: Stage) -> list[Row]:
    """From the click on Next to a hundred other images drawn. MNIST where it lies at hand, else the digits."""
    lab, times = stage.lab, []
    name = "mnist" if locate(catalog.spec("mnist"), lab.workspace.data) else "digits"
    list(prepare.prepare(DataSource(name), lab.workspace))
    with stage.tab(lab) as tab:
        tab.visit(f"/Data?data={name}", "bench.pictures(100)")
        page = 1
        for _ in range(stage.size.leaves):
            after = tab.page.get_by_test_id("stPaginationNext")
            shown = f"bench.pictures(1) && {on_page(page + 1)}"
            times.append(told("the next page", tab, tab.wait("click", after.click, shown)))
            page += 1
            if after.is_disabled():
                tab.wait("click", tab.page.get_by_label("Page 1", exact=True).click, on_page(1))
                page = 1
    what = f"Data: the next 100 images of {catalog.spec(name).title}, p95"
    return [(what, nearly_all(times), "≤ 300 ms")]


def on_page(number: int) -> str:
    return f"bench.all('.eplab-grid[aria-label*=\", page {number} of \"]').length === 1"
