"""Words for people, separate from the code that decides: messages with values become sentences when they are shown."""

from core.locale.messages import _, ngettext
from core.translations import N_, language, translate

__all__ = ["N_", "_", "language", "ngettext", "translate"]
