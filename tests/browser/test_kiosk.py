"""The hall's screen in a real Chromium: three taps, boxes and contrast, time running out, nothing left behind, paper."""

import os
import re
import socket
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from pathlib import Path
from urllib.parse import quote

import httpx
import pypdf
import pytest
import yaml
from playwright.sync_api import Browser, BrowserContext, Page, expect
from served import serving

from assistant.settings import Settings
from assistant.wording import kiosk as words

SCREENS = ((1080, 1920), (1920, 1080), (1366, 768))
SMALLEST = (18, 24, 30)  # px of any text at the three settings
NAME, NUMBER = "欧阳慕容", "13812345678"
TYPED = f"{NAME}住我楼上，电话{NUMBER}，把我家天花板泡了，上去敲门他不开"

# Every violation on the page as it stands: boxes to tap, contrast, size and spacing of every text.
MEASURE = """(smallest) => {
  const bad = [], shown = (item) => item.checkVisibility({visibilityProperty: true, opacityProperty: true});
  const channels = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const light = (colour) => {
    const [r, g, b] = channels(colour).map((value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (item) => {
    for (let at = item; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor, parts = channels(colour);
      if (getComputedStyle(at).opacity !== "1") bad.push("opacity " + at.className);
      if (parts.length === 3 || parts[3] === 1) return colour;
      if (parts[3] > 0) bad.push("half transparent " + at.className);
    }
    return "rgb(255, 255, 255)";
  };
  const contrast = (a, b) => { const [low, high] = [light(a), light(b)].sort((x, y) => x - y); return (high + 0.05) / (low + 0.05); };
  const text = (item, style, name) => {
    const size = parseFloat(style.fontSize), ratio = contrast(style.color, behind(item));
    if (ratio < 4.5) bad.push(`contrast ${ratio.toFixed(2)}: ${name}`);
    if (size < smallest) bad.push(`size ${size}: ${name}`);
    if (parseFloat(style.lineHeight) / size < 1.499) bad.push(`line height ${style.lineHeight}/${size}: ${name}`);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const item = walker.currentNode.parentElement, name = walker.currentNode.textContent.trim();
    if (name && item && !item.closest("script, style, #paper, svg") && shown(item)) text(item, getComputedStyle(item), name.slice(0, 12));
  }
  const boxes = [...document.querySelectorAll("a[href], button, textarea, [role=button]")].filter(shown);
  for (const item of boxes) {
    const box = item.getBoundingClientRect(), name = (item.innerText || item.getAttribute("aria-label") || item.id || "").trim();
    const least = item.matches(".size") ? 44 : 60;
    if (Math.min(box.width, box.height) < least - 0.5) bad.push(`box ${box.width}x${box.height}: ${name}`);
    if (box.left < 0 || box.right > innerWidth + 0.5) bad.push("off the screen: " + name);
    if (!name && !item.labels?.length) bad.push("no name: " + item.outerHTML.slice(0, 60));
    for (const other of boxes) {
      const that = other.getBoundingClientRect();
      const apart = box.right <= that.left + 0.5 || that.right <= box.left + 0.5 || box.bottom <= that.top + 0.5 || that.bottom <= box.top + 0.5;
      const scrolled = Boolean(item.closest("main")) !== Boolean(other.closest("main"));  // the list runs under the bar
      if (other !== item && !apart && !scrolled) bad.push(`over each other: ${name} / ${other.innerText}`);
    }
    if (item.matches("textarea")) text(item, {...getComputedStyle(item, "::placeholder"), ...Object.fromEntries(
      ["color", "fontSize", "lineHeight"].map((key) => [key, getComputedStyle(item, "::placeholder")[key]]))}, "placeholder");
  }
  if (document.documentElement.scrollWidth > innerWidth || document.querySelector("main").scrollWidth > document.querySelector("main").clientWidth) bad.push("wider than the screen");
  if (document.querySelectorAll(".choice").length > 7) bad.push("more than seven choices");
  const bar = document.querySelector("nav").getBoundingClientRect();
  if (bar.bottom > innerHeight + 0.5 || bar.height > innerHeight * 0.32) bad.push(`bar ${bar.top} to ${bar.bottom}`);
  if (document.querySelectorAll("select, [draggable=true], input[type=range]").length) bad.push("a drop-down or something to drag");
  return bad;
}"""


