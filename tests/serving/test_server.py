"""A run that answers over HTTP, as a process that real requests are sent to."""

import html
import io
import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from PIL import Image

from core.cli.parser import main
from core.errors import Problem
from core.files.paths import Workspace
from core.inference.photo import read_image
from core.prepared.arrays import Prepared
from core.run_config import RunConfig
from core.runs.lab import Lab
from core.runs.sql_store import SqlStore
from core.runs.store import Run
from core.serving import page
from core.serving.body import MAX_BODY_BYTES, MAX_FILE_BYTES, MAX_FILES
from tests.browser.conftest import require_chromium
from tests.browser.serving import ARGS
from tests.conftest import copy_runs
from tests.importing import hostile_images
from tests.inference.pens import TWO, boot, sheet
from tests.serving.running import QUICK_S, Running, form, running


def png(pixels: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(content, "PNG")
    return content.getvalue()


def floats(without: int | None) -> bytes:
    """A TIFF of floats, a drawing, whose first rows have no value; with None no row has one."""
    values, content = np.float32(255 - sheet(TWO)) / 255, io.BytesIO()
    values[:without] = np.nan
    Image.fromarray(values).save(content, "TIFF")
    return content.getvalue()


@pytest.fixture(scope="module")
def place(trained_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with the digits and a finished run."""
    home = tmp_path_factory.mktemp("served")
    workspace = Workspace(home, home / "data", f"sqlite:///{home}/epochlab.db")
    workspace.cache.mkdir()
    (workspace.cache / "digits").symlink_to(trained_home / "cache" / "digits")
    copy_runs(trained_home, workspace)
    return workspace


@pytest.fixture(scope="module")
def run(place: Workspace) -> Run:
    return SqlStore(place.database).all()[0]


@pytest.fixture(scope="module")
def server(place: Workspace, run: Run) -> Iterator[Running]:
    with running(place.home, run.id) as found:
        yield found


@pytest.fixture(scope="module")
def pictures(place: Workspace) -> dict[str, bytes]:
    """One of each kind that is read otherwise."""
    digits = Prepared(place.cache / "digits")
    of_the_set = digits.array[int(digits.indices("test")[0])][:, :, 0]
    deep = np.full((200, 200), 4000, np.uint16)
    deep[40:160, 90:105] = 300
    return {"set.png": png(of_the_set), "drawn.png": png(255 - sheet(TWO)), "deep.png": png(deep),
            "boot.png": png(boot()), "holes.tiff": floats(1)}  # fmt: skip


def by_predict(
    files: dict[str, bytes], run: Run, place: Workspace, folder: Path, capsys: pytest.CaptureFixture, *options: str
) -> list[dict]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EPOCHLAB_HOME", str(place.home))
        patch.setenv("EPOCHLAB_DB", place.database)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        main(["predict", run.id, *(str(folder / name) for name in files), "--json", *options])
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def same(answer: dict, predicted: dict) -> bool:
    """Whether two answers are equal but for the last bits of a batch, and what the file is called."""
    for field in ("probability", "probabilities"):
        assert answer[field] == pytest.approx(predicted[field], abs=1e-5)
    skipped = ("file", "probability", "probabilities")
    return {k: v for k, v in answer.items() if k not in skipped} == {
        k: v for k, v in predicted.items() if k not in skipped
    } and list(answer) == list(predicted)


@pytest.mark.parametrize("options", [[], ["image"], ["image", "as-is"], ["drawing", "one-sign"]])
def test_it_answers_as_predict_does(
    options: list[str], server: Running, run: Run, place: Workspace, pictures: dict[str, bytes], tmp_path: Path,
    capsys: pytest.CaptureFixture,
) -> None:  # fmt: skip
    asked = dict(list(pictures.items())[:2]) if "drawing" in options else pictures
    predicted = by_predict(asked, run, place, tmp_path, capsys, *(f"--{name}" for name in options))
    query = f"?{'&'.join(options)}"
    status, answer = server.predict_form(list(asked.items()), query)
    assert status == 200 and [one["file"] for one in answer["answers"]] == list(asked)
    for one, line in zip(answer["answers"], predicted, strict=True):
        assert same(one, line)
    status, alone = server.predict(asked["drawn.png"], query)
    assert status == 200 and same(alone, predicted[1])


def test_a_bad_image_is_refused_in_the_apps_words_and_the_others_are_answered(
    server: Running, pictures: dict[str, bytes]
) -> None:
    made = hostile_images.makes()
    hostile = {name: made[name][0] for name in ("empty.png", "text.png", "cut.jpg", "huge.png", "wide.png", "page.svg",
                                                "no-pixels.png", "noise-inside.png")}  # fmt: skip
    status, answer = server.predict_form([*hostile.items(), ("set.png", pictures["set.png"])])
    *refused, good = answer["answers"]
    assert status == 200 and good["label"] and "error" not in good
    for one, (name, content) in zip(refused, hostile.items(), strict=True):
        with pytest.raises(Problem) as told:
            read_image(content, name)
        assert one == {"file": name, "error": str(told.value), "status": 422}
    blank = png(np.full((90, 90), 255, np.uint8))
    assert server.predict(blank)[0] == 422 and "There is no ink" in server.predict(blank)[1]["error"]
    assert server.predict_form([("a.png", b"words"), ("b.png", b"")])[0] == 422
    assert server.predict(b"") == (422, {"file": "image", "error": "“image” is empty. Choose another file."})


def test_what_takes_too_much_memory_ends_and_the_next_is_answered(server: Running, pictures: dict[str, bytes]) -> None:
    status, answer = server.predict(hostile_images.makes()["clear-bomb.png"][0])
    assert status == 422 and "needs more than 1 GB of memory to be decoded" in answer["error"]
    assert server.predict(pictures["set.png"])[0] == 200


def test_two_signs_are_refused_with_the_option_of_the_address(server: Running) -> None:
    status, found = server.predict(png(255 - np.hstack([sheet(TWO)] * 2)))
    assert status == 422 and "say so with ?one-sign." in found["error"]


def test_a_hundred_at_once_are_answered_each_its_own(server: Running, place: Workspace) -> None:
    digits = Prepared(place.cache / "digits")
    images = [png(digits.array[int(index)][:, :, 0]) for index in digits.indices("test")[:100]]
    alone = [server.predict(one)[1] for one in images[:5]]
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(server.predict, images))
    assert [status for status, _answer in answers] == [200] * 100
    right = sum(answer["label"] == str(digits.labels[int(index)])
                for index, (_status, answer) in zip(digits.indices("test"), answers, strict=False))  # fmt: skip
    assert right > 80
    for one, (_status, answer) in zip(alone, answers, strict=False):
        assert same(one, answer)
    together = server.predict_form([("a", one) for one in images[:MAX_FILES]])[1]["answers"]
    assert all(same(one, answer) for one, (_status, answer) in zip(together, answers, strict=False))


def test_too_much_is_refused_before_it_is_read(server: Running) -> None:
    def pieces(size: int) -> Iterator[bytes]:
        for _ in range(size >> 20):
            yield bytes(1 << 20)

    def promised(size: int, kind: str) -> bytes:
        """The answer to who says how much will come, and waits before sending any of it."""
        head = f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\nContent-Type: {kind}\r\n"
        with socket.create_connection(server.place, timeout=20) as link:
            link.sendall(head.encode() + b"Expect: 100-continue\r\n\r\n")
            return b"".join(iter(lambda: link.recv(10_000), b""))

    too_large = "“image” is larger than 64 MB. Save it smaller and try again."
    too_many = "The request is larger than 128 MB. Send fewer images at a time."
    for size, kind, words in ((MAX_FILE_BYTES, "image/png", too_large),
                              (MAX_BODY_BYTES, "multipart/form-data; boundary=b", too_many)):  # fmt: skip
        answer = promised(size + 1, kind)
        assert answer.startswith(b"HTTP/1.1 413") and words in answer.decode()
    assert server.predict(pieces(MAX_FILE_BYTES + (3 << 20))) == (413, {"error": too_large})  # of no told length
    status, answer = server.predict_form([("a.png", b"x")] * (MAX_FILES + 1))
    assert status == 413 and answer["error"].startswith(f"There are more than {MAX_FILES} images")


def test_slow_clients_are_left(server: Running, pictures: dict[str, bytes]) -> None:
    begun = time.monotonic()
    silent, within_head, within_body = (socket.create_connection(server.place, timeout=20) for _ in range(3))
    within_head.sendall(b"GET / HTTP/1.1\r\nHost: localh")
    within_body.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\nabc")
    assert server.predict(pictures["set.png"])[0] == 200  # meanwhile
    assert silent.recv(100) == within_head.recv(100) == b""
    answer = b""
    while more := within_body.recv(10_000):
        answer += more
    assert answer.startswith(b"HTTP/1.1 408") and b"came too slowly" in answer
    assert QUICK_S < time.monotonic() - begun < 20
    for link in (silent, within_head, within_body):
        link.close()


def test_pixels_without_a_value_are_told_and_a_picture_of_nothing_else_is_refused(
    server: Running, run: Run, place: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert server.predict(floats(1))[1]["holes"]
    status, answer = server.predict(floats(None))
    assert status == 422 and "none of its pixels has a value" in answer["error"]
    assert by_predict({"some.tiff": floats(1)}, run, place, tmp_path, capsys)[0]["holes"]
    (tmp_path / "all.tiff").write_bytes(floats(None))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EPOCHLAB_HOME", str(place.home))
        patch.setenv("EPOCHLAB_DB", place.database)
        assert (
            main(["predict", run.id, str(tmp_path / "all.tiff")])
            and main(["predict", run.id, str(tmp_path / "some.tiff")]) == 0
        )
    said = capsys.readouterr()
    assert "none of its pixels has a value" in said.err and "Some pixels of this file have no value" in said.out


@pytest.mark.parametrize("query,body,headers,status,words", [
    ("?size=3", b"x", {}, 400, "unknown option 'size'; have: drawing, image, as-is, one-sign"),
    ("?image=maybe", b"x", {}, 400, "image is “maybe”; allowed: true or false"),
    ("?image&drawing", b"x", {}, 400, "Ask for one of the two"),
    ("", b"words", {"Content_Type": "multipart/form-data"}, 400, "The form cannot be read."),
    ("", form([]), {"Content_Type": "multipart/form-data; boundary=between"}, 400, "There is no image in the form."),
    ("", b'--between\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--between--\r\n',
     {"Content_Type": "multipart/form-data; boundary=between"}, 400, "“a” is text, and not an image."),
    ("", b"x", {"Origin": "http://evil.example"}, 403, "comes from a page of another site"),
    ("", b"x", {"Host": "evil.example"}, 403, "start it with --allow-host evil.example."),
])  # fmt: skip
def test_what_is_wrong_with_a_request_is_said(
    server: Running, query: str, body: bytes, headers: dict[str, str], status: int, words: str
) -> None:
    found, answer = server.predict(body, query, **headers)
    assert found == status and words in answer["error"]


def test_it_says_what_it_is_and_how_it_is_asked(server: Running, run: Run, pictures: dict[str, bytes]) -> None:
    said = json.loads(server.ask("/")[2])
    assert said["name"] == run.name and said["classes"] == [str(n) for n in range(10)]
    scores = run.summary
    assert (said["test"]["correct"], said["test"]["total"]) == (scores["test_correct"], scores["test_total"])
    document = json.loads(server.ask("/openapi.json")[2])
    answer = server.predict_form([("set.png", pictures["set.png"]), ("bad.png", b"")])[1]
    schemas = {"components": document["components"]}
    Draft202012Validator(schemas | {"$ref": "#/components/schemas/Answers"}).validate(answer)
    Draft202012Validator(schemas | {"$ref": "#/components/schemas/Answer"}).validate(answer["answers"][0])
    named = {one["name"] for one in document["paths"]["/predict"]["post"]["parameters"]}
    assert named == {"drawing", "image", "as-is", "one-sign"}
    status, headers, content = server.ask("/", Accept="text/html,*/*")
    page = content.decode()
    assert status == 200 and content == server.ask("/docs")[2] and "?one-sign" in page and "422" in page
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    for asked in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert asked.startswith(("/", "data:,")) and not asked.startswith("//")
        assert asked == "data:," or server.ask(asked)[0] == 200
    assert [server.ask("/nothing")[0], server.ask("/predict")[0]] == [404, 405]
    assert server.ask("/predict")[1]["Allow"] == "POST"


@pytest.mark.browser
def test_the_page_answers_files_and_has_no_barrier(server: Running, pictures: dict[str, bytes]) -> None:
    chromium = require_chromium()
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play, play.chromium.launch(executable_path=chromium, args=ARGS) as browser:
        tab = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
        problems: list[str] = []
        tab.on("pageerror", lambda error: problems.append(str(error)))
        tab.goto(server.said["address"])
        files = [{"name": name, "mimeType": "image/png", "buffer": content}
                 for name, content in (("set.png", pictures["set.png"]), ("<b>.png", b"words"))]  # fmt: skip
        tab.get_by_label("Images").set_input_files(files)
        items = tab.locator("#answers > li")
        items.nth(1).get_by_text("“<b>.png” cannot be read").wait_for()
        assert items.nth(0).locator("strong").inner_text() == server.predict(pictures["set.png"])[1]["label"]
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390
        found = Axe().run(tab, options={"resultTypes": ["violations"]}).response["violations"]
        assert [(one["id"], one["nodes"]) for one in found if one["impact"] in ("serious", "critical")] == []
        assert problems == []


def test_the_line_that_it_prints_works(server: Running, pictures: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(pictures["set.png"])
    asked = f"no_proxy=localhost {server.said['ask']} --silent"
    done = subprocess.run(["bash", "-c", asked], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    if done.returncode == 127:
        pytest.skip("there is no curl here")
    assert same(json.loads(done.stdout), server.predict(pictures["set.png"])[1])


@pytest.mark.parametrize("lines", [page.python, page.python_for_several])
def test_the_lines_of_python_on_its_page_work(server: Running, pictures, tmp_path, monkeypatch, capsys, lines) -> None:
    (tmp_path / "picture.png").write_bytes(pictures["set.png"])
    (tmp_path / "other.jpg").write_text("words")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")
    exec(lines(f"{server.said['address']}/predict"), {})
    first, *others = capsys.readouterr().out.splitlines()
    assert first.split()[-1] == server.predict(pictures["set.png"])[1]["label"]
    assert [other.split()[0] for other in others] == (["other.jpg"] if lines is page.python_for_several else [])
    document, shown = (server.ask(path)[2].decode() for path in ("/openapi.json", "/docs"))
    assert '{"answers": […]}' in json.loads(document)["paths"]["/predict"]["post"]["description"]
    assert html.escape(lines(server.said["ask"].split()[-1])) in shown


def test_a_signal_ends_it_as_any_command(server: Running) -> None:
    """The last one that asks this server. Nothing that it was sent has left a line on the console."""
    broken = b"--between\r\nno header\r\n"
    assert server.predict(broken, Content_Type="multipart/form-data; boundary=between")[0] == 400
    with socket.create_connection(server.place):  # who asks nothing does not hold it
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 1
    assert server.process.stderr
    *warned, last = server.process.stderr.read().splitlines()
    assert last == "Stopped." and all(line.startswith("This ") for line in warned)


def test_what_hinders_it_is_said_before_it_begins(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("EPOCHLAB_HOME", str(lab.workspace.home))
    monkeypatch.setenv("EPOCHLAB_DB", lab.workspace.database)
    run = lab.store.add(RunConfig(), "empty", state="queued")

    def serve(*arguments: str) -> tuple[int, str]:
        return main(["serve", run.id, *arguments]), capsys.readouterr().err

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        words = f"Port {port} is taken by another program. Choose another with --port.\n"
        assert serve("--port", str(port)) == (2, words)
    assert serve("--port", "70000") == (2, "--port is 70000; allowed: 0 to 65535\n")
    status, words = serve("--port", "0", "--host", "no.such.name.example")
    assert status == 2 and words.startswith("“no.such.name.example” is no address of this computer")
    status, words = serve("--port", "0")
    assert status == 1 and words.startswith(f"“empty” ({run.id}) has no checkpoint yet")
