"""What a running server lets in and gives out: who may talk to it, which files it serves, whom it talks to itself."""

import http.client
import importlib.util
import ipaddress
import os
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from streamlit.net_util import get_internal_ip

from tests.browser import serving

# Read by Python before anything else: every connection that the server begins is written down.
NOTING = """
import os, sys
def note(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        with open(os.environ["CONNECTIONS"], "a") as log:
            where = arguments[1] if event == "socket.connect" else arguments[0]
            where = where[0] if isinstance(where, tuple) else where
            log.write(f"{where}\\n")
sys.addaudithook(note)
"""


@dataclass(frozen=True)
class Watched:
    """A server, its workspace, and the connections that its processes began."""

    address: str
    pid: int
    home: Path
    connections: Path

    @property
    def host(self) -> str:
        return urlsplit(self.address).netloc

    def ask(self, target: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
        """The answer to a request for exactly this target, however it is spelt; its body is in `.content`."""
        link = http.client.HTTPConnection(self.host, timeout=20)
        link.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in {"Host": self.host, **headers}.items():
            link.putheader(name.replace("_", "-"), value)
        link.endheaders()
        answer = link.getresponse()
        answer.content = answer.read()
        link.close()
        return answer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    place = tmp_path_factory.mktemp("exposed")
    (place / "python").mkdir()
    (place / "python" / "sitecustomize.py").write_text(NOTING)
    home = place / "home"
    (home / "runs" / "r1").mkdir(parents=True)
    (home / "runs" / "r1" / "last.pt").write_bytes(b"the weights of a run")
    (place / "connections").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(place / "python"), os.environ.get("PYTHONPATH", "")]))
        patch.setenv("CONNECTIONS", str(place / "connections"))
        with serving.serving(home, spare=False) as running:
            yield Watched(running.address, running.process.pid, home, place / "connections")


def handshake(server: Watched, **headers: str) -> int:
    """The status that a websocket is answered with; 101 lets it in."""
    usual = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Version": "13"}
    key = {"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec_WebSocket_Protocol": "streamlit"}
    lines = {"Host": server.host, **usual, **key, **headers}
    text = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items() if value)
    host, port = server.host.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as link:
        link.sendall(f"GET /_stcore/stream HTTP/1.1\r\n{text}\r\n".encode())
        return int(link.recv(100).split()[1])


def test_its_own_page_is_let_in(server: Watched) -> None:
    assert handshake(server, Origin=server.address) == 101
    port = server.host.split(":")[1]
    assert handshake(server, Host=f"127.0.0.1:{port}", Origin=f"http://127.0.0.1:{port}") == 101


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "https://evil.example:8501", "http://localhost.evil.example", "null", "file://"],
)
def test_a_foreign_page_is_not(server: Watched, origin: str) -> None:
    assert handshake(server, Origin=origin) == 403


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:{port}", "localhost@evil:1"])
def test_a_name_that_was_made_to_point_here_is_not(server: Watched, host: str) -> None:
    """DNS rebinding: the page's own name leads to this computer, so that its origin and the host agree."""
    host = host.format(port=server.host.split(":")[1])
    assert handshake(server, Host=host, Origin=f"http://{host}") == 403
    assert handshake(server, Host=host) == 403


