"""Home: one click to a first run, what trains, what was interrupted, what is done."""

import base64
import re
from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.datasets.source import DataSource
from core.prepared import prepare
from core.recipes import RECIPES, recipe
from core.run_config import RunConfig
from core.runs.lab import Lab
from pages.home import home_page
from tests.datasets.makers import folder, two_classes
from tests.rows import epoch_row

Show = Callable[..., AppTest]


def text(app: AppTest) -> str:
    return "\n".join(str(one.value) for one in [*app.markdown, *app.caption, *app.header, *app.info])


def test_empty_home_offers_the_first_run(show: Show) -> None:
    app = show("app.py")
    assert app.title[0].value.startswith("Train image classifiers")
    assert "There are no runs yet" in app.info[0].value
    assert [b.label for b in app.button] == ["Train on digits"]


def test_one_click_prepares_submits_and_goes_to_watch(show: Show, lab: Lab) -> None:
    app = show("app.py")
    app.button(key="first_run").click().run()
    assert not app.exception
    (run,) = lab.runs()
    assert (run.recipe, run.state, run.config.data.name) == ("digits-quick", "queued", "digits")
    assert app.query_params["run"] == [run.id] or app.query_params["run"] == run.id
    assert app.title[0].value == "Train"


def test_a_finished_run_shows_its_result(show: Show, lab: Lab) -> None:
    run = lab.store.add(RunConfig(), "mine", state="finished")
    scores = {"test_accuracy": 0.9831, "test_correct": 354, "test_total": 360, "seconds": 72}
    lab.store.change(run.id, summary=scores, seconds=72.0)
    words = text(show("app.py"))
    assert "**98.31\u00a0%**" in words
    assert "(354 of 360) in 1 min 12 s" in words


def test_an_interrupted_run_is_resumed_with_one_click(show: Show, lab: Lab) -> None:
    run = lab.store.add(RunConfig(), "mine", state="interrupted")
    app = show("app.py")
    assert "Interrupted" in [one.value for one in app.header]
    app.button(key=f"resume-card-{run.id}").click().run()
    assert lab.run(run.id).state == "queued"
    assert app.title[0].value == "Train"


def test_old_runs_that_train_or_wait_for_somebody_are_there_however_many_are_newer(show: Show, lab: Lab) -> None:
    stopped = lab.store.add(RunConfig(), "stopped", state="interrupted")
    lab.store.add(RunConfig(), "again")
    for number in range(30):
        lab.store.add(RunConfig(), f"newer {number}", state="finished")
    app = show("app.py")
    assert [one.value for one in app.header] == ["Training now", "Interrupted", "Recipes", "Latest runs"]
    assert app.button(key=f"resume-card-{stopped.id}") and "1 waiting" in text(app)
    links = [str(one.proto.label) for one in app.get("page_link")]
    assert {"**again**", "**stopped**", "**newer 29**"} < set(links) and "**newer 3**" not in links


def test_a_long_queue_is_counted_not_listed(show: Show, lab: Lab) -> None:
    for number in range(20):
        lab.store.add(RunConfig(), f"number {number}")
    assert "And 17 more; Compare lists all runs." in text(show("app.py"))


def test_what_waits_says_what_for(show: Show, lab: Lab) -> None:
    lab.store.add(RunConfig(), "first")
    lab.store.add(RunConfig(), "second")
    words = text(show("app.py"))
    assert "Number 2 in the queue; PyTorch is being loaded" in words


def test_a_run_named_with_markdown_is_shown_as_named(show: Show, lab: Lab) -> None:
    lab.store.add(RunConfig(), "a*b*c", state="finished")
    links = [str(one.proto.label) for one in show("app.py").get("page_link")]
    assert any("a&#42;b&#42;c" in label for label in links)


# The cards of recipes, and what comes next


def html(app: AppTest) -> str:
    return "\n".join(str(one.proto.body) for one in app.get("html"))


def links(app: AppTest) -> dict[str, str]:
    return {str(one.proto.label): str(one.proto.query_string) for one in app.get("page_link")}


def test_every_recipe_has_a_card_that_fills_the_form(show: Show, digits: Lab) -> None:
    app = show("app.py")
    found = links(app)
    for one in RECIPES:
        assert found[f"**{one.title}**"] == f"recipe={one.name}"
    shown = html(app)
    assert shown.count("<img") == 8 + 3 + 2, "the digits are prepared; of two sets there is a picture"
    assert 'alt="Images of MNIST"' in shown and "<span>airplane</span>" in shown, "the classes without one"
    assert "About 98\u00a0% accuracy · 20 epochs · about 4 s on two cores" in shown


