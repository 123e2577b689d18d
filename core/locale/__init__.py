"""Words for people, apart from the code that decides: messages with values become sentences when they are shown."""

from core.locale.messages import _, ngettext

__all__ = ["_", "ngettext"]
