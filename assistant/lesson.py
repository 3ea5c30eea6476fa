"""Excerpts become a lesson: a basket of ids and remarks, resolved against the corpus, as handout, slides or Markdown.

A basket holds no text of the corpus, only ids and what the trainer added, so that a lesson opened next
week shows what the corpus says then. Each id carries a mark of the text it was taken from; a text that
has changed since is named, and so is one that is gone.
"""

import datetime
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant import office, render, wording
from assistant.errors import BasketInvalid, FileMissing, FormatUnknown, LessonEmpty, PaperUnwritable, PassageUnknown
from assistant.records import DisputeType, Document, Kind, Passage
from assistant.wording import lesson as words

FORMAT = "lesson-1"
MOST_ITEMS = 300
TITLE_CHARS, REMARK_CHARS = 120, 2000
GIST_CHARS = 18  # of a text that stands for a title
_CLAUSE_END = re.compile(r"[，。；：？！]")

Finder = Callable[[str], tuple[Passage, Document] | None]


@dataclass(frozen=True, slots=True)
class Item:
    """One excerpt as the trainer keeps it."""

    passage_id: str
    remark: str = ""
    mark: str = ""  # of the text when it was taken; "" is not compared


@dataclass(frozen=True, slots=True)
class Part:
    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Basket:
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A passage in its place in a lesson; `number` is its reference number."""

    number: int
    passage: Passage
    document: Document
    remark: str
    changed: bool


@dataclass(frozen=True, slots=True)
class LessonPart:
    title: str
    excerpts: tuple[Excerpt, ...]


@dataclass(frozen=True, slots=True)
class Lesson:
    title: str
    parts: tuple[LessonPart, ...]
    missing: tuple[str, ...]
    law_months: int  # a law line that was checked longer ago says so

    @property
    def excerpts(self) -> tuple[Excerpt, ...]:
        return tuple(excerpt for part in self.parts for excerpt in part.excerpts)

    @property
    def changed(self) -> tuple[str, ...]:
        return tuple(excerpt.passage.passage_id for excerpt in self.excerpts if excerpt.changed)


def mark_of(passage: Passage) -> str:
    """Tells whether a text is still the one that was taken."""
    return hashlib.sha256(passage.text.encode()).hexdigest()[:12]


# --- baskets ----------------------------------------------------------------------------------


def basket_of(ids: Sequence[str], title: str) -> Basket:
    return Basket(title, (Part("", tuple(Item(passage_id) for passage_id in ids)),))


def read_basket_file(path: Path) -> Basket:
    """Raises FileMissing or BasketInvalid."""
    try:
        return read_basket(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise FileMissing(path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BasketInvalid(str(error)) from error


def read_basket(text: str) -> Basket:
    """A basket as it was saved.

    Raises:
        BasketInvalid: this is no such file; nothing of it is taken.
    """
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BasketInvalid(str(error)) from error
    if not isinstance(given, dict) or given.get("format") != FORMAT or not isinstance(given.get("sections"), list):
        raise BasketInvalid("format")
    parts = tuple(Part(_text(part, "title", TITLE_CHARS), tuple(_items(part))) for part in given["sections"])
    if sum(len(part.items) for part in parts) > MOST_ITEMS:
        raise BasketInvalid(f"more than {MOST_ITEMS} items")
    return Basket(_text(given, "title", TITLE_CHARS), parts)


def _items(part: Mapping[str, Any]) -> Iterator[Item]:
    items = part.get("items")
    if not isinstance(items, list):
        raise BasketInvalid("items")
    for item in items:
        passage_id = _text(item, "id", TITLE_CHARS)
        if not passage_id:
            raise BasketInvalid("id")
        yield Item(passage_id, _text(item, "remark", REMARK_CHARS), _text(item, "mark", TITLE_CHARS))


def _text(given: Any, key: str, most: int) -> str:
    value = given.get(key, "") if isinstance(given, dict) else None
    if not isinstance(value, str) or len(value) > most:
        raise BasketInvalid(key)
    return value.strip()


def basket_json(basket: Basket, find: Finder) -> str:
    """The basket as a file: ids, remarks and marks, nothing of the corpus itself."""
    def mark(item: Item) -> str:
        found = find(item.passage_id)
        return item.mark or (mark_of(found[0]) if found else "")

    sections = [
        {"title": part.title, "items": [{"id": i.passage_id, "remark": i.remark, "mark": mark(i)} for i in part.items]}
        for part in basket.parts
    ]
    return json.dumps({"format": FORMAT, "title": basket.title, "sections": sections}, ensure_ascii=False, indent=1)


def resolve(basket: Basket, find: Finder, law_months: int, strict: bool = False) -> Lesson:
    """Look every id up; what is gone is left out and named.

    Raises:
        PassageUnknown: an id is gone, and `strict`.
        LessonEmpty: nothing is left.
    """
    missing: list[str] = []
    parts: list[LessonPart] = []
    number = 0
    for part in basket.parts:
        excerpts = []
        for item in part.items:
            found = find(item.passage_id)
            if found is None:
                if strict:
                    raise PassageUnknown(item.passage_id)
                missing.append(item.passage_id)
                continue
            number += 1
            passage, document = found
            changed = bool(item.mark) and item.mark != mark_of(passage)
            excerpts.append(Excerpt(number, passage, document, item.remark, changed))
        if excerpts:
            parts.append(LessonPart(part.title, tuple(excerpts)))
    if not parts:
        raise LessonEmpty()
    return Lesson(basket.title or words.UNTITLED, tuple(parts), tuple(missing), law_months)


def sources(excerpts: Sequence[Excerpt]) -> list[tuple[str, int]]:
    """(document title, excerpts taken from it), most first."""
    return Counter(excerpt.document.title for excerpt in excerpts).most_common()


# --- what an excerpt is called and what stands under it ----------------------------------------


def label(passage: Passage, types: Sequence[DisputeType], document: Document | None = None) -> str:
    """What a passage is, in one line: 大白话 · 说理 · 对楼上住户说 · 背靠背."""
    meta, told = passage.meta, [wording.KIND_NAMES[passage.kind]]
    if passage.kind is Kind.PHRASING:
        told += [meta["stage"], wording.SAY_TO.format(side=render.side_name(passage, types)), meta["setting"]]
    elif passage.kind in (Kind.LAW, Kind.CUSTOM, Kind.CASE, Kind.REDLINE, Kind.GUIDANCE):
        told.append(passage.title)
        if passage.kind is Kind.GUIDANCE and passage.section != passage.title:
            told.append(passage.section)
    elif passage.kind is Kind.SAYING:
        told.append(passage.section)
    else:
        told = [passage.section, *([str(meta["who"])] if "who" in meta else [])]
    return " · ".join(item for item in told if item)


def heading(excerpt: Excerpt, types: Sequence[DisputeType]) -> str:
    """A line of the contents: number, what it is, and for what has no title of its own how it begins."""
    passage = excerpt.passage
    told = f"{excerpt.number}. {label(passage, types)}"
    if passage.kind not in (Kind.GRIEVANCE, Kind.QUESTION, Kind.PRINCIPLE, Kind.SAYING):
        return told
    begins = _CLAUSE_END.split(passage.text, maxsplit=1)[0][:GIST_CHARS]
    return f"{told} · {begins}{'' if begins == passage.text else '……'}"


def notes(passage: Passage, law_months: int) -> list[tuple[str, str]]:
    """(label, text) of what belongs to a passage: why, when not to say it, how old the law line is."""
    found = [(wording.META_LABELS[key], str(passage.meta[key])) for key in render.META_SHOWN.get(passage.kind, ()) if key in passage.meta]
    if "avoid" in passage.meta:
        found.append((wording.AVOID_LABEL, str(passage.meta["avoid"])))
    if passage.kind is Kind.LAW:
        found.append((wording.LAW_BADGE, render.law_badge(passage, law_months)))
    return found


def reference(excerpt: Excerpt) -> str:
    """The full source of an excerpt, to be found again by file and span."""
    passage, document = excerpt.passage, excerpt.document
    return words.REFERENCE.format(
        title=document.title, section=passage.section, id=passage.passage_id, file=document.file,
        start=passage.start, end=passage.end, source=document.source, date=document.date,
    )


def _part_titles(lesson: Lesson) -> list[str]:
    """Section headings with their numerals; a lesson of one unnamed part has none."""
    if len(lesson.parts) == 1 and not lesson.parts[0].title:
        return [""]
    return [
        f"{words.ordinal(number)}、{part.title or words.PART_DEFAULT.format(number=words.ordinal(number))}"
        for number, part in enumerate(lesson.parts, start=1)
    ]


def _subtitle(lesson: Lesson) -> str:
    types = {type_id for excerpt in lesson.excerpts for type_id in excerpt.document.types}
    today = datetime.date.today().isoformat()
    return words.HANDOUT_SUBTITLE.format(count=len(lesson.excerpts), types=len(types), date=today)


# --- three files of one lesson -----------------------------------------------------------------


def as_docx(lesson: Lesson, types: Sequence[DisputeType]) -> bytes:
    """A handout: contents, excerpts under their sections, numbered references."""
    file = office.WordFile(lesson.title, words.HANDOUT_HEADER.format(title=lesson.title), words.HANDOUT_FOOTER)
    file.title(lesson.title, _subtitle(lesson))
    file.paragraph(words.CONTENTS, bold=True, keep=True)
    file.contents()
    for part, title in zip(lesson.parts, _part_titles(lesson), strict=True):
        if title:
            file.heading(title)
        for excerpt in part.excerpts:
            _docx_excerpt(file, excerpt, types, lesson.law_months)
    file.heading(words.REFERENCES)
    for excerpt in lesson.excerpts:
        line = file.paragraph(f"[{excerpt.number}] {reference(excerpt)}", small=True)
        file.target(line, f"ref{excerpt.number}")
    file.heading(words.SOURCES_TITLE, 3)
    file.table(words.SOURCES_HEAD, [(title, str(count)) for title, count in sources(lesson.excerpts)], (13.0, 3.0))
    if lesson.missing:
        file.heading(words.MISSING_TITLE, 3)
        for passage_id in lesson.missing:
            file.paragraph(words.MISSING_LINE.format(id=passage_id))
    return file.to_bytes()


def _docx_excerpt(file: office.WordFile, excerpt: Excerpt, types: Sequence[DisputeType], law_months: int) -> None:
    file.heading(heading(excerpt, types), 2)
    file.quote(excerpt.passage.text)
    for name, text in notes(excerpt.passage, law_months):
        file.paragraph_led(name, text)
    if excerpt.remark:
        file.paragraph_led(words.REMARK_LABEL, excerpt.remark, strong=True)
    line = file.paragraph(f"{words.FROM} {excerpt.document.title} · {excerpt.passage.section}", small=True)
    file.reference(line, f"[{excerpt.number}]", f"ref{excerpt.number}")


def as_markdown(lesson: Lesson, types: Sequence[DisputeType]) -> bytes:
    """The same handout as Markdown, references as footnotes."""
    lines = [f"# {lesson.title}", "", _subtitle(lesson), "", f"## {words.CONTENTS}", ""]
    titles = _part_titles(lesson)
    for part, title in zip(lesson.parts, titles, strict=True):
        if title:
            lines.append(f"- {title}")
        lines += [f"{'  ' if title else ''}- {heading(e, types)}" for e in part.excerpts]
    for part, title in zip(lesson.parts, titles, strict=True):
        if title:
            lines += ["", f"## {title}"]
        for excerpt in part.excerpts:
            lines += ["", f"### {heading(excerpt, types)}", ""]
            lines += [f"> {line}" for line in excerpt.passage.text.split("\n")]
            lines += ["", *(f"- **{name}**：{text}" for name, text in notes(excerpt.passage, lesson.law_months))]
            if excerpt.remark:
                remark = excerpt.remark.replace("\n", "\n  ")
                lines.append(f"- **{words.REMARK_LABEL}**：{remark}")
            lines.append(f"- {words.FROM} {excerpt.document.title} · {excerpt.passage.section}[^{excerpt.number}]")
    lines += ["", f"## {words.REFERENCES}", "", *(f"[^{e.number}]: {reference(e)}" for e in lesson.excerpts)]
    lines += ["", f"## {words.SOURCES_TITLE}", "", f"| {' | '.join(words.SOURCES_HEAD)} |", "| --- | ---: |"]
    lines += [f"| {title} | {count} |" for title, count in sources(lesson.excerpts)]
    if lesson.missing:
        lines += ["", f"## {words.MISSING_TITLE}", "", *(f"- {words.MISSING_LINE.format(id=i)}" for i in lesson.missing)]
    return ("\n".join(lines) + "\n").encode("utf-8")


def as_pptx(lesson: Lesson, types: Sequence[DisputeType]) -> bytes:
    """One excerpt a slide; its source and the trainer's remark are in the speaker notes."""
    file = office.SlideFile(lesson.title, lesson.title)
    file.title(lesson.title, words.SLIDES_SUBTITLE.format(count=len(lesson.excerpts)))
    titles = _part_titles(lesson)
    if titles != [""]:
        file.idea(words.SLIDES_CONTENTS, titles)
    for part, title in zip(lesson.parts, titles, strict=True):
        if title:
            file.title(title, "")
        for excerpt in part.excerpts:
            _slide(file, excerpt, types, lesson.law_months)
    return file.to_bytes()