@pytest.fixture(scope="module")
def address(built_settings: Settings) -> Iterator[str]:
    with serving(built_settings, kiosk=True) as url:
        yield url


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(locale="zh-CN", viewport={"width": 1080, "height": 1920})
    foreign: list[str] = []
    problems: list[str] = []
    opened.on("request", lambda request: None if request.url.startswith(("http://127.0.0.1", "data:", "blob:")) else foreign.append(request.url))
    opened.on("weberror", lambda error: problems.append(str(error.error)))
    yield opened
    opened.close()
    assert foreign == [] and problems == []


@pytest.fixture
def page(context: BrowserContext, address: str) -> Page:
    opened = context.new_page()
    opened.goto(address)
    return opened


def violations(page: Page, size: int) -> list[str]:
    found = []
    for width, height in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        found += [f"{width}x{height} size {size} {page.url}: {line}" for line in page.evaluate(MEASURE, SMALLEST[size])]
    return found


def tap(page: Page, selector: str) -> None:
    before = page.url
    page.locator(selector).click()
    page.wait_for_url(lambda url: url != before, wait_until="load")


@pytest.mark.parametrize("size", range(3))
@pytest.mark.timeout(600)
def test_every_type_is_three_taps_away_and_every_page_on_the_way_can_be_read_and_hit(page: Page, address: str, size: int):
    found, measured, walked = [], set(), 0
    for group in range(1, 8):
        count, number = 1, 0
        while number < count:
            page.goto(f"{address}/groups?size={size}" if size else address)  # the size is no tap of the way
            taps = 0
            for selector in (f'a.choice[href^="/group/{group}"]', f"a.choice >> nth={number}", "a.choice >> nth=0"):
                if page.url not in measured:
                    measured.add(page.url)
                    found += violations(page, size)
                tap(page, selector)
                taps += 1
                if taps == 1:
                    count = page.locator("a.choice").count()
            expect(page.locator("main section.first")).to_be_visible()
            expect(page.locator("main .part.helps, main .redline").first).to_be_attached()
            assert taps <= 3
            found += violations(page, size)
            walked, number = walked + 1, number + 1
    assert walked == 34
    for path in ("/say", "/result/marriage/marriage-k2", "/result/leak/all", "/group/9"):
        page.goto(f"{address}{path}?size={size}")
        found += violations(page, size)
    page.goto(f"{address}/say?size={size}")
    ask(page, "他不讲理")
    found += violations(page, size)
    assert found == [], "\n".join(found[:20])


def ask(page: Page, text: str) -> None:
    page.fill("#text", text)
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.click("button.main")
    expect(page.locator("[data-print], .message").first).to_be_visible()


def test_asking_and_the_countdown_can_be_read_and_hit_too(page: Page, address: str):
    page.clock.install()
    page.goto(f"{address}/say?size=2")
    ask(page, TYPED)
    assert violations(page, 2) == []
    page.clock.fast_forward(61_000)
    expect(page.locator("#still")).to_be_visible()
    assert violations(page, 2) == []


def test_the_size_can_be_changed_without_losing_what_was_asked(page: Page, address: str):
    page.goto(f"{address}/say")
    ask(page, TYPED)
    title = page.locator("h1").first.inner_text()
    page.click('a.size[data-size="2"]')
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") >= "30px"
    assert page.locator("h1").first.inner_text() == title
    assert all("size=2" in link or link == "/" for link in page.eval_on_selector_all("nav a:not(.size)", "all => all.map(a => a.getAttribute('href'))"))


