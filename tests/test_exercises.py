"""Exercises: four steps in their order, cards that exist, and a fault that names file, line and mend."""

import shutil
from pathlib import Path

import pytest
from conftest import ROOT

from assistant import corpus, proofing, wording
from assistant.cli import main
from assistant.errors import CorpusInvalid
from assistant.records import DIFFICULTIES, STEPS
from assistant.settings import Settings

CORPUS = ROOT / "corpus"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CORPUS, tmp_path / "语料"))


def test_there_are_twelve_exercises_of_every_difficulty_over_ten_types():
    found = corpus.read_exercises(CORPUS)
    assert len(found) >= 12 and {item.difficulty for item in found} == set(DIFFICULTIES)
    assert len({item.type_id for item in found}) >= 10
    assert all(tuple(step.name for step in item.steps) == STEPS for item in found)


def test_the_shipped_exercises_cite_passages_and_read_well():
    found, passages = corpus.read_exercises(CORPUS), corpus.read_knowledge(CORPUS, 300).passages
    assert corpus.check_exercises(CORPUS, found, passages) == []
    assert proofing.proofread_exercises(found, CORPUS, CORPUS / "lexicon") == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [("difficulty: 中", "difficulty: 很难", "易"), ("step: 升级", "step: 转机", "报警、到场、升级、转机"),
     ("id: ex-leak-ceiling", "id: ex-leak", "ex-leak-ceiling"), ("wrap_up:", "wrapup:", "wrapup")],
)
def test_a_broken_exercise_is_named_with_its_line(copy: Path, old: str, new: str, told: str):
    path = copy / "exercises" / "ex-leak-ceiling.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CorpusInvalid) as caught:
        corpus.read_exercises(copy)
    explained = wording.explain(caught.value)
    assert "ex-leak-ceiling.yaml" in explained and told in explained


def test_check_names_a_card_that_no_passage_is(copy: Path, settings: Settings, capfd: pytest.CaptureFixture[str]):
    path = copy / "exercises" / "ex-leak-ceiling.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("leak-q6", "leak-q66", 1), encoding="utf-8")
    code = main(["check", "--corpus", str(copy)])
    _, err = capfd.readouterr()
    assert code == 1 and "ex-leak-ceiling.yaml" in err and "leak-q66" in err


def test_check_finds_a_telephone_number_in_a_story(copy: Path, capfd: pytest.CaptureFixture[str]):
    path = copy / "exercises" / "ex-leak-ceiling.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("楼下打来电话", "楼下 13800138000 打来电话", 1), encoding="utf-8")
    assert main(["check", "--corpus", str(copy)]) == 1
    assert "13800138000" in capfd.readouterr().err
