"""What TensorBoard's own reader finds."""

import io
import math

import numpy as np
import pytest
from PIL import Image

from core.exporters.measured import Feed
from core.exporters.track import track
from core.exporters.trackers import TRACKERS
from core.run_config import RunConfig
from tests.exporters.conftest import report
from tests.exporters.stored_points import same, stored_points

MISSING = "tensorboard is not installed"
BACKEND = "tensorboard.backend.event_processing.event_accumulator"
PLUGIN = "tensorboard.plugins.hparams.plugin_data_pb2"


def written(lab, folder, *runs):
    """The readers of what was written, in the order of the runs."""
    places = []
    track(runs, lab, TRACKERS["tensorboard"], str(folder), lambda feed, session: places.append(session.place))
    return [read(place) for place in places]


def read(place):
    reader = pytest.importorskip(BACKEND, reason=MISSING).EventAccumulator
    found = reader(place, size_guidance=dict.fromkeys(("scalars", "images", "tensors"), 0))  # all there is
    return found.Reload()


def scalars(reader):
    return {tag: [(one.step, one.value) for one in reader.Scalars(tag)] for tag in reader.Tags()["scalars"]}


def as_float32(points):
    return {tag: [(step, float(np.float32(value))) for step, value in of_tag] for tag, of_tag in points.items()}


def test_every_point_is_there_with_its_time_and_the_images(lab, trained, tmp_path):
    (reader,) = written(lab, tmp_path / "logs", trained)
    assert same(scalars(reader), as_float32(stored_points(lab, trained)))
    epochs = lab.store.epochs(trained.id)
    times = [one.wall_time for one in reader.Scalars("loss/val")]
    assert times == pytest.approx([trained.started + row.seconds for row in epochs], abs=1e-4)
    images = reader.Images("answers")
    assert [one.step for one in images] == [row.step for row in epochs]
    sheet = np.asarray(Image.open(io.BytesIO(images[-1].encoded_image_string)))
    assert sheet.shape == (images[-1].height, images[-1].width, 3) and sheet.std() > 20
    (text,) = reader.Tensors("answers/text_summary")[-1].tensor_proto.string_val
    assert text.decode().count("\n| ") == 9


def test_settings_stand_beside_the_scores(lab, trained, tmp_path):
    (reader,) = written(lab, tmp_path, trained)
    HParams = pytest.importorskip(PLUGIN).HParamsPluginData
    found = {tag: HParams.FromString(content) for tag, content in reader.PluginTagToContent("hparams").items()}
    settings = found["_hparams_/session_start_info"].session_start_info.hparams
    assert settings["optimizer.lr"].number_value == trained.config.optimizer.lr
    assert settings["model.channels"].string_value == "[16]" and settings["model.batch_norm"].number_value == 1
    named = {info.name.tag for info in found["_hparams_/experiment"].experiment.metric_infos}
    assert named == {"accuracy/val", "loss/val", "accuracy/test", "loss/test"} <= set(reader.Tags()["scalars"])
    assert "_hparams_/session_end_info" in found


def test_a_second_writing_takes_the_place_of_the_first(quiet, first, tmp_path):
    written(quiet, tmp_path, first)
    (tmp_path / f"first-{first.id}" / "notes.txt").write_text("mine")
    (tmp_path / f"first-{first.id}" / "events.out.tfevents.1.else").write_text("")
    quiet.store.change(first.id, name="Renamed")
    (reader,) = written(quiet, tmp_path, quiet.run(first.id))
    assert same(scalars(reader), as_float32(stored_points(quiet, first)))
    ours = [path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*.epochlab")]
    assert ours == [f"renamed-{first.id}"]
    assert {path.name for path in (tmp_path / f"first-{first.id}").iterdir()} == {
        "notes.txt", "events.out.tfevents.1.else"}  # fmt: skip


def test_a_fork_begins_where_the_other_run_ends(quiet, first, fork, tmp_path):
    parent, child = written(quiet, tmp_path, first, fork)
    assert same(scalars(parent), as_float32(stored_points(quiet, first)))
    assert same(scalars(child), as_float32(stored_points(quiet, fork, since=40)))
    assert scalars(child)["loss/val"][0] in scalars(parent)["loss/val"]


def test_nan_is_nan(quiet, tmp_path):
    run = quiet.store.add(RunConfig(), state="failed")
    for epoch, loss in enumerate((0.5, None, math.nan)):
        report(quiet, run, epoch, loss)
    (reader,) = written(quiet, tmp_path, run)
    assert same(scalars(reader), as_float32(stored_points(quiet, run)))
    assert math.isnan(reader.Scalars("loss/val")[-1].value)


def test_what_is_written_meanwhile_can_be_read_at_once(quiet, first, tmp_path):
    spec = TRACKERS["tensorboard"]
    session = spec.begin(first, str(tmp_path))
    feed = Feed(first, quiet)
    session.add(*feed.new())
    before = read(session.place)
    report(quiet, first, 4)
    session.add(*feed.new())
    assert before.Reload().Scalars("loss/val")[-1].step == 80
    session.close(first)
