"""Names that people gave, safe inside markdown."""

import re


def plain(text: str) -> str:
    """`text` with every character escaped that markdown would take for more than a letter."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!$:<>~|])", r"\\\1", text)
