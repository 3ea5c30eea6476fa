"""What a visitor of the hall may read: whole for every type, fit for the public, carried over by a code."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from assistant import corpus, pipeline, public, wording
from assistant.cli import main
from assistant.errors import CorpusInvalid, SettingsInvalid
from assistant.pipeline import Assistant
from assistant.public import Book
from assistant.records import Kind
from assistant.redlines import NO_YIELDING
from assistant.settings import Settings, load_settings
from assistant.ui.officer.handlers import Handlers
from assistant.ui.opening import Opening


@pytest.fixture(scope="module")
def book(settings: Settings) -> Book:
    return pipeline.read_book(settings)


@pytest.fixture
def copied(settings: Settings, tmp_path: Path) -> Path:
    """The corpus in a folder where a test may spoil it."""
    return Path(shutil.copytree(settings.corpus_dir, tmp_path / "corpus"))


def types_of(book: Book) -> list[str]:
    return [item.type_id for group in book.groups for item in group.types]


def test_all_types_stand_under_at_most_seven_groups_of_at_most_seven(book: Book):
    assert len(types_of(book)) == 34
    assert len(book.groups) == 7 and max(len(group.types) for group in book.groups) <= 7


def test_every_type_has_situations_and_every_part(book: Book):
    for type_id in types_of(book):
        assert 2 <= len(book.situations(type_id)) <= 5, type_id
        assert list(book.sheet(type_id).parts) == list(public.ORDER), type_id


def test_a_situation_is_short_enough_for_a_button(book: Book):
    chips = [item.meta["chip"] for type_id in types_of(book) for item in book.situations(type_id)]
    assert max(map(len, chips)) <= 16 and len(set(chips)) == len(chips)


def test_what_to_do_first_belongs_to_what_was_tapped(book: Book):
    sheet = book.sheet("leak", "leak-k1")
    assert sheet.situation.meta["chip"] == "楼上往下滴水" and "关" in sheet.situation.text


def test_every_line_of_law_names_the_entries_it_rests_on(book: Book):
    for type_id in types_of(book):
        for line in book.sheet(type_id).parts["law"]:
            assert len(line.basis) == len(line.passage.meta["basis"]) >= 1, line.passage.passage_id


def test_nothing_meant_for_the_mediator_reaches_the_public(book: Book, assistant: Assistant):
    for type_id in types_of(book):
        for situation in ["", *(item.passage_id for item in book.situations(type_id))]:
            sheet = book.sheet(type_id, situation, assistant.ask("他不讲理", type_id=type_id))
            assert not sheet.staff
            for line in sheet.lines():
                assert line.passage.doc_id.startswith("public-") or line.passage.meta.get("role") == "该找谁"


def test_for_staff_the_officers_sections_are_added(book: Book, assistant: Assistant):
    sheet = book.sheet("leak", "leak-k1", assistant.ask("楼上往下滴水", type_id="leak"), staff=True)
    assert {hit.passage.kind for hit in sheet.staff["phrasing"]} >= {Kind.PHRASING}


def test_a_person_in_danger_reads_no_word_about_getting_along(book: Book):
    sheet = book.sheet("marriage", "marriage-k2")
    assert [line.passage.meta["risk"] for line in sheet.redlines] == ["domestic_violence"]
    assert set(sheet.parts) == {"where", "bring", "law"}


def test_red_lines_of_typed_words_stand_first(book: Book, assistant: Assistant):
    sheet = book.sheet("marriage", "", assistant.ask("他喝了酒又动手打我，孩子吓得直哭"))
    assert sheet.lines()[0].passage.meta["risk"] == "domestic_violence"


def test_every_red_line_is_told_to_the_visitor_as_well(book: Book, settings: Settings):
    known = [item.risk_id for item in corpus.read_redlines(settings.redlines_file, settings.lexicon_dir)]
    assert [line.passage.meta["risk"] for line in book.redlines(known)] == known


def test_a_button_about_violence_declares_its_red_line(book: Book, assistant: Assistant):
    # the reader, not asked on the way of a tap, is asked here; a custody quarrel alone is no injured child
    for type_id in types_of(book):
        for item in book.situations(type_id):
            found = {risk.risk_id for risk in assistant.ask(item.meta["chip"], type_id=type_id).risks}
            missing = found & NO_YIELDING - set(item.meta.get("risks", ()))
            assert not missing or item.passage_id == "marriage-k5", (item.passage_id, missing)


def test_a_code_holds_ids_only_and_reads_back(book: Book):
    sheet = book.sheet("leak", "leak-k1")
    text = public.code(sheet)
    known = {line.passage.passage_id for line in sheet.lines()} | {law.passage_id for line in sheet.lines() for law in line.basis}
    assert text.startswith("tiaojie:leak-k1,") and len(text) <= 160
    assert set(public.read_code(text)) <= known


@pytest.mark.parametrize("typed", ["tiaojie:leak-k1,leak-r1", " TIAOJIE：leak-k1，leak-r1\n"])
def test_a_code_is_read_however_the_scanner_types_it(typed: str):
    assert public.read_code(typed) == ("leak-k1", "leak-r1")


def test_ordinary_words_are_no_code():
    assert public.read_code("调解：楼上漏水") == () and public.read_code("tiaojie 楼上漏水") == ()


@pytest.fixture(scope="module")
def officer(assistant: Assistant) -> Handlers:
    opening = Opening(lambda: assistant)
    opening.start()
    return Handlers(opening)


def ask(officer: Handlers, text: str, type_id: str = "") -> str:
    unknown = wording.TAP_UNKNOWN
    return officer.ask(text, wording.REGION_ANY, unknown, unknown, unknown, type_id)[0]


def test_the_officers_page_opens_the_entries_of_every_code(book: Book, officer: Handlers):
    for type_id in types_of(book):
        text = public.code(book.sheet(type_id, book.situations(type_id)[0].passage_id))
        card = ask(officer, text)
        assert all(passage_id in card for passage_id in public.read_code(text)), type_id
        assert wording.CODE_UNKNOWN.split("{")[0] not in card


def test_from_a_code_the_officer_turns_to_the_whole_card(officer: Handlers):
    assert 'id="type-leak"' in ask(officer, "tiaojie:leak-k1,leak-r1")
    assert 'id="sec-phrasing"' in ask(officer, "tiaojie:leak-k1,leak-r1", "leak")


def test_a_code_of_another_edition_says_what_it_lacks(officer: Handlers):
    card = ask(officer, "tiaojie:leak-k1,gone-k9")
    assert wording.CODE_UNKNOWN.format(count=1) in card and "leak-k1" in card


def test_what_is_written_for_visitors_opens_as_a_source(assistant: Assistant):
    passage, document = assistant.source("leak-k1")
    assert document.text[passage.start : passage.end] == passage.text and document.title == "漏水渗水"


def test_searching_does_not_return_what_was_written_for_visitors(assistant: Assistant):
    hits = assistant.search("先接水、断电，再拍照 楼上往下滴水", count=30)
    assert not [hit.passage.passage_id for hit in hits if hit.document.doc_id.startswith("public-")]


@pytest.mark.parametrize(
    ("written", "spoilt", "field"),
    [
        ("basis: [civil-property-loss]", "basis: [no-such-law]", "basis"),
        ("chip: 下水道返脏水", "chip: 下水道返脏水返得厨房卫生间到处都是脏水", "chip"),
        ("  - id: leak-kc2", "  - id: leak-kc1", "id"),
        ("  - id: leak-k5\n", "  - id: leak-k5\n    risks: [nothing_known]\n", "risks"),
    ],
)
def test_check_names_file_line_and_field_of_a_bad_public_record(copied: Path, written: str, spoilt: str, field: str):
    path = copied / "public" / "leak.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(written) == 1
    path.write_text(text.replace(written, spoilt), encoding="utf-8")
    with pytest.raises(CorpusInvalid) as caught:
        corpus.read_knowledge(copied, 300)
    assert [(fault.path, fault.field) for fault in caught.value.faults] == [(path, field)]
    assert caught.value.faults[0].line > 1 and str(path) in wording.explain(caught.value)


def test_check_proofreads_what_visitors_read(copied: Path, capsys: pytest.CaptureFixture[str]):
    path = copied / "public" / "leak.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("墙泡了能修", "请高度重视，墙泡了能修"), encoding="utf-8")
    assert main(["check", "--corpus", str(copied)]) == 1
    assert "leak-kc1" in capsys.readouterr().err


def test_a_station_adds_lines_of_its_own(copied: Path, settings: Settings):
    own = copied / "local" / "public"
    own.mkdir(parents=True)
    text = "id: leak\nsource: 本所\ndate: 2026-11-22\nhelps:\n  - id: own-leak-1\n    text: 调解室在一楼左手第二间。\n"
    (own / "leak.yaml").write_text(text, encoding="utf-8")
    there = replace(settings, corpus_dir=copied, taxonomy_file=copied / "taxonomy.yaml")
    lines = pipeline.read_book(there).sheet("leak").parts["helps"]
    assert lines[-1].passage.text == "调解室在一楼左手第二间。"


def test_a_mistyped_audience_is_refused_with_the_choices(tmp_path: Path):
    path = tmp_path / "settings.yaml"
    path.write_text("audience: everybody", encoding="utf-8")
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(path)
    assert "public" in wording.explain(caught.value) and "staff" in wording.explain(caught.value)
