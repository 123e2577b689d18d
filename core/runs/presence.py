"""A computer that takes runs tells all who share the store that it is there."""

import threading
import time
from contextlib import suppress

from core.errors import Problem
from core.files.paths import Workspace
from core.runs.store import Store

TELL_EVERY_S = 20.0  # seconds
FREED_WITHIN_S = 3.0  # seconds in which a busy server frees the lock of a connection that was closed


class Presence:
    """Of this computer, from one of its processes, for as long as that lives. Does nothing where the store is not
    shared."""

    def __init__(self, store: Store, workspace: Workspace, devices: list[str] | None = None) -> None:
        self.store, self.place, self.devices = store, workspace.place, devices
        if store.shared:
            if not is_there(store, self.place):
                store.forget_computer(self.place)  # what it told when it was here last
            self.held = store.hold_computer(self.place)
            store.tell_computer(self.place, devices=devices)
            threading.Thread(target=self.keep, name="presence", daemon=True).start()

    def has(self, devices: list[str]) -> None:
        """Tell what runs can train on, which is known once torch is loaded."""
        self.devices = devices
        if self.store.shared:
            self.store.tell_computer(self.place, devices=devices)

    def keep(self) -> None:
        while True:
            time.sleep(TELL_EVERY_S)
            with suppress(Problem):
                self.store.tell_computer(self.place, devices=self.devices)

    def leave(self) -> None:
        """Nothing is left to do, so this process ends. The last one lets the computer be forgotten: it has neither
        broken down nor lost the database."""
        if self.store.shared:
            self.held.release()
            with suppress(Problem):
                if is_gone(self.store, self.place):
                    self.store.forget_computer(self.place)


def is_gone(store: Store, place: str) -> bool:
    """Whether no process of a computer takes runs, once the server has heard of the end of those that have ended."""
    until = time.monotonic() + FREED_WITHIN_S
    while there := is_there(store, place):
        if time.monotonic() > until:
            break
        time.sleep(0.05)
    return not there


def is_there(store: Store, place: str) -> bool:
    return any(one.there for one in store.computers() if one.place == place)
