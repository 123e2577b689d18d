"""Code in a narrow column of the screen. What is copied from there runs as before: comments alone are moved."""

import ast
import io
import re
import tokenize
from textwrap import wrap

LEAST = 24  # characters of a comment, however deep it stands
RULED = re.compile(r"# .* -{3,}")  # the line above a part
COMMAND = re.compile(r"\b(python|pip) ")  # of a shell


def fitted(code: str, width: int) -> str:
    """The code with a comment behind a line of more than `width` characters above that line, comments filled to the
    width and rules cut to it. Lines of code stay as long as they are."""
    comments, inside = placed(code)
    lines, paragraph = list[str](), list[str]()  # comments that stand one below the other
    for number, line in enumerate([*code.split("\n"), ""], start=1):
        column = comments.get(number)
        alone = column is not None and not line[:column].strip() and not RULED.fullmatch(line)
        alone = alone and not is_copied(line)
        if paragraph and not (alone and indentation(line) == indentation(paragraph[0])):
            lines += refilled(paragraph, width)
            paragraph = []
        if alone:
            paragraph.append(line)
        elif RULED.fullmatch(line):
            lines.append(line[:width])
        elif column is not None and line[:column].strip() and len(line) > width and number not in inside:
            indent = indentation(line)
            if lines and lines[-1].startswith(f"{indent}# ") and not RULED.fullmatch(lines[-1]):
                lines.append(f"{indent}#")  # what stood above the line is another comment
            lines += [*filled_comment(line[column:], indent, width), line[:column].rstrip()]
        else:
            lines.append(line)
    return "\n".join(lines[:-1])


def placed(code: str) -> tuple[dict[int, int], set[int]]:
    """The column of the comment in each line that has one, and the lines that a string or a backslash before them
    continues, above which no comment can stand."""
    comments, inside = dict[int, int](), set[int]()
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            comments[token.start[0]] = token.start[1]
        inside.update(range(token.start[0] + 1, token.end[0] + 1))
    inside.update(number + 1 for number, line in enumerate(code.split("\n"), start=1) if line.endswith("\\"))
    return comments, inside


def is_copied(comment: str) -> bool:
    """Whether a comment is a command or a line of code, which people copy as a whole."""
    words = comment.strip().removeprefix("#").strip()
    try:
        ast.parse(words)
    except SyntaxError:
        return bool(COMMAND.search(words))
    return True


def indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def refilled(paragraph: list[str], width: int) -> list[str]:
    """Comments one below the other: as they are where they fit."""
    if max(map(len, paragraph)) <= width:
        return paragraph
    words = " ".join(line.strip().removeprefix("# ") for line in paragraph)
    return filled_comment(words, indentation(paragraph[0]), width)


def filled_comment(words: str, indent: str, width: int) -> list[str]:
    room = max(LEAST, width - len(indent) - len("# "))
    found = wrap(words.removeprefix("# "), room, break_long_words=False, break_on_hyphens=False)
    return [f"{indent}# {line}" for line in found]
