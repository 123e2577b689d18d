"""The code behind the form and behind a run, on the Train page. It is made while it is open."""

from collections.abc import Callable

import torch  # noqa: F401  the panel waits for it
from streamlit.testing.v1 import AppTest

from core.runs.lab import Lab
from pages.train import script_panel
from tests.pages.test_train import trained

TRAIN = "pages/2_Train.py"


def test_it_stands_beside_the_form_and_shows_what_a_change_does(
    show: Callable[..., AppTest], digits: Lab, monkeypatch
) -> None:
    calls = []
    made = script_panel.written
    monkeypatch.setattr(script_panel, "written", lambda *given, **more: calls.append(given) or made(*given, **more))
    app = show(TRAIN, view="new")
    assert not calls  # off, it costs nothing
    app.toggle(key="code").set_value(True).run()
    assert not app.exception and any("optimizer = torch.optim" in one.value for one in app.code)
    assert {"Script (.py)", "Notebook (.ipynb)", "As a folder (.zip)"} <= {
        one.label for one in app.get("download_button")
    }
    app.select_slider(key="slide.optimizer.lr").set_value(0.01).run()
    (change,) = [one.value for one in app.code if one.language == "diff"]
    assert "lr=0.01)" in change and change.count("\n") == 1  # the line as it was, and as it is
    whole = next(one.value for one in app.code if one.language == "python")
    number = 1 + next(place for place, line in enumerate(whole.splitlines()) if "lr=0.01)" in line)
    (style,) = [one.value for one in app.get("html") if "nth-child" in str(one.value)]
    assert f"span:nth-child({number}) {{" in str(style)
    app.button(key="start").click().run()
    assert not app.exception and not app.toggle(key="code").value and "run" in app.query_params


def test_a_run_hands_out_its_script(show: Callable[..., AppTest], digits: Lab) -> None:
    run = trained(digits)
    app = show(TRAIN, run=run.id)
    app.session_state[f"code-{run.id}"] = True
    app.run()
    assert not app.exception
    labels = {one.proto.label for one in app.get("download_button")}
    assert {"Script (.py)", "Notebook (.ipynb)", "As a folder (.zip)", "Exact script (.py)"} <= labels
    assert any("class CNN(nn.Module)" in one.value for one in app.code)
