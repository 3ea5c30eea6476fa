"""What is taken along on paper: the sheet before a mediation and the blank agreements.

A sheet is composed once, as plain values, so that page, Word file and Markdown show the same. The sheet before
a mediation is one A4 page whatever the card holds: what it may hold is tried from the fullest to the leanest
until it fits. Names and facts are written by hand on the paper; nothing that was typed stands on it.
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby

from assistant.office import WordFile
from assistant.records import (
    Advice,
    AgreementForm,
    Agreements,
    Checklist,
    Clause,
    DisputeType,
    Hit,
    Kind,
    Mediability,
    Passage,
    Reminder,
    Risk,
)
from assistant.render import side_name
from assistant.wording import sheets as wording

# --- the sheet before a mediation -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a sheet with the id of its source."""

    text: str
    source: str
    tag: str = ""
    avoid: str = ""


@dataclass(frozen=True, slots=True)
class Danger:
    """A red line on paper, without the words that were typed."""

    name: str
    action: str
    must: tuple[str, ...]
    never: tuple[str, ...]
    basis: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether this may be settled by public-security mediation."""

    name: str
    text: str
    basis: str


@dataclass(frozen=True, slots=True)
class PrepareSheet:
    """One A4 page."""

    types: tuple[str, ...]
    sides: tuple[str, ...]
    verdict: Verdict | None
    dangers: tuple[Danger, ...]
    more_dangers: tuple[str, ...]  # names of those for which there was no room
    questions: tuple[Line, ...]
    grievances: tuple[Line, ...]
    phrasing: tuple[Line, ...]
    custom: tuple[Line, ...]
    law: tuple[Line, ...]
    bring: tuple[Line, ...]
    next: tuple[Line, ...]
    notes: int  # empty lines to write on


@dataclass(frozen=True, slots=True)
class Room:
    """How much of each part a sheet takes; as it stands, what every sheet has room for."""

    dangers: int = 3
    must: int = 2  # things to do for each of them
    phrasing: int = 2
    avoid: int = 0  # phrasing lines that keep what must not be said
    questions: int = 2
    grievances: int = 1
    law: int = 1
    custom: int = 0
    bring: int = 4
    notes: int = 0  # empty lines to write on


# What is added while it fits, most needed first: danger, then asking and saying, then the ground and the rest.
WISHES = (
    ("dangers", 4), ("must", 3), ("dangers", 5), ("must", 4), ("must", 9), ("questions", 3), ("phrasing", 3),
    ("questions", 4), ("phrasing", 4), ("law", 2), ("bring", 6), ("phrasing", 5), ("grievances", 2),
    ("questions", 5), ("phrasing", 6), ("avoid", 2), ("law", 3), ("notes", 1), ("custom", 1), ("questions", 6),
    ("phrasing", 7), ("avoid", 4), ("bring", 8), ("law", 4), ("phrasing", 8), ("notes", 2), ("avoid", 6),
    ("grievances", 3), ("avoid", 8), ("law", 5), ("bring", 9), ("notes", 3), ("custom", 2), ("grievances", 4),
    ("law", 6), ("notes", 4), ("dangers", 10), ("notes", 6),
)
# Which stages stay when there is no room for all: how to begin and calm, what to hear, what to say and agree.
STAGE_ORDER = ("开场", "降温", "倾听", "说理", "方案", "收尾", "换位", "回访")

# The page in the units of its type: letters of 9 pt to a line, lines of 12.4 pt to the page.
POINTS, LEADING = 9.0, 12.4
WORD_LEADING = 12.8  # small print of sources is narrower there, so that lines are fewer
PAGE_LETTERS, LEFT_LETTERS, RIGHT_LETTERS = 58.5, 22.0, 34.6
TICK_LETTERS, RAGGED = 1.4, 0.6  # a box before the line; what a line loses where it breaks
CITE_SIZE = 0.74  # of a source to the text
PAGE_LINES = 61.5
TYPES_NAMED = 3
ANSWER_LINES = 1.15  # the empty line under a question
HEAD_LINES = 1.45  # the heading of a part


@dataclass(frozen=True, slots=True)
class Stock:
    """Every line that a card could put on its sheet, made once; the sheets that are tried take of it what they have room for."""

    advice: Advice
    types: tuple[DisputeType, ...]
    verdict: Verdict | None
    questions: tuple[Line, ...]
    grievances: tuple[Line, ...]
    phrasing: Mapping[str, tuple[Line, Line]]  # stage to its first line, with what must not be said and without
    custom: tuple[Line, ...]
    law: tuple[Line, ...]
    bring: tuple[Line, ...]
    next: tuple[Line, ...]


def prepare(advice: Advice, checklist: Checklist) -> PrepareSheet:
    """The fullest sheet that fits one page."""
    stock, room = _stock(advice, checklist), Room()
    sheet = _compose(stock, room)
    for part, amount in WISHES:
        wider = replace(room, **{part: amount})
        tried = _compose(stock, wider)
        if height(tried) <= PAGE_LINES:
            room, sheet = wider, tried
    return sheet


def _stock(advice: Advice, checklist: Checklist) -> Stock:
    sections = advice.sections
    named = {item.type_id: item for item, _ in advice.types}
    types = [named[type_id] for type_id in advice.active if type_id in named] or [*named.values()]
    phrasing: dict[str, tuple[Line, Line]] = {}
    for hit in sections["phrasing"]:
        if hit.passage.kind is Kind.PHRASING and hit.passage.meta["stage"] not in phrasing:
            phrasing[hit.passage.meta["stage"]] = _said(hit, advice, avoid=True), _said(hit, advice, avoid=False)
    return Stock(
        advice=advice,
        types=tuple(types),
        verdict=_verdict(advice.mediability),
        questions=tuple(map(_question, sections["questions"])),
        grievances=tuple(map(_line, sections["grievances"])),
        phrasing=phrasing,
        custom=tuple(map(_custom, sections["custom"])),
        law=tuple(_line(hit, hit.passage.title) for hit in sections["law"]),
        bring=tuple(Line(item.text, item.item_id) for item in _due(checklist.bring, advice)),
        next=tuple(Line(item.text, item.item_id) for item in _due(checklist.next, advice)) + _referral(advice),
    )


def _compose(stock: Stock, room: Room) -> PrepareSheet:
    first = stock.types[0] if stock.types else None
    risks = stock.advice.risks
    return PrepareSheet(
        types=tuple(item.name for item in stock.types[:TYPES_NAMED]),
        sides=tuple(filter(None, (first.harmed, first.accused))) if first else (),
        verdict=stock.verdict,
        dangers=tuple(_danger(risk, room.must) for risk in risks[: room.dangers]),
        more_dangers=tuple(risk.name for risk in risks[room.dangers :]),
        questions=stock.questions[: room.questions],
        grievances=stock.grievances[: room.grievances],
        phrasing=_by_stage(stock.phrasing, room.phrasing, room.avoid),
        custom=stock.custom[: room.custom],
        law=stock.law[: room.law],
        bring=stock.bring[: room.bring],
        next=stock.next,
        notes=room.notes,
    )


def _by_stage(phrasing: Mapping[str, tuple[Line, Line]], count: int, avoid: int) -> tuple[Line, ...]:
    """One line a stage, as many as there is room for, in the order of a mediation; the first `avoid` say what not to say."""
    kept = [stage for stage in STAGE_ORDER if stage in phrasing][:count]
    chosen = [lines for stage, lines in phrasing.items() if stage in kept]
    return tuple(full if number < avoid else short for number, (full, short) in enumerate(chosen))


def _line(hit: Hit, tag: str = "") -> Line:
    return Line(hit.passage.text.replace("\n", ""), hit.passage.passage_id, tag)


def _question(hit: Hit) -> Line:
    """Those about a red line that may stand are told apart by a tag."""
    return _line(hit, wording.ASK_RISK if "risks" in hit.passage.meta else "")


def _said(hit: Hit, advice: Advice, avoid: bool) -> Line:
    passage: Passage = hit.passage
    side = side_name(passage, [item for item, _ in advice.types])
    tag = f"{passage.meta['stage']}（{wording.SAY_TO.format(side=side, setting=passage.meta['setting'])}）"
    return Line(passage.text, passage.passage_id, tag, passage.meta.get("avoid", "") if avoid else "")


def _custom(hit: Hit) -> Line:
    """How a custom helps when persuading; the custom itself is behind its source."""
    return Line(hit.passage.meta.get("use", hit.passage.text), hit.passage.passage_id, hit.passage.title)


def _danger(risk: Risk, must: int) -> Danger:
    return Danger(risk.name, risk.action, risk.must[:must], risk.never[: max(1, must - 1)], "、".join(risk.basis[:3]))


def _verdict(found: Mediability | None) -> Verdict | None:
    return Verdict(found.name, found.text, "、".join(hit.passage.title for hit in found.basis[:3])) if found else None


def _due(items: Iterable[Reminder], advice: Advice) -> list[Reminder]:
    """What is due for this card: for its red lines first, then for its types, then what is always due."""
    risks = {risk.risk_id for risk in advice.risks}
    types = set(advice.active)
    verdict = advice.mediability.verdict if advice.mediability else "no" if risks else "yes"
    state = "stop" if verdict in ("no", "wait") else verdict
    due = [item for item in items if not item.when or state in item.when]
    ranked = [(0 if risks & set(item.risks) else 1 if types & set(item.types) else 2, item) for item in due]
    return [item for rank, item in sorted(ranked, key=lambda pair: pair[0]) if rank < 2 or not (item.types or item.risks)]


def _referral(advice: Advice) -> tuple[Line, ...]:
    """Who else can help, from the card."""
    hits = advice.mediability.referrals if advice.mediability else ()
    return tuple(_line(hit, hit.passage.meta.get("who", "")) for hit in hits[:1])


def height(sheet: PrepareSheet) -> float:
    """How many lines of the page a sheet takes; a little more than it does, so that no printer breaks it."""
    full, left, right = PAGE_LETTERS, LEFT_LETTERS, RIGHT_LETTERS
    top = 4.0  # title, places to fill in, names
    if sheet.dangers:
        top += HEAD_LINES + 0.8 + sum(_danger_lines(danger) for danger in sheet.dangers) + 1 + bool(sheet.more_dangers)
    else:
        top += 1.8
    if sheet.verdict:
        told = width(f"{wording.VERDICT}　{sheet.verdict.name}　{sheet.verdict.text}")
        top += _lines(told + CITE_SIZE * width(f"　{wording.BASIS}　{sheet.verdict.basis}"), full - 1) + 0.4
    left -= TICK_LETTERS
    asked = HEAD_LINES + sum(_cited_lines(line, left) + ANSWER_LINES for line in sheet.questions)
    brought = HEAD_LINES + sum(_cited_lines(line, left) for line in sheet.bring)
    felt = sum(_cited_lines(line, right) for line in sheet.grievances) + (HEAD_LINES if sheet.grievances else 0)
    said = HEAD_LINES + sum(
        _cited_lines(line, right) + 0.15 + (_lines(line.avoid + wording.AVOID, right) if line.avoid else 0)
        for line in sheet.phrasing
    )
    below = sum(
        HEAD_LINES + sum(_cited_lines(line, full) for line in part)
        for part in (sheet.law, sheet.custom, sheet.next) if part
    )
    written = HEAD_LINES + 1.6 * sheet.notes if sheet.notes else 0
    return top + max(asked + brought, felt + said) + 0.2 + below + written + 1.3


def _danger_lines(danger: Danger) -> float:
    named = width(f"■　{danger.name}　{danger.action}") + CITE_SIZE * width(f"　{wording.BASIS}　{danger.basis}")
    lines = [named, f"{wording.MUST}　{'；'.join(danger.must)}", f"{wording.NEVER}　{'；'.join(danger.never)}"]
    return sum(_lines(line, PAGE_LETTERS - 1) for line in lines) + 0.25


@lru_cache(maxsize=8192)  # lines of the corpus, never what was typed; a sheet measures each of them 38 times
def _cited_lines(line: Line, letters: float) -> int:
    """How many lines of the page a line takes with its tag and, in small print, its source."""
    told = width(f"{line.tag}　{line.text}" if line.tag else line.text)
    return _lines(told + CITE_SIZE * width(wording.SOURCE.format(source=line.source)), letters)


def _lines(text: str | float, letters: float) -> int:
    return max(1, math.ceil((width(text) if isinstance(text, str) else text) / (letters - RAGGED)))


@lru_cache(maxsize=8192)  # these too
def width(text: str) -> float:
    """How wide a text is, in Chinese letters."""
    return sum(1.0 if unicodedata.east_asian_width(letter) in "WFA" else 0.58 for letter in text)


def prepare_markdown(sheet: PrepareSheet) -> str:
    """The sheet as Markdown."""
    lines = [f"# {wording.PREPARE_TITLE}", "", "　".join(f"{name}：＿＿＿＿" for name in wording.FILL_IN), ""]
    lines += [f"**{wording.TYPES}** {'、'.join(sheet.types)}", ""]
    lines += [f"{side}：＿＿＿＿＿＿（{wording.SIDE_BLANK}）  " for side in sheet.sides]
    lines += ["", f"## {wording.RISKS}", ""]
    if sheet.verdict:
        told = f"**{wording.VERDICT}：{sheet.verdict.name}** {sheet.verdict.text}（{wording.BASIS}：{sheet.verdict.basis}）"
        lines += [told, ""]
    lines += [wording.NO_RISKS] if not sheet.dangers else []
    for danger in sheet.dangers:
        lines += [f"- **{danger.name}** {danger.action}", f"  - {wording.MUST}：{'；'.join(danger.must)}"]
        lines += [f"  - {wording.NEVER}：{'；'.join(danger.never)}", f"  - {wording.BASIS}：{danger.basis}"]
    lines += [wording.MORE_RISKS.format(names="、".join(sheet.more_dangers))] if sheet.more_dangers else []
    for title, mark, part in parts(sheet):
        lines += ["", f"## {title}", ""]
        lines += [f"- {mark}{f'**{line.tag}** ' if line.tag else ''}{line.text}{_avoid(line)} {wording.SOURCE.format(source=line.source)}" for line in part]
    return "\n".join([*lines, "", f"> {wording.FOOT}", ""])


def _avoid(line: Line) -> str:
    return f"（{wording.AVOID}：{line.avoid}）" if line.avoid else ""


def parts(sheet: PrepareSheet) -> list[tuple[str, str, tuple[Line, ...]]]:
    """(heading, mark before each line, lines) of every part that has any, in reading order."""
    found = [
        (wording.QUESTIONS, "☐ ", sheet.questions), (wording.GRIEVANCES, "", sheet.grievances),
        (wording.PHRASING, "", sheet.phrasing), (wording.BRING, "☐ ", sheet.bring), (wording.LAW, "", sheet.law),
        (wording.CUSTOM, "", sheet.custom), (wording.NEXT, "☐ ", sheet.next),
    ]
    return [part for part in found if part[2]]


def prepare_docx(sheet: PrepareSheet) -> bytes:
    """The sheet as a Word file of one page."""
    file = WordFile(wording.PREPARE_TITLE)
    file.compact(POINTS, WORD_LEADING, margins_cm=(1.1, 1.2))
    file.line(wording.PREPARE_TITLE, points=15, bold=True, leading=19)
    file.line("　".join(f"{name}＿＿＿＿＿＿＿" for name in wording.FILL_IN), after=2)
    told = f"{wording.TYPES}　{'、'.join(sheet.types)}　　" + "　".join(f"{side}＿＿＿＿＿＿＿" for side in sheet.sides)
    file.line(told, after=3)
    box = file.grid([18.6], 1)[0][0]
    _write_dangers(file, box, sheet)
    left, right = file.grid([7.4, 11.2], 1)[0]
    _write_part(file, left, wording.QUESTIONS, sheet.questions, "☐ ", hint=wording.QUESTIONS_HINT, answers=True, first=True)
    _write_part(file, left, wording.BRING, sheet.bring, "☐ ")
    _write_part(file, right, wording.GRIEVANCES, sheet.grievances, first=True)
    _write_part(file, right, wording.PHRASING, sheet.phrasing, hint=wording.PHRASING_HINT)
    for title, part, mark in ((wording.LAW, sheet.law, ""), (wording.CUSTOM, sheet.custom, ""), (wording.NEXT, sheet.next, "☐ ")):
        if part:
            _write_part(file, None, title, part, mark)
    if sheet.notes:
        _write_heading(file, None, wording.NOTES, "")
        for _ in range(sheet.notes):
            file.rule(leading=19)
    file.line(wording.FOOT, points=7, leading=9, before=2, grey=True)
    return file.to_bytes()


def _write_dangers(file: WordFile, box: object, sheet: PrepareSheet) -> None:
    line = file.line(f"{wording.RISKS}　", cell=box, bold=True, first=True)
    if not sheet.dangers:
        file.run(line, wording.NO_RISKS)
    for danger in sheet.dangers:
        line = file.line(f"■ {danger.name}　", cell=box, bold=True)
        file.run(line, danger.action)
        file.run(line, f"　{wording.BASIS} {danger.basis}", points=7)
        for label, items in ((wording.MUST, danger.must), (wording.NEVER, danger.never)):
            line = file.line(f"{label}　", cell=box, bold=True)
            file.run(line, "；".join(items))
    if sheet.more_dangers:
        file.line(wording.MORE_RISKS.format(names="、".join(sheet.more_dangers)), cell=box)
    if sheet.verdict:
        line = file.line(f"{wording.VERDICT}　{sheet.verdict.name}　", cell=box, bold=True)
        file.run(line, sheet.verdict.text)
        file.run(line, f"　{wording.BASIS} {sheet.verdict.basis}", points=7)


def _write_heading(file: WordFile, cell: object, title: str, hint: str, first: bool = False) -> None:
    line = file.line(f"{title}　", cell=cell, bold=True, points=10.5, first=first, before=0 if first else 3)
    if hint:
        file.run(line, hint, points=7)


def _write_part(
    file: WordFile, cell: object, title: str, part: Sequence[Line], mark: str = "", hint: str = "", answers: bool = False,
    first: bool = False,
) -> None:
    _write_heading(file, cell, title, hint, first)
    for item in part:
        line = file.line(mark, cell=cell)
        if item.tag:
            file.run(line, f"{item.tag}　", bold=True)
        file.run(line, item.text)
        if item.avoid:
            file.run(line, f"　{wording.AVOID}：{item.avoid}", points=8)
        file.run(line, wording.SOURCE.format(source=item.source), points=6.5)
        if answers:
            file.rule(cell=cell, leading=LEADING * ANSWER_LINES)


# --- blank agreements -------------------------------------------------------------------------

_SPACE = re.compile(r"【([^】]*)】")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, or a space for handwriting with a hint of what to write."""

    text: str
    blank: float = 0.0  # width of the space, in letters; 0: this is text


