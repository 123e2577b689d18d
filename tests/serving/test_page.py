"""The server's page as text; tests/serving/test_server.py has it from a running one."""

import html
import re

import pytest

from core import translations
from core.files.paths import Workspace
from core.prepared.arrays import Prepared
from core.runs.store import Run
from core.sandbox.image_formats import READ_HERE
from core.serving.description import facts, openapi
from core.serving.page import page
from core.serving.service import Service
from tests.locale.pseudo import CODE, OPEN, Pseudo, bare_words


def test_all_words_of_the_page_go_through_gettext(
    trained: Run, workspace: Workspace, digits: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    pseudo = Pseudo()
    monkeypatch.setattr(translations, "catalogue", lambda code: pseudo)
    token = translations.language.set(CODE)
    try:
        service = Service(trained, workspace, "last")
        document = openapi(service)
        whole = page(facts(service, "http://localhost:1"), document)
    finally:
        translations.language.reset(token)
    shown = re.sub(r"<code>.*?</code>", "", whole.partition("<main>")[2], flags=re.DOTALL)
    words = re.findall(r' data-\w+="([^"]*)"', shown) + re.sub(r"<[^>]*>", "\n", shown).splitlines()
    text = html.unescape("\n".join(words)).replace(trained.name, "")
    for name in (*READ_HERE, "MB", "answers"):
        text = re.sub(rf"\b{name}\b", "", text)
    assert text.count(OPEN) > 30 and bare_words(text) == []


def test_a_name_that_is_a_script_is_shown_as_a_name(trained: Run, workspace: Workspace, digits: Prepared) -> None:
    service = Service(trained, workspace, "last")
    names = {"name": "<script>alert(1)</script>", "classes": ["<b>", '"&'], "data": "<i>"}
    whole = page(facts(service, "http://localhost:1") | names, openapi(service))
    assert not any(tag in whole for tag in ("<script>", "<b>", "<i>")) and "&lt;script&gt;alert(1)" in whole
