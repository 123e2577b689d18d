"""The command line, `python -m core …`, over the same core as the pages."""

import os
import signal
import sys

# This process may start with closed standard streams. Files opened here must not take their place.
for number, name in enumerate(("stdin", "stdout", "stderr")):
    if getattr(sys, name) is None:
        os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
        setattr(sys, name, os.fdopen(number, "w" if number else "r"))

# On a signal to end, or when its terminal closes, it says how to go on, as after Ctrl-C. Under nohup it goes on.
for name in ("SIGTERM", "SIGHUP"):
    told = getattr(signal, name, None)  # Windows has no SIGHUP
    if told and signal.getsignal(told) == signal.SIG_DFL:
        signal.signal(told, signal.default_int_handler)

try:
    from core.cli.parser import main

    sys.exit(main())
except KeyboardInterrupt:  # before the command could begin
    sys.exit("Stopped.")