@dataclass(frozen=True, slots=True)
class ClauseLine:
    """A clause as it stands on the form."""

    clause_id: str
    part: str  # its heading
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """One blank agreement for one kind of dispute."""

    form: AgreementForm
    type_id: str
    type_name: str
    heads: tuple[tuple[Piece, ...], ...]
    groups: tuple[tuple[str, tuple[ClauseLine, ...]], ...]  # heading and its clauses, in order

    @property
    def clauses(self) -> tuple[ClauseLine, ...]:
        return tuple(clause for _, lines in self.groups for clause in lines)


def agreement(agreements: Agreements, form_id: str, type_id: str = "", type_name: str = "") -> Agreement:
    """A blank form with the clauses that fit it and the kind of dispute."""
    form = next(form for form in agreements.forms if form.form_id == form_id)
    fitting = [clause for clause in agreements.clauses if _fits(clause, form_id, type_id)]
    order = list(wording.PARTS)
    fitting.sort(key=lambda clause: order.index(clause.part))
    groups = [
        (wording.PARTS[part], tuple(ClauseLine(clause.clause_id, wording.PARTS[part], pieces(clause.text)) for clause in group))
        for part, group in groupby(fitting, key=lambda clause: clause.part)
    ]
    return Agreement(form, type_id, type_name, tuple(map(pieces, form.heads)), tuple(groups))


