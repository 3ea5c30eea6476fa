"""What the hall's screen may be asked. Nothing is kept between two requests but the time of the page's last sign of life."""

import sys
import time
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool

from assistant.public import Book
from assistant.settings import Settings
from assistant.ui.kiosk.pages import SIZES, Pages
from assistant.ui.opening import Opening
from assistant.ui.role import Role
from assistant.wording import kiosk as words

SAY_BYTES = 24 * 1024  # 2,000 Chinese characters take nine bytes each in a form
FORM = "application/x-www-form-urlencoded"
SURE = 0.5  # probability of a type from which its page is shown without asking
ALIVE_SECONDS = 45  # the page gives a sign of life every 15 s; three missed ones and it is taken for dead
GETS = (
    "/", "/groups", r"/group/\d", "/type/[a-z_]+", "/result/[a-z_]+/[a-z0-9-]+", "/say", "/health", "/health/page", "/alive",
)


def kiosk_role(settings: Settings, opening: Opening, book: Book) -> Role:
    router = APIRouter()
    pages = Pages(book, settings.kiosk_paper, settings.law_months)
    staff = settings.audience == "staff"
    life = _Life()

    @router.get("/")
    def attract() -> HTMLResponse:
        return HTMLResponse(pages.home(0, attract=True))

    @router.get("/groups")
    def groups(size: str = "") -> HTMLResponse:
        return HTMLResponse(pages.home(_size(size), attract=False))

    @router.get("/group/{number}")
    def group(number: int, size: str = "") -> HTMLResponse:
        return _found(pages.group(_size(size), number), pages, size)

    @router.get("/type/{type_id}")
    def type_(type_id: str, size: str = "") -> HTMLResponse:
        return _found(pages.type(_size(size), type_id), pages, size)

    @router.get("/result/{type_id}/{situation_id}")
    def result(type_id: str, situation_id: str, size: str = "") -> HTMLResponse:
        situations = {item.passage_id: item for item in book.situations(type_id)}
        if book.type(type_id) is None or situation_id not in {*situations, "all"}:
            return _found(None, pages, size)
        advice = None
        if staff and opening.ready and not isinstance(assistant := opening.wait(), str):
            chip = situations[situation_id].meta["chip"] if situation_id in situations else ""
            advice = assistant.ask(chip, type_id=type_id)
        sheet = book.sheet(type_id, situation_id, advice, staff)
        return HTMLResponse(pages.result(_size(size), sheet, f"/result/{type_id}/{situation_id}"))

    @router.get("/say")
    def say(size: str = "") -> HTMLResponse:
        return HTMLResponse(pages.say(_size(size)))

    @router.post("/say")
    async def said(request: Request, size: str = "") -> HTMLResponse:
        if not _own(request):
            return HTMLResponse("", 403)
        if request.headers.get("content-type", "").split(";")[0] != FORM:
            return HTMLResponse("", 415)  # no multipart: its files would be laid down in the temp folder
        text = _typed(await request.body())
        try:
            return HTMLResponse(await run_in_threadpool(_answer, text, _size(size), opening, book, pages, staff))
        except Exception as error:  # a visitor is not to read a traceback, nor the log what they wrote
            print(f"kiosk: {type(error).__name__}", file=sys.stderr)
            return HTMLResponse(pages.notice(_size(size), words.BROKEN), 500)

    @router.get("/alive")
    def alive() -> Response:
        life.sign()
        return Response(status_code=204)

    @router.get("/health")
    def health() -> PlainTextResponse:
        return PlainTextResponse("ready" if opening.ready else "opening")

    @router.get("/health/page")
    def page_health() -> PlainTextResponse:
        return PlainTextResponse("alive", 200) if life.lasts() else PlainTextResponse("silent", 503)

    return Role(router, gets=GETS, posts={"/say": SAY_BYTES})


class _Life:
    """When the page last said that its script runs, so that the system can restart a browser that has died."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def sign(self) -> None:
        self._last = time.monotonic()

    def lasts(self) -> bool:
        return time.monotonic() - self._last < ALIVE_SECONDS


def _answer(text: str, size: int, opening: Opening, book: Book, pages: Pages, staff: bool) -> str:
    """The page for typed words: a result, or a question back; it never repeats what was typed."""
    if not text.strip():
        return pages.say(size, words.NOTHING_WRITTEN)
    if not opening.ready:
        return pages.say(size, words.OPENING)
    assistant = opening.wait()
    if isinstance(assistant, str):
        print(assistant, file=sys.stderr)  # what is wrong with the index is the keeper's, not the visitor's
        return pages.notice(size, words.BROKEN)
    advice = assistant.ask(text)
    if advice.status == "rejected":
        return pages.say(size, words.NOT_A_DISPUTE)
    types = tuple(item for item, _ in advice.types)
    sure = advice.status == "ok" and bool(types) and advice.types[0][1] >= SURE
    if not sure:
        return pages.say(size, words.NOT_SURE, types, book.redlines(risk.risk_id for risk in advice.risks))
    return pages.result(size, book.sheet(types[0].type_id, "", advice, staff), "/say", types[1:])


def _typed(body: bytes) -> str:
    """The text of a form; nothing where the body is no form of ours."""
    try:
        return parse_qs(body.decode("utf-8", "replace"), max_num_fields=4).get("text", [""])[0]
    except ValueError:
        return ""


def _found(page: str | None, pages: Pages, size: str) -> HTMLResponse:
    return HTMLResponse(page) if page else HTMLResponse(pages.notice(_size(size), words.NOT_HERE), 404)


def _size(given: str) -> int:
    return int(given) if given in {str(number) for number in range(len(SIZES))} else 0


def _own(request: Request) -> bool:
    """Whether a form was sent from a page of ours; a browser says so in one of these headers."""
    site, origin = request.headers.get("sec-fetch-site", "same-origin"), request.headers.get("origin")
    return site in ("same-origin", "none") and origin in (None, f"http://{request.headers.get('host', '')}")
