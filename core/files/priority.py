"""How much of the processor a process gets where others want it, too."""

import os
from contextlib import suppress
from pathlib import Path


def give_way(niceness: int, pid: int | None = None) -> None:
    """Give other processes the processor before this one, or before the leader `pid` of another session. What a process
    starts inherits the niceness (-20 to 19, the highest gives way most), so it is set, not added to. Where the system
    knows no niceness, or it is higher already, all stays as it is."""
    if hasattr(os, "setpriority"):
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid or 0, niceness)
    # Linux shares time between sessions before it compares niceness within one.
    with suppress(OSError):
        Path(f"/proc/{pid or 'self'}/autogroup").write_text(str(niceness))
