"""The trainer's desk over plain HTTP: what passes the gate, what is refused, what comes back."""

import json
from collections.abc import Iterator

import httpx
import pytest
from served import serving

from assistant.settings import Settings
from assistant.wording import lesson as words

BASKET = {"format": "lesson-1", "title": "试", "sections": [{"title": "", "items": [{"id": "leak-s10", "remark": "", "mark": ""}]}]}


@pytest.fixture(scope="module")
def address(built_settings: Settings) -> Iterator[str]:
    with serving(built_settings) as url:
        yield url


@pytest.mark.parametrize("path", ["", "/coverage", "/practice", "/practice?type=leak&difficulty=中", "/practice/ex-leak-ceiling",
                                  "/practice/ex-leak-ceiling/class", "/practice/ex-leak-ceiling/trainer", "/tree/leak",
                                  "/place/leak-s10", "/place/g-back-to-back%231", "/desk.js", "/desk.css"])
def test_every_page_of_the_desk_is_there(address: str, path: str):
    assert httpx.get(f"{address}/lesson{path}").status_code == 200


@pytest.mark.parametrize("path", ["/tree/nothing", "/place/no-such", "/practice/no-such", "/routes.py", "/templates/base.html", "/../settings.yaml"])
def test_nothing_else_is(address: str, path: str):
    assert httpx.get(f"{address}/lesson{path}").status_code == 404


def test_zero_filters_are_disabled_and_typed_words_are_escaped(address: str):
    page = httpx.post(f"{address}/lesson/search", json={"text": "<script>alert(1)</script>漏水", "kind": "law"}).text
    assert "<script" not in page
    assert 'data-value="开场" aria-pressed="false" disabled' in page.replace("\n", "")


@pytest.mark.parametrize("headers", [{"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}])
@pytest.mark.parametrize("path", ["search", "excerpts", "open", "export/md"])
def test_a_page_of_another_host_may_not_use_the_desk(address: str, headers: dict, path: str):
    assert httpx.post(f"{address}/lesson/{path}", json=BASKET, headers=headers).status_code == 403


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"text": 1}', b'{"text": "a", "skip": -1}', b"\xff\xfe"])
def test_a_crooked_question_is_refused(address: str, body: bytes):
    assert httpx.post(f"{address}/lesson/search", content=body).status_code == 400


def test_a_body_that_is_too_large_is_refused(address: str):
    assert httpx.post(f"{address}/lesson/search", content=b"x" * 20_000).status_code == 413


@pytest.mark.parametrize(("ending", "starts"), [("docx", b"PK"), ("pptx", b"PK"), ("md", "# 试".encode())])
def test_an_export_comes_as_a_file(address: str, ending: str, starts: bytes):
    answer = httpx.post(f"{address}/lesson/export/{ending}", json=BASKET)
    assert answer.status_code == 200 and answer.content.startswith(starts)
    assert answer.headers["content-disposition"].startswith("attachment")


def test_what_is_no_basket_is_explained_in_chinese(address: str):
    assert "存成文件" in httpx.post(f"{address}/lesson/open", content=b"{}").text
    empty = httpx.post(f"{address}/lesson/export/md", content=json.dumps(BASKET | {"sections": []}).encode())
    assert empty.status_code == 422 and "还没有摘录" in empty.text


def test_the_class_sheet_hides_what_the_trainer_sheet_shows(address: str):
    for_class = httpx.get(f"{address}/lesson/practice/ex-leak-ceiling/class").text
    for_trainer = httpx.get(f"{address}/lesson/practice/ex-leak-ceiling/trainer").text
    assert words.OBSERVE not in for_class and "leak-q6" not in for_class
    assert words.OBSERVE in for_trainer and "leak-q6" in for_trainer


def test_the_heat_map_says_each_cell_in_words_and_opens_it(address: str):
    page = httpx.get(f"{address}/lesson/coverage").text
    assert 'href="/lesson?type_id=leak&amp;kind=law"' in page
    assert page.count("<a href=") > 400 and page.count("aria-label") > 400
