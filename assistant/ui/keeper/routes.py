"""The keeper's routes: read the form, do it, say so; the pages are templates, the words are in wording.keeper."""

import datetime
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import FormData, UploadFile

from assistant import corpus, quality, render, wording
from assistant.articles import corrected, unpacked
from assistant.errors import AssistantError, CorpusInvalid, EntryUnknown
from assistant.importing import Comparison, examine
from assistant.local import Local
from assistant.pipeline import Assistant
from assistant.quality import SHARES, Figure, Measured
from assistant.quarantine import Quarantine
from assistant.records import DISABLED, EVERYWHERE, LISTENERS, SETTINGS, STAGES, UNREVIEWED, Fault, Kind
from assistant.settings import Settings
from assistant.ui.keeper.picture import Bar, bars
from assistant.ui.keeper.session import Door, Session
from assistant.ui.officer.handlers import Handlers
from assistant.ui.opening import Opening
from assistant.ui.role import Role
from assistant.upkeep import Upkeep
from assistant.wording import keeper as words
from assistant.worklist import Worklist

HERE = Path(__file__).parent
COOKIE = "keeper"
UPLOAD_MEGABYTES = 24  # of one request, all files together
FORM_BYTES = 64 * 1024
ARTICLE_BYTES = 8 * 1024 * 1024  # the text of an article comes back whole
VOTE_BYTES = 16 * 1024
TEST_COUNT = 12  # passages of each ranking

Page = Callable[[Request, Session], Awaitable[Response]]


def keeper_role(settings: Settings, opening: Opening, worklist: Worklist, password: str) -> Role:
    """The keeper's pages, all behind the password.

    Raises:
        PasswordWeak
    """
    pages = _Pages(settings, opening, worklist, Door(password))
    router = APIRouter()
    for path, page in pages.gets().items():
        router.add_api_route(path, pages.read(page), methods=["GET"])
    for path, page in pages.posts().items():
        router.add_api_route(path, pages.change(page), methods=["POST"])
    router.add_api_route("/keeper/login", pages.login, methods=["POST"])
    router.add_api_route("/keeper/keeper.css", lambda: _static("keeper.css", "text/css"), methods=["GET"])
    router.add_api_route("/keeper/keeper.js", lambda: _static("keeper.js", "text/javascript"), methods=["GET"])
    return Role(
        router,
        gets=(r"/keeper(/import|/pending/\d{1,6}|/notes/[a-z]{1,12}|/entries/[\w-]{1,80}|/test|/quality|/worklist(\.md)?|/keeper\.(css|js))?",),
        posts={
            r"/keeper/import": UPLOAD_MEGABYTES << 20,
            r"/keeper/pending/\d{1,6}/(accept|discard)": FORM_BYTES,
            r"/keeper/entries/[\w-]{1,80}": ARTICLE_BYTES,
            r"/keeper/(login|logout|reload|test|worklist|notes/[a-z]{1,12}|entries/[\w-]{1,80}/(approve|disable|enable|delete))": FORM_BYTES,
        },
    )


