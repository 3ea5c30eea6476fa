"""The routes of what is taken along: blank agreements to anyone of the station, the current card's sheet in Word."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool

from assistant import corpus, sheets
from assistant.errors import AssistantError
from assistant.records import Advice, Passage
from assistant.settings import Settings
from assistant.sheets import Agreement
from assistant.ui.opening import Opening
from assistant.ui.role import Role
from assistant.ui.sheets import pages
from assistant.wording import sheets as words

BODY_BYTES = 32 * 1024  # a description and its taps
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the officer's page sends: the same values that its own card was made from."""

    text: str
    region: str
    taps: tuple[str, str, str]
    type_id: str
    ignored: str


def read_asked(body: bytes) -> Asked | None:
    """The values of a body, or None when it is anything but the five fields."""
    try:
        given = json.loads(body)
        text, region, type_id, ignored = given["text"], given["region"], given["type"], given["ignored"]
        taps = tuple(given["taps"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    words = (text, region, type_id, ignored, *taps)
    if len(given) != 5 or len(taps) != 3 or not all(isinstance(word, str) for word in words):
        return None
    return Asked(text, region, taps, type_id, ignored)


def sheets_role(settings: Settings, opening: Opening, advise: Callable[..., Advice | str]) -> Role:
    """`advise` makes a card of (text, region, three taps, type id, words switched off), or a sentence that says why not."""
    router = APIRouter()
    agreements = corpus.read_agreements(settings.agreements_file)
    types = corpus.read_taxonomy(settings.taxonomy_file)
    names = {item.type_id: item.name for item in types}
    known = {form.form_id for form in agreements.forms}

    def blank(kind: str, type_id: str) -> Agreement | None:
        if kind not in known:
            return None
        type_id = type_id if type_id in names else ""
        return sheets.agreement(agreements, kind, type_id, names.get(type_id, ""))

    @router.get("/agreement/{kind}.docx")
    def agreement_word(kind: str, type: str = "") -> Response:
        sheet = blank(kind, type)
        if sheet is None:
            return Response(status_code=404)
        return _word(sheets.agreement_docx(sheet), words.FILE_AGREEMENT.format(name=sheet.form.name))

    @router.get("/agreement/{kind}")
    def agreement(kind: str, type: str = "") -> HTMLResponse:
        sheet = blank(kind, type)
        if sheet is None:
            return HTMLResponse("", status_code=404)
        return HTMLResponse(pages.agreement_page(sheet, agreements.forms, types, _laws(opening, sheet)))

    @router.post("/sheet/prepare")
    async def prepare(request: Request) -> Response:
        if not _same_origin(request):
            return Response(status_code=403)
        asked = read_asked(await request.body())
        if asked is None:
            return Response(status_code=400)
        made = await run_in_threadpool(prepared, asked)  # half a second in which others want their cards
        return Response(status_code=409) if made is None else _word(made, words.FILE_PREPARE)

    def prepared(asked: Asked) -> bytes | None:
        """The Word file; None when there is no card to make it of."""
        advice = advise(asked.text, asked.region, *asked.taps, asked.type_id, asked.ignored)
        if not isinstance(advice, Advice) or not advice.types or advice.status != "ok":
            return None
        return sheets.prepare_docx(sheets.prepare(advice, opening.wait().checklist))

    return Role(
        router, gets=(r"/agreement/[a-z]+(?:\.docx)?",), posts={"/sheet/prepare": BODY_BYTES}
    )


def _laws(opening: Opening, sheet: Agreement) -> list[Passage]:
    """The passages that a form rests on; none while the index is still being opened."""
    assistant = opening.wait() if opening.ready else ""
    if isinstance(assistant, str):
        return []
    found = []
    for law_id in sheet.form.law:
        try:
            found.append(assistant.source(law_id)[0])
        except AssistantError:  # an index of another corpus
            continue
    return found


def _same_origin(request: Request) -> bool:
    """Whether the request comes from a page of this very host."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")


def _word(content: bytes, name: str) -> Response:
    return Response(content, media_type=DOCX, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"})
