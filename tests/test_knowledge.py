"""The corpus holds what it promises, reads as it should, and says nothing of law that was not verified."""

import random
import re

import pytest
import yaml
from conftest import ROOT, shared

from assistant import corpus, coverage, proofing, wording
from assistant.records import Kind
from assistant.segmenter import read_word_list

CORPUS = ROOT / "corpus"
LEXICON = CORPUS / "lexicon"


@pytest.fixture(scope="module")
def found() -> corpus.Corpus:
    return corpus.read_knowledge(CORPUS, 300)


def test_no_type_stage_or_side_falls_short(found: corpus.Corpus):
    assert coverage.shortfalls(found.passages, corpus.read_taxonomy(CORPUS / "taxonomy.yaml")) == []


def test_every_type_has_fifteen_everyday_wordings():
    assert {t: len(texts) for t, texts in corpus.read_wordings(CORPUS / "disputes").items() if len(texts) < 15} == {}


def test_the_lexicon_is_as_large_as_promised():
    lexicon = corpus.read_lexicon(LEXICON)
    assert len(read_word_list(LEXICON / "words.txt")) >= 2_000
    assert len(lexicon.wordings) >= 800
    assert len(lexicon.signs) >= 2_500


def test_the_shipped_corpus_passes_its_proofreader(found: corpus.Corpus):
    assert [wording.explain_fault(fault) for fault in proofing.proofread(found, CORPUS, LEXICON)] == []


def test_the_proofreader_finds_what_it_is_there_for(found: corpus.Corpus):
    from dataclasses import replace

    line = next(passage for passage in found.passages if passage.kind is Kind.PHRASING)
    spoiled = [
        replace(line, text="这件事要高度重视，妥善处理。"),
        replace(line, text="再闹就抓你。"),
        replace(line, text="打13800138000找王建国同志。"),
        replace(line, passage_id="twin"),
    ]
    faults = proofing.proofread(corpus.Corpus(found.documents, (line, *spoiled)), CORPUS, LEXICON)
    assert {fault.problem for fault in faults} >= {"officialese", "harsh", "phone", "person", "near_duplicate"}


def facts() -> dict[str, dict]:
    entries = {}
    for name in ("law-facts.yaml", "law-facts-extra.yaml"):
        given = yaml.safe_load(shared("facts", name).read_text(encoding="utf-8"))
        for part in ("entries", "procedure", "red_lines"):
            entries |= {item["id"].lower(): item for item in given.get(part, [])}
    return entries


def test_thirty_random_law_lines_agree_with_the_verified_facts(found: corpus.Corpus):
    known = facts()
    laws = [passage for passage in found.passages if passage.kind is Kind.LAW]
    for passage in random.Random().sample(laws, 30):
        fact = known[passage.passage_id]
        basis = fact["basis"][0] if "basis" in fact else fact
        assert passage.meta["law"] == basis["law"]
        assert passage.meta["article"] == basis["article"]
        assert passage.meta["version"] == basis["version"]
        assert numbers(passage.text) == numbers(fact["gist"])


def numbers(text: str) -> list[str]:
    """Amounts, terms and article numbers of a text, in order."""
    return re.findall(r"[一二三四五六七八九十百千万两\d]+(?:日|天|年|月|元|条|倍|小时|%)", text)


def test_every_law_line_has_a_version_and_a_checked_on_date(found: corpus.Corpus):
    for passage in found.passages:
        if passage.kind is Kind.LAW:
            assert passage.meta["version"] and re.fullmatch(r"\d{4}-\d{2}-\d{2}", passage.meta["checked_on"])


def test_every_red_line_names_what_to_do_what_not_and_on_what_ground(found: corpus.Corpus):
    redlines = corpus.read_redlines(CORPUS / "redlines.yaml", LEXICON)
    assert len(redlines) == 10
    assert all(item.must and item.never and item.basis and item.signs for item in redlines)


def test_every_red_line_has_what_to_ask_where_it_was_not_told_plainly(found: corpus.Corpus):
    asked = {risk for item in found.passages if item.kind is Kind.QUESTION for risk in item.meta.get("risks", ())}
    assert asked == {item.risk_id for item in corpus.read_redlines(CORPUS / "redlines.yaml", LEXICON)}


def test_dispute_files_cite_no_article_number():
    for path in (CORPUS / "disputes").glob("*.yaml"):
        assert not re.search(r"第[一二三四五六七八九十百千\d]+条", path.read_text(encoding="utf-8")), path.name