def test_it_listens_on_this_computer_alone(server: Watched) -> None:
    sockets = set()
    for link in Path(f"/proc/{server.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            if match := re.match(r"socket:\[(\d+)\]", os.readlink(link)):
                sockets.add(match.group(1))
    listening = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{server.pid}/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == "0A" and inode in sockets:  # LISTEN
                words = bytes.fromhex(local.split(":")[0])
                parts = [words[i : i + 4][::-1] for i in range(0, len(words), 4)]  # each of 4 bytes, the last first
                listening.append(ipaddress.ip_address(b"".join(parts)))
    assert listening and all(address.is_loopback for address in listening), listening


def private_files(server: Watched) -> list[Path]:
    return [
        server.home / "runs" / "r1" / "last.pt",
        server.home / "server.log",
        serving.ROOT / ".streamlit" / "config.toml",
        serving.ROOT / "app.py",
        serving.ROOT / "core" / "files" / "paths.py",
        serving.ROOT / "requirements.txt",
        Path("/etc/passwd"),
    ]


def spellings(path: Path, base: Path) -> Iterator[str]:
    """Ways to ask for a file through a folder that is served, or past it."""
    climbs = os.path.relpath(path, base)
    for way in (climbs, "../" * 12 + str(path).lstrip("/"), str(path), f"/{path}", path.name):
        yield way
        yield way.replace("..", "%2e%2e")
        yield way.replace("/", "%2f")
        yield way.replace("..", "%2e%2e").replace("/", "%2F")
        yield way.replace("..", "%252e%252e").replace("/", "%252f")
        yield way.replace("/", "\\")
        yield way.replace("/", "%5c")
        yield way.replace("..", "..;")
        yield f"{way}%00.js"


@pytest.mark.parametrize(
    "door", ["/", "/app/static/", "/static/", "/media/", "/component/x/", "/_stcore/bidi-components/"]
)
def test_no_private_file_is_served(server: Watched, door: str) -> None:
    assert server.ask("/").status == 200
    for path in private_files(server):
        content = path.read_bytes()[:200]
        for spelling in dict.fromkeys(spellings(path, serving.ROOT / "static")):
            target = (door + spelling).replace(" ", "%20")
            if target.isascii():
                assert content not in server.ask(target).content or not content, target


def test_the_database_is_not_served(server: Watched) -> None:
    for door in ("/", "/app/static/", "/media/"):
        for name in ("epochlab.db", "workspace/epochlab.db", f"..%2f{server.home.name}%2fepochlab.db"):
            assert b"SQLite format" not in server.ask(door + name).content


def test_a_link_among_the_static_files_leads_nowhere(server: Watched) -> None:
    static = serving.ROOT / "static"
    links = [static / f"link-{os.getpid()}", static / f"folder-{os.getpid()}"]
    try:
        static.mkdir(exist_ok=True)
        links[0].symlink_to(server.home / "runs" / "r1" / "last.pt")
        links[1].symlink_to(server.home / "runs")
        for target in (links[0].name, f"{links[1].name}/r1/last.pt"):
            answer = server.ask(f"/app/static/{target}")
            assert answer.status in (400, 404) and b"weights" not in answer.content
    finally:
        for link in links:
            link.unlink(missing_ok=True)
        with suppress(OSError):  # somebody's own files are in it
            static.rmdir()


def test_plotly_comes_from_its_package(server: Watched) -> None:
    answer = server.ask("/app/static/plotly.min.js")
    package = Path(importlib.util.find_spec("plotly").origin).parent
    assert answer.status == 200 and answer.content == (package / "package_data" / "plotly.min.js").read_bytes()
    assert answer.getheader("Content-Type").startswith("text/javascript")


@pytest.mark.parametrize("target", ["/", "/_stcore/health", "/app/static/plotly.min.js", "/media/x.png"])
def test_a_foreign_host_or_page_gets_no_answer(server: Watched, target: str) -> None:
    for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Host": ""}):
        answer = server.ask(target, **headers)
        assert answer.status in (400, 403) and b"<title>" not in answer.content
        assert answer.getheader("Access-Control-Allow-Origin") is None
    assert b"<title>" in server.ask("/").content


def test_a_foreign_page_cannot_show_it_within_its_own(server: Watched) -> None:
    for target in ("/", "/Train", "/_stcore/health"):
        assert server.ask(target).getheader("Content-Security-Policy") == "frame-ancestors 'self'"


def test_a_name_longer_than_any_file_has_is_no_page(server: Watched) -> None:
    assert server.ask("/app/static/" + 300 * "a").status == 404


def test_a_foreign_page_can_send_nothing(server: Watched) -> None:
    for method, target in (("PUT", "/_stcore/upload_file/a/b"), ("DELETE", "/_stcore/upload_file/a/b")):
        assert server.ask(target, method, Origin="http://evil.example", Content_Length="0").status in (400, 403)
    for target in ("/_stcore/agent/interact", "/_stcore/agent/mcp"):
        answer = server.ask(target, "POST", Content_Type="application/json", Content_Length="0")
        assert answer.status >= 400, "the server can be driven without its page"


@pytest.mark.browser
def test_neither_the_pages_nor_the_server_talk_to_anybody_else(server: Watched, browse: Callable) -> None:
    page, asked = browse(), []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    for name, heading in (
        ("", "Train image"),
        ("Data", "Data"),
        ("Train", "Train"),
        ("Compare", "Compare"),
        ("Predict", "Predict"),
    ):
        page.goto(f"{server.address}/{name}")
        page.get_by_role("heading", name=heading).first.wait_for()
        page.wait_for_load_state("networkidle")
    elsewhere = {
        url for url in asked if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).netloc != server.host
    }
    assert asked and not elsewhere
    for place in server.connections.read_text().splitlines():
        assert place.startswith("/") or place in ("localhost", "127.0.0.1", "::1"), place


def test_an_address_for_other_computers_is_answered_or_says_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every interface to listen on, Streamlit prints the network address; what allows it is copied from there."""
    if not (address := get_internal_ip()):
        pytest.skip("this computer has no address in a network")
    (tmp_path / "home").mkdir()
    with serving.serving(tmp_path / "home", spare=False, more=["--server.address=0.0.0.0"]) as running:
        there = f"{address}:{urlsplit(running.address).port}"
        refused = Watched(f"http://{there}", running.process.pid, tmp_path, tmp_path).ask("/")
        said = (tmp_path / "home" / "server.log").read_text()
    command = re.search(r'(STREAMLIT_SERVER_ALLOWED_HOSTS)="([^"]*)"', said)
    assert refused.status == 403 and command and command[0] in refused.content.decode()
    assert "Other computers get no answer under the network address yet" in said
    monkeypatch.setenv(command[1], command[2])
    with serving.serving(tmp_path / "home", spare=False, more=["--server.address=0.0.0.0"]) as running:
        there = f"{address}:{urlsplit(running.address).port}"
        watched = Watched(f"http://{there}", running.process.pid, tmp_path, tmp_path)
        assert b"<title>" in watched.ask("/").content and handshake(watched, Origin=watched.address) == 101
        assert "get no answer" not in (tmp_path / "home" / "server.log").read_text()
