"""The bank of descriptions keeps its promises, and the tool that adds to it tells what is wrong."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from conftest import shared

from assistant.proofing import bigrams
from training import bank
from training.examples import cuts


def test_the_bank_holds_what_it_promises():
    found = bank.figures(bank.descriptions(), bank.traps(), bank.clauses())
    short = {name: (found[name], wanted) for name, wanted in bank.PROMISED.items() if found[name] < wanted}
    assert short == {}


def test_no_phone_numbers_no_near_duplicates_no_shared_openings():
    assert [problem for problem in bank.check() if problem.split(":")[0] not in bank.PROMISED] == []


def test_a_situation_lies_in_one_split_only():
    splits: dict[str, set[str]] = {}
    for row in bank.descriptions():
        splits.setdefault(row.situation, set()).add(row.split)
    assert all(len(found) == 1 for found in splits.values())


def test_labels_are_known():
    types = bank.known_types()
    for row in bank.descriptions():
        assert set(row.types) <= types and set(row.risks) <= set(bank.RISKS)


def test_nothing_of_the_development_sets_is_in_the_bank():
    given = set()
    for name in ("disputes", "negatives", "pairs"):
        for line in shared("dev", f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            given |= {bigrams(row[key]) for key in ("text", "a", "b", "c") if len(row.get(key, "")) >= 8}
    own = [bigrams(row.text) for row in (*bank.descriptions(), *bank.clauses())]
    own += [bigrams(t) for x in bank.traps() for t in (x.a, x.b, x.c)]
    for text in own:
        for other in given:
            if len(text & other) > 0.6 * len(text | other):
                pytest.fail("a description of the bank stands in ../shared/dev: " + "".join(sorted(text))[:60])


def test_the_compact_form_is_read(tmp_path: Path):
    path = tmp_path / "漏水.txt"
    path.write_text("# leak,quarrel ! injury\nf*|通用|顶上往下滴，他还推我一跤\nj|东北|报警人称楼上漏水\n", encoding="utf-8")
    first, second = bank.parse(path, frozenset({"leak", "quarrel"}))
    assert (first.types, first.risks, first.implicit, first.style) == (["leak", "quarrel"], ["injury"], True, "第一人称")
    assert second.region == "东北" and second.situation == first.situation and second.split == first.split


@pytest.mark.parametrize("line", ["# leek", "f|通用", "q|通用|话", "f|火星|话"])
def test_a_bad_line_is_named(tmp_path: Path, line: str):
    path = tmp_path / "坏.txt"
    path.write_text(f"# leak\n{line}\n", encoding="utf-8")
    with pytest.raises(bank.LineInvalid, match=r"坏\.txt:2"):
        list(bank.parse(path, frozenset({"leak"})))


def test_clauses_are_stored_once_each_and_a_bad_line_is_named(tmp_path: Path):
    path = tmp_path / "one.txt"
    path.write_text("injury,crime|后槽牙让他捣下来两颗\n-|啃骨头崩了一颗后槽牙\n-|啃骨头崩了一颗后槽牙\n", encoding="utf-8")
    assert bank.add_clauses(path, tmp_path) == 2
    assert [(item.text, item.risks) for item in bank.clauses(tmp_path)] == [
        ("后槽牙让他捣下来两颗", ["injury", "crime"]), ("啃骨头崩了一颗后槽牙", [])
    ]
    for line in ("wepon|话", "injury|", "|话", "话"):
        path.write_text(f"-|好话\n{line}\n", encoding="utf-8")
        with pytest.raises(bank.LineInvalid, match=r"one\.txt:2"):
            bank.add_clauses(path, tmp_path)


def test_a_clause_that_nearly_is_a_line_of_the_test_split_is_found():
    row = bank.Description("s-1-a", "s-1", STORY, ["pets"], ["weapon"], "第一人称", False, "通用", "test")
    found = [bank.Clause("c-1", STORY[:-3], []), bank.Clause("c-2", "他家狗叫了一年", []), bank.Clause("c-3", "他家狗叫了一年", [])]
    told, twice = sorted(bank.clause_faults(found, [row]))
    assert "c-1" in told and "s-1-a" in told and "told 2 times" in twice


STORY = "他家狗叫了一年，昨天把我堵在巷口，拿砖头拍我头上，缝了六针，我就想他把狗拴好"


def marked_bank(tmp_path: Path, lines: str) -> Path:
    """A bank of one description, and a file of marks beside it."""
    row = bank.Description("s-1-a", "s-1", STORY, ["pets"], ["weapon", "injury"], "第一人称", False, "通用", "train")
    (tmp_path / "s.jsonl").write_text(json.dumps(asdict(row), ensure_ascii=False) + "\n", encoding="utf-8")
    (tmp_path / "marks.txt").write_text(lines, encoding="utf-8")
    return tmp_path / "marks.txt"


def test_what_is_marked_is_stored_and_a_later_mark_takes_its_place(tmp_path: Path):
    assert bank.mark(marked_bank(tmp_path, "s-1-a|weapon|拿砖头拍我头上\ns-1-a|injury|缝了六针\n"), tmp_path) == 1
    assert bank.mark(marked_bank(tmp_path, "s-1-a|injury|拍我头上|缝了六针\n"), tmp_path) == 1
    assert bank.marks(tmp_path)["s-1-a"].words == {"injury": ["拍我头上", "缝了六针"]}


@pytest.mark.parametrize("line", ["s-1-b|injury|缝了六针", "s-1-a|gang|缝了六针", "s-1-a|injury|缝了七针", "s-1-a|injury"])
def test_a_mark_that_does_not_fit_its_description_is_named(tmp_path: Path, line: str):
    with pytest.raises(bank.LineInvalid, match=r"marks\.txt:1"):
        bank.mark(marked_bank(tmp_path, line), tmp_path)


def test_a_marked_description_is_learned_from_as_its_danger_and_as_what_is_left_of_it():
    row = bank.Description("s-1-a", "s-1", STORY, ["pets"], ["weapon", "injury"], "第一人称", False, "通用", "train")
    pieces = {item.text: item for item in cuts(row, {"weapon": ["拿砖头拍我头上"], "injury": ["拿砖头拍我头上", "缝了六针"]})}
    struck, hurt = pieces["拿砖头拍我头上"], pieces["拿砖头拍我头上，缝了六针"]
    assert struck.risks == ("weapon",) and struck.unsure == {"injury"}
    assert hurt.risks == ("weapon", "injury") and not hurt.unsure
    calm = pieces["他家狗叫了一年，昨天把我堵在巷口，我就想他把狗拴好"]
    assert calm.risks == () and not calm.unsure and not calm.labels


def test_a_red_line_that_is_not_marked_is_left_open_in_the_pieces():
    row = bank.Description("s-1-a", "s-1", STORY, ["pets"], ["weapon", "injury"], "第一人称", False, "通用", "train")
    assert all("injury" in item.unsure for item in cuts(row, {"weapon": ["拿砖头拍我头上"]}))


def test_marks_stand_in_the_train_split_and_fit_their_descriptions():
    rows = {row.id: row for row in bank.descriptions()}
    assert len(bank.marks()) >= 5_000
    assert {rows[name].split for name in bank.marks()} == {"train"}
