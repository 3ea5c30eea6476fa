"""The hall's screen over HTTP: only its own routes, nothing said back, nothing kept, no error whatever is sent."""

import random
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urljoin

import httpx
import pytest
from served import serving
from starlette.testclient import TestClient

from assistant import wording
from assistant.settings import Settings
from assistant.ui.opening import Opening
from assistant.ui.server import create_kiosk_app
from assistant.wording import kiosk as words
from benchmarks.kiosk_soak import Visitor

ALLOWED = re.compile(r"/|/groups|/group/[1-7]|/type/[a-z_]+|/result/[a-z_]+/[a-z0-9-]+|/say")
NAME, NUMBER = "欧阳慕容", "13812345678"
TYPED = f"{NAME}住我楼上，电话{NUMBER}，把我家天花板泡了，上去敲门他不开"


@pytest.fixture(scope="module")
def address(built_settings: Settings) -> Iterator[str]:
    with serving(built_settings, kiosk=True) as url:
        yield url


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address) as opened:
        yield opened


def test_a_crawler_reaches_every_type_and_nothing_but_the_kiosk(client: httpx.Client):
    seen, waiting = set(), ["/"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = client.get(path)
        assert answer.status_code == 200, path
        found = re.findall(r'(?:href|src|action)="([^"]+)"', answer.text)
        links = {urljoin(path, link).split("?")[0] for link in found if not link.startswith("data:")}
        assert all(ALLOWED.fullmatch(link) for link in links), (path, links)
        waiting += links - seen
    assert len({path for path in seen if path.startswith("/type/")}) == 34
    assert {path.split("/")[2] for path in seen if path.startswith("/result/")} == {path.split("/")[2] for path in seen if path.startswith("/type/")}


@pytest.mark.parametrize(
    "path",
    ["/officer", "/officer/", "/source/leak-s1", "/docs", "/redoc", "/openapi.json", "/lesson", "/lesson/", "/keeper", "/keeper/",
     "/gradio_api/upload", "/gradio_api/queue/data", "/gradio_api/file=/etc/passwd", "/gradio_api/info", "/config", "/theme.css",
     "/officer/gradio_api/info", "/officer/gradio_api/file=/etc/passwd", "/assets/index.js", "/static/x", "/manifest.json", "/monitoring",
     "/settings", "/upload", "/../settings.yaml", "/%2e%2e/settings.yaml", "//etc/passwd", "/result/leak/../../x", "/metrics"],
)
def test_other_pages_uploads_files_and_documentation_are_not_there(client: httpx.Client, path: str):
    assert client.get(path).status_code == 404
    assert client.post(path, content=b"{}").status_code in (403, 404)


@pytest.mark.parametrize("path", ["/type/nothing", "/result/leak/nothing", "/result/leak/noise-k1", "/result/nothing/all", "/group/9"])
def test_what_does_not_exist_says_so_and_leads_home(client: httpx.Client, path: str):
    answer = client.get(path)
    assert answer.status_code == 404 and words.NOT_HERE in answer.text and 'href="/"' in answer.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH"])
def test_only_reading_and_asking(client: httpx.Client, method: str):
    assert client.request(method, "/say").status_code == 404


def test_no_cookie_and_nothing_for_a_cache(client: httpx.Client):
    for path in ("/", "/groups", "/type/leak", "/result/leak/leak-k1", "/say"):
        answer = client.get(path)
        assert "set-cookie" not in answer.headers and answer.headers["cache-control"] == "no-store"
        assert "connect-src 'self'" in answer.headers["content-security-policy"]


def test_typed_words_come_back_in_no_answer(client: httpx.Client):
    answer = client.post("/say", data={"text": TYPED})
    assert "漏水渗水" in answer.text and "《民法典》" in answer.text
    assert NAME not in answer.text and NUMBER not in answer.text and "set-cookie" not in answer.headers
    assert NAME not in client.post("/say", data={"text": f"{NAME}不讲理"}).text


def test_typed_words_are_never_taken_from_an_address(client: httpx.Client):
    assert client.get("/say", params={"text": TYPED}).text == client.get("/say").text


def test_two_visitors_do_not_meet(client: httpx.Client):
    client.post("/say", data={"text": TYPED})
    before = client.get("/result/noise/noise-k1").text
    client.post("/say", data={"text": "他喝了酒又动手打我"})
    assert client.get("/result/noise/noise-k1").text == before


def test_danger_in_typed_words_comes_first_with_the_emergency_sentence(client: httpx.Client):
    for text in ("他喝了酒又动手打我，孩子吓得直哭", "我不想活了"):
        page = client.post("/say", data={"text": text}).text
        page = page[page.index("<main"):]
        assert words.EMERGENCY in page
        assert page.index('class="redline"') < min(page.find(mark) % 10**9 for mark in ('class="part', "<textarea", 'class="choices"'))


@pytest.mark.parametrize(
    ("text", "told"),
    [("", words.NOTHING_WRITTEN), ("   ", words.NOTHING_WRITTEN), ("你好", words.NOT_A_DISPUTE), ("他不讲理", words.NOT_SURE),
     ("hello", words.NOT_A_DISPUTE)],
)
def test_what_is_not_understood_gets_a_kind_sentence(client: httpx.Client, text: str, told: str):
    answer = client.post("/say", data={"text": text})
    assert answer.status_code == 200 and told in answer.text and words.EMERGENCY in answer.text


def test_a_form_from_another_page_is_refused(client: httpx.Client):
    for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
        assert client.post("/say", data={"text": "楼上漏水"}, headers=headers).status_code == 403


def test_files_are_not_taken(client: httpx.Client):
    assert client.post("/say", files={"text": ("x.txt", b"hello")}).status_code == 415


def test_a_body_is_limited_on_the_server(client: httpx.Client):
    assert client.post("/say", content="text=" + "a" * 30_000, headers={"content-type": "application/x-www-form-urlencoded"}).status_code == 413
    assert client.post("/say", data={"text": "楼上漏水。" * 400}).status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"%", b"text", b"text=%ff%fe", b"a=1&b=2&c=3&d=4&e=5&f=6", b"\x00\x01", "text=楼上漏水".encode("gb18030"), b"text=%ED%A0%80"],
)
def test_no_body_breaks_it(client: httpx.Client, body: bytes):
    answer = client.post("/say", content=body, headers={"content-type": "application/x-www-form-urlencoded"})
    assert "<main" in answer.text and "Traceback" not in answer.text and answer.status_code == 200


