"""Corpus files become passages that are spans of their files; faults name file, line, field and mend."""

import re
import shutil
from pathlib import Path

import pytest
from conftest import ROOT

from assistant import corpus, wording
from assistant.errors import CorpusInvalid
from assistant.records import Kind


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the corpus to spoil."""
    return Path(shutil.copytree(ROOT / "corpus", tmp_path / "语料"))


def spoil(path: Path, old: str, new: str) -> int:
    """Replace the first occurrence in a file; returns the line it stands on, counted from 1."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def faults(folder: Path) -> list[str]:
    with pytest.raises(CorpusInvalid) as caught:
        corpus.read_knowledge(folder, 300)
    return [wording.explain_fault(fault) for fault in caught.value.faults]


def test_every_passage_is_a_span_of_its_document():
    found = corpus.read_knowledge(ROOT / "corpus", 300)
    texts = {document.doc_id: document.text for document in found.documents}
    for passage in found.passages:
        assert texts[passage.doc_id][passage.start : passage.end] == passage.text


def test_a_document_is_its_file_as_written():
    for document in corpus.read_knowledge(ROOT / "corpus", 300).documents:
        assert document.text == (ROOT / "corpus" / document.file).read_text(encoding="utf-8")


def test_ids_are_unique_and_stay_the_same_when_read_again():
    first = [passage.passage_id for passage in corpus.read_knowledge(ROOT / "corpus", 300).passages]
    second = [passage.passage_id for passage in corpus.read_knowledge(ROOT / "corpus", 300).passages]
    assert first == second
    assert len(first) == len(set(first))


def test_a_missing_field_is_named_with_file_and_line(copy: Path):
    line = spoil(copy / "disputes" / "leak.yaml", "    setting: 面对面\n", "")

    (message,) = faults(copy)

    assert "leak.yaml" in message and "setting" in message and "请补上" in message
    assert abs(int(re.search(r"第 (\d+) 行", message).group(1)) - line) <= 3  # the entry that lacks it


def test_a_mistyped_key_is_refused_because_its_text_would_be_lost(copy: Path):
    spoil(copy / "disputes" / "leak.yaml", "    avoid:", "    aviod:")
    messages = faults(copy)
    assert any("aviod" in message and "不认识这一项" in message for message in messages)


def test_an_unknown_stage_lists_the_known_ones(copy: Path):
    spoil(copy / "disputes" / "leak.yaml", "stage: 开场", "stage: 开头")
    (message,) = faults(copy)
    assert "开场" in message and "回访" in message


def test_an_unknown_type_is_named(copy: Path):
    path = sorted((copy / "law").glob("*.yaml"))[0]
    spoil(path, "types: [", "types: [leek, ")
    assert any("leek" in message and path.name in message for message in faults(copy))


def test_an_article_that_a_red_line_names_for_one_crime_only_must_exist(copy: Path):
    line = spoil(copy / "redlines.yaml", "- law: rl-extort", "- law: rl-extrot")
    (message,) = faults(copy)
    assert "redlines.yaml" in message and "rl-extrot" in message
    assert int(re.search(r"第 (\d+) 行", message).group(1)) <= line


def test_an_article_at_the_heart_of_a_dispute_must_exist_and_be_of_its_type(copy: Path):
    line = spoil(copy / "disputes" / "elder.yaml", "ln-14-duty", "ln-41-duty")
    other = spoil(copy / "disputes" / "leak.yaml", "wg-55-hazard", "za-88-noise")
    unknown, strange = faults(copy)
    assert "elder.yaml" in unknown and f"第 {line} 行" in unknown and "没有编号为 ln-41-duty" in unknown
    assert "leak.yaml" in strange and f"第 {other} 行" in strange and "za-88-noise 没有标上这个类型" in strange


def test_a_sign_of_one_crime_that_cannot_be_read_is_named_with_its_line(copy: Path):
    line = spoil(copy / "redlines.yaml", "          - 敲诈|", "          - 敲诈(|")
    with pytest.raises(CorpusInvalid) as caught:
        corpus.read_redlines(copy / "redlines.yaml", copy / "lexicon")
    (fault,) = caught.value.faults
    assert (fault.path.name, fault.line) == ("redlines.yaml", line)


def test_an_id_used_twice_is_named(copy: Path):
    spoil(copy / "disputes" / "leak.yaml", "id: leak-g2", "id: leak-g1")
    assert any("leak-g1" in message and "用过" in message for message in faults(copy))


def test_a_folded_text_is_refused_because_it_is_no_span(copy: Path):
    path = copy / "disputes" / "leak.yaml"
    text = re.search(r"id: leak-g1\n    text: (.{12})", path.read_text(encoding="utf-8")).group(1)
    spoil(path, f"text: {text}", f"text: {text}\n      ")
    assert any("一整行" in message for message in faults(copy))


def test_broken_yaml_names_its_line(copy: Path):
    spoil(copy / "disputes" / "leak.yaml", "grievances:\n", "grievances: [\n")
    assert any("leak.yaml" in message and "格式读不懂" in message for message in faults(copy))


def test_a_file_that_is_not_utf8_is_named(copy: Path):
    path = copy / "disputes" / "leak.yaml"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    assert any("UTF-8" in message for message in faults(copy))


def test_all_faults_of_all_files_are_told_at_once(copy: Path):
    spoil(copy / "disputes" / "leak.yaml", "stage: 开场", "stage: 开头")
    spoil(copy / "disputes" / "noise.yaml", "stage: 开场", "stage: 开头")
    assert len(faults(copy)) == 2


def test_a_station_adds_its_own_custom_without_touching_code(copy: Path):
    folder = copy / "local" / "customs"
    folder.mkdir(parents=True)
    (folder / "本地.yaml").write_text(
        "region: 本地\nsource: 本所\ndate: 2026-11-22\ncustoms:\n"
        "  - id: bendi-01\n    title: 让路\n    types: [passage]\n    spread: 个别\n    text: 两车相遇，空车让重车。\n"
        "    quarrel: 都说自己是重车。\n    use: 请老人说说规矩。\n    binding: 只是习惯。\n    law: 以法律为准。\n",
        encoding="utf-8",
    )
    added = [p for p in corpus.read_knowledge(copy, 300).passages if p.passage_id == "bendi-01"]
    assert [passage.kind for passage in added] == [Kind.CUSTOM]


def test_long_text_is_cut_at_sentences_and_nothing_is_lost():
    text = "甲说了一句话。" * 100 + "\n\n乙也说了一句。\n"
    from assistant.records import Document

    document = Document("d", "d.txt", "题目", text, "", "")
    passages = corpus.split_article(document, 0, 300, {})

    assert all(passage.text.endswith("。") and len(passage.text) <= 310 for passage in passages)
    assert re.sub(r"\s", "", "".join(passage.text for passage in passages)) == re.sub(r"\s", "", text)