def _slide(file: office.SlideFile, excerpt: Excerpt, types: Sequence[DisputeType], law_months: int) -> None:
    told = notes(excerpt.passage, law_months)
    under = next((f"{name}：{text}" for name, text in told if name == wording.AVOID_LABEL), "")
    said = [f"[{excerpt.number}] {reference(excerpt)}"]
    if excerpt.remark:
        said.append(f"{words.REMARK_LABEL}：{excerpt.remark}")
    said += [f"{name}：{text}" for name, text in told]
    file.idea(label(excerpt.passage, types), excerpt.passage.text.split("\n"), "\n".join(said), under)


EXPORTS: dict[str, Callable[[Lesson, Sequence[DisputeType]], bytes]] = {"docx": as_docx, "md": as_markdown, "pptx": as_pptx}


def write(lesson: Lesson, types: Sequence[DisputeType], path: Path) -> None:
    """Write a lesson in the format that the file's name asks for; an old file stays when anything goes wrong.

    Raises:
        FormatUnknown, PaperUnwritable
    """
    export = EXPORTS.get(path.suffix.lower().removeprefix("."))
    if export is None:
        raise FormatUnknown(path, list(EXPORTS))
    content = export(lesson, types)
    try:
        office.write_file(path, content)
    except OSError as error:
        raise PaperUnwritable(path, error.strerror or str(error)) from error
