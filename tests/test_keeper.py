"""The keeper's page: nothing without the password, nothing from other pages, nothing in kiosk mode."""

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import foreign
import httpx
import pytest
from served import serving
from station import own_station

from assistant import quality
from assistant.errors import PasswordWeak
from assistant.settings import Settings
from assistant.ui.keeper.session import IDLE_SECONDS, TRIES, TRIES_OF_ALL, WAIT_SECONDS, Door
from assistant.wording import keeper as words

PASSWORD = "老槐树底下-2026"


@pytest.fixture(scope="module")
def address(built_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(own_station(built_settings, tmp_path_factory.mktemp("所")), keeper_password=PASSWORD) as url:
        yield url


@pytest.fixture
def keeper(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=120) as client:
        assert client.post("/keeper/login", data={"password": PASSWORD}).status_code == 303
        yield client


def token(client: httpx.Client, path: str = "/keeper") -> str:
    return re.search(r'name="form_token" value="([\w-]+)"', client.get(path).text).group(1)


PAGES = ["/keeper/import", "/keeper/notes/custom", "/keeper/entries/local-00000000", "/keeper/test", "/keeper/worklist", "/keeper/worklist.md", "/keeper/pending/1", "/keeper/quality"]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_shown_without_the_password(address: str, path: str):
    answer = httpx.get(address + path)
    assert answer.status_code == 401 and "口令" in answer.text and "form_token" not in answer.text


@pytest.mark.parametrize("path", ["/keeper/import", "/keeper/reload", "/keeper/test", "/keeper/worklist", "/keeper/notes/custom", "/keeper/entries/local-0/delete"])
def test_nothing_is_done_without_the_password(address: str, path: str):
    assert httpx.post(address + path, data={"act": "on"}).status_code == 401
    assert httpx.post(address + path, data={"act": "on"}, cookies={"keeper": "guess.guess"}).status_code == 401


def test_without_a_password_there_is_no_such_page(built_settings: Settings):
    with serving(built_settings) as url:
        for path in ["/keeper", *PAGES]:
            assert httpx.get(url + path).status_code == 404, path
        assert httpx.post(url + "/keeper/login", data={"password": ""}).status_code == 404
        assert httpx.post(url + "/vote", json={"passage": "leak-s1", "useful": True, "text": ""}).status_code == 404


def test_a_password_that_is_too_short_is_refused_at_the_start():
    with pytest.raises(PasswordWeak):
        Door("1234567")


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(address: str):
    cookie = httpx.post(f"{address}/keeper/login", data={"password": PASSWORD}).headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/keeper" in cookie


def test_a_form_from_another_page_is_not_obeyed(keeper: httpx.Client):
    own = token(keeper)
    assert keeper.post("/keeper/worklist", data={"act": "on"}).status_code == 403
    assert keeper.post("/keeper/worklist", data={"act": "on", "form_token": "guess"}).status_code == 403
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert keeper.post("/keeper/worklist", data={"act": "on", "form_token": own}, headers=headers).status_code == 403
    assert "现在关着" in keeper.get("/keeper/worklist").text


def test_wrong_guesses_have_to_wait(built_settings: Settings):
    now = [0.0]
    door = Door(PASSWORD, clock=lambda: now[0])
    for _ in range(TRIES):
        assert door.wait_minutes("a") == 0 and door.enter("wrong", "a") is None
    assert door.wait_minutes("a") == 10 and door.wait_minutes("b") == 0
    now[0] = WAIT_SECONDS + 1
    assert door.wait_minutes("a") == 0
    for number in range(TRIES_OF_ALL):
        door.enter("wrong", f"many-{number}")
    assert door.wait_minutes("b") == 10


def test_a_session_ends_by_itself_and_when_left():
    now = [0.0]
    door = Door(PASSWORD, clock=lambda: now[0])
    cookie = door.enter(PASSWORD, "a")
    session = door.session(cookie)
    assert session and door.session(cookie[:-1] + "x") is None and door.session("") is None
    now[0] = IDLE_SECONDS + 1
    assert door.session(cookie) is None
    again = door.enter(PASSWORD, "a")
    door.leave(door.session(again))
    assert door.session(again) is None


def test_an_upload_is_refused_in_words_and_the_good_one_waits(keeper: httpx.Client):
    files = [("files", ("../../扫描.pdf", foreign.scan())), ("files", ("好.txt", foreign.BODY.encode("gb18030")))]
    answer = keeper.post("/keeper/import", data={"form_token": token(keeper)}, files=files, follow_redirects=True)
    assert "这是扫描件" in answer.text and "<h3>扫描.pdf</h3>" in answer.text and "看报告" in answer.text


def test_an_upload_beyond_the_limit_is_not_read(keeper: httpx.Client):
    answer = keeper.post("/keeper/import", data={"form_token": token(keeper)}, files={"files": ("大.txt", b"x" * (25 << 20))})
    assert answer.status_code == 413


def test_what_a_file_says_is_shown_as_text(keeper: httpx.Client):
    evil = f"<script>alert(1)</script>怎么劝架\n{foreign.BODY}<img src=x onerror=alert(2)>谁都别急，慢慢说。\n"
    page = keeper.post("/keeper/import", data={"form_token": token(keeper)}, files={"files": ("<b>坏.txt", evil.encode())}, follow_redirects=True).text
    assert "<script>alert" not in page and "<img" not in page and "&lt;b&gt;" in page


def test_a_wrong_note_comes_back_with_what_to_mend_and_what_was_typed(keeper: httpx.Client):
    told = {"form_token": token(keeper), "region": "东北", "title": "井台", "spread": "个别", "text": "有事打13800138000", "source": "某所"}
    answer = keeper.post("/keeper/notes/custom", data=told)
    assert answer.status_code == 422 and "“怎么闹起来的”：这一项是空的" in answer.text and "有事打13800138000" in answer.text


def test_the_search_test_shows_three_ranks_and_why_something_was_held_back(keeper: httpx.Client):
    page = keeper.post("/keeper/test", data={"form_token": token(keeper), "text": "回家就跟我动手，昨晚又喝了酒，孩子吓得直哭"}).text
    for shown in ("合起来", "按字面", "按意思", "夫妻矛盾", "家庭暴力", "有红线，收起来了", "在卡片上", "类型对不上"):
        assert shown in page, shown
    refused = keeper.post("/keeper/test", data={"form_token": token(keeper), "text": "居住证怎么办"}).text
    assert "整张卡片没出" in refused and "像不像问别的事" in refused


def test_the_worklist_is_exported_as_a_table(keeper: httpx.Client, address: str):
    keeper.post("/keeper/worklist", data={"form_token": token(keeper), "act": "on"})
    vote = {"passage": "leak-s1", "useful": False, "text": "王建国家漏水|13812345678"}
    assert httpx.post(f"{address}/vote", json=vote).status_code == 200
    assert httpx.post(f"{address}/vote", json=vote, headers={"Origin": "http://evil.example"}).status_code == 403
    assert httpx.post(f"{address}/vote", data=vote).status_code == 403
    exported = keeper.get("/keeper/worklist.md")
    assert exported.headers["content-type"].startswith("text/markdown")
    (row,) = [line for line in exported.text.splitlines() if "leak-s1" in line]
    assert row.startswith("| 20") and "没用" in row and "建国" not in row and "138" not in row and row.count("|") == 5
    keeper.post("/keeper/worklist", data={"form_token": token(keeper), "act": "clear"})
    keeper.post("/keeper/worklist", data={"form_token": token(keeper), "act": "off"})
    assert httpx.post(f"{address}/vote", json=vote).status_code == 404


def test_what_was_measured_is_shown_as_table_and_picture(built_settings: Settings, tmp_path: Path):
    own = replace(built_settings, worklist_dir=tmp_path / "worklist")
    with serving(own, keeper_password=PASSWORD) as url, httpx.Client(base_url=url, timeout=120) as client:
        client.post("/keeper/login", data={"password": PASSWORD})
        assert "还没有量过" in (page := client.get("/keeper/quality").text) and words.QUALITY_COMMAND in page and "<img" not in page
        report = {
            "file": "<b>一批.jsonl", "n": 4, "first": 0.75, "p50_ms": 12.0, "intervals": {"first": [0.25, 1.0]},
            "by_type": {"noise": [1, 2], "leak": [2, 2]}, "by_style": {"<方言>": [3, 4]}, "wrong": [],
        }
        quality.keep(own.worklist_dir, [quality.measured(report, own, ["noise", "leak"], "2026-11-22")])
        answer = client.get("/keeper/quality")
        assert "&lt;b&gt;一批.jsonl" in answer.text and "大约在 25.0% 到 100.0% 之间" in answer.text and "12 毫秒" in answer.text
        drawn = [base64.b64decode(found).decode() for found in re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', answer.text)]
        assert [("头一个就对" in svg, "噪声扰民" in svg, "&lt;方言&gt;" in svg) for svg in drawn] == [
            (True, False, False), (False, True, False), (False, False, True),
        ]
        assert drawn[1].index("噪声扰民") < drawn[1].index("漏水渗水") and "1/2" in drawn[1]  # the worst on top
        assert "img-src 'self' data:" in answer.headers["content-security-policy"]
        (own.worklist_dir / quality.FILE).write_text("{", encoding="utf-8")
        damaged = client.get("/keeper/quality")
        assert damaged.status_code == 409 and "坏了" in damaged.text and "evaluate" in damaged.text


def test_the_password_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from assistant import cli

    monkeypatch.setenv(cli.KEEPER_PASSWORD, "from-the-environment")
    (tmp_path / "口令").write_text(f"{PASSWORD}\n", encoding="utf-8-sig")
    assert cli._keeper_password(tmp_path / "口令") == PASSWORD and cli._keeper_password(None) == "from-the-environment"
