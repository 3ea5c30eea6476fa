"""Ten points of an import and ten of an index swap at which the process is killed: the old state or the new."""

import json
import os
import subprocess
import sys

import pytest
from conftest import ROOT

from assistant.settings import Settings


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the points are forked children")
@pytest.mark.timeout(600)
def test_killed_at_ten_points_of_an_import_and_of_a_swap_there_is_the_old_state_or_the_new(station: Settings):
    command = [sys.executable, "tests/killed.py", str(station.corpus_dir.parent)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=580, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr[-2000:]
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    for change in ("import", "swap"):
        own = [row for row in rows if row["change"] == change]
        assert len(own) == 10 and {row["entries"] for row in own} == {0, 6}, own  # both states were met, and no third
    for row in rows:
        assert row["faults"] == 0 and row["found"] == row["entries"], row
        assert row["index"] in ("fits", "stale local"), row
