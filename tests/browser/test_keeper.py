"""The keeper's whole way in a real Chromium: upload, report, accept, find, switch off, delete; write a custom, find it."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

import foreign
import pytest
from playwright.sync_api import Browser, Page, expect
from served import serving
from station import own_station

from assistant.settings import Settings
from assistant.wording import keeper as words

PASSWORD = "老槐树底下-2026"
SWAP_MS = 60_000  # seconds on a quiet machine; the test machine is shared


@pytest.fixture(scope="module")
def address(built_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(own_station(built_settings, tmp_path_factory.mktemp("所")), keeper_password=PASSWORD) as url:
        yield url


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The keeper's page, logged in; afterwards no other host was asked and no script has failed."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 768})
    foreign_hosts, problems = [], []

    def route(route) -> None:
        url = urlparse(route.request.url)
        if url.scheme in ("data", "blob") or url.hostname == "127.0.0.1":
            route.continue_()
        else:
            foreign_hosts.append(route.request.url)
            route.abort()

    context.route("**/*", route)
    opened = context.new_page()
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.goto(f"{address}/keeper")
    opened.fill("input[name=password]", PASSWORD)
    opened.get_by_role("button", name=words.LOGIN).click()
    expect(opened.get_by_role("heading", name=words.ENTRIES_TITLE)).to_be_visible()
    yield opened
    context.close()
    assert foreign_hosts == [] and problems == []


def said(page: Page) -> str:
    flash = page.locator(".flash")
    expect(flash).to_be_visible(timeout=SWAP_MS)
    return flash.inner_text()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click(timeout=SWAP_MS)


def ranked(page: Page, text: str) -> str:
    """What the search test finds for a text."""
    page.get_by_role("link", name=words.NAV["test"]).click()
    page.fill("textarea[name=text]", text)
    press(page, words.TEST_RUN)
    table = page.locator("table.ranks")
    expect(table).to_be_visible(timeout=SWAP_MS)
    return table.inner_text()


def entries(page: Page) -> None:
    page.get_by_role("link", name=words.NAV["entries"]).click()


def test_a_gbk_text_is_taken_in_found_switched_off_and_deleted(page: Page, tmp_path: Path):
    path = tmp_path / "老机器上的 文章.txt"
    path.write_bytes(foreign.scraped_gbk())
    page.get_by_role("link", name=words.NAV["import"]).first.click()
    page.set_input_files("input[type=file]", path)
    press(page, words.IMPORT_SEND)
    expect(page.get_by_role("heading", name=words.REPORT_TITLE)).to_be_visible(timeout=SWAP_MS)
    report = page.locator("main").inner_text()
    assert foreign.SECOND in report and "柳河乡调委会" in page.input_value("input[name=source]")
    assert page.input_value("input[name=title]") == foreign.TITLE and page.input_value("input[name=date]") == "2019-03-05"
    assert "十个让人笑岔气的赶集笑话" in page.locator("aside").inner_text()
    assert "笑话" not in page.locator(".kept").inner_text()
    assert foreign.SECOND not in ranked(page, foreign.SECOND)  # nothing is in before the nod
    page.go_back()
    page.goto(re.sub(r"/keeper/.*", "/keeper/import", page.url))
    page.get_by_role("link", name=words.READ_REPORT).click()
    press(page, words.ACCEPT)
    assert said(page) == words.ACCEPTED

    assert foreign.SECOND in ranked(page, foreign.SECOND)
    entries(page)
    press(page, words.DISABLE)
    assert said(page) == words.DISABLED
    assert foreign.SECOND not in ranked(page, foreign.SECOND)
    entries(page)
    press(page, words.ENABLE)
    assert said(page) == words.ENABLED
    page.get_by_text(words.DELETE, exact=True).click()
    press(page, words.DELETE_SURE)
    assert said(page) == words.DELETED
    assert foreign.SECOND not in ranked(page, foreign.SECOND)
    entries(page)
    expect(page.get_by_text(foreign.TITLE)).to_have_count(0)


def test_a_custom_is_written_and_found_under_its_region_on_the_officers_page(page: Page, address: str):
    page.get_by_role("link", name=words.NAV["note"]).first.click()
    page.select_option("select[name=region]", "东北")
    page.fill("input[name=title]", "井台轮着扫")
    for name, text in (
        ("text", "屯口的老井还有几家在用，井台一家扫一个礼拜：轮牌挂在井边的柳树上。"), ("quarrel", "轮到的那家没扫，后头的人滑了一跤。"),
        ("use", "先去看轮牌今天轮到谁家，比争谁懒管用。"), ("binding", "只在这一个屯作数。"), ("law", "真有人摔伤了，按谁有过错说话。"),
    ):
        page.fill(f"textarea[name={name}]", text)
    page.check("input[value=quarrel]")
    page.check("input[value=common_space]")
    press(page, words.NOTE_SAVE)
    assert said(page) == words.SAVED_UNREVIEWED

    officer = page.context.new_page()
    officer.goto(f"{address}/")
    officer.fill("#dispute textarea", "井台没人扫，滑了一跤，两家骂起来")
    officer.locator("#region input").click()
    officer.get_by_role("option", name="东北", exact=True).click()
    officer.click("#ask")
    custom = officer.locator("#sec-custom")
    expect(custom).to_contain_text("井台轮着扫", timeout=SWAP_MS)
    expect(custom).to_contain_text(words.UNREVIEWED_TAG)
    assert officer.locator(".vote").count() == 0  # the worklist is off

    press(page, words.APPROVE)
    assert said(page) == words.APPROVED
    officer.click("#ask")
    expect(custom).not_to_contain_text(words.UNREVIEWED_TAG, timeout=SWAP_MS)
    expect(custom).to_contain_text("井台轮着扫")


def test_votes_are_offered_only_while_the_worklist_is_on(page: Page, address: str):
    page.get_by_role("link", name=words.NAV["worklist"]).click()
    press(page, words.SWITCH_ON)
    assert said(page) == words.SWITCHED_ON
    officer = page.context.new_page()
    officer.goto(f"{address}/")
    officer.fill("#dispute textarea", "王建国家三楼漏水把二楼泡了，电话13812345678")
    officer.click("#ask")
    vote = officer.locator(".vote.useless").first
    expect(vote).to_be_visible(timeout=SWAP_MS)
    vote.click()
    expect(officer.get_by_text(words.VOTED)).to_be_visible(timeout=SWAP_MS)
    page.reload()
    table = page.locator("table")
    expect(table).to_contain_text("漏水把二楼泡了")
    assert "138" not in table.inner_text() and "建国" not in table.inner_text()
    press(page, words.SWITCH_OFF)
    assert said(page) == words.SWITCHED_OFF


def test_too_large_an_upload_is_told_before_it_is_sent(page: Page, tmp_path: Path):
    path = tmp_path / "大.txt"
    with open(path, "wb") as out:
        out.truncate(30 << 20)
    page.get_by_role("link", name=words.NAV["import"]).first.click()
    page.set_input_files("input[type=file]", path)
    press(page, words.IMPORT_SEND)
    expect(page.get_by_role("alert")).to_contain_text("太大")


def test_the_page_fits_a_narrow_screen_and_names_its_fields(page: Page):
    page.set_viewport_size({"width": 390, "height": 800})
    for path in ("", "/import", "/notes/phrasing", "/test", "/worklist", "/quality"):
        page.goto(re.sub(r"/keeper.*", f"/keeper{path}", page.url))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        unnamed = page.evaluate("[...document.querySelectorAll('input:not([type=hidden]),select,textarea')].filter(e => !e.labels.length).length")
        assert unnamed == 0, path
