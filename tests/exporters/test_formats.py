"""Every form of export in the registry, unasked."""

import pytest

from core.errors import BadInput
from core.exporters import EXPORTERS, ExporterSpec
from core.exporters.export import export, export_to, loading_code
from core.exporters.spec import exporter_of


@pytest.mark.parametrize("name", list(EXPORTERS.entries))
def test_it_has_words_and_an_ending_of_its_own(name: str) -> None:
    spec = EXPORTERS[name]
    assert spec.title and spec.help.endswith(".") and all(ending.startswith(".") for ending in spec.endings)
    assert all(exporter_of(f"weights{ending.upper()}") is spec for ending in spec.endings)


@pytest.mark.parametrize("name", list(EXPORTERS.entries))
def test_it_writes_a_file_and_the_settings_beside_it(name: str, trained, workspace, tmp_path) -> None:
    path = tmp_path / EXPORTERS[name].file_name("weights")
    assert [one.name for one in export_to(trained, workspace, path)] == [path.name, "weights.json"]
    assert path.stat().st_size == len(export(trained, workspace, name))
    if EXPORTERS[name].loads:
        compile(loading_code(trained, workspace, path.name), "loading", "exec")


def test_a_name_or_an_ending_that_nobody_has_is_refused_with_the_choices() -> None:
    with pytest.raises(BadInput, match="unknown exporter 'onyx'; have: pt, safetensors"):
        EXPORTERS["onyx"]
    with pytest.raises(BadInput, match=r"“w\.onyx” ends in \.onyx; allowed: \.pt, \.pth, \.safetensors$"):
        exporter_of("w.onyx")


def test_another_package_brings_one(monkeypatch, trained, workspace, tmp_path) -> None:
    theirs = ExporterSpec("text", "Text", "Names alone.", (".txt",), write=lambda model, name: name.encode())
    monkeypatch.setitem(EXPORTERS.__dict__, "entries", {**EXPORTERS.entries, "text": theirs})
    export_to(trained, workspace, tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() == trained.name
