"""What an officer may rely on: every line has its source, every law line its fact, and nobody in danger is asked to give in."""

import json
import re
from functools import cache

import pytest
import yaml
from conftest import shared

from assistant import render, segmenter, sheets
from assistant.advice import withheld
from assistant.pipeline import Assistant
from assistant.records import Advice, Hit, Kind, Passage, Risk
from assistant.redlines import NO_YIELDING

# Words that ask somebody to bear it, to forgive or to make up. Questions about what was borne are none.
ASKS_TO_GIVE_IN = re.compile(
    r"(?<!怎么)忍(一忍|忍|让|着点)|让(他|她|着他|着她|一)步|各退一步|就原谅|原谅(他|她)(一回|一次|吧)|别(再)?(跟|和)(他|她)计较|大度(一?点|些)"
    r"|看在.{1,8}(份|面子)上|为了孩子(你|您|就|也)?.{0,4}(忍|过|回)|回去好好过|好好过日子|家丑不(可|能)外扬|和好(吧|算了)|握个手|就(这么)?算了吧|翻篇(吧|了吧)"
)


@cache
def described() -> tuple[dict, ...]:
    lines = shared("dev", "disputes.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(map(json.loads, lines))


@pytest.fixture(scope="module")
def cards(assistant: Assistant) -> dict[str, Advice]:
    """The card of every development description, by its id."""
    return {row["id"]: assistant.ask(row["text"]) for row in described()}


def hits_of(advice: Advice) -> list[Hit]:
    hits = [hit for part in advice.sections.values() for hit in part]
    if advice.mediability:
        hits += [*advice.mediability.grounds, *advice.mediability.basis, *advice.mediability.referrals]
    return hits


def test_every_shown_line_resolves_to_its_source_span(assistant: Assistant, cards: dict[str, Advice]):
    for advice in cards.values():
        for hit in hits_of(advice):
            passage, document = assistant.source(hit.passage.passage_id)
            assert document.text[passage.start : passage.end] == passage.text == hit.passage.text
            assert f'<mark id="span">{render.escape(passage.text)}</mark>' in render.source_page(passage, document)
        for risk in advice.risks:  # what must be done is part of the red line's own entry
            _, document = assistant.source(risk.risk_id)
            assert all(line in document.text for line in (risk.action, *risk.must, *risk.never))


def test_every_red_line_names_the_words_that_it_was_heard_in(assistant: Assistant, cards: dict[str, Advice]):
    for advice in cards.values():
        described = segmenter.fold(advice.query)
        one_clause = len(segmenter.clauses(advice.query)) < 2
        for risk in advice.risks:
            assert all(word in described for word in risk.matched)
            assert risk.matched or one_clause, f"{risk.risk_id}: {advice.query}"


@cache
def facts() -> dict[str, dict]:
    entries: dict[str, dict] = {}
    for name in ("law-facts.yaml", "law-facts-extra.yaml"):
        given = yaml.safe_load(shared("facts", name).read_text(encoding="utf-8"))
        for part in ("entries", "procedure", "red_lines"):
            entries |= {item["id"].lower(): item for item in given.get(part, [])}
    return entries


def assert_is_its_fact(passage: Passage) -> None:
    fact = facts()[passage.passage_id]
    basis = fact.get("basis", [fact])
    assert (passage.meta["law"], passage.meta["article"]) == (basis[0]["law"], basis[0]["article"])
    assert passage.meta["version"] == basis[0]["version"]
    assert numbers(passage.text) == numbers(fact["gist"]), passage.passage_id


def numbers(text: str) -> list[str]:
    """Amounts, terms and article numbers of a text, in order."""
    return re.findall(r"[一二三四五六七八九十百千万两\d]+(?:日|天|年|月|元|条|倍|小时|%)", text)


def test_every_law_line_of_the_corpus_resolves_to_its_fact(assistant: Assistant):
    laws = [passage for passage in assistant._index.passages if passage.kind is Kind.LAW]
    assert len(laws) > 400
    for passage in laws:
        assert_is_its_fact(passage)


def test_every_law_line_that_is_shown_resolves_to_its_fact(cards: dict[str, Advice]):
    for advice in cards.values():
        for hit in hits_of(advice):
            if hit.passage.kind is Kind.LAW:
                assert_is_its_fact(hit.passage)


def test_every_law_that_paper_names_resolves_to_its_fact(assistant: Assistant):
    from assistant import corpus

    agreements = corpus.read_agreements(assistant.settings.agreements_file)
    entries = [*agreements.forms, *agreements.clauses, *assistant.checklist.bring, *assistant.checklist.next]
    for law_id in {law_id for entry in entries for law_id in entry.law}:
        assert_is_its_fact(assistant.source(law_id)[0])


# --- nobody in danger is asked to give in -----------------------------------------------------


def asks_the_harmed_side_to_give_in(passage: Passage) -> bool:
    """Judged anew, not by what `withheld` says: by whom a line speaks to and by its words."""
    if passage.kind in (Kind.SAYING, Kind.CUSTOM) or passage.meta.get("role") == "出路":
        return True  # peace-making as such
    if passage.kind is not Kind.PHRASING or passage.meta["listener"] == "先动手或过错方":
        return False
    if passage.doc_id == "redlines":  # written for these very cases: only their words are judged
        return bool(ASKS_TO_GIVE_IN.search(passage.text))
    return passage.meta["stage"] in ("说理", "换位", "方案", "收尾") or bool(ASKS_TO_GIVE_IN.search(passage.text))


def standing_sets() -> set[frozenset[str]]:
    """The red lines of the development descriptions that hold one of these four, and each of the four alone."""
    labelled = {frozenset(row.get("risks", [])) for row in described()}
    return {risks for risks in labelled if risks & NO_YIELDING} | {frozenset({risk}) for risk in NO_YIELDING}


def test_over_the_whole_corpus_no_line_that_may_be_shown_asks_the_harmed_side_to_give_in(assistant: Assistant):
    for standing in standing_sets():
        risks = tuple(Risk(risk_id, "", "", (), ()) for risk_id in standing)
        shown = [passage for passage in assistant._index.passages if not withheld(passage, risks)]
        assert [passage.passage_id for passage in shown if asks_the_harmed_side_to_give_in(passage)] == []


def doubts() -> dict[str, list[str]]:
    lines = shared("dev", "label_doubts.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["id"]: row["acceptable_missing"] for row in map(json.loads, lines)}


MAY_BE_UNSEEN = 2  # descriptions whose red line is not seen at all: to be brought to 0


def test_no_card_and_no_sheet_of_such_a_description_asks_the_harmed_side_to_give_in(assistant, cards: dict[str, Advice]):
    unseen = []
    for row in described():
        labelled = NO_YIELDING & set(row.get("risks", [])) - set(doubts().get(row["id"], []))
        advice = cards[row["id"]]
        if not (labelled or NO_YIELDING & {risk.risk_id for risk in advice.risks}):
            continue
        yielding = [hit.passage.passage_id for hit in hits_of(advice) if asks_the_harmed_side_to_give_in(hit.passage)]
        on_paper = {line.source for _, _, lines in sheets.parts(sheets.prepare(advice, assistant.checklist)) for line in lines}
        if advice.status != "ok":
            assert not hits_of(advice)  # no line at all is shown, only types to tap
        elif not NO_YIELDING & {risk.risk_id for risk in advice.risks}:
            unseen.append(row["id"])
        else:
            assert yielding == [] and not {"nx-sign", "nx-again", "nx-civil"} & on_paper, row["id"]
    assert len(unseen) <= MAY_BE_UNSEEN, unseen
    if unseen:  # the red line itself was not seen; what `evaluate` counts as recall
        pytest.xfail(f"the red line is not seen in {unseen}")
