"""Paper in a real Chromium: one page each, filled in by hand, nothing asked of another host."""

import io
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

import docx
import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader
from served import serving

from assistant import corpus, sheets
from assistant.pipeline import Assistant
from assistant.records import FORM_IDS
from assistant.settings import Settings
from assistant.ui.sheets import pages
from assistant.wording import sheets as words

LONGEST = "为停车位打起来了，我男人喝了酒拿钢管把对方眼眶打骨折，还喊了七八个人来，说弄死他全家，孩子也挨了两下，他娘说不想活了"
A4_MM = 297


@pytest.fixture(scope="module")
def address(built_settings: Settings) -> Iterator[str]:
    with serving(built_settings) as url:
        yield url


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page; afterwards no request to another host and no error may have happened."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 900})
    foreign, problems = [], []
    opened = context.new_page()
    opened.on("request", lambda request: foreign.append(request.url) if urlparse(request.url).hostname not in ("127.0.0.1", None) else None)
    opened.on("pageerror", lambda error: problems.append(str(error)))
    yield opened
    context.close()
    assert foreign == [] and problems == []


def pdf_of(page: Page) -> PdfReader:
    return PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))


def text_of(printed: PdfReader) -> str:
    """The text of the first page; Chromium writes some letters as the radicals that look like them."""
    return unicodedata.normalize("NFKC", printed.pages[0].extract_text())


def ask(page: Page, address: str, text: str) -> None:
    page.goto(f"{address}/", wait_until="domcontentloaded")
    page.locator("#dispute textarea").fill(text)
    page.click("#ask")
    expect(page.locator("#card article.card")).to_have_count(1, timeout=20_000)


def test_the_print_button_prints_one_a4_page_of_the_longest_card(page: Page, address: str):
    ask(page, address, LONGEST)
    page.evaluate("prepareSheet()")
    printed = pdf_of(page)
    text = text_of(printed)
    assert len(printed.pages) == 1 and round(float(printed.pages[0].mediabox.height) * 25.4 / 72) == A4_MM
    assert words.PREPARE_TITLE in text and words.QUESTIONS in text and words.NEXT in text
    assert "全家" not in text  # what was typed stays off the paper


def test_the_sheet_of_every_type_is_one_page(page: Page, assistant: Assistant):
    """Laid out one after the other: only what is taller than a page's 277 mm would break."""
    for item in assistant.types:
        sheet = sheets.prepare(assistant.ask(item.typical, type_id=item.type_id), assistant.checklist)
        page.set_content(f"<style>{pages.style()} body{{margin:0}}</style>{pages.prepare_html(sheet)}")
        page.emulate_media(media="print")
        tall = page.evaluate("document.querySelector('.paper').getBoundingClientRect().height * 25.4 / 96")
        assert tall < 274, item.type_id


def test_the_sheet_is_downloaded_as_word(page: Page, address: str, tmp_path: Path):
    ask(page, address, "三楼漏水把二楼泡了，两家在楼道骂起来")
    with page.expect_download() as started:
        page.click("#prepare-word")
    started.value.save_as(tmp_path / "单.docx")
    assert started.value.suggested_filename == words.FILE_PREPARE
    assert docx.Document(tmp_path / "单.docx").paragraphs[0].text == words.PREPARE_TITLE


def test_the_agreements_open_for_the_type_of_the_card(page: Page, address: str):
    ask(page, address, "三楼漏水把二楼泡了，一直不来修")
    with page.context.expect_page() as opened:
        page.click("#agreements")
    blank = opened.value
    expect(blank.locator("#type")).to_have_value("leak")
    expect(blank.locator("#ag-leak-do")).to_be_visible()
    assert blank.locator("nav.choose a[href^='/source/']").count() >= 4


def test_every_agreement_of_every_type_is_one_page(page: Page):
    """The tallest is printed, the others measured."""
    found = corpus.read_agreements(Path("corpus/agreements.yaml"))
    types = corpus.read_taxonomy(Path("corpus/taxonomy.yaml"))
    heights = {}
    for form_id in FORM_IDS:
        for type_id in ("", *(item.type_id for item in types)):
            shown = pages.agreement_page(sheets.agreement(found, form_id, type_id), found.forms, types, [])
            page.set_content(shown)
            page.emulate_media(media="print")
            heights[form_id, type_id] = page.evaluate(
                "(() => { const paper = document.querySelector('.paper'); paper.style.minHeight = 0;"
                " return paper.getBoundingClientRect().height * 25.4 / 96; })()"
            )
    assert max(heights.values()) < 275
    for form_id in FORM_IDS:
        tallest = max((key for key in heights if key[0] == form_id), key=heights.get)
        page.set_content(pages.agreement_page(sheets.agreement(found, *tallest), found.forms, types, []))
        assert len(pdf_of(page).pages) == 1, tallest


def test_a_clause_that_is_unticked_is_not_printed(page: Page, address: str):
    page.goto(f"{address}/agreement/people?type=noise")
    page.locator("#ag-instalments input").uncheck()
    text = text_of(pdf_of(page))
    assert "剩下的可以一次要齐" not in text and "敲管子" in text and words.PRINT not in text
    page.reload()
    expect(page.locator("#ag-instalments input")).to_be_checked()  # nothing is kept


def test_the_page_of_agreements_fits_a_phone(page: Page, address: str):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}/agreement/people?type=leak")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
