"""The judgement over what pip-audit reports, on recorded reports."""

import importlib.util
import json
from pathlib import Path

import pytest

PATH = Path(__file__).parents[1] / ".ci" / "audit.py"
spec = importlib.util.spec_from_file_location("audit", PATH)
assert spec and spec.loader
audit = importlib.util.module_from_spec(spec)
spec.loader.exec_module(audit)

SAFE = {"name": "pillow", "version": "13.0.0", "vulns": []}
WEAK = {
    "name": "jinja2",
    "version": "2.4.1",
    "vulns": [
        {"id": "PYSEC-2019-217", "fix_versions": ["2.10.1"], "aliases": ["CVE-2019-10906", "GHSA-462w-v97r-4m45"]},
        {"id": "PYSEC-2014-8", "fix_versions": [], "aliases": ["CVE-2014-1402"]},
    ],
}
SKIPPED = {
    "name": "torch",
    "skip_reason": "Dependency not found on PyPI and could not be audited: torch (2.15.0+cpu)",
}
NO_NAME = """Traceback (most recent call last):
requests.exceptions.ConnectionError: HTTPSConnectionPool(host='api.osv.dev', port=443): Max retries exceeded with url: \
/v1/query (Caused by NameResolutionError("Failed to resolve 'api.osv.dev'"))
"""
CRASH = """Traceback (most recent call last):
AttributeError: 'NoneType' object has no attribute 'version'
"""


def report(*packages: dict) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def judged(found: str, errors: str = "", **waived: str) -> tuple[str, int]:
    lines, status = audit.judge(found, errors, {name.replace("_", "-"): why for name, why in waived.items()})
    return "\n".join(lines), status


def test_clean() -> None:
    assert judged(report(SAFE)) == ("1 of 1 packages looked up, 0 advisories not waived.", 0)


def test_weak_is_named_with_the_version_that_mends_it_and_fails() -> None:
    words, status = judged(report(SAFE, WEAK))
    assert status == 1
    assert "WEAK: PYSEC-2019-217 in jinja2 2.4.1; mended in 2.10.1" in words
    assert "WEAK: PYSEC-2014-8 in jinja2 2.4.1; mended in no version yet" in words
    assert words.endswith("2 of 2 packages looked up, 2 advisories not waived.")


def test_waived_by_any_of_its_names_and_only_that_one() -> None:
    words, status = judged(report(WEAK), CVE_2019_10906="no template of ours comes from outside")
    assert status == 1 and "waived: PYSEC-2019-217 in jinja2 2.4.1: no template of ours" in words
    assert "WEAK: PYSEC-2014-8" in words
    words, status = judged(report(WEAK), CVE_2019_10906="one", PYSEC_2014_8="two")
    assert status == 0 and "WEAK" not in words


def test_a_waiver_that_nothing_needs_any_more_is_told() -> None:
    words, status = judged(report(SAFE), CVE_2019_10906="old")
    assert status == 0 and "CVE-2019-10906 is waived, but nothing here has it any more" in words


def test_what_was_skipped_is_named_and_not_called_safe() -> None:
    words, status = judged(report(SAFE, SKIPPED))
    assert status == 0
    assert "NOT AUDITED (1): torch" in words and "1 of 2 packages looked up" in words


def test_nothing_looked_up_is_no_clean_bill() -> None:
    words, status = judged(report(SKIPPED, SKIPPED), "No known vulnerabilities found")
    assert (words, status) == ("NOT AUDITED: the advisory service answered for none of the 2 packages.", 0)


@pytest.mark.parametrize("errors", [NO_NAME, "timed out after 300 s"])
def test_a_service_out_of_reach_is_said_plainly_and_does_not_fail(errors: str) -> None:
    words, status = judged("", errors)
    assert status == 0 and words.startswith("NOT AUDITED: the advisory service cannot be reached")


@pytest.mark.parametrize("found", ["", "not JSON", "[]", '{"else": 1}'])
def test_any_other_failure_of_the_tool_fails(found: str) -> None:
    words, status = judged(found, CRASH)
    assert status == 2 and "AttributeError" in words


def test_every_waiver_has_a_reason(tmp_path: Path) -> None:
    audit.waivers(audit.WAIVED)
    bare = tmp_path / "waived.toml"
    bare.write_text('"CVE-2019-10906" = " "')
    with pytest.raises(ValueError, match="CVE-2019-10906 is waived without a reason"):
        audit.waivers(bare)