def test_what_lies_below_is_reached_by_tapping(page: Page, address: str):
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(f"{address}/result/leak/leak-k1?size=2")
    for _ in range(30):
        if not page.locator('[data-scroll="1"]').is_visible():
            break
        page.click('[data-scroll="1"]')
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(page.locator(".carry .code")).to_be_in_viewport()
    page.click('[data-scroll="-1"]')
    expect(page.locator('[data-scroll="1"]')).to_be_visible()


def test_sixty_seconds_of_quiet_ask_and_twenty_more_wipe(page: Page, address: str):
    page.clock.install()
    page.goto(f"{address}/result/debt/debt-k1")
    page.clock.fast_forward(59_000)
    expect(page.locator("#still")).to_be_hidden()
    page.clock.fast_forward(2_000)
    expect(page.locator("#still")).to_contain_text(words.STILL_THERE)
    expect(page.locator("#still-left")).to_contain_text("19")
    page.clock.fast_forward(20_000)
    page.wait_for_url(f"{address}/")
    expect(page.locator(".hero")).to_contain_text(words.START)


@pytest.mark.parametrize("selector", ["[data-continue]", ".veil .box h2"])
def test_a_tap_anywhere_continues(page: Page, address: str, selector: str):
    page.clock.install()
    page.goto(f"{address}/result/debt/debt-k1")
    page.clock.fast_forward(65_000)
    page.locator(f"#still {selector}" if selector.startswith("[") else selector).first.click()
    expect(page.locator("#still")).to_be_hidden()
    page.clock.fast_forward(50_000)
    expect(page.locator("#still")).to_be_hidden()
    assert page.url.endswith("/result/debt/debt-k1")


def test_the_countdown_can_be_cut_short(page: Page, address: str):
    page.clock.install()
    page.goto(f"{address}/result/debt/debt-k1")
    page.clock.fast_forward(65_000)
    page.click("[data-leave]")
    page.wait_for_url(f"{address}/")


def test_scrolling_and_typing_count_as_use(page: Page, address: str):
    page.clock.install()
    page.goto(f"{address}/say")
    page.clock.fast_forward(50_000)
    page.locator("#text").press_sequentially("楼")
    page.clock.fast_forward(50_000)
    expect(page.locator("#still")).to_be_hidden()


def test_the_first_screen_does_not_count_down(page: Page, address: str):
    page.clock.install()
    page.goto(address)
    page.clock.fast_forward(600_000)
    expect(page.locator("#still")).to_be_hidden()


def test_back_shows_nothing_of_the_one_before(page: Page, address: str):
    tap(page, "a.choice >> nth=0")
    tap(page, "a.choice >> nth=0")
    tap(page, "a.choice >> nth=0")
    tap(page, 'nav a[href="/"]')
    page.go_back(wait_until="commit")
    assert page.url in (f"{address}/", "about:blank")
    page.wait_for_load_state()
    page.wait_for_timeout(1000)  # Chromium swaps the page behind about:blank; until then it has no history to go forward in
    page.go_forward(wait_until="commit")
    assert "/result/" not in page.url and page.locator(".first").count() == 0


def test_what_somebody_typed_is_gone_for_the_next(page: Page, address: str):
    page.goto(f"{address}/say")
    ask(page, TYPED)
    tap(page, 'nav a[href="/"]')
    tap(page, 'nav a[href^="/say"]')
    expect(page.locator("#text")).to_have_value("")
    page.reload()
    expect(page.locator("#text")).to_have_value("")


def test_two_sessions_stay_apart(browser: Browser, address: str):
    first, second = (browser.new_context(locale="zh-CN") for _ in range(2))
    mine, theirs = first.new_page(), second.new_page()
    mine.goto(f"{address}/say")
    theirs.goto(f"{address}/say?size=1")
    ask(mine, TYPED)
    ask(theirs, "他喝了酒又动手打我，孩子吓得直哭")
    assert NAME not in theirs.content() and NAME not in mine.locator("main").inner_text()
    expect(mine.locator("h1").first).to_contain_text("漏水渗水")
    expect(theirs.locator("main .redline")).not_to_have_count(0)
    expect(mine.locator("main .redline")).to_have_count(0)
    mine.click('a.size[data-size="2"]')
    assert theirs.locator("html").get_attribute("data-size") == "1"
    first.close()
    second.close()


