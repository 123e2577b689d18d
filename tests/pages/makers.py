"""Runs for pages to show: numbers without training, and one that was really trained."""

import json
import shutil
from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.datasets.source import DataSource
from core.prepared import prepare
from core.run_config import RunConfig
from core.runs.lab import Lab
from core.runs.store import Run
from tests.rows import epoch_row, step_row

digits: Path | None = None  # where they are prepared and measured already


def numbered(lab: Lab, name: str, best: float = 0.9, state: str = "finished", **changes) -> Run:
    """A run with three epochs of numbers and no weights; `optimizer__lr=…` changes its settings."""
    config = RunConfig().replace({key.replace("__", "."): value for key, value in changes.items()})
    run = lab.store.add(config, name, state=state)
    lab.store.report(run.id, [step_row(i, i / 10, 2 / i, i / 30, 0.001, 900.0, i / 5) for i in range(1, 31)])
    for epoch, accuracy in enumerate((0.1, best / 2, best, best - 0.1)):
        row = epoch_row(epoch, 10 * epoch, 0.5, accuracy, 1, 2, 1 - accuracy, accuracy, 1, 2, 0.001, 2.0 * epoch)
        lab.store.report(run.id, epoch=row)
    summary = {"epochs": 3, "best_val_accuracy": best, "val_accuracy": best - 0.1, "test_accuracy": best - 0.05}
    lab.store.change(run.id, summary=summary | {"seconds": 6.0, "images_per_second": 900.0})
    return lab.store.get(run.id)


def really_trained(lab: Lab, name: str, **changes) -> Run:
    """An MLP that has seen the digits for two epochs: a tenth of a second."""
    from core.runs.execute import execute

    if digits and not (lab.workspace.cache / "digits").exists():
        shutil.copytree(digits, lab.workspace.cache / "digits")
    for _ in prepare.prepare(DataSource("digits"), lab.workspace):
        pass
    settings = {"model.name": "mlp", "training.epochs": 2} | {k.replace("__", "."): v for k, v in changes.items()}
    return execute(lab.store.add(RunConfig().replace(settings), name, state="running"), lab)


def follow_mirrors(app: AppTest) -> AppTest:
    """Do to the link what the browser does where a page mends it without a step."""
    for one in app.get("bidi_component"):
        if one.proto.component_name == "epochlab_link":
            told = json.loads(one.proto.json)
            for name in list(app.query_params):
                if name in told["own"] or (told["dotted"] and "." in name):
                    del app.query_params[name]
            for name, text in told["params"].items():
                app.query_params[name] = text
    return app
