"""The trainer's desk in a real Chromium: search, collect, order, remark, save, reopen, export, exercise."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

import docx
import pptx
import pytest
from playwright.sync_api import Browser, Page, expect
from served import serving

from assistant.settings import Settings
from assistant.wording import lesson as words


@pytest.fixture(scope="module")
def address(built_settings: Settings) -> Iterator[str]:
    with serving(built_settings) as url:
        yield url


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The desk with its first results; afterwards no request to another host and no error may have happened."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 768}, accept_downloads=True)
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
    opened.on("response", lambda response: problems.append(f"{response.status} {response.url}") if response.status >= 500 else None)
    opened.on("dialog", lambda dialog: (problems.append(dialog.message), dialog.dismiss()))
    opened.goto(f"{address}/lesson", wait_until="domcontentloaded")
    expect(opened.locator("#results article").first).to_be_visible(timeout=30_000)
    yield opened
    context.close()
    assert foreign == [] and problems == []


def settled(page: Page) -> None:
    expect(page.locator("#results")).to_have_attribute("aria-busy", "false")


def search(page: Page, text: str) -> None:
    page.fill("#text", text)
    page.press("#text", "Enter")
    settled(page)


def facet(page: Page, name: str, value: str) -> None:
    page.click(f'#facets [data-facet="{name}"] [data-value="{value}"]')
    settled(page)
    expect(page.locator(f'#facets [data-facet="{name}"] [data-value="{value}"]')).to_have_attribute("aria-pressed", "true")


def collect(page: Page, count: int) -> None:
    held = page.locator("#basket-items .item").count()
    for number in range(count):
        page.locator("#results [data-add]:not([aria-disabled=true])").first.click()
        expect(page.locator("#basket-items .item")).to_have_count(held + number + 1)


def order(page: Page) -> list[str]:
    return page.locator("#basket-items .item").evaluate_all("rows => rows.map((row) => row.dataset.id)")


def eight_over_three_types(page: Page) -> None:
    for type_id, kind, count in (("noise", "grievance", 3), ("leak", "phrasing", 3), ("debt", "law", 2)):
        facet(page, "type_id", type_id)
        facet(page, "kind", kind)
        collect(page, count)
        page.click("[data-reset]")
        settled(page)


def download(page: Page, selector: str) -> tuple[str, bytes]:
    with page.expect_download() as caught:
        page.click(selector)
    return caught.value.suggested_filename, Path(caught.value.path()).read_bytes()


def test_a_lesson_is_collected_ordered_remarked_saved_reopened_and_exported(page: Page, address: str, tmp_path: Path):
    eight_over_three_types(page)
    page.fill("#lesson-title", "试讲一课")
    page.press("#lesson-title", "Tab")
    third = order(page)[2]
    page.locator(f'.item[data-id="{third}"] .up').click()
    expect(page.locator("#said")).to_have_text(words.MOVED.format(number=2))
    assert order(page)[1] == third
    page.locator(f'.item[data-id="{third}"] textarea').fill("先念这一条")
    page.locator(f'.item[data-id="{third}"] textarea').press("Tab")
    kept = order(page)

    name, saved = download(page, "#save")
    assert name == "试讲一课.json" and len(kept) == 8
    assert "先念这一条" in saved.decode() and set(json.loads(saved)) == {"format", "title", "sections"}

    page.click("#empty")
    expect(page.locator("#basket-items .item")).to_have_count(0)
    (tmp_path / "课.json").write_bytes(saved)
    page.set_input_files("#file", tmp_path / "课.json")
    expect(page.locator("#basket-items .item")).to_have_count(8)
    assert order(page) == kept
    expect(page.locator(f'.item[data-id="{third}"] textarea')).to_have_value("先念这一条")

    name, handout = download(page, "[data-export=docx]")
    quotes = [p for p in docx.Document(io.BytesIO(handout)).paragraphs if p.style.name == "Quote"]
    assert name == "试讲一课.docx" and len(quotes) == 8
    name, slides = download(page, "[data-export=pptx]")
    assert name == "试讲一课.pptx" and sum(s.has_notes_slide for s in pptx.Presentation(io.BytesIO(slides)).slides) == 8
    name, text = download(page, "[data-export=md]")
    assert name == "试讲一课.md" and text.decode().count("\n### ") == 8 and "先念这一条" in text.decode()


def test_the_basket_is_this_tabs_alone_and_survives_a_reload(page: Page, address: str):
    collect(page, 2)
    kept = order(page)
    page.reload()
    expect(page.locator("#basket-items .item")).to_have_count(2)
    assert order(page) == kept
    assert page.evaluate("localStorage.length") == 0
    other = page.context.new_page()
    other.goto(f"{address}/lesson")
    expect(other.locator("#results article").first).to_be_visible()
    expect(other.locator("#basket-items .item")).to_have_count(0)


def test_what_vanished_or_changed_is_named_when_a_lesson_is_opened(page: Page, tmp_path: Path):
    basket = {"format": "lesson-1", "title": "旧课", "sections": [{"title": "", "items": [
        {"id": "leak-s10", "remark": "", "mark": "000000000000"}, {"id": "leak-s999", "remark": "", "mark": ""}]}]}
    (tmp_path / "旧.json").write_text(json.dumps(basket), encoding="utf-8")
    page.set_input_files("#file", tmp_path / "旧.json")
    expect(page.locator("#said")).to_contain_text(words.GONE_LISTING.format(ids="leak-s999"))
    expect(page.locator("#said")).to_contain_text(words.CHANGED_LISTING.format(ids="leak-s10"))


def test_a_file_that_is_no_basket_leaves_the_basket_alone(page: Page, tmp_path: Path):
    collect(page, 1)
    kept = order(page)
    (tmp_path / "别的.json").write_text("[]", encoding="utf-8")
    with page.expect_response("**/lesson/open") as answer:
        page.set_input_files("#file", tmp_path / "别的.json")
    assert answer.value.status == 422
    expect(page.locator("#said")).to_contain_text("存成文件")
    assert order(page) == kept


def test_filters_count_live_and_a_zero_one_cannot_be_chosen(page: Page):
    facet(page, "kind", "phrasing")
    shown = page.locator('#facets [data-facet="stage"] [data-value="换位"]')
    promised = int(shown.locator("small").inner_text())
    shown.click()
    settled(page)
    expect(page.locator(".count")).to_contain_text(f"找到 {promised} 条")
    page.click("[data-reset]")
    settled(page)
    facet(page, "kind", "law")
    expect(page.locator('#facets [data-facet="listener"] [data-value="老人"]')).to_be_disabled()


def test_an_article_number_opens_the_article(page: Page):
    search(page, "民法典第288条")
    expect(page.locator(".articles article").first).to_contain_text("第二百八十八条")
    search(page, "公司法第二十条")
    expect(page.locator(".articles")).to_contain_text("公司法")


def test_context_leads_to_the_next_passage_and_the_source_shows_the_span(page: Page):
    search(page, "楼上半夜拖椅子")
    facet(page, "kind", "grievance")
    page.locator("#results [data-place]").first.click()
    dialog = page.locator("#place")
    expect(dialog.locator("article")).to_be_visible()
    after = dialog.locator(".after p").inner_text()
    dialog.locator("[data-go=after]").click()
    expect(dialog.locator("article .text")).to_have_text(after)
    with page.context.expect_page() as opened:
        dialog.locator("article a").click()
    expect(opened.value.locator("mark#span")).to_have_text(after)


def test_a_types_tree_opens_and_feeds_the_basket(page: Page):
    page.select_option("#tree-type", "leak")
    expect(page.locator("#results details.branch").first).to_be_visible()
    collect(page, 1)


def test_the_desk_works_by_keyboard_alone(page: Page):
    page.keyboard.press("Tab")
    page.locator("body").press("/")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("漏水")
    page.keyboard.press("Enter")
    settled(page)
    for _ in range(2):
        page.locator("#results [data-add]:not([aria-disabled=true])").first.focus()
        held = len(order(page))
        page.keyboard.press("Enter")
        expect(page.locator("#basket-items .item")).to_have_count(held + 1)
    first, second = order(page)
    page.locator(f'.item[data-id="{second}"]').focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("#said")).to_have_text(words.MOVED.format(number=1))
    assert order(page) == [second, first]
    page.locator(f'.item[data-id="{second}"]').focus()
    page.keyboard.press("Delete")
    expect(page.locator("#basket-items .item")).to_have_count(1)
    page.locator(f'.item[data-id="{first}"]').focus()
    page.keyboard.press("Control+z")
    expect(page.locator("#basket-items .item")).to_have_count(2)
    assert order(page) == [second, first]


def test_sections_are_made_filled_and_merged_back(page: Page):
    collect(page, 1)
    page.click("#new-part")
    expect(page.locator(".part input")).to_have_count(2)
    page.locator(".part input").nth(1).fill("第二段")
    page.locator(".part input").nth(1).press("Tab")
    collect(page, 1)
    last = order(page)[1]
    page.locator(f'.item[data-id="{last}"] .up').click()
    expect(page.locator(".part + .item + .item + .part")).to_have_count(1)
    page.click(f"text={words.REMOVE_PART}")
    expect(page.locator(".part")).to_have_count(0)
    assert len(order(page)) == 2


def test_a_long_export_shows_that_it_is_under_way(page: Page):
    collect(page, 1)
    page.route("**/lesson/export/docx", lambda route: (page.wait_for_timeout(300), route.continue_()))
    with page.expect_download():
        page.click("[data-export=docx]")
        expect(page.locator("#working progress")).to_be_visible()
        expect(page.locator("[data-export=pptx]")).to_be_disabled()
    expect(page.locator("#working")).to_be_hidden()


def test_a_line_of_the_officers_card_goes_into_the_same_basket(page: Page, address: str):
    page.goto(f"{address}/officer/")
    page.locator("#dispute textarea").fill("三楼漏水把二楼泡了，两家在楼道骂起来")
    page.click("#ask")
    page.locator("#sec-phrasing button.collect").first.click()
    page.locator("#sec-phrasing a.to-desk").click()
    expect(page.locator("#basket-items .item")).to_have_count(1, timeout=20_000)


def test_an_exercise_is_told_step_by_step_and_keeps_its_cards_hidden(page: Page, address: str):
    page.goto(f"{address}/lesson/practice")
    page.select_option("select[name=type]", "leak")
    page.select_option("select[name=difficulty]", "中")
    page.click("form button")
    page.locator(".exercises a").first.click()
    stories = page.locator(".story")
    expect(stories.nth(0)).to_be_visible()
    expect(stories.nth(1)).to_be_hidden()
    expect(page.locator(".cards article").first).to_be_hidden()
    page.locator(".cards summary").first.click()
    expect(page.locator(".cards article").first).to_be_visible()
    for step in range(1, 4):
        page.locator("details.next > summary").nth(step - 1).focus()
        page.keyboard.press("Enter")
        expect(stories.nth(step)).to_be_visible()


def test_a_cell_of_the_heat_map_opens_what_it_counts(page: Page, address: str):
    page.goto(f"{address}/lesson/coverage")
    cell = page.locator("tbody tr").nth(1).locator("td a").nth(9)
    count = cell.inner_text()
    cell.click()
    expect(page.locator(".count")).to_contain_text(f"找到 {count} 条", timeout=20_000)