def test_a_tap_while_the_server_restarts_waits_and_then_goes_on(page: Page, address: str):
    page.route("**/health", lambda route: route.abort())
    page.click("a.choice >> nth=0")
    expect(page.locator("#wait")).to_contain_text(words.WAIT)
    page.unroute("**/health")
    page.wait_for_url("**/group/1")


def test_a_storm_of_reloads_leaves_it_whole(page: Page, address: str):
    page.goto(f"{address}/groups")
    with ThreadPoolExecutor(20) as others:
        statuses = list(others.map(lambda _: httpx.get(f"{address}/result/leak/leak-k1").status_code, range(300)))
    for _ in range(20):
        page.reload()
    tap(page, "a.choice >> nth=0")
    assert set(statuses) == {200}
    expect(page.locator("a.choice")).to_have_count(6)


def test_motion_is_left_out_for_those_who_asked_for_it(browser: Browser, address: str):
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(address)
    assert page.evaluate("getComputedStyle(document.querySelector('.start')).animationName") == "none"
    context.close()


# --- paper ------------------------------------------------------------------------------------


def paper(page: Page, path: Path) -> pypdf.PdfReader:
    page.evaluate("preparePaper()")
    page.pdf(path=str(path), prefer_css_page_size=True)
    return pypdf.PdfReader(path)


def printed(sheet: pypdf.PdfReader) -> str:
    """The words on the sheet; Chromium writes some characters as their radicals."""
    return unicodedata.normalize("NFKC", sheet.pages[0].extract_text()).replace("\n", "")


@pytest.mark.timeout(600)
def test_every_result_fits_one_sheet_of_paper(page: Page, address: str, tmp_path: Path):
    for link in re.findall(r'href="(/group/\d)"', httpx.get(address).text):
        for type_page in re.findall(r'href="(/type/\w+)"', httpx.get(address + link).text):
            first = re.findall(r'href="(/result/[\w/-]+)"', httpx.get(address + type_page).text)
            page.goto(address + first[0])
            sheet = paper(page, tmp_path / "sheet.pdf")
            assert len(sheet.pages) == 1, first[0]
            width, height = (float(side) / 72 * 25.4 for side in sheet.pages[0].mediabox[2:])
            assert (round(width), round(height)) == (210, 297)


def test_the_sheet_carries_citations_and_ids(page: Page, address: str, tmp_path: Path):
    page.goto(f"{address}/result/leak/leak-k1")
    text = printed(paper(page, tmp_path / "sheet.pdf"))
    assert "第一千一百八十四条" in text and "leak-kl3" in text and words.HOME not in text


def test_a_receipt_is_one_page_as_long_as_it_needs(browser: Browser, built_settings: Settings, tmp_path: Path):
    with serving(replace(built_settings, kiosk_paper="80mm"), kiosk=True) as url:
        page = browser.new_page()
        for path in ("/result/leak/leak-k1", "/result/marriage/marriage-k2"):
            page.goto(url + path)
            sheet = paper(page, tmp_path / "receipt.pdf")
            assert len(sheet.pages) == 1 and round(float(sheet.pages[0].mediabox[2]) / 72 * 25.4) == 80
        page.close()


def test_typed_words_are_on_paper_only_when_asked_for(page: Page, address: str, tmp_path: Path):
    page.add_init_script("window.print = () => {}")
    page.goto(f"{address}/say")
    ask(page, TYPED)
    assert NUMBER not in printed(paper(page, tmp_path / "plain.pdf"))
    page.evaluate("leavePaper()")
    page.click("[data-typed]")
    expect(page.locator("[data-typed]")).to_have_attribute("aria-pressed", "true")
    sheet = paper(page, tmp_path / "asked.pdf")
    assert NUMBER in printed(sheet) and NAME in printed(sheet) and len(sheet.pages) == 1
    page.evaluate("leavePaper()")
    page.click("[data-typed]")
    assert NUMBER not in printed(paper(page, tmp_path / "plain.pdf"))


