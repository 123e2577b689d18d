"""The server's page: the model, a place to try it, and the reference, made from the OpenAPI document. It asks nothing
of any other server."""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

from core.locale import _
from core.sanitize import one_line
from core.serving.description import facts_in_words
from core.translations import current

FILES = Path(__file__).parent / "web"
ASSETS = {"page.css": "text/css", "page.js": "text/javascript"}


def page(said: dict[str, Any], document: dict[str, Any]) -> str:
    """The page from `facts` and the OpenAPI document."""
    name = one_line(said["name"])
    parts = [
        f"<h1>{escape(name)}</h1>",
        table((escape(what), escape(is_)) for what, is_ in facts_in_words(said)),
        f"<h2>{escape(_('Try it'))}</h2>",
        f'<form id="ask" data-unsure="{escape(_("none of these"))}" data-failed="'
        f'{escape(_("The server gave no answer. Is it still running?"))}">'
        f'<label>{escape(_("Images"))} <input type="file" accept="image/*" multiple></label></form>'
        '<div role="status"><ol id="answers"></ol></div>',
        f"<h2>{escape(_('Ask from a program'))}</h2>",
        code(said["ask"]),
        code(f"curl -F one=@picture.png -F two=@other.jpg {said['ask'].split()[-1]}"),
        code(python(said["ask"].split()[-1])),
        code(python_for_several(said["ask"].split()[-1])),
        *(operation(method, path, one) for path, there in document["paths"].items() for method, one in there.items()),
        f"<h2>{escape(_('An answer'))}</h2>",
        table((f"<code>{escape(field)}</code>", escape(one["description"]))
              for field, one in document["components"]["schemas"]["Answer"]["properties"].items()),
        f'<p><a href="/openapi.json">{escape(_("This description for programs (OpenAPI)"))}</a></p>',
    ]  # fmt: skip
    return (
        f'<!doctype html>\n<html lang="{current()}">\n<head>\n<meta charset="utf-8">\n<title>{escape(name)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<link rel="icon" href="data:,">\n'
        '<link rel="stylesheet" href="/page.css">\n<script src="/page.js" defer></script>\n</head>\n<body>\n<main>\n'
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def operation(method: str, path: str, one: dict[str, Any]) -> str:
    parts = [f"<h2><code>{method.upper()} {escape(path)}</code> {escape(one['summary'])}</h2>"]
    if "description" in one:
        parts.append(f"<p>{escape(one['description'])}</p>")
    if parameters := one.get("parameters"):
        rows = [(f"<code>?{escape(each['name'])}</code>", escape(each["description"])) for each in parameters]
        parts += [f"<h3>{escape(_('In the address'))}</h3>", table(rows)]
    rows = [(f"<code>{status}</code>", escape(each["description"])) for status, each in one["responses"].items()]
    return "\n".join([*parts, f"<h3>{escape(_('Status'))}</h3>", table(rows)])


def python(address: str) -> str:
    """The same in Python without any package."""
    return (
        "import json, urllib.request\n\n"
        'with open("picture.png", "rb") as file:\n'
        f'    request = urllib.request.Request("{address}", file.read())\n'
        "with urllib.request.urlopen(request) as answer:\n"
        '    print(json.load(answer)["label"])'
    )


def python_for_several(address: str) -> str:
    return (
        "import requests  # pip install requests\n\n"
        'files = [("files", open(name, "rb")) for name in ("picture.png", "other.jpg")]\n'
        f'found = requests.post("{address}", files=files).json()\n'
        'for answer in found["answers"]:\n'
        '    print(answer["file"], answer.get("label") or answer["error"])'
    )


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Two columns of HTML."""
    cells = (f'<tr><th scope="row">{left}</th><td>{right}</td></tr>' for left, right in rows)
    return f"<table>{''.join(cells)}</table>"


def code(text: str) -> str:
    return f'<pre tabindex="0"><code>{escape(text)}</code></pre>'
