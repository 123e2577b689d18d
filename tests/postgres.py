"""A PostgreSQL server of the tests' own: started by the first that asks for it, stopped with the last process of tests.
It lies in a folder of its own below the temporary one, and can be reached through a socket there alone."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from filelock import FileLock

USER = "postgres"  # who Debian makes for it: PostgreSQL refuses to run as root
PLACES = ["/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt"]  # of its programs, beside the path


def program(name: str) -> str | None:
    """Where a program of PostgreSQL lies; the newest one."""
    found = [str(path) for place in PLACES for path in sorted(Path(place).glob(f"*/bin/{name}"))]
    return shutil.which(name) or (found[-1] if found else None)


def run(*command: str) -> None:
    """As a user that is not root."""
    aside = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"] if os.getuid() == 0 else []
    done = subprocess.run([*aside, *command], capture_output=True, text=True, cwd="/", timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


class Server:
    """A server whose files lie in `folder`, which it makes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pg_ctl = str(program("pg_ctl"))

    def make(self) -> None:
        self.folder.mkdir(mode=0o700)
        if os.getuid() == 0:
            shutil.chown(self.folder, USER, USER)
        run(str(program("initdb")), "-D", str(self.data), "-U", USER, "--auth=trust", "--no-sync", "-E", "UTF8")

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        """Durable as everywhere: what a test says of a power cut is said of the real thing."""
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c max_connections=400"
        run(self.pg_ctl, "start", "-w", "-D", str(self.data), "-l", str(self.folder / "log"), "-o", options)

    def stop(self, mode: str = "fast") -> None:
        run(self.pg_ctl, "stop", "-w", "-m", mode, "-D", str(self.data))

    def url(self, schema: str = "public") -> str:
        """For SQLAlchemy. Each schema is a store of its own."""
        return f"postgresql://{USER}@/postgres?host={self.folder}&options=-csearch_path%3D{schema}"

    def new_schema(self, name: str) -> str:
        """The address of an empty store."""
        import psycopg

        with psycopg.connect(f"postgresql://{USER}@/postgres?host={self.folder}", autocommit=True) as db:
            db.execute(f'CREATE SCHEMA "{name}"')
        return self.url(name)


def require_postgres() -> None:
    """Skip the test where there is no PostgreSQL."""
    pytest.importorskip("psycopg")
    if program("initdb") is None:
        pytest.skip("PostgreSQL is not on this computer (Debian's package postgresql has it)")


@contextmanager
def shared_server(base: Path) -> Iterator[Server]:
    """One server for all processes that name the same folder; it ends with the last of them."""
    note = base / "postgres"  # its folder, and a line for each process that uses it
    with FileLock(base / "postgres.lock"):
        lines = note.read_text().splitlines() if note.exists() else []
        if lines:
            server = Server(Path(lines[0]))
        else:
            # Short, as the name of a socket must be.
            server = Server(Path(tempfile.gettempdir()) / f"epochlab-pg-{uuid4().hex[:8]}")
            server.make()
            server.start()
            lines = [str(server.folder)]
        note.write_text("\n".join([*lines, str(os.getpid())]))
    try:
        yield server
    finally:
        with FileLock(base / "postgres.lock"):
            lines = note.read_text().splitlines()
            lines.remove(str(os.getpid()))
            note.write_text("\n".join(lines))
            if len(lines) == 1:
                note.unlink()
                server.stop("immediate")
                shutil.rmtree(server.folder)