def test_a_size_that_is_none_of_the_three_is_the_standard_one(client: httpx.Client):
    assert 'data-size="0"' in client.get("/groups?size=99").text and 'data-size="2"' in client.get("/groups?size=2").text


def test_the_page_gives_a_sign_of_life_that_the_system_can_watch(client: httpx.Client):
    assert client.get("/alive").status_code == 204
    assert client.get("/health/page").status_code == 200 and client.get("/health").text == "ready"


def test_law_lines_checked_longer_ago_than_the_setting_say_so_in_the_visitors_words(built_settings: Settings):
    never = Opening(lambda: pytest.fail("opened"))
    for months, told in ((-1, True), (10**6, False)):
        client = TestClient(create_kiosk_app(replace(built_settings, law_months=months), never))
        assert (words.LAW_OLD in client.get("/result/leak/leak-k1").text) == told
        assert wording.LAW_OLD not in client.get("/result/leak/leak-k1").text


def test_taps_answer_before_the_models_are_there(built_settings: Settings):
    never = Opening(lambda: pytest.fail("opened"))
    client = TestClient(create_kiosk_app(built_settings, never))
    assert "先接水" in client.get("/result/leak/leak-k1").text or "断" in client.get("/result/leak/leak-k1").text
    assert words.OPENING in client.post("/say", data={"text": "楼上漏水"}).text
    assert client.get("/health").text == "opening"


def test_for_staff_the_mediators_lines_are_shown_and_for_the_public_not(built_settings: Settings, address: str, client: httpx.Client):
    assert words.FOR_STAFF not in client.get("/result/leak/leak-k1").text
    with serving(replace(built_settings, audience="staff"), kiosk=True) as staffed:
        page = httpx.get(f"{staffed}/result/leak/leak-k1").text
    assert words.FOR_STAFF in page and "leak-s" in page


def test_the_kiosk_starts_without_gradio(built_settings: Settings):
    code = (
        "import sys; from assistant.settings import *; from assistant.ui.opening import Opening;"
        "from assistant.ui.server import create_kiosk_app;"
        "create_kiosk_app(load_settings(DEFAULT_SETTINGS), Opening(lambda: None)); print('gradio' in sys.modules, 'torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == ["False", "False"]


def test_random_taps_and_asks_show_no_error(client: httpx.Client):
    visitor = Visitor(client, random.Random(8))
    for _ in range(300):
        visitor.step()
    assert visitor.errors == [] and visitor.asked > 20
