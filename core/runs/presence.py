"""A computer that takes runs tells all who share the store that it is there."""

import threading
import time
from contextlib import suppress

from core.errors import Problem
from core.files.paths import Workspace
from core.runs.store import Store

TELL_EVERY_S = 20.0  # seconds


class Presence:
    """Of this computer, from one of its processes, for as long as that lives. Does nothing where the store is not
    shared."""

    def __init__(self, store: Store, workspace: Workspace, devices: list[str]) -> None:
        self.store, self.place = store, workspace.place
        if store.shared:
            if not any(one.there for one in store.computers() if one.place == self.place):
                store.forget_computer(self.place)  # what it told when it was here last
            self.held = store.hold_computer(self.place)
            store.tell_computer(self.place, devices=devices)
            threading.Thread(target=self.keep, name="presence", daemon=True).start()

    def keep(self) -> None:
        while True:
            time.sleep(TELL_EVERY_S)
            with suppress(Problem):
                self.store.tell_computer(self.place)