def vote_role(handlers: Handlers) -> Role:
    """有用 and 没用 on the officer's card: does nothing while the worklist is switched off."""
    router = APIRouter()

    @router.post("/vote")
    async def vote(request: Request) -> Response:
        if not _same_origin(request) or request.headers.get("content-type", "") != "application/json":
            return PlainTextResponse("", 403)
        try:
            told = json.loads(await request.body())
            passage, useful, text = str(told["passage"]), told["useful"] is True, str(told["text"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return PlainTextResponse("", 400)
        kept = await run_in_threadpool(handlers.vote, passage, useful, text)
        return JSONResponse({}, 200 if kept else 404)

    return Role(router, gets=(), posts={r"/vote": VOTE_BYTES})


class _Refused(Exception):
    """The form was read and cannot be done: what to show instead."""

    def __init__(self, page: Response) -> None:
        self.page = page


class _Pages:
    def __init__(self, settings: Settings, opening: Opening, worklist: Worklist, door: Door) -> None:
        self._settings, self._opening, self._worklist, self._door = settings, opening, worklist, door
        self._upkeep = Upkeep(self._assistant, opening.swap)
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {
            "w": words, "kind_names": wording.KIND_NAMES, "title": wording.APP_TITLE, "mark": render.mark_words,
            "source_path": render.source_path, "megabytes": UPLOAD_MEGABYTES,
            "entry_states": {"waiting": UNREVIEWED, "off": DISABLED},
            "region_options": _pairs([EVERYWHERE, *corpus.read_regions(settings.lexicon_dir)]),
            "types_options": [(item.type_id, item.name) for item in corpus.read_taxonomy(settings.taxonomy_file)],
            "stage_options": _pairs(STAGES), "listener_options": _pairs(LISTENERS), "setting_options": _pairs(SETTINGS),
            "spread_options": _pairs(words.SPREADS), "form_options": _pairs(words.FORMS),
        }
        self._type_names = dict(self._templates.globals["types_options"])

    def gets(self) -> dict[str, Page]:
        return {
            "/keeper": self.entries, "/keeper/import": self.imports, "/keeper/pending/{number}": self.pending,
            "/keeper/notes/{kind}": self.new_note, "/keeper/entries/{entry_id}": self.entry, "/keeper/test": self.test,
            "/keeper/worklist": self.worklist, "/keeper/worklist.md": self.export, "/keeper/quality": self.quality,
        }

    def posts(self) -> dict[str, Page]:
        return {
            "/keeper/logout": self.logout, "/keeper/reload": self.reload, "/keeper/import": self.upload,
            "/keeper/pending/{number}/{act}": self.decide, "/keeper/notes/{kind}": self.save_note,
            "/keeper/entries/{entry_id}": self.save_entry, "/keeper/entries/{entry_id}/{act}": self.act,
            "/keeper/test": self.test, "/keeper/worklist": self.switch,
        }

    # --- who may ---------------------------------------------------------------------------

    def read(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        async def handler(request: Request) -> Response:
            session = self._session(request)
            if session is None:
                stale = COOKIE in request.cookies
                return self._page("login.html", None, 200 if request.url.path == "/keeper" else 401,
                                  message=words.LOGIN_AGAIN if stale else "")
            return await self._answer(page, request, session)

        return handler

    def change(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        async def handler(request: Request) -> Response:
            session = self._session(request)
            if session is None:
                return self._page("login.html", None, 401, message=words.LOGIN_AGAIN)
            form = await request.form(max_files=200, max_fields=300, max_part_size=ARTICLE_BYTES)
            if not _same_origin(request) or form.get("form_token") != session.form_token:
                return self._page("message.html", session, 403, message=words.FOREIGN_REQUEST)
            request.state.form = form
            return await self._answer(page, request, session)

        return handler

    async def _answer(self, page: Page, request: Request, session: Session) -> Response:
        if not self._opening.ready:
            return self._page("message.html", session, 503, message=words.OPENING)
        try:
            return await page(request, session)
        except _Refused as refused:
            return refused.page
        except EntryUnknown as error:
            return self._page("message.html", session, 404, message=wording.explain(error))
        except AssistantError as error:
            return self._page("message.html", session, 409, message=wording.explain(error))
        except OSError:
            return self._page("message.html", session, 500, message=words.BROKEN)

    def _session(self, request: Request) -> Session | None:
        return self._door.session(request.cookies.get(COOKIE, ""))

    async def login(self, request: Request) -> Response:
        address = request.client.host if request.client else ""
        if not _same_origin(request):
            return self._page("login.html", None, 403, message=words.FOREIGN_REQUEST)
        if minutes := self._door.wait_minutes(address):
            return self._page("login.html", None, 429, message=words.LOGIN_WAIT.format(minutes=minutes))
        form = await request.form(max_files=0, max_fields=4)
        cookie = await run_in_threadpool(self._door.enter, str(form.get("password", "")), address)
        if cookie is None:
            return self._page("login.html", None, 403, message=words.LOGIN_WRONG)
        answer = RedirectResponse("/keeper", 303)
        answer.set_cookie(COOKIE, cookie, httponly=True, samesite="strict", path="/keeper")
        return answer

    async def logout(self, request: Request, session: Session) -> Response:
        self._door.leave(session)
        answer = RedirectResponse("/keeper", 303)
        answer.delete_cookie(COOKIE, path="/keeper", httponly=True, samesite="strict")
        return answer

    # --- what there is ---------------------------------------------------------------------

    async def entries(self, request: Request, session: Session) -> Response:
        found, faults = await run_in_threadpool(self._upkeep.local.entries)
        groups = {
            words.ARTICLES: [entry for entry in found if entry.editable and entry.kind is Kind.GUIDANCE],
            words.NOTES: [entry for entry in found if entry.editable and entry.kind is not Kind.GUIDANCE],
            words.BY_HAND: [entry for entry in found if not entry.editable],
        }
        return self._page("entries.html", session, groups=groups, faults=[wording.explain_fault(fault) for fault in faults],
                          type_names=self._type_names)

    async def reload(self, request: Request, session: Session) -> Response:
        await run_in_threadpool(self._upkeep.reload)
        return self._done(session, words.RELOADED)

    async def act(self, request: Request, session: Session) -> Response:
        entry_id, act = request.path_params["entry_id"], request.path_params["act"]
        acts: dict[str, tuple[Callable[[Local], None], str]] = {
            "approve": (lambda local: local.set_state(entry_id, ""), words.APPROVED),
            "enable": (lambda local: local.set_state(entry_id, ""), words.ENABLED),
            "disable": (lambda local: local.set_state(entry_id, DISABLED), words.DISABLED),
            "delete": (lambda local: local.delete(entry_id), words.DELETED),
        }
        if act not in acts:
            raise EntryUnknown(entry_id)
        do, said = acts[act]
        await run_in_threadpool(self._upkeep.change, do)
        return self._done(session, said)

    # --- import ----------------------------------------------------------------------------

    async def imports(self, request: Request, session: Session) -> Response:
        return self._page("import.html", session, pending=session.pending)

    async def upload(self, request: Request, session: Session) -> Response:
        given = [item for item in request.state.form.getlist("files") if isinstance(item, UploadFile) and item.filename]
        if not given:
            session.flash = words.IMPORT_NONE
            return RedirectResponse("/keeper/import", 303)
        files = [(_base_name(item.filename), await item.read()) for item in given]
        before = set(session.pending)
        await run_in_threadpool(self._examine, session, files)
        fresh = [number for number in session.pending if number not in before]
        if len(fresh) == 1 and session.pending[fresh[0]].article:
            return RedirectResponse(f"/keeper/pending/{fresh[0]}", 303)
        return RedirectResponse("/keeper/import", 303)

    def _examine(self, session: Session, files: list[tuple[str, bytes]]) -> None:
        comparison = Comparison(self._upkeep.local.entries()[0])
        single = (item for name, content in files for item in unpacked(name, content))
        with Quarantine() as quarantine:
            for incoming in examine(single, quarantine, comparison):
                if not session.hold(incoming):
                    session.flash = words.PENDING_FULL
                    return

    async def pending(self, request: Request, session: Session) -> Response:
        incoming = session.pending.get(_number(request))
        if incoming is None or incoming.article is None:
            return self._page("message.html", session, 404, message=words.NOT_FOUND)
        article = incoming.article
        values = {"title": article.title, "author": article.author, "date": article.date, "source": article.source,
                  "types": [], "region": ""}
        return self._page("report.html", session, number=_number(request), incoming=incoming, values=values, faults=[])

    async def decide(self, request: Request, session: Session) -> Response:
        number, act = _number(request), request.path_params["act"]
        incoming = session.pending.get(number)
        if incoming is None or act not in ("accept", "discard") or (act == "accept" and incoming.article is None):
            return self._page("message.html", session, 404, message=words.NOT_FOUND)
        if act == "discard":
            del session.pending[number]
            session.flash = words.DISCARDED
            return RedirectResponse("/keeper/import", 303)
        values = _values(request.state.form)
        article = corrected(incoming.article, *(values.get(key, "") for key in ("title", "author", "date", "source")))
        today = datetime.date.today().isoformat()

        def accept(local: Local) -> None:
            local.check_article(article, values, today)
            local.add_articles([(article, values)], "", today)

        try:
            await run_in_threadpool(self._upkeep.change, accept)
        except CorpusInvalid as error:
            raise _Refused(self._page("report.html", session, 422, number=number, incoming=incoming, values=values,
                                      faults=_field_faults(error.faults))) from error
        del session.pending[number]
        return self._done(session, words.ACCEPTED)

    # --- notes and entries -----------------------------------------------------------------

    async def new_note(self, request: Request, session: Session) -> Response:
        kind = self._note_kind(request.path_params["kind"])
        return self._note_page(session, kind, {"source": words.SOURCE_DEFAULT, "types": [], "stages": []}, "", [])

    async def save_note(self, request: Request, session: Session) -> Response:
        return await self._save_note(session, self._note_kind(request.path_params["kind"]), request.state.form, "")

    async def entry(self, request: Request, session: Session) -> Response:
        local = self._upkeep.local
        entry = await run_in_threadpool(local.entry, request.path_params["entry_id"])
        if not entry.editable:
            raise EntryUnknown(entry.entry_id)
        if entry.kind is Kind.GUIDANCE:
            values = {"author": "", "region": "", "types": [], **local.article_values(entry)}
            return self._page("article.html", session, entry=entry, values=values, faults=[])
        values = {"types": [], "stages": [], **local.note_values(entry)}
        return self._note_page(session, entry.kind, values, entry.entry_id, [])

    async def save_entry(self, request: Request, session: Session) -> Response:
        entry = await run_in_threadpool(self._upkeep.local.entry, request.path_params["entry_id"])
        if entry.kind is not Kind.GUIDANCE:
            return await self._save_note(session, entry.kind, request.state.form, entry.entry_id)
        values = _values(request.state.form)
        try:
            await run_in_threadpool(self._upkeep.change, lambda local: local.save_article(entry.entry_id, values))
        except CorpusInvalid as error:
            raise _Refused(self._page("article.html", session, 422, entry=entry, values=values,
                                      faults=_field_faults(error.faults))) from error
        return self._done(session, words.SAVED)

    async def _save_note(self, session: Session, kind: Kind, form: FormData, entry_id: str) -> Response:
        values = _values(form) | {"date": datetime.date.today().isoformat()}
        values["type_name"] = self._type_names.get(values.get("type", ""), "")

        def save(local: Local) -> None:
            local.check_note(kind, values, self._assistant().passages(), entry_id)
            local.save_note(kind, values, entry_id)

        try:
            await run_in_threadpool(self._upkeep.change, save)
        except CorpusInvalid as error:
            raise _Refused(self._note_page(session, kind, values, entry_id, _field_faults(error.faults), 422)) from error
        return self._done(session, words.SAVED_UNREVIEWED)

    def _note_kind(self, name: str) -> Kind:
        if name not in words.NOTE_KINDS:
            raise EntryUnknown(name)
        return Kind(name)

    def _note_page(
        self, session: Session, kind: Kind, values: Mapping[str, Any], entry_id: str, faults: list[str], status: int = 200
    ) -> Response:
        return self._page("note.html", session, status, kind=kind.value, values=values, entry_id=entry_id, faults=faults)

    # --- search test and worklist ----------------------------------------------------------

    async def test(self, request: Request, session: Session) -> Response:
        form = getattr(request.state, "form", {})
        text, region = str(form.get("text", "")), str(form.get("region", ""))
        examination = None
        if text.strip():
            examination = await run_in_threadpool(self._assistant().examine, text, region or None, TEST_COUNT)
        return self._page("test.html", session, text=text, region=region, examination=examination, type_names=self._type_names)

    async def worklist(self, request: Request, session: Session) -> Response:
        return self._page("worklist.html", session, on=self._worklist.on, rows=self._worklist.rows()[::-1],
                          counts=self._worklist.counts(), type_names=self._type_names)

    async def switch(self, request: Request, session: Session) -> Response:
        act = request.state.form.get("act")
        if act in ("on", "off"):
            self._worklist.switch(act == "on")
            session.flash = words.SWITCHED_ON if act == "on" else words.SWITCHED_OFF
        elif act == "clear":
            self._worklist.clear()
            session.flash = words.WORKLIST_CLEARED
        return RedirectResponse("/keeper/worklist", 303)

    async def export(self, request: Request, session: Session) -> Response:
        """The rows as a Markdown table for the editor."""
        lines = [f"# {words.WORKLIST_TITLE}", "", _table_row(words.WORKLIST_COLUMNS), _table_row(["---"] * 4)]
        lines += [
            _table_row([row.day, words.ROW_KINDS[row.kind], row.text, row.passage_id]) for row in self._worklist.rows()
        ]
        return PlainTextResponse("\n".join(lines) + "\n", media_type="text/markdown",
                                 headers={"Content-Disposition": 'attachment; filename="worklist.md"'})

    # --- quality ---------------------------------------------------------------------------

    async def quality(self, request: Request, session: Session) -> Response:
        return self._page("quality.html", session, reports=await run_in_threadpool(self._measured))

    def _measured(self) -> list[tuple[Measured, list[tuple[str, ...]], list[tuple[str, tuple[Bar, ...], str]]]]:
        """Each report with its table and its pictures: (name, bars, address)."""
        return [
            (item, list(map(_told, item.figures)), [(name, rows, bars(rows)) for name, rows in self._bars(item).items() if rows])
            for item in quality.read(self._settings.worklist_dir)
        ]

    def _bars(self, item: Measured) -> dict[str, tuple[Bar, ...]]:
        """The main figures as they come; types and styles with the worst on top."""
        found = {"figures": tuple(
            Bar(words.QUALITY_FIGURES[figure.name][0], figure.value, words.QUALITY_SHARE.format(share=figure.value), figure.interval)
            for figure in item.figures if figure.name in SHARES
        )}
        for name, counts in (("by_type", item.by_type), ("by_style", item.by_style)):
            rows = [
                Bar(self._type_names.get(count.label, count.label), count.right / count.total,
                    words.QUALITY_RIGHT.format(right=count.right, total=count.total))
                for count in counts
            ]
            found[name] = tuple(sorted(rows, key=lambda bar: bar.share))
        return found

    # --- pages -----------------------------------------------------------------------------

    def _assistant(self) -> Assistant:
        found = self._opening.wait()
        if isinstance(found, str):
            raise _Refused(HTMLResponse(render.notice(found), 503))
        return found

    def _done(self, session: Session, said: str) -> Response:
        session.flash = said
        return RedirectResponse("/keeper", 303)

    def _page(self, template: str, session: Session | None, status: int = 200, **more: Any) -> Response:
        page = self._templates.get_template(template).render(
            session=session, form_token=session.form_token if session else "", flash=session.take_flash() if session else "", **more
        )
        return HTMLResponse(page, status)


def _same_origin(request: Request) -> bool:
    """Whether a browser says that the request comes from our own page.

    Pages here send no referrer, so a form's Origin may be "null"; the form's token speaks for it then.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin", "null")
    return origin == "null" or urlparse(origin).netloc == request.headers.get("host", "")


def _static(name: str, media_type: str) -> Response:
    return Response((HERE / name).read_text(encoding="utf-8"), media_type=media_type)


def _base_name(name: str) -> str:
    return name.replace("\\", "/").split("/")[-1][:120]


def _number(request: Request) -> int:
    text = request.path_params["number"]
    return int(text) if text.isdigit() else 0


def _values(form: FormData) -> dict[str, Any]:
    """The fields of a form; types and stages are lists."""
    values: dict[str, Any] = {key: str(value) for key, value in form.items() if isinstance(value, str) and key != "form_token"}
    for key in ("types", "stages"):
        values[key] = [str(item) for item in form.getlist(key)]
    return values


def _field_faults(faults: list[Fault]) -> list[str]:
    """What is wrong with a form, told by the names of its fields."""
    told = []
    for fault in faults:
        text = wording.FAULTS.get(fault.problem, wording.FAULT_OTHER).format(detail=fault.detail, problem=fault.problem)
        field = words.NOTE_LABELS.get(fault.field, words.NOTE_LABELS["text"])
        told.append(words.FAULT_FIELD.format(field=field, text=text))
    return list(dict.fromkeys(told))


def _told(figure: Figure) -> tuple[str, ...]:
    """One line of the table: what it is, how much, between what, what that means."""
    name, meaning = words.QUALITY_FIGURES[figure.name]
    if figure.name not in SHARES:
        return name, words.QUALITY_MS.format(ms=figure.value), "", meaning
    low, high = figure.interval or (figure.value, figure.value)
    between = words.QUALITY_BETWEEN.format(low=low, high=high) if low < high else words.QUALITY_SAME
    return name, words.QUALITY_SHARE.format(share=figure.value), between, meaning


def _pairs(values: Iterable[str]) -> list[tuple[str, str]]:
    return [(value, value) for value in values]


def _table_row(cells: Any) -> str:
    return "| " + " | ".join(str(cell).replace("|", "｜").replace("\n", " ") for cell in cells) + " |"


