"""What MLflow's own client finds."""

from pathlib import Path

import pytest

from core.exporters.track import track
from core.exporters.trackers import TRACKERS
from tests.exporters.stored_points import same, stored_points


@pytest.fixture
def mlflow(monkeypatch):
    pytest.importorskip("alembic", reason="alembic is not installed")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    return pytest.importorskip("mlflow", reason="mlflow-skinny is not installed")


@pytest.mark.slow
def test_every_point_is_there_once_with_settings_images_and_the_end(mlflow, lab, trained, tmp_path, capfd):
    """Exact values; a second writing takes the place of the first."""
    lab.annotate(trained.id, tags=["a/b?", "ü"], notes="of mine")
    places = []
    for _time in range(2):
        run = lab.run(trained.id)
        track([run], lab, TRACKERS["mlflow"], str(tmp_path / "ml"), lambda feed, session: places.append(session.place))
    assert "INFO" not in capfd.readouterr().err
    client = mlflow.MlflowClient(places[0])
    (experiment,) = client.search_experiments(filter_string="name = 'Epochlab'")
    (found,) = client.search_runs([experiment.experiment_id])
    assert found.info.run_name == trained.name and found.info.status == "FINISHED"
    assert found.data.params["optimizer.lr"] == "0.001" and found.data.params["model.channels"] == "[16]"
    assert found.data.tags["tags"] == "a/b?, ü" and found.data.tags["mlflow.note.content"] == "of mine"
    got = {
        tag: sorted((one.step, one.value) for one in client.get_metric_history(found.info.run_id, tag))
        for tag in found.data.metrics
    }
    assert same(got, stored_points(lab, trained))
    (first, *_others) = client.get_metric_history(found.info.run_id, "loss/val")
    assert first.timestamp == int((trained.started + lab.store.epochs(trained.id)[0].seconds) * 1000)
    images = client.list_artifacts(found.info.run_id, "images")
    assert sum(one.path.endswith(".png") for one in images) == len(lab.store.epochs(trained.id))
    assert (tmp_path / "ml" / "artifacts").is_dir() and not Path("mlruns").exists()
