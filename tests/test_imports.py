"""What only shows things imports no torch: a page opens, and a command answers, before that is there."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEAVY = ("torch", "torchvision", "safetensors", "sklearn", "skimage", "scipy", "captum", "matplotlib")
LOOK = """
import importlib, pkgutil, sys
import pages
for module in pkgutil.walk_packages(pages.__path__, "pages."):
    if not module.name.split(".")[1][0].isdigit():  # a page itself runs when it is imported
        importlib.import_module(module.name)
shown = "core.charts.bars", "core.charts.curves", "core.charts.confusion", "core.exporters"
for name in ("core.cli.parser", "core.recipes", "core.runs.lab", "core.prepared.job", *shown):
    importlib.import_module(name)
from core.datasets import catalog
from core.run_config import REGISTRIES
from core.loading.augmentations import AUGMENTATIONS
from core.training.metrics import METRICS
from core.exporters import EXPORTERS
from core.exporters.trackers import TRACKERS
from core.insight.attribution import ATTRIBUTIONS
from core.insight.rules import RULES
from core.models.layers import LAYERS
catalog.catalog()
for registry in (*REGISTRIES.values(), AUGMENTATIONS, METRICS, EXPORTERS, TRACKERS, ATTRIBUTIONS, RULES, LAYERS):
    assert registry.entries
from core.models.families.layers import LayersSettings, rows_of
assert rows_of(LayersSettings(), 1, (28, 28), 10)
print([name for name in sys.argv[1:] if name in sys.modules])
"""


def test_pages_commands_and_everything_that_has_a_name_load_without_torch() -> None:
    done = subprocess.run([sys.executable, "-c", LOOK, *HEAVY], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_home_loads_without_tables() -> None:
    """The first page that a new server shows waits for nothing that it does not need."""
    code = (
        "import sys; from pages.components import frame, run_card, starting; "
        "print([name for name in ('pandas', 'pyarrow', 'babel') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
