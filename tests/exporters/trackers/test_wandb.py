"""What lies in the file that `wandb sync` sends."""

import json
import struct

import pytest

from core.exporters.track import track
from core.exporters.trackers import TRACKERS
from tests.exporters.stored_points import same, stored_points

BLOCK, HEADER = 32768, 7  # bytes; a log of LevelDB: blocks of pieces, each with a checksum, its length and its kind
WHOLE, LAST = 1, 4  # kinds of pieces that end a record


@pytest.fixture
def records_of():
    return pytest.importorskip("wandb.proto.wandb_internal_pb2", reason="wandb is not installed")


def records(path, record_type):
    content, at, record = path.read_bytes(), HEADER, b""
    while at < len(content):
        if BLOCK - at % BLOCK < HEADER:
            at += BLOCK - at % BLOCK
            continue
        _checksum, length, kind = struct.unpack("<IHB", content[at : at + HEADER])
        record += content[at + HEADER : at + HEADER + length]
        at += HEADER + length
        if kind in (WHOLE, LAST):
            yield record_type.FromString(record)
            record = b""


@pytest.mark.slow
def test_every_point_is_there_once_with_settings_images_and_scores(records_of, lab, trained, tmp_path, monkeypatch):
    """Exact values, without a network or an account; a second writing takes the place of the first."""
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")  # nobody answers there
    for _time in range(2):
        track([trained], lab, TRACKERS["wandb"], str(tmp_path / "wb"), lambda feed, session: None)
    (file,) = (tmp_path / "wb").glob(f"wandb/offline-run-*/run-{trained.id}.wandb")
    found, times, images, summary, run = {}, {}, [], {}, None
    for record in records(file, records_of.Record):
        if record.HasField("run"):
            run = record.run
        summary |= {one.key: json.loads(one.value_json) for one in record.summary.update if one.key}
        if not record.history.item:
            continue
        items = [("/".join(one.nested_key), json.loads(one.value_json)) for one in record.history.item]
        row = {name: value for name, value in items if name.partition("/")[0] not in ("answers", "_step", "_runtime")}
        step, time = row.pop("step"), row.pop("_timestamp")
        images += [value for name, value in items if name == "answers/captions"]
        times[step] = time
        for tag, value in row.items():
            found.setdefault(tag, []).append((step, value))
    assert same(found, stored_points(lab, trained))
    epochs = lab.store.epochs(trained.id)
    assert times[0] == pytest.approx(trained.started + epochs[0].seconds, abs=1e-4)
    assert len(images) == len(epochs) and len(images[-1]) == 9 and images[-1][0].endswith("%")
    assert summary["accuracy/test"] == trained.summary["test_accuracy"]
    config = {one.key: json.loads(one.value_json) for one in run.config.update}
    assert config["optimizer.lr"] == 0.001 and (run.run_id, run.display_name) == (trained.id, trained.name)
