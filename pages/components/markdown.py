"""Names and sentences that hold what people gave, safe inside markdown; badges and small words within a text."""

import re

from core.sanitize import JOIN, one_line

MAX_CHARS = 1000  # characters; what is longer is no name and no sentence

# The page looks for these in the finished text, when no escape can protect them any more: `:smile:`, links that begin
# with `https://` or `www.`, mail addresses, and arrows and dashes made of `-`, `<` and `>`.
SIGNS = re.compile(r"(?<=:)(?=[\w+/-])|(?<=www)(?=\.)|(?<=[\w.+-])(?=@)|(?<=[-<>~=])(?=[-=>])", re.IGNORECASE)
MARKS = re.compile(r"[\\`*_\[\]<>&$~]|:(?=\S)|^[#+=-]|(?<=^\d)[.)]|(?<=^\d\d)[.)]")


def escape_markdown(text: str) -> str:
    """`text` on one line, as it is: nothing in it is taken for markdown. Written with character references, which
    badges leave alone, and not with backslashes."""
    parted = re.sub(SIGNS, JOIN, one_line(text, MAX_CHARS))
    return re.sub(MARKS, lambda mark: f"&#{ord(mark.group())};", parted)


def badge(words: str, icon: str, colour: str) -> str:
    """As `st.badge` draws it; `words` are Markdown."""
    return f":{colour}-badge[{icon} {words}]"


def small(words: str) -> str:
    """As `st.caption` draws it; `words` are Markdown."""
    return f":gray[:small[{words}]]"