def test_a_card_tells_the_time_here_and_draws_the_last_run(show: Show, digits: Lab) -> None:
    first = recipe("digits-quick")
    run = digits.store.add(first.config, recipe=first.name, state="finished")
    for epoch, accuracy in enumerate((0.1, 0.6, 0.9)):
        row = epoch_row(epoch, epoch, 1, 0.5, 5, 10, 1, accuracy, int(144 * accuracy), 144, 0.001, 2.0 * epoch)
        digits.store.report(run.id, epoch=row)
    summary = {"test_accuracy": 0.96, "test_correct": 96, "test_total": 100, "training_seconds": 4.0, "seconds": 4.0}
    digits.store.change(run.id, finished=run.created + 4, summary=summary)
    app = show("app.py")
    assert "40 s here" in html(app), "20 epochs of two seconds"
    assert "last run 96.00\u00a0%" in html(app) and "Accuracy from 10.00" in html(app)
    (picture,) = re.findall(r"svg\+xml;base64,([^\"]+)", html(app))
    assert b'points="0.0,24.0 50.0,9.0 100.0,0.0"' in base64.b64decode(picture)
    assert "with other settings" not in html(app)


def test_a_last_run_with_other_settings_is_told_as_such(show: Show, digits: Lab) -> None:
    first = recipe("digits-quick")
    for changed, told in (({"training.seed": 7}, False), ({"data.limit": 200}, True)):
        run = digits.store.add(first.config.replace(changed), recipe=first.name, state="finished")
        digits.store.change(run.id, summary={"test_accuracy": 0.84, "test_correct": 84, "test_total": 100})
        assert ("last run 84.00\u00a0%, with other settings" in html(show("app.py"))) == told


def test_runs_that_did_not_finish_hide_none_that_did(show: Show, digits: Lab) -> None:
    one = digits.store.add(RunConfig(), "one", state="finished")
    for number in range(home_page.MAX_RUNS_LOOKED_AT + 1):
        digits.store.add(RunConfig(), f"number {number}", state="failed")
    assert links(show("app.py"))["Draw for your newest model"] == f"run={one.id}"


def test_a_run_on_other_data_says_nothing_of_a_recipe(show: Show, digits: Lab) -> None:
    config = recipe("digits-quick").config.replace({"data.name": "mnist"})
    run = digits.store.add(config, recipe="digits-quick", state="finished")
    digits.store.change(run.id, summary={"test_accuracy": 0.5, "test_correct": 1, "test_total": 2})
    assert "last run" not in html(show("app.py"))


def test_own_images_are_on_the_cards_for_them(show: Show, lab: Lab, tmp_path: Path) -> None:
    folder(tmp_path / "pets", two_classes())
    for _progress in prepare.prepare(DataSource("folder", str(tmp_path / "pets")), lab.workspace):
        pass
    assert 'alt="' in html(show("app.py"))


def test_the_next_step_follows_from_what_was_done(show: Show, digits: Lab) -> None:
    assert "Again with one change" not in links(show("app.py"))
    first = digits.store.add(RunConfig(), "one", state="finished")
    found = links(show("app.py"))
    assert found["Again with one change"] == f"like={first.id}&run={first.id}" and found["Draw for your newest model"]
    assert "Compare the last two runs" not in found
    second = digits.store.add(RunConfig(), "two", state="finished")
    assert links(show("app.py"))["Compare the last two runs"] == f"runs={second.id}%2C{first.id}"
    digits.store.add(RunConfig().replace({"data.name": "cifar10"}), "other", state="finished")
    found = links(show("app.py"))
    assert "Compare the last two runs" not in found, "they saw other images"
    assert "Try your newest model on images" in found


def test_a_run_no_better_than_guessing_is_shown_as_no_success(show: Show, lab: Lab) -> None:
    for name, correct in (("guesses", 40), ("knows", 300)):
        run = lab.store.add(RunConfig(), name, recipe="digits-quick", state="finished")
        counts = {"test_correct": correct, "test_total": 360, "test_accuracy": correct / 360, "seconds": 1.0}
        lab.store.change(run.id, summary=counts | {"largest_class": 37, "classes": 10, "classes_named": 10})
    app = show("app.py")
    words = " ".join(one.value for one in (*app.markdown, *app.caption))
    assert words.count("finished, no better than guessing") == 1 and words.count("green-badge") == 1
    assert "Always naming the largest class would give 10.28" in words
