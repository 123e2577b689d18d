"""Known weaknesses of the packages that are installed here: what `pip-audit` finds, judged. Run by .ci/run.

Fails (1) for an advisory that waived.toml, beside this file, does not waive by name with its reason. Where the
advisory service cannot be reached it says so and does not fail; a package that was not looked up is never called safe.
"""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

WAIVED = Path(__file__).with_name("waived.toml")
COMMAND = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off", "--desc", "off"]
PATIENCE = 300  # seconds
# How requests and pip-audit say that nobody answered; any other failure of pip-audit is a failure of the check.
UNREACHED = ("ConnectionError", "Timeout", "timed out", "NameResolutionError", "Max retries exceeded", "ServiceError")


def judge(found: str, errors: str, waived: dict[str, str]) -> tuple[list[str], int]:
    """What to print and the exit status, from what pip-audit wrote to its two outputs."""
    try:
        packages = json.loads(found)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (errors.strip().splitlines() or ["it said nothing"])[-1]
        if any(word in errors for word in UNREACHED):
            return [f"NOT AUDITED: the advisory service cannot be reached ({last})."], 0
        return [f"pip-audit failed: {last}"], 2
    skipped = [package for package in packages if "skip_reason" in package]
    looked_up = len(packages) - len(skipped)
    if not looked_up:
        return [f"NOT AUDITED: the advisory service answered for none of the {len(packages)} packages."], 0
    lines, open_ones, met = [], 0, set()
    for package in packages:
        for advisory in package.get("vulns", []):
            names = {advisory["id"], *advisory.get("aliases", [])}
            met |= names
            what = f"{advisory['id']} in {package['name']} {package['version']}"
            reason = next((waived[name] for name in sorted(names & waived.keys())), "")
            if reason:
                lines.append(f"waived: {what}: {reason}")
            else:
                open_ones += 1
                better = ", ".join(advisory.get("fix_versions", [])) or "no version yet"
                lines.append(f"WEAK: {what}; mended in {better}")
    if skipped:
        lines.append(f"NOT AUDITED ({len(skipped)}): {', '.join(sorted(package['name'] for package in skipped))}")
    lines += [f"{name} is waived, but nothing here has it any more" for name in sorted(waived.keys() - met)]
    lines.append(f"{looked_up} of {len(packages)} packages looked up, {open_ones} advisories not waived.")
    return lines, 1 if open_ones else 0


def waivers(path: Path) -> dict[str, str]:
    """Advisory → reason. ValueError for one without a reason."""
    waived = tomllib.loads(path.read_text(encoding="utf-8"))
    for name, reason in waived.items():
        if not isinstance(reason, str) or not reason.strip():
            raise ValueError(f"{path.name}: {name} is waived without a reason")
    return waived


def main() -> int:
    waived = waivers(WAIVED)
    try:
        done = subprocess.run(COMMAND, capture_output=True, text=True, timeout=PATIENCE, check=False)
        found, errors = done.stdout, done.stderr
    except subprocess.TimeoutExpired:
        found, errors = "", f"timed out after {PATIENCE} s"
    lines, status = judge(found, errors, waived)
    print("\n".join(f"audit: {line}" for line in lines))
    return status


if __name__ == "__main__":
    sys.exit(main())
