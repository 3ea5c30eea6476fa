"""The commands keep the contract: answers on stdout, all else on stderr, exit codes, one JSON a line."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from conftest import ROOT
from contract import ASK, SEARCH

from assistant.cli import main
from assistant.settings import Settings


@pytest.fixture
def run(built_settings: Settings, capfd: pytest.CaptureFixture[str]):
    """Run a command over the test index; returns (exit code, stdout, stderr)."""

    def run(*argv: str) -> tuple[int, str, str]:
        code = main([*argv[:1], "--index", str(built_settings.index_dir), *argv[1:]])
        out, err = capfd.readouterr()
        return code, out, err

    return run


def test_ask_prints_one_json_object_that_fits_the_contract(run):
    code, out, _ = run("ask", "楼上漏水把我家泡了", "--json")
    (line,) = out.splitlines()
    jsonschema.validate(json.loads(line), ASK)
    assert code == 0


def test_ask_prints_a_card_that_a_person_can_read(run):
    _, out, _ = run("ask", "楼上漏水把我家泡了")
    assert "漏水渗水" in out and "【大白话】" in out and "【法律依据】" in out


def test_ask_batch_answers_every_line_in_order(run, tmp_path: Path):
    path = tmp_path / "批.jsonl"
    rows = [{"id": "一", "text": "楼上漏水"}, {"id": "二", "text": ""}, {"id": "三", "text": "红白事撞一块", "region": "东北"}]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    _, out, _ = run("ask", "--batch", str(path), "--json")
    answers = [json.loads(line) for line in out.splitlines()]
    for answer in answers:
        jsonschema.validate(answer, ASK)
    assert [answer["id"] for answer in answers] == ["一", "二", "三"]
    assert answers[1]["status"] == "rejected"


def test_a_bad_batch_line_is_named(run, tmp_path: Path):
    path = tmp_path / "坏.jsonl"
    path.write_text('{"id": "一", "text": "楼上漏水"}\n{"id": \n', encoding="utf-8")
    code, _, err = run("ask", "--batch", str(path), "--json")
    assert code == 1 and "第 2 行" in err


def test_search_fits_the_contract_and_keeps_its_filters(run):
    _, out, _ = run("search", "漏水怎么劝", "--kind", "phrasing", "--type", "leak", "--stage", "降温", "-k", "3", "--json")
    answer = json.loads(out)
    jsonschema.validate(answer, SEARCH)
    assert answer["hits"]
    assert all(hit["kind"] == "phrasing" and hit["meta"]["stage"] == "降温" and "leak" in hit["types"] for hit in answer["hits"])


@pytest.mark.parametrize("mode", ["hybrid", "lexical", "dense"])
def test_search_ranks_best_first_in_every_mode(run, mode: str):
    _, out, _ = run("search", "天花板漏水", "--mode", mode, "--json")
    scores = [hit["score"] for hit in json.loads(out)["hits"]]
    assert scores and scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("text", ["", "😀", "<b>", "\ud800", "x" * 100_000])
def test_no_input_ends_in_a_traceback(run, text: str):
    code, out, err = run("ask", text, "--json")
    assert code == 0 and "Traceback" not in err
    jsonschema.validate(json.loads(out), ASK)


def test_wrong_usage_exits_with_two():
    with pytest.raises(SystemExit) as caught:
        main(["ask"])
    assert caught.value.code == 2


def test_a_missing_index_is_told_in_chinese_with_the_command_that_mends_it(tmp_path: Path, capfd):
    code = main(["ask", "--index", str(tmp_path / "没有"), "楼上漏水"])
    out, err = capfd.readouterr()
    assert code == 1 and out == "" and "python -m assistant build" in err


def test_an_unknown_setting_lists_the_known_ones(tmp_path: Path, capfd):
    path = tmp_path / "settings.yaml"
    path.write_text("prot: 7860\n", encoding="utf-8")
    code = main(["ask", "--settings", str(path), "楼上漏水"])
    assert code == 1 and "prot" in (err := capfd.readouterr().err) and "port" in err


def test_check_passes_on_the_shipped_corpus(run):
    code, _, err = run("check")
    assert code == 0 and "没有发现问题" in err


def test_asking_leaves_no_trace_of_what_was_typed(built_settings: Settings, tmp_path: Path):
    secret = "张冠李戴路八十八号楼上漏水"
    before = {path: path.stat().st_mtime_ns for path in built_settings.index_dir.rglob("*")}
    done = subprocess.run(
        [sys.executable, "-m", "assistant", "ask", "--index", str(built_settings.index_dir), secret],
        cwd=ROOT, env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}, capture_output=True, text=True,
    )
    assert done.returncode == 0 and secret not in done.stderr
    assert {path: path.stat().st_mtime_ns for path in built_settings.index_dir.rglob("*")} == before
    assert not any(secret.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
