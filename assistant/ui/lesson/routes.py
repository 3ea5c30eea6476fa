"""The trainer's desk over HTTP: pages and fragments out, plain JSON in. Nothing that is sent here is kept."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlparse

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from assistant import corpus, lesson, render, wording
from assistant.errors import AssistantError
from assistant.library import COVERED, FACETS
from assistant.pipeline import Assistant
from assistant.records import DIFFICULTIES, STAGES, Exercise, Kind, Passage
from assistant.retriever import Filter
from assistant.settings import Settings
from assistant.ui.opening import Opening
from assistant.ui.role import Role
from assistant.wording import lesson as words

_HERE = Path(__file__).parent
PAGE_HITS = 10
QUESTION_BYTES = 16 * 1024
BASKET_BYTES = 512 * 1024  # three hundred excerpts with remarks
MEDIA = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "md": "text/markdown; charset=utf-8",
}


class Refused(Exception):
    """A request that this page does not answer: a status and a sentence for the reader."""

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(message)
        self.status, self.message = status, message


@dataclass(frozen=True, slots=True)
class Shown:
    """An excerpt as the templates show it."""

    passage: Passage
    label: str
    text: Markup
    cite: str
    notes: tuple[tuple[str, str], ...]

    @property
    def source(self) -> str:
        return render.source_path(self.passage)


class Desk:
    """What the routes do; holds nothing of any visitor."""

    def __init__(self, opening: Opening, settings: Settings) -> None:
        self._opening, self._settings = opening, settings
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )
        self._templates.globals.update(words=words, wording=wording, taxonomy=corpus.read_taxonomy(settings.taxonomy_file))
        self._templates.filters["path"] = lambda text: quote(str(text), safe="")

    def page(self, name: str, **values: Any) -> HTMLResponse:
        return HTMLResponse(self._templates.get_template(name).render(**values))

    def assistant(self) -> Assistant:
        found = self._opening.wait()
        if isinstance(found, str):
            raise Refused(503, found)
        return found

    def desk(self, chosen: Mapping[str, str]) -> HTMLResponse:
        """The page itself needs no models, so it is there at once; its script asks for the first results."""
        script = {
            "words": {name: value for name, value in vars(words).items() if name.isupper() and isinstance(value, (str, dict))},
            "chosen": {facet: chosen[facet] for facet in FACETS if facet in chosen},
            "format": lesson.FORMAT, "mostItems": lesson.MOST_ITEMS,
        }
        return self.page("desk.html", here="/lesson", script=script, remark_chars=lesson.REMARK_CHARS, title_chars=lesson.TITLE_CHARS)

    def search(self, given: Mapping[str, Any]) -> HTMLResponse:
        assistant = self.assistant()
        text = given.get("text", "")
        wanted = Filter(**{facet: str(given[facet]) for facet in FACETS if given.get(facet)})
        skip = given.get("skip", 0)
        if not isinstance(text, str) or not isinstance(skip, int) or not 0 <= skip <= 5000:
            raise Refused(400)
        found = assistant.explore(text, wanted, PAGE_HITS, skip)
        named = assistant.statute(text) if text and not skip else None
        documents = [assistant.library.excerpt(passage.passage_id) for passage in named.passages] if named else []
        return self.page(
            "results.html", found=found, skip=skip, shown_to=skip + len(found.hits), wanted=wanted,
            hits=[self._shown(assistant, hit.passage, render.cite(hit), hit.why) for hit in found.hits],
            articles=[self._excerpt(assistant, *pair) for pair in documents if pair], told=named.told if named else "",
            facets=self._facets(assistant, found.counts, wanted), left=found.total - skip - len(found.hits), page_hits=PAGE_HITS,
        )

    def _facets(self, assistant: Assistant, counts: Mapping[str, Mapping[str, int]], wanted: Filter) -> list[dict[str, Any]]:
        names = {item.type_id: item.name for item in assistant.types} | {kind.value: wording.KIND_NAMES[kind] for kind in Kind}
        return [
            {
                "facet": facet, "title": title, "hint": words.FACET_HINTS.get(facet, ""), "chosen": getattr(wanted, facet) or "",
                "values": [{"value": value, "name": names.get(value, value), "count": count} for value, count in counts[facet].items()],
            }
            for facet, title in words.FACETS.items()
        ]

    def _shown(self, assistant: Assistant, passage: Passage, cite: str, why: tuple[str, ...] = ()) -> Shown:
        # mark_words escapes
        text = Markup(render.mark_words(passage.text, why))
        return Shown(passage, lesson.label(passage, assistant.types), text, cite, tuple(lesson.notes(passage, self._settings.law_months)))

    def _excerpt(self, assistant: Assistant, passage: Passage, document: Any) -> Shown:
        return self._shown(assistant, passage, f"{document.title} · {passage.section} · {passage.passage_id}")

    def place(self, passage_id: str) -> HTMLResponse:
        assistant = self.assistant()
        found = assistant.library.place(passage_id)
        if found is None:
            raise Refused(404, words.GONE.format(id=passage_id))
        return self.page("place.html", place=found, here=self._excerpt(assistant, found.passage, found.document))

    def tree(self, type_id: str) -> HTMLResponse:
        assistant = self.assistant()
        names = {item.type_id: item.name for item in assistant.types}
        if type_id not in names:
            raise Refused(404)
        kinds = {
            wording.KIND_NAMES[Kind(kind)]: {
                branch: [self._shown(assistant, passage, "") for passage in passages] for branch, passages in branches.items()
            }
            for kind, branches in assistant.library.tree(type_id).items()
        }
        count = sum(len(passages) for branches in kinds.values() for passages in branches.values())
        return self.page("tree.html", kinds=kinds, title=words.TREE_TITLE.format(name=names[type_id], count=count))

    def excerpts(self, given: Mapping[str, Any]) -> JSONResponse:
        """What the basket shows of its ids: label, text, mark; and the sources of them all as a fragment."""
        assistant = self.assistant()
        ids = given.get("ids")
        if not isinstance(ids, list) or len(ids) > lesson.MOST_ITEMS or not all(isinstance(item, str) for item in ids):
            raise Refused(400)
        found = {item: pair for item in ids if (pair := assistant.library.excerpt(item))}
        told = {
            item: {"label": lesson.label(passage, assistant.types), "text": passage.text, "mark": lesson.mark_of(passage)}
            for item, (passage, _) in found.items()
        }
        taken = [lesson.Excerpt(1, *found[item], "", False) for item in ids if item in found]
        drawn = self._templates.get_template("sources.html").render(sources=lesson.sources(taken))
        return JSONResponse({"found": told, "sources": drawn})

    def open_basket(self, body: bytes) -> JSONResponse:
        """A saved file, checked; what comes back is plain enough for the script."""
        basket = lesson.read_basket(body.decode("utf-8-sig", "replace"))
        return JSONResponse(json.loads(lesson.basket_json(basket, lambda _: None)))

    def export(self, ending: str, body: bytes) -> Response:
        assistant = self.assistant()
        made = lesson.resolve(lesson.read_basket(body.decode("utf-8", "replace")), assistant.library.excerpt, self._settings.law_months)
        content = lesson.EXPORTS[ending](made, assistant.types)
        return Response(content, media_type=MEDIA[ending], headers={"Content-Disposition": f"attachment; filename=lesson.{ending}"})

    def coverage(self) -> HTMLResponse:
        assistant = self.assistant()
        counts = assistant.library.coverage()
        columns = [("kind", kind.value, wording.KIND_NAMES[kind]) for kind in COVERED]
        stages = [("stage", stage, stage) for stage in STAGES]
        most = {value: max((own[value] for own in counts.values()), default=1) or 1 for _, value, _ in columns}
        most |= dict.fromkeys(STAGES, max((own[stage] for own in counts.values() for stage in STAGES), default=1) or 1)
        rows = [
            (item, [
                {"facet": facet, "value": value, "name": name, "count": counts[item.type_id][value],
                 "depth": _depth(counts[item.type_id][value], most[value])}
                for facet, value, name in [*columns, *stages]
            ])
            for item in assistant.types
        ]
        return self.page("coverage.html", here="/lesson/coverage", rows=rows, columns=columns, stages=stages)

    def exercises(self) -> tuple[Exercise, ...]:
        return corpus.read_exercises(self._settings.corpus_dir)

    def practice(self, type_id: str, difficulty: str) -> HTMLResponse:
        found = self.exercises()
        types = {item.type_id: item for item in corpus.read_taxonomy(self._settings.taxonomy_file)}
        chosen = [item for item in found if type_id in ("", item.type_id) and difficulty in ("", item.difficulty)]
        return self.page(
            "practice.html", here="/lesson/practice", exercises=chosen, types=types, offered=list(dict.fromkeys(item.type_id for item in found)),
            difficulties=DIFFICULTIES, type_id=type_id, difficulty=difficulty,
        )

    def exercise(self, exercise_id: str, template: str, **values: Any) -> HTMLResponse:
        assistant = self.assistant()
        found = next((item for item in self.exercises() if item.exercise_id == exercise_id), None)
        if found is None:
            raise Refused(404)
        cards = {
            card: self._excerpt(assistant, *pair) for step in found.steps for card in step.cards
            if (pair := assistant.library.excerpt(card))
        }
        names = {item.type_id: item.name for item in assistant.types}
        return self.page(template, here="/lesson/practice", exercise=found, cards=cards, type_name=names.get(found.type_id, found.type_id), **values)


def _depth(count: int, most: int) -> int:
    """0 for none, then 1 to 5: how deep a cell of the heat map is coloured."""
    return 0 if count == 0 else min(5, 1 + 4 * count // most)


@cache
def _asset(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _same_origin(request: Request) -> None:
    """A page of another host may not make this one work, even if nothing is kept here."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if (site and site not in ("same-origin", "none")) or (origin and urlparse(origin).netloc != request.headers.get("host")):
        raise Refused(403)