def _fits(clause: Clause, form_id: str, type_id: str) -> bool:
    return (not clause.forms or form_id in clause.forms) and (not clause.types or type_id in clause.types)


def pieces(text: str) -> tuple[Piece, ...]:
    """A line of the corpus cut into text and spaces for handwriting."""
    return tuple(_pieces(text))


def _pieces(text: str) -> Iterator[Piece]:
    for number, piece in enumerate(_SPACE.split(text)):
        if number % 2:
            yield Piece(piece, _blank_letters(piece))
        elif piece:
            yield Piece(piece)


def _blank_letters(hint: str) -> float:
    """Room for what is written by hand: a name takes four letters, an amount in words eight."""
    if "写" in hint or "列" in hint:
        return 11.0
    if "大写" in hint:
        return 9.0
    return max(4.0, len(hint) + 2.0)


def agreement_docx(sheet: Agreement) -> bytes:
    """The blank form as a Word file of one page."""
    file = WordFile(sheet.form.name)
    file.compact(9.5, 15.0, margins_cm=(1.1, 1.5))
    file.line(sheet.form.name, points=17, bold=True, leading=24, centre=True)
    heads = file.grid([9.0, 9.0], math.ceil(len(sheet.heads) / 2), ruled=False)
    for number, head in enumerate(sheet.heads):
        line = file.line("", cell=heads[number // 2][number % 2], first=True, leading=19)
        file.run(line, head[0].text)
        file.blank(line, head[1].text, HEAD_LETTERS - width(head[0].text))
    for name in wording.PARTY_NAMES:
        _write_party(file, name, sheet.form.party)
    file.labelled_rule(sheet.form.present, FORM_CM, leading=22)
    for label, count in sheet.form.facts:
        file.labelled_rule(label, FORM_CM, leading=22)
        for _ in range(count - 1):
            file.rule(leading=22)
    file.line(sheet.form.agreed, bold=True, before=4)
    for clause in sheet.clauses:
        line = file.line("☐ ", leading=18)
        _write_pieces(file, line, clause.pieces)
    file.labelled_rule(f"☐ {wording.OTHER_CLAUSE}", FORM_CM, leading=20)
    for told in sheet.form.told:
        file.line(told, before=2, leading=12.5, points=9)
    file.line(sheet.form.copies, leading=12.5, points=9)
    _write_signs(file, sheet.form.signs)
    return file.to_bytes()


def _write_pieces(file: WordFile, line: object, found: Sequence[Piece]) -> None:
    for piece in found:
        if piece.blank:
            file.blank(line, piece.text, piece.blank)
        else:
            file.run(line, piece.text)


def _write_party(file: WordFile, name: str, fields: Sequence[str]) -> None:
    """One side's particulars: a label and a space each; the last space of a line reaches its end."""
    rows: list[list[str]] = [[]]
    used = 3.0
    for field in fields:
        needed = width(field) + PARTY_LETTERS.get(field, OTHER_PARTY_LETTERS) + 1
        if used + needed > PARTY_LINE:
            rows.append([])
            used = 0.0
        rows[-1].append(field)
        used += needed
    for number, row in enumerate(rows):
        line = file.line("" if number else f"{name}　", bold=True, leading=21)
        for field in row[:-1]:
            file.run(line, field, points=9)
            file.blank(line, "", PARTY_LETTERS.get(field, OTHER_PARTY_LETTERS))
            file.run(line, " ")
        file.run(line, row[-1], points=9)
        file.rule_to(line, FORM_CM)


HEAD_LETTERS = 25.0  # of a head's label and space together
FORM_CM, PARTY_LINE = 18.0, 55.0  # the width of a form, and in letters of 9 pt
PARTY_LETTERS = {"姓名": 6.0, "性别": 3.0, "民族": 3.0, "年龄": 3.0, "证件号码": 14.0, "职业": 6.0, "单位或住址": 14.0}
OTHER_PARTY_LETTERS = 9.0


def _write_signs(file: WordFile, signs: Sequence[str]) -> None:
    cells = file.grid([FORM_CM / len(signs)] * len(signs), 1)[0]
    for cell, sign in zip(cells, signs, strict=True):
        file.line(sign, cell=cell, first=True, points=8)
        file.line("", cell=cell, leading=36)
        _write_pieces(file, file.line("", cell=cell, points=8), pieces(wording.DATE_BLANK))
