"""Home: one click to a first run, what trains, what was interrupted, what is done."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from core.run_config import RunConfig
from core.runs.lab import Lab

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
    lab.store.change(run.id, summary={"test_accuracy": 0.9831, "test_correct": 354, "test_total": 360, "seconds": 72})
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
    assert [one.value for one in app.header] == ["Training now", "Interrupted", "Latest runs"]
    assert app.button(key=f"resume-card-{stopped.id}") and "1 waiting" in text(app)
    links = [str(one.proto.label) for one in app.get("page_link")]
    assert {"**again**", "**stopped**", "**newer 29**"} < set(links) and "**newer 3**" not in links


def test_a_long_queue_is_counted_not_listed(show: Show, lab: Lab) -> None:
    for number in range(20):
        lab.store.add(RunConfig(), f"number {number}")
    assert "And 12 more; Compare lists all runs." in text(show("app.py"))


def test_what_waits_says_what_for(show: Show, lab: Lab) -> None:
    lab.store.add(RunConfig(), "first")
    lab.store.add(RunConfig(), "second")
    words = text(show("app.py"))
    assert "Number 2 in the queue; PyTorch is being loaded" in words


def test_a_run_named_with_markdown_is_shown_as_named(show: Show, lab: Lab) -> None:
    lab.store.add(RunConfig(), "a*b*c", state="finished")
    links = [str(one.proto.label) for one in show("app.py").get("page_link")]
    assert any("a&#42;b&#42;c" in label for label in links)
