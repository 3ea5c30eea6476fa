"""The dangers measured of the page library stay shut: files, uploads, history, size, other hosts."""

import json
import re
from collections.abc import Iterator

import httpx
import pytest
from served import serving

from assistant.settings import Settings
from assistant.ui.gate import BODY_BYTES, TEXT_CHARS, is_plain


@pytest.fixture(scope="module")
def address(built_settings: Settings) -> Iterator[str]:
    with serving(built_settings) as url:
        yield url


def join(address: str, data: list, **more) -> httpx.Response:
    config = httpx.get(f"{address}/officer/").text
    number = re.search(r'"id":(\d+),"targets":\[\[\d+,"click"\]', config)
    body = {"data": data, "fn_index": int(number.group(1)) if number else 0, "session_hash": "abc", "event_data": None, "trigger_id": None}
    return httpx.post(f"{address}/officer/gradio_api/queue/join", json={**body, **more})


CRAFTED = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}


def test_an_ordinary_question_passes(address: str):
    assert join(address, ["楼上漏水", "不限", "没问", "没问", "没问"]).status_code == 200


@pytest.mark.parametrize("value", [CRAFTED, [CRAFTED], [["x"]], {"path": "http://127.0.0.1:1/x"}])
def test_a_crafted_body_reads_no_file_and_fetches_nothing(address: str, value):
    assert join(address, [value, "不限", "没问", "没问", "没问"]).status_code == 400


def test_even_past_the_gate_no_local_file_is_read(built_settings: Settings):
    """The second lock: has_launched makes Gradio itself refuse a file that nobody uploaded."""
    from assistant.ui.opening import Opening
    from assistant.ui.server import create_app

    gate = create_app(built_settings, Opening(lambda: None))
    mounts = [route.app for route in gate._app.routes if getattr(route, "path", "") == "/officer"]
    assert mounts and mounts[0].get_blocks().has_launched is True


def test_an_escaped_marker_is_seen_through():
    assert not is_plain(b'{"data": [{"path": "/etc/passwd", "meta": {"_type": "\\u0067radio.FileData"}}]}')


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"data": ["x", 1, null, true]}', json.dumps({"data": ["字" * TEXT_CHARS]}).encode()]
)
def test_plain_bodies_are_plain(body: bytes):
    assert is_plain(body)


@pytest.mark.parametrize(
    "body",
    [b"[]", b"nonsense", b'"text"', b'{"data": {"0": "x"}}', b'{"data": [], "other": 1}', b'{"data": [["x"]]}', b"[" * 20_000,
     json.dumps({"data": ["x" * (TEXT_CHARS + 1)]}).encode()],
)
def test_everything_else_is_not(body: bytes):
    assert not is_plain(body)


def test_a_large_body_is_refused_before_it_is_read(address: str):
    answer = httpx.post(f"{address}/officer/gradio_api/queue/join", content=b"x" * (BODY_BYTES + 1))
    assert answer.status_code == 413


def test_a_body_of_unknown_length_is_refused(address: str):
    answer = httpx.post(f"{address}/officer/gradio_api/queue/join", content=iter([b"{}"]))
    assert answer.status_code == 411


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/officer/gradio_api/upload"),
        ("GET", "/officer/gradio_api/file=/etc/passwd"),
        ("GET", "/officer/gradio_api/file=https://example.com/a.png"),
        ("GET", "/officer/gradio_api/proxy=https://example.com/"),
        ("GET", "/officer/gradio_api/runs"),
        ("GET", "/officer/gradio_api/info"),
        ("GET", "/officer/gradio_api/openapi.json"),
        ("GET", "/officer/openapi.json"),
        ("GET", "/openapi.json"),
        ("GET", "/docs"),
        ("GET", "/officer/config"),
        ("GET", "/officer/monitoring"),
        ("GET", "/officer/gradio_api/mcp/"),
        ("POST", "/officer/gradio_api/run/ask"),
        ("POST", "/officer/gradio_api/call/ask"),
        ("GET", "/officer/../etc/passwd"),
        ("GET", "/source/..%2f..%2fetc%2fpasswd"),
        ("PUT", "/officer/"),
        ("DELETE", "/source/leak-s1"),
    ],
)
def test_what_a_page_does_not_need_is_not_there(address: str, method: str, path: str):
    assert httpx.request(method, address + path).status_code in (404, 405, 411)


def test_no_run_history_and_no_telemetry_in_the_page(address: str):
    page = httpx.get(f"{address}/officer/").text
    assert '"run_history":true' not in page.replace(" ", "")
    assert '"analytics_enabled":true' not in page.replace(" ", "")


def test_the_policy_lets_the_browser_talk_to_this_host_only(address: str):
    policy = httpx.get(f"{address}/officer/").headers["content-security-policy"]
    assert "connect-src 'self'" in policy and "unsafe-eval" not in policy and "http:" not in policy


def test_a_foreign_origin_gets_no_permission(address: str):
    answer = httpx.get(f"{address}/officer/", headers={"Origin": "http://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_forwarding_headers_are_not_reflected(address: str):
    page = httpx.get(f"{address}/officer/", headers={"X-Forwarded-Host": "evil.example"}).text
    assert "evil.example" not in page


def test_the_source_opens_with_the_span_marked(address: str):
    answer = httpx.get(f"{address}/source/leak-s1")
    assert answer.status_code == 200 and '<mark id="span">' in answer.text
    assert httpx.get(f"{address}/source/no-such-entry").status_code == 404
