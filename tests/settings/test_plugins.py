"""Entries of other packages: they come through the same door, and a broken one harms nothing else."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from core.errors import BadInput
from core.loading.augmentations import AUGMENTATIONS
from core.run_config import REGISTRIES, RunConfig
from core.settings import registry
from core.settings.fields import Settings
from core.settings.registry import Plugin
from core.training.events import EpochMetrics, StepMetrics
from core.training.losses import LOSSES
from core.training.metrics import METRICS
from core.training.metrics.spec import MetricSpec
from core.training.optimizers import OPTIMIZERS
from pages.components.markdown import escape_markdown
from pages.train import draft as drafts
from tests.pages.conftest import lab, show  # noqa: F401
from tests.settings import plugin
from tests.test_cli import QUICK, core  # noqa: F401
from tests.training.contract import check_it_learns, small, trained


def point(name: str, load: Callable[[], Any]) -> Any:
    """An entry point, as an installed package names it."""
    return SimpleNamespace(name=name, load=load)


def missing() -> Any:
    raise ImportError("No module named 'numbers_of_theirs'")


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """`plugins(point, …)`: as if these were installed, and nothing else."""

    def install(*points: Any) -> None:
        monkeypatch.setattr(registry, "entry_points", lambda group: [*points] if group == "epochlab" else [])
        clear()

    def clear() -> None:
        registry.plugins.cache_clear()
        for one in (*REGISTRIES.values(), AUGMENTATIONS, METRICS):
            one.__dict__.pop("entries", None)
            one.__dict__.pop("_found", None)

    yield install
    monkeypatch.undo()
    clear()


THEIRS, BROKEN = point("theirs", lambda: plugin), point("broken", missing)
SENTENCE = (
    "The extension “broken” cannot be used (no module named 'numbers_of_theirs'). Install it again, or remove it."
)


def test_an_entry_of_another_package_is_found_after_our_own(plugins: Callable[..., None]) -> None:
    ours = list(OPTIMIZERS.entries)
    plugins(THEIRS)
    assert list(OPTIMIZERS.entries) == [*ours, "adamax"] and OPTIMIZERS["adamax"].title == "Adamax"
    assert "adamax" not in REGISTRIES["schedule"].entries
    with pytest.raises(BadInput, match=r"unknown optimizer 'adamx'; have: .*muon, adamax"):
        RunConfig().replace({"optimizer.name": "adamx"})


def test_it_is_set_like_any_other_and_trains(plugins: Callable[..., None], digits: Any) -> None:
    plugins(THEIRS)
    config = RunConfig().replace({"optimizer.name": "adamax", "optimizer.squares": 0.9})
    assert config.optimizer == plugin.TheirSettings(squares=0.9)
    assert RunConfig.from_json(config.to_json()) == config
    with pytest.raises(BadInput, match=r"optimizer\.squares is 2; allowed: a number from 0 to 1"):
        config.replace({"optimizer.squares": 2})
    check_it_learns(digits, small(**{"optimizer.name": "adamax"}))


def test_it_is_on_the_form(plugins: Callable[..., None], show: Callable[..., AppTest]) -> None:  # noqa: F811
    plugins(THEIRS)
    app = show("pages/2_Train.py", view="new")
    box = app.selectbox(key="set.optimizer.name")
    assert "Adamax" in box.options
    box.set_value("adamax").run()
    assert not app.exception and "Adam by the largest gradient." in app.selectbox(key="set.optimizer.name").help
    assert "Share of the largest gradient" in app.slider(key="set.optimizer.squares").help
    assert drafts.check(app.session_state["draft"]).config.optimizer == plugin.TheirSettings()


def test_a_name_that_is_taken_stays_ours(plugins: Callable[..., None]) -> None:
    ours = OPTIMIZERS["adam"]
    pretender = SimpleNamespace(SPECS=[type(ours)(**{**vars(ours), "title": "Not Adam"})])
    plugins(point("pretender", lambda: pretender))
    assert OPTIMIZERS["adam"] is ours
    assert registry.problems() == [
        "The optimizer “adam” of the extension “pretender” is left out: there is another one of that name. Rename it "
        "there."
    ]


def test_an_augmentation_with_a_setting_that_is_taken_is_left_out(plugins: Callable[..., None]) -> None:
    ours = AUGMENTATIONS["flip"]
    twin = SimpleNamespace(SPECS=[type(ours)(**{**vars(ours), "name": "mirror"})])
    plugins(point("twin", lambda: twin))
    assert "mirror" not in AUGMENTATIONS.entries and RunConfig().replace({"augment.flip": True})
    assert "The augmentation “flip” of the extension “twin” is left out" in registry.problems()[0]


def test_a_broken_one_carries_its_problem_and_harms_nothing(plugins: Callable[..., None], digits: Any) -> None:
    plugins(BROKEN, THEIRS)
    broken, theirs = registry.plugins()
    assert (broken.name, broken.specs, str(broken.problem)) == ("broken", (), SENTENCE)
    assert theirs == Plugin("theirs", plugin.SPECS)
    assert registry.problems() == [SENTENCE]
    check_it_learns(digits, small(**{"optimizer.name": "adamax"}))


def leaves() -> Any:
    raise SystemExit("bye")


def chats() -> Any:
    print("hello")
    return plugin


@pytest.mark.parametrize("load", [leaves, lambda: SimpleNamespace(SPECS="abc"), lambda: SimpleNamespace(SPECS=(5,))])
def test_whatever_happens_in_one_is_told(plugins: Callable[..., None], load: Callable[[], Any]) -> None:
    plugins(point("odd", load))
    assert "The extension “odd” cannot be used" in registry.problems()[0]


def test_what_one_prints_spoils_no_json(plugins: Callable[..., None], core: Any, capsys: Any) -> None:  # noqa: F811
    plugins(point("chats", chats))
    assert core("runs", "--json")[1] == ""


class NoDefault(Settings):
    zz: int


class Zz(Settings):
    zz: bool = False


def zz(**other: Any) -> SimpleNamespace:
    """A module with one augmentation."""
    own = {"name": "zz", "settings": Zz, "on": lambda settings: settings.zz, "warns": lambda settings, images: ""}
    return SimpleNamespace(SPECS=[type(AUGMENTATIONS["flip"])(**{**vars(AUGMENTATIONS["flip"]), **own, **other})])


def broken_loss(**other: Any) -> SimpleNamespace:
    return SimpleNamespace(SPECS=[type(LOSSES["focal"])(**{**vars(LOSSES["focal"]), "name": "theirs", **other})])


@pytest.mark.parametrize("module", [
    zz(settings=NoDefault), zz(on=lambda settings: 1 / 0), zz(on=lambda settings: True), broken_loss(name=None),
    broken_loss(settings=None), broken_loss(title=5), broken_loss(),  # the settings of focal are for its name alone
], ids=range(7))  # fmt: skip
def test_an_entry_that_is_not_made_right_is_left_out_and_named(plugins: Callable[..., None], module: Any) -> None:
    plugins(point("odd", lambda: module))
    assert RunConfig.from_dict({}) == RunConfig() and RunConfig().replace({"loss.name": "focal"})
    assert "of the extension “odd” is left out, as it is not made right (" in registry.problems()[0]


def test_a_run_that_does_not_use_an_extension_can_be_read_without_it(plugins: Callable[..., None]) -> None:
    module = zz()
    plugins(point("augments", lambda: module))
    config = RunConfig.from_json(RunConfig().to_json())
    off, on = config.to_json(), config.replace({"augment.zz": True}).to_json()
    assert "augment.zz" in config.flat() and RunConfig.from_json(on).augment.zz
    plugins()
    assert RunConfig.from_json(off) == RunConfig()
    with pytest.raises(BadInput, match=r"unknown setting 'augment\.zz'"):
        RunConfig.from_json(on)


class Boom:
    def __init__(self, where: str) -> None:
        self.where = where

    def add(self, predictions: Any) -> None:
        assert self.where != "add", "boom"

    def value(self) -> Any:
        assert self.where != "value", "boom"
        return {"text": "much", "tensor": torch.tensor(0.25)}.get(self.where)


@pytest.mark.parametrize("where", ["start", "add", "value", "text", "of_steps", "tensor"])
def test_a_metric_that_fails_stops_no_run(plugins: Callable[..., None], digits: Any, where: str, capsys: Any) -> None:
    def start(classes: int) -> Boom:
        assert where != "start", "boom"
        return Boom(where)

    def of_steps(sums: Any) -> float:
        assert where != "of_steps", "boom"
        return 0.5

    bad = MetricSpec(f"bad_{where}", "Bad", start=start, of_steps=of_steps)
    plugins(point("metrics", lambda: SimpleNamespace(SPECS=(bad,))))
    events, _state = trained(digits, small())
    epochs = [event for event in events if isinstance(event, EpochMetrics)]
    steps = [event for event in events if isinstance(event, StepMetrics)]
    assert epochs[-1].metrics[f"val_{bad.name}"] == (0.25 if where == "tensor" else None)
    assert steps[-1].metrics[bad.name] == (None if where == "of_steps" else 0.5)
    told = capsys.readouterr().err
    assert told.count(f"The metric “{bad.name}” of an extension cannot be computed") == (
        where not in ("tensor", "none")
    )


def test_home_says_which_one_is_broken(plugins: Callable[..., None], show: Callable[..., AppTest]) -> None:  # noqa: F811
    plugins(BROKEN)
    app = show("app.py")
    assert [one.value for one in app.warning] == [escape_markdown(SENTENCE)]
    assert [b.label for b in app.button] == ["Train on digits"]
    plugins(THEIRS)
    assert not show("app.py").warning


@pytest.mark.parametrize("command", [["datasets"], ["recipes"], ["runs"], ["train", *QUICK], ["submit", *QUICK]])
def test_the_command_line_says_it_in_one_line_on_standard_error(
    plugins: Callable[..., None],
    core: Any,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
) -> None:
    monkeypatch.setattr("core.runs.executors.local.LocalProcesses.start_worker", lambda self, idle=0.0: None)
    plugins()
    status, out, err = core(*command, "--json")
    assert (status, err) == (0, "")
    plugins(BROKEN)
    status, again, err = core(*command, "--json")
    assert (status, err) == (0, SENTENCE + "\n")
    assert len(again.splitlines()) == len(out.splitlines())
