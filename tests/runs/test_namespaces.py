"""Two computers and a PostgreSQL, each in a network of its own, with cables between that can be pulled. As root, who
can make network namespaces."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest

from core.run_config import RunConfig
from core.runs.foreground import train_here
from core.runs.lab import Lab
from core.runs.store import Run
from tests.conftest import LONG
from tests.postgres import USER, Server, program, require_postgres
from tests.postgres import run as run_as_user
from tests.runs import computers
from tests.runs.computers import Worker, assert_same
from tests.runs.conftest import until

pytestmark = [LONG, pytest.mark.slow]
ADDRESS = "10.77.0.1"  # of the server; the computers have the next ones
CONFIG = RunConfig().replace({"model.channels": [8], "model.widths": [], "training.epochs": 60})


def ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Network:
    """A server's network, with a cable to each computer's."""

    def __init__(self, name: str) -> None:
        self.server, self.computers = f"{name}s", {"here": f"{name}1", "there": f"{name}2"}
        self.cables = {computer: f"{name}-{number}" for number, computer in enumerate(self.computers)}

    def make(self) -> None:
        ip("netns", "add", self.server)
        ip("-n", self.server, "link", "add", "hub", "type", "bridge")
        ip("-n", self.server, "addr", "add", f"{ADDRESS}/24", "dev", "hub")
        for link in ("lo", "hub"):
            ip("-n", self.server, "link", "set", link, "up")
        for number, (computer, space) in enumerate(self.computers.items(), 2):
            cable = self.cables[computer]
            ip("netns", "add", space)
            ip("link", "add", cable, "netns", self.server, "type", "veth", "peer", "name", "eth0", "netns", space)
            ip("-n", self.server, "link", "set", cable, "master", "hub", "up")
            ip("-n", space, "addr", "add", f"10.77.0.{number}/24", "dev", "eth0")
            for link in ("lo", "eth0"):
                ip("-n", space, "link", "set", link, "up")

    def set_cable(self, computer: str, state: str) -> None:
        """`down`: it is pulled out; `up`: it is put back."""
        ip("-n", self.server, "link", "set", self.cables[computer], state)

    def kill(self, computer: str) -> None:
        """All processes of a computer at once, as when it loses power."""
        for process in ip("netns", "pids", self.computers[computer]).split():
            with suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGKILL)

    def remove(self) -> None:
        for computer in self.computers:
            with suppress(AssertionError):
                self.kill(computer)
        for space in (*self.computers.values(), self.server):
            subprocess.run(["ip", "netns", "del", space], capture_output=True, timeout=30)


class FarServer(Server):
    """A server that is reached over the network, and by a socket from here."""

    def __init__(self, folder: Path, network: Network) -> None:
        super().__init__(folder)
        self.network = network

    def start(self) -> None:
        with (self.data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 10.77.0.0/24 trust\n")
        options = f"-c listen_addresses={ADDRESS} -c unix_socket_directories={self.folder} -c max_connections=100"
        inside = ["ip", "netns", "exec", self.network.server, "setpriv", f"--reuid={USER}", f"--regid={USER}"]
        command = [self.pg_ctl, "start", "-w", "-D", str(self.data), "-l", str(self.folder / "log"), "-o", options]
        subprocess.run(
            [*inside, "--clear-groups", *command], check=True, timeout=60, cwd="/", stdout=subprocess.DEVNULL
        )

    def far_url(self) -> str:
        return f"postgresql://{USER}@{ADDRESS}/postgres"


@pytest.fixture
def network() -> Iterator[Network]:
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("only root can make network namespaces, with the program ip")
    network = Network(f"ep{uuid4().hex[:6]}")
    try:
        network.make()
    except AssertionError as error:
        network.remove()
        pytest.skip(f"network namespaces cannot be made here: {error}")
    yield network
    network.remove()


@pytest.fixture
def server(network: Network) -> Iterator[FarServer]:
    require_postgres()
    server = FarServer(Path("/tmp") / f"epochlab-pg-{uuid4().hex[:8]}", network)
    server.make()
    server.start()
    yield server
    run_as_user(str(program("pg_ctl")), "stop", "-w", "-m", "immediate", "-D", str(server.data))
    shutil.rmtree(server.folder)


@pytest.fixture
def worker() -> Iterator[Worker]:
    with computers.workers() as begin:
        yield begin


@pytest.fixture
def desk(server: FarServer, tmp_path: Path, prepared_digits: Path) -> Lab:
    return computers.desk_of(tmp_path, server.url(), prepared_digits)


class Room:
    """The two computers, and a run that one of them has begun."""

    def __init__(self, desk: Lab, server: FarServer, network: Network, worker: Worker, folder: Path) -> None:
        self.desk, self.network = desk, network
        labs = {name: computers.computer(folder, name, server.url()) for name in network.computers}
        for name, lab in labs.items():
            worker(lab, "ip", "netns", "exec", network.computers[name], database=server.far_url())
        self.undisturbed = train_here(CONFIG, desk, "undisturbed", None, lambda event: None)
        until(lambda: len([one for one in desk.store.computers() if one.there]) == 2)
        self.run = desk.submit(CONFIG, "disturbed")
        until(lambda: self.now.progress > 0.1)
        self.first = self.now.place
        self.name = next(name for name, lab in labs.items() if lab.workspace.place == self.first)

    @property
    def now(self) -> Run:
        return self.desk.store.get(self.run.id)

    def finish(self) -> None:
        until(lambda: self.now.state == "finished")
        assert_same(self.desk, self.now, self.undisturbed)


@pytest.fixture
def room(desk: Lab, server: FarServer, network: Network, worker: Worker, tmp_path: Path) -> Room:
    return Room(desk, server, network, worker, tmp_path)


def test_a_run_whose_computer_has_lost_power_is_finished_by_the_other(room: Room) -> None:
    room.network.kill(room.name)
    until(lambda: room.now.attempt == 2)
    assert room.now.place != room.first
    assert [one.place for one in room.desk.store.computers() if not one.there] == [room.first]
    room.finish()


def test_a_cable_that_is_put_back_soon_has_been_out_for_nothing(room: Room) -> None:
    room.network.set_cable(room.name, "down")
    time.sleep(4)
    room.network.set_cable(room.name, "up")
    room.finish()
    assert (room.now.attempt, room.now.place) == (1, room.first)


def test_a_run_whose_computer_was_cut_off_has_one_history(room: Room) -> None:
    room.network.set_cable(room.name, "down")
    until(lambda: room.now.attempt == 2)
    room.network.set_cable(room.name, "up")
    room.finish()
    assert room.now.place != room.first
    until(lambda: "Another worker has taken over this run" in room.desk.files.log(room.run.id))
