"""The start files of the hall's screen name what is there."""

import configparser
import re
import subprocess

import pytest
from conftest import ROOT

FOLDER = ROOT / "deploy" / "kiosk"
INSTALLED = "/opt/mediation-assistant/"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.sh")), ids=lambda path: path.name)
def test_a_script_is_executable_and_parses(path):
    assert path.stat().st_mode & 0o111
    subprocess.run(["sh", "-n", str(path)], check=True)


@pytest.mark.parametrize("path", sorted([*FOLDER.glob("*.service"), *FOLDER.glob("*.timer")]), ids=lambda path: path.name)
def test_a_unit_starts_what_the_project_holds(path):
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read_string(path.read_text(encoding="utf-8"))
    command = unit.get("Service", "ExecStart", fallback="")
    for part in re.findall(rf"{INSTALLED}(\S+)", command):
        assert part.startswith(".venv/") or (ROOT / part).exists(), part
    if path.name in ("kiosk-server.service", "kiosk-browser.service"):
        assert unit.get("Service", "Restart") == "always"


def test_the_browser_is_locked_to_this_machine():
    script = (FOLDER / "browser.sh").read_text(encoding="utf-8")
    for flag in ("--kiosk ", "--incognito", "--user-data-dir", "--host-resolver-rules", "--overscroll-history-navigation=0", "--disable-pinch"):
        assert flag in script
