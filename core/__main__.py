"""The command line, `python -m core …`, over the same core as the pages."""

import signal
import sys

from core.cli.parser import main

# Told to end, or left without a terminal, it says how to go on, as it does after Ctrl-C. Under nohup it goes on.
for name in ("SIGTERM", "SIGHUP"):
    number = getattr(signal, name, None)  # Windows has no SIGHUP
    if number and signal.getsignal(number) == signal.SIG_DFL:
        signal.signal(number, signal.default_int_handler)
sys.exit(main())