def _object(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400) from None
    if not isinstance(given, dict):
        raise Refused(400)
    return given


def trainer(opening: Opening, settings: Settings) -> Role:
    """The routes of the trainer's desk, and what of them the gate lets through."""
    desk = Desk(opening, settings)
    router = APIRouter(prefix="/lesson")

    def answered(answer: Any, *given: Any, **named: Any) -> Response:
        try:
            return answer(*given, **named)
        except Refused as refused:
            return PlainTextResponse(refused.message, refused.status)
        except AssistantError as error:
            return PlainTextResponse(wording.explain(error), 422)

    def posted(request: Request, answer: Any) -> Response:
        def checked() -> Response:
            _same_origin(request)
            return answer()

        return answered(checked)

    async def raw(request: Request) -> bytes:
        return await request.body()

    _pages(router, desk, answered)

    @router.post("/search")
    def search(request: Request, body: bytes = Depends(raw)) -> Response:
        return posted(request, lambda: desk.search(_object(body)))

    @router.post("/excerpts")
    def excerpts(request: Request, body: bytes = Depends(raw)) -> Response:
        return posted(request, lambda: desk.excerpts(_object(body)))

    @router.post("/open")
    def open_basket(request: Request, body: bytes = Depends(raw)) -> Response:
        return posted(request, lambda: desk.open_basket(body))

    @router.post("/export/{ending}")
    def export(ending: str, request: Request, body: bytes = Depends(raw)) -> Response:
        return posted(request, lambda: desk.export(ending, body))

    name = r"[\w%#.-]+"
    return Role(
        router,
        gets=(
            "/lesson", r"/lesson/desk\.(css|js)", f"/lesson/place/{name}", r"/lesson/tree/\w+", "/lesson/coverage",
            "/lesson/practice", r"/lesson/practice/[a-z0-9-]+(/class|/trainer)?",
        ),
        posts={
            "/lesson/search": QUESTION_BYTES, "/lesson/excerpts": 64 * 1024, "/lesson/open": BASKET_BYTES,
            r"/lesson/export/(docx|pptx|md)": BASKET_BYTES,
        },
    )


