"""The officer's page in a real Chromium: type, read, open a source, print; no other host is asked."""

from collections.abc import Iterator
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, Page, expect
from served import serving

from assistant import wording
from assistant.settings import Settings

DISPUTE = "三楼漏水把二楼泡了，两家在楼道骂起来，他抄起铁锹拍了我一下，胳膊骨折住院了"


@pytest.fixture(scope="module")
def address(built_settings: Settings) -> Iterator[str]:
    with serving(built_settings) as url:
        yield url


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The page, ready to type in; afterwards no request to another host and no error may have happened."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 768})
    foreign, problems = [], []

    def route(route) -> None:
        url = urlparse(route.request.url)
        if url.scheme in ("data", "blob") or url.hostname == "127.0.0.1":
            route.continue_()
        else:
            foreign.append(route.request.url)
            route.abort()

    context.route("**/*", route)
    opened = context.new_page()
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("dialog", lambda dialog: (problems.append(dialog.message), dialog.dismiss()))
    opened.on("response", lambda response: problems.append(f"{response.status} {response.url}") if response.status >= 400 else None)
    opened.goto(f"{address}/", wait_until="domcontentloaded")
    expect(opened.locator("#dispute textarea")).to_be_visible(timeout=20_000)
    yield opened
    context.close()
    assert foreign == [] and problems == []


def ask(page: Page, text: str) -> None:
    page.locator("#dispute textarea").fill(text)
    page.click("#ask")
    expect(page.locator("#card article.card")).to_have_count(1, timeout=20_000)


def test_an_officer_reads_phrasing_law_and_red_line(page: Page):
    ask(page, DISPUTE)
    expect(page.locator("#sec-risks .risk").first).to_be_visible()
    expect(page.locator("#sec-phrasing li.phrasing").first).to_be_visible()
    expect(page.locator("#sec-law li.law").first).to_contain_text("第")
    assert page.locator("#card li.hit .cite a.source").count() == page.locator("#card li.hit").count()


def test_the_source_opens_with_the_span_marked(page: Page):
    ask(page, DISPUTE)
    line = page.locator("#sec-phrasing li.phrasing").first
    said = line.locator(".say").inner_text()
    with page.context.expect_page() as opened:
        line.locator("a.source").click()
    source = opened.value
    expect(source.locator("mark#span")).to_have_text(said)


def test_a_tap_changes_the_card_that_is_there(page: Page):
    ask(page, "两家为车位吵起来，推了几下")
    expect(page.locator("#card")).not_to_contain_text("可能构成轻伤的伤情")
    page.locator("#tap-injury label").filter(has_text=wording.TAP_YES).first.click()
    expect(page.locator("#sec-risks")).to_contain_text("可能构成轻伤的伤情", timeout=10_000)


def test_a_type_chip_turns_the_card_to_that_type(page: Page):
    ask(page, DISPUTE)
    chip = page.locator("#card button.type").nth(1)
    name = chip.evaluate("element => element.firstChild.textContent")
    chip.click()
    expect(page.locator("#card button.type").first).to_contain_text(name, timeout=10_000)


def test_a_picked_type_stays_when_a_tap_is_answered(page: Page):
    ask(page, DISPUTE)
    chip = page.locator("#card button.type").nth(1)
    name = chip.evaluate("element => element.firstChild.textContent")
    chip.click()
    expect(page.locator("#card button.type").first).to_contain_text(name, timeout=10_000)
    page.locator("#tap-injury label").filter(has_text=wording.TAP_YES).first.click()
    expect(page.locator("#sec-risks")).to_contain_text("可能构成轻伤的伤情", timeout=10_000)
    expect(page.locator("#card button.type").first).to_contain_text(name)


def test_a_word_that_was_taken_for_another_can_be_switched_off_and_on(page: Page):
    ask(page, "公家管子返水，厨房里都是黑汤")
    term = page.locator("#card button.term").first
    said = term.evaluate("element => element.firstChild.textContent")
    term.click()
    off = page.locator("#card button.term.off")
    expect(off).to_have_text(said, timeout=10_000)
    off.click()
    expect(page.locator("#card button.term.off")).to_have_count(0, timeout=10_000)


def test_the_banner_says_whether_it_may_be_settled_and_follows_the_tap(page: Page):
    ask(page, "两家为了地边子吵得厉害")
    expect(page.locator("#sec-mediability.civil")).to_be_visible()
    page.locator("#tap-blows label").filter(has_text=wording.TAP_YES).first.click()
    expect(page.locator("#sec-mediability.yes")).to_be_visible(timeout=10_000)


def test_enter_while_an_input_method_composes_does_not_submit(page: Page):
    page.locator("#dispute textarea").click()
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "loushang", "selectionStart": 8, "selectionEnd": 8})
    page.evaluate(
        """() => document.querySelector("#dispute textarea").dispatchEvent(
            new KeyboardEvent("keypress", {key: "Enter", code: "Enter", keyCode: 13, isComposing: true, bubbles: true, cancelable: true}))"""
    )
    session.send("Input.insertText", {"text": "楼上漏水"})
    page.wait_for_timeout(800)
    assert page.locator("#card article.card").count() == 0
    page.locator("#dispute textarea").press("Enter")
    expect(page.locator("#card article.card")).to_have_count(1, timeout=20_000)


def test_an_example_fills_the_box_and_answers(page: Page):
    page.locator("#examples summary").click()
    page.locator("button.example").first.click()
    expect(page.locator("#card article.card")).to_have_count(1, timeout=20_000)
    assert page.locator("#dispute textarea").input_value() == wording.EXAMPLES[0]


def test_a_phrasing_line_is_copied_as_it_stands(page: Page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, DISPUTE)
    line = page.locator("#sec-phrasing li.phrasing").first
    line.locator("button.copy").click()
    expect(line.locator("button.copy")).to_have_text(wording.COPIED)
    assert page.evaluate("navigator.clipboard.readText()") == line.locator(".say").inner_text()


def test_nothing_typed_stays_in_the_browser(page: Page):
    ask(page, DISPUTE)
    assert page.evaluate("JSON.stringify([localStorage, sessionStorage])") == "[{},{}]"
    assert page.evaluate("indexedDB.databases()") == []


def test_clearing_empties_box_and_card(page: Page):
    ask(page, DISPUTE)
    page.click("#clear")
    expect(page.locator("#card article.card")).to_have_count(0)
    expect(page.locator("#dispute textarea")).to_have_value("")


def test_an_empty_box_gets_a_sentence_not_an_error(page: Page):
    page.click("#ask")
    expect(page.locator("#card")).to_contain_text("请先写下纠纷的经过", timeout=20_000)


def test_the_page_fits_a_phone(page: Page):
    page.set_viewport_size({"width": 390, "height": 844})
    ask(page, DISPUTE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_code_from_the_hall_opens_its_entries_and_then_the_whole_card(page: Page):
    ask(page, "tiaojie:leak-k1,leak-r1,m-292-build")
    expect(page.locator("#sec-code li.hit")).to_have_count(3)
    assert page.locator("#sec-code a.source").count() == 3
    page.locator("#type-leak").click()
    expect(page.locator("#sec-phrasing li.phrasing").first).to_be_visible(timeout=10_000)