# --- traces -----------------------------------------------------------------------------------


@pytest.fixture
def own_server(built_settings: Settings, tmp_path: Path) -> Iterator[str]:
    """`app.py --kiosk` as it is started in a station, with a temp folder and a log of its own."""
    written = {field.name: getattr(built_settings, field.name) for field in fields(Settings)}
    plain = {key: str(value) if isinstance(value, Path) else value for key, value in written.items()}
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump(plain, allow_unicode=True), encoding="utf-8")
    (tmp_path / "temp").mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    root = Path(__file__).resolve().parent.parent.parent
    command = [sys.executable, str(root / "app.py"), "--kiosk", "--settings", str(tmp_path / "settings.yaml"), "--port", str(port)]
    with open(tmp_path / "server.log", "wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path, env=os.environ | {"TMPDIR": str(tmp_path / "temp"), "HOME": str(tmp_path)})
        for _ in range(600):
            try:
                if httpx.get(f"http://127.0.0.1:{port}/health").text == "ready":
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
        process.terminate()
        process.wait(20)


def test_after_the_time_is_up_a_name_and_a_number_are_found_nowhere(browser: Browser, own_server: str, tmp_path: Path):
    profile = tmp_path / "profile"
    context = browser.browser_type.launch_persistent_context(
        profile, executable_path=browser_path(), args=["--headless", "--no-sandbox", "--disable-gpu"], locale="zh-CN",
    )
    page = context.pages[0]
    answers: list[str] = []
    addresses: list[str] = []
    page.on("response", lambda answer: (addresses.append(answer.url), answers.append(answer.text() if answer.status == 200 else "")))
    page.clock.install()
    page.goto(f"{own_server}/say")
    page.locator("#text").press_sequentially(TYPED)
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.click("button.main")
    expect(page.locator("[data-print]")).to_be_visible()
    page.clock.fast_forward(61_000)
    expect(page.locator("#still")).to_be_visible()
    page.clock.fast_forward(20_000)
    page.wait_for_url(f"{own_server}/")
    kept = page.evaluate(
        """async () => JSON.stringify([localStorage, sessionStorage, document.cookie, window.name, history.state, history.length,
           await indexedDB.databases(), await caches.keys(), (await navigator.serviceWorker.getRegistrations()).length, document.documentElement.outerHTML])"""
    )
    assert kept.startswith('[{},{},"","",null,') and context.cookies() == []
    assert not any(secret in text for secret in (NAME, NUMBER, quote(NAME)) for text in [kept, *answers, *addresses])
    page.go_back(wait_until="commit")
    assert NAME not in page.content()
    context.close()
    left = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and not path.is_symlink()}
    assert any(b"127.0.0.1" in content for path, content in left.items() if path.is_relative_to(profile))  # it can be read
    assert (tmp_path / "server.log") in left
    for secret in (NAME.encode(), NAME.encode("utf-16-le"), NUMBER.encode(), NUMBER.encode("utf-16-le"), quote(NAME).encode()):
        assert [str(path) for path, content in left.items() if secret in content] == []


def browser_path() -> str:
    import shutil

    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""


@pytest.mark.parametrize(
    ("style", "told"),
    [
        ("p.emergency{color:#c77}", "contrast"), (".choice b{background:#0a4a48}", "contrast"), (".choice span{font-size:17px}", "size"),
        (".choice{line-height:1.4} .choice b,.choice span{line-height:1.4}", "line height"), ("nav .button{min-height:50px;height:50px}", "box"),
        (".choice{min-height:0;height:40px;overflow:hidden}", "box"), (".choices{width:3000px}", "off the screen"),
        (".choice b{opacity:.9}", "opacity"), ("nav .button{margin-right:-40px}", "over each other"),
    ],
)
def test_the_measure_itself_finds_what_is_wrong(page: Page, style: str, told: str):
    assert page.evaluate(MEASURE, 18) == []
    page.add_style_tag(content=style)
    assert any(line.startswith(told) for line in page.evaluate(MEASURE, 18))