def _pages(router: APIRouter, desk: Desk, answered: Any) -> None:
    """What is read."""

    @router.get("")
    def page(request: Request) -> Response:
        return answered(desk.desk, request.query_params)

    @router.get("/desk.css")
    def style() -> Response:
        return Response(_asset("desk.css"), media_type="text/css; charset=utf-8")

    @router.get("/desk.js")
    def script() -> Response:
        return Response(_asset("desk.js"), media_type="text/javascript; charset=utf-8")

    @router.get("/place/{passage_id}")
    def place(passage_id: str) -> Response:
        return answered(desk.place, passage_id)

    @router.get("/tree/{type_id}")
    def tree(type_id: str) -> Response:
        return answered(desk.tree, type_id)

    @router.get("/coverage")
    def coverage() -> Response:
        return answered(desk.coverage)

    @router.get("/practice")
    def practice(type: str = "", difficulty: str = "") -> Response:
        return answered(desk.practice, type, difficulty)

    @router.get("/practice/{exercise_id}")
    def exercise(exercise_id: str) -> Response:
        return answered(desk.exercise, exercise_id, "exercise.html")

    @router.get("/practice/{exercise_id}/class")
    def class_sheet(exercise_id: str) -> Response:
        return answered(desk.exercise, exercise_id, "sheet.html", for_trainer=False)

    @router.get("/practice/{exercise_id}/trainer")
    def trainer_sheet(exercise_id: str) -> Response:
        return answered(desk.exercise, exercise_id, "sheet.html", for_trainer=True)
