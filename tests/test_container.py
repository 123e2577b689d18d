"""What the container is built from, as far as it can be read: no engine is needed for these."""

import re
import shutil
from pathlib import Path

import yaml
from streamlit import config

from tests.test_packaging import ROOT, build, names

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())


def test_what_is_sent_to_the_builder_is_enough_for_the_wheel_and_no_more(tmp_path: Path) -> None:
    sent = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    (tmp_path / "context").mkdir()
    for name in sent:
        source, target = ROOT / name, tmp_path / "context" / name
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    inside = names(build("wheel", tmp_path / "context", tmp_path / "small"))
    assert inside == names(build("wheel", ROOT, tmp_path / "whole"))
    top = {name.removeprefix("epochlab/").partition("/")[0] for name in inside if name.startswith("epochlab/")}
    assert set(sent) - top == {"pyproject.toml", "requirements.txt", "README.md", "LICENSE"}


def test_the_server_inside_is_reached_but_answers_to_its_own_names_alone() -> None:
    known = {option.env_var for option in config._config_options_template.values()}
    set_here = dict(re.findall(r"\b(STREAMLIT_\w+)=(\S+)", DOCKERFILE.partition("\nENV EPOCHLAB_HOME")[2]))
    assert set(set_here) <= known
    assert set_here["STREAMLIT_SERVER_ADDRESS"] == "0.0.0.0"
    assert "STREAMLIT_SERVER_ALLOWED_HOSTS" not in set_here
    for service in COMPOSE["services"].values():
        assert service["ports"] == ["127.0.0.1:8501:8501"]


def test_nobody_is_root_and_the_workspace_outlives_the_container() -> None:
    assert re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE) == ["1000"]
    assert "--uid 1000" in DOCKERFILE
    assert "EPOCHLAB_HOME=/workspace" in DOCKERFILE and "\nVOLUME /workspace\n" in DOCKERFILE
    for service in COMPOSE["services"].values():
        assert service["volumes"] == ["workspace:/workspace"]


def test_the_requirements_are_a_layer_before_the_sources() -> None:
    copies = re.findall(r"^COPY (\S+)", DOCKERFILE, re.MULTILINE)
    assert copies == ["requirements.txt", "."]


def test_the_gpu_service_is_asked_for_by_name() -> None:
    gpus = {name: service for name, service in COMPOSE["services"].items() if "gpus" in service}
    assert [service["profiles"] for service in gpus.values()] == [["cuda"]]
