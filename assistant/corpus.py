"""The knowledge on disk becomes documents and passages; what is wrong with a file is found here.

Corpus files are YAML and Markdown that a mediator edits by hand. Each quotable text stands on
one line of its file, so that a passage is a span of the file itself and 查看原文 can show it.
"""

import datetime
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from yaml.constructor import SafeConstructor

from assistant.errors import CorpusEmpty, CorpusInvalid, FileMissing
from assistant.records import (
    DIFFICULTIES,
    DISABLED,
    ENTRY_STATES,
    FORM_IDS,
    LISTENERS,
    SETTINGS,
    STAGES,
    STEPS,
    AgreementForm,
    Agreements,
    Checklist,
    Clause,
    DisputeType,
    Document,
    Exercise,
    Fault,
    Ground,
    Kind,
    Passage,
    RedLine,
    Reminder,
    Sign,
    Step,
    Wording,
)
from assistant.segmenter import Phrases, fold

Line = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^\n]+$")]
EntryId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Model = TypeVar("Model", bound=BaseModel)
Strength = Annotated[int, Field(ge=1, le=3)]


class _Record(BaseModel):
    """A mapping in a corpus file: unknown keys are faults, because a mistyped key loses text."""

    model_config = ConfigDict(extra="forbid")


class _Entry(_Record):
    id: EntryId
    text: Line
    state: Literal[ENTRY_STATES] = ""  # of what a station adds itself


class _Principle(_Entry):
    why: Line


class _Phrasing(_Entry):
    stage: Literal[STAGES]
    listener: Literal[LISTENERS]
    setting: Literal[SETTINGS]
    avoid: Line
    region: str = ""


class _Referral(_Entry):
    who: Line


class _Case(_Entry):
    title: Line
    risks: list[str] = []  # the red lines that it handles rightly: only then is it shown beside them


class _LocalWording(_Record):
    text: Line
    region: Line


class _Sides(_Record):
    harmed: Line
    accused: Line


class _Source(_Record):
    source: Line
    date: datetime.date


class DisputeFile(_Source):
    """One dispute type. A station's own file may hold only the parts that it adds."""

    id: str
    name: Line
    summary: str = ""
    sides: _Sides | None = None
    law: list[str] = []  # articles at the heart of it, the one that always applies first
    wordings: list[Line | _LocalWording] = []
    grievances: list[_Entry] = []
    questions: list[_Entry] = []
    principles: list[_Principle] = []
    phrasing: list[_Phrasing] = []
    solutions: list[_Entry] = []
    pitfalls: list[_Entry] = []
    referrals: list[_Referral] = []
    cases: list[_Case] = []


class _Situation(_Entry):
    """One everyday case of a dispute type as a visitor would say it; `text` is what to do first."""

    chip: Annotated[str, StringConstraints(min_length=1, max_length=16, pattern=r"^[^\n]+$")]
    risks: list[str] = []  # red lines that stand as soon as this is tapped


class _PlainLaw(_Entry):
    basis: Annotated[list[str], Field(min_length=1)]  # ids of the law passages that it puts in plain words


class PublicFile(_Source):
    """What a visitor of the hall reads about one type. A station's own file may hold only what it adds."""

    id: str
    situations: Annotated[list[_Situation], Field(max_length=5)] = []
    helps: list[_Entry] = []
    bring: list[_Entry] = []
    note: list[_Entry] = []
    avoid: list[_Entry] = []
    calm: list[_Entry] = []
    law: list[_PlainLaw] = []


class _PublicRedLine(_Entry):
    """A red line told to the person who is in danger, not to the officer."""

    risk: Line
    name: Line
    must: list[Line]
    never: list[Line]
    calm: Line
    basis: list[str]


class PublicRedLineFile(_Source):
    redlines: list[_PublicRedLine]


class _Custom(_Entry):
    title: Line
    types: list[str]
    spread: Literal["普遍", "部分地区", "个别"]
    quarrel: Line
    use: Line
    binding: Line
    law: Line


class CustomFile(_Source):
    region: Line
    customs: list[_Custom]


class _Saying(_Entry):
    form: Literal["谚语", "俗语", "歇后语", "典故"]
    meaning: Line
    use: Line
    hurt: Line
    types: list[str]
    stages: list[Literal[STAGES]]
    region: Line = "通用"


class SayingFile(_Source):
    sayings: list[_Saying]


class _Article(_Entry):
    article: Line
    types: list[str]
    note: str = ""
    old_article: str = ""
    topic: str = ""
    also: list[str] = []  # further articles that the same sentence rests on
    confidence: Literal["high", "medium"] = "high"
    checked: str = ""  # what the sentence was checked against


class LawFile(_Record):
    law: Line
    short: list[Line]
    version: Line
    in_force: datetime.date | Literal[""]
    checked_on: datetime.date
    source: Line
    articles: list[_Article]


class _BasisWhen(_Record):
    law: str
    signs: Annotated[list[str], Field(min_length=1)]


class _RedLine(_Entry):
    id: Annotated[str, StringConstraints(pattern=r"^[a-z_]+$")]
    name: Line
    must: list[Line]
    never: list[Line]
    basis: list[str]
    basis_when: list[_BasisWhen] = []
    types: list[str] = []
    questions: list[_Entry] = []  # asked where this red line may stand and was not told plainly
    phrasing: list[_Phrasing] = []


class RedLineFile(_Source):
    redlines: list[_RedLine]


class _RedLineSigns(_Record):
    id: str
    signs: list[str]
    unless: list[str] = []


class RedLineSignFile(_Record):
    redlines: list[_RedLineSigns]


class _Verdict(_Entry):
    verdict: Literal["no", "wait", "yes", "civil"]
    name: Line
    basis: list[str]


class _RiskGround(_Entry):
    risk: str
    verdict: Literal["no", "wait"]
    basis: list[str]


class _Violation(_Entry):
    tap: Literal["", "blows"] = ""
    types: list[str] = []
    needs_types: list[str] = []
    basis: list[str]
    signs: list[str] = []
    unless: list[str] = []


class MediabilityFile(_Source):
    verdicts: list[_Verdict]
    risks: list[_RiskGround]
    violations: list[_Violation]


class _Front(_Source):
    id: EntryId
    title: Line
    types: list[str] = []
    stages: list[Literal[STAGES]] = []
    topics: str = ""
    region: str = ""
    risks: list[str] = []  # the red lines that it handles rightly
    state: Literal[ENTRY_STATES] = ""
    author: str = ""
    file: str = ""  # an imported article: the name of the file it came in,
    mark: str = ""  # what tells its text from any other,
    byline: list[str] = []  # and lines about the text that stood in the file


class _Step(_Record):
    step: Literal[STEPS]
    text: Line
    ask: Annotated[list[Line], Field(min_length=1)]
    cards: Annotated[list[str], Field(min_length=1)]


class ExerciseFile(_Source):
    """One made-up case for a class; read by the trainer's desk, never searched or quoted as knowledge."""

    id: EntryId
    type: str
    difficulty: Literal[DIFFICULTIES]
    title: Line
    minutes: Annotated[int, Field(ge=5, le=120)]
    roles: Annotated[list[Line], Field(min_length=2)]
    steps: Annotated[list[_Step], Field(min_length=len(STEPS), max_length=len(STEPS))]
    questions: Annotated[list[Line], Field(min_length=2)]
    observe: Annotated[list[Line], Field(min_length=3)]
    wrap_up: Line


class _Type(_Record):
    id: Line
    name: Line
    typical: Line
    group: Line


class TaxonomyFile(_Record):
    types: list[_Type]


class _Mapping(_Record):
    say: Line
    means: list[Line]
    region: str = "通用"


class MappingFile(_Record):
    mappings: list[_Mapping]


class _Sign(_Record):
    sign: Line
    types: dict[str, Strength] = {}
    risks: dict[str, Strength] = {}
    region: str = ""


class SignFile(_Record):
    signs: list[_Sign]


CLAUSE_PARTS = (
    "do", "refrain", "money", "instalments", "deadline", "apology", "later", "proof", "breach", "confirm", "revisit",
)


class _FactLines(_Record):
    label: Line
    lines: Annotated[int, Field(ge=1, le=8)]


class _Form(_Record):
    id: Literal[FORM_IDS]
    name: Line
    copies: Line
    when: Line
    never: Line
    heads: list[Line]
    party: list[Line]
    present: Line
    facts: list[_FactLines]
    agreed: Line
    told: list[Line]
    signs: list[Line]
    law: list[str]


class _Clause(_Entry):
    part: Literal[CLAUSE_PARTS]
    types: list[str] = []
    forms: list[Literal[FORM_IDS]] = []
    law: list[str]


class AgreementFile(_Source):
    forms: list[_Form]
    clauses: list[_Clause]


class _Reminder(_Entry):
    types: list[str] = []
    risks: list[str] = []
    law: list[str]


class _NextStep(_Reminder):
    when: list[Literal["yes", "civil", "stop"]]


class ChecklistFile(_Source):
    bring: list[_Reminder]
    next: list[_NextStep]


class RegionFile(_Record):
    regions: dict[str, list[Line]]


class _FormerLaw(_Record):
    law: Line
    short: list[Line]
    now: Line


class StatuteFile(_Record):
    former: list[_FormerLaw]


@dataclass(frozen=True, slots=True)
class Corpus:
    """What one folder holds: the documents, their passages in file order."""

    documents: tuple[Document, ...]
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """How everyday wording is understood."""

    wordings: tuple[Wording, ...]
    signs: tuple[Sign, ...]
    regions: Mapping[str, tuple[str, ...]]  # region to the place names that stand for it
    _said: Phrases  # of `wordings`, in their order
    _signed: Phrases  # of `signs`, in their order

    def wordings_in(self, folded: str) -> list[Wording]:
        """The everyday wordings that stand in a folded text, in the order of the lexicon."""
        return [self.wordings[position] for position in self._said.standing_in(folded)]

    def signs_in(self, folded: str) -> list[Sign]:
        return [self.signs[position] for position in self._signed.standing_in(folded)]


@dataclass(frozen=True, slots=True)
class FormerLaw:
    """A law that is no longer in force, how it was called, and the law to look into now."""

    law: str
    short: tuple[str, ...]
    now: str


# --- YAML with places -------------------------------------------------------------------------


class _SourceText:
    """A YAML file as text, as plain values and as nodes that know where they stand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = _read_text(path)
        try:
            self.root = yaml.compose(self.text, Loader=_Loader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            raise CorpusInvalid([Fault(path, line, "", "yaml", str(getattr(error, "problem", "")))]) from error
        if self.root is None:
            raise CorpusInvalid([Fault(path, 1, "", "empty")])

    def node(self, place: tuple[str | int, ...]) -> yaml.Node:
        """The node at a path of keys and positions, or the last one on the way that exists."""
        node = self.root
        for step in place:
            if isinstance(node, yaml.MappingNode):
                found = [value for key, value in node.value if key.value == step]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
                found = node.value[step : step + 1]
            else:
                found = []
            if not found:
                break
            node = found[0]
        return node

    def line(self, place: tuple[str | int, ...]) -> int:
        return self.node(place).start_mark.line + 1

    def span(self, place: tuple[str | int, ...], value: str) -> tuple[int, int]:
        """Where a text stands in the file, in characters.

        Raises:
            CorpusInvalid: it is folded over lines or escaped, so it is no span of the file.
        """
        node = self.node(place)
        start = self.text.find(value, node.start_mark.index, node.end_mark.index)
        if start < 0:
            fault = Fault(self.path, self.line(place), str(place[-1]), "folded")
            raise CorpusInvalid([fault])
        return start, start + len(value)


# libyaml's safe loader where PyYAML was built with it: ten times faster, the same marks.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _read_text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise FileMissing(path) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise CorpusInvalid([Fault(path, line, "", "encoding")]) from error


def _validate(model: type[Model], source: _SourceText) -> Model:
    values = SafeConstructor().construct_document(source.root)  # from the nodes: a second parse takes as long as the first
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise CorpusInvalid([_fault(source, problem) for problem in error.errors()]) from error


def _fault(source: _SourceText, problem: dict[str, Any]) -> Fault:
    place = tuple(problem["loc"])
    named = [step for step in place if isinstance(step, str)]
    detail = str(problem.get("ctx", {}).get("expected", "")) or str(problem.get("ctx", {}).get("pattern", ""))
    return Fault(source.path, source.line(place), named[-1] if named else "", problem["type"], detail)


# --- one reader per kind of file --------------------------------------------------------------

# key in a dispute file: kind, heading shown to readers, role told in meta
DISPUTE_PARTS: dict[str, tuple[Kind, str, str]] = {
    "grievances": (Kind.GRIEVANCE, "可能的心结", ""),
    "questions": (Kind.QUESTION, "先问清", ""),
    "principles": (Kind.PRINCIPLE, "调解原则·要点", "要点"),
    "phrasing": (Kind.PHRASING, "大白话", ""),
    "solutions": (Kind.PRINCIPLE, "走得通的出路", "出路"),
    "pitfalls": (Kind.PRINCIPLE, "容易踩的坑", "提防"),
    "referrals": (Kind.PRINCIPLE, "该找谁", "该找谁"),
    "cases": (Kind.CASE, "示例", ""),
}

_Parsed = tuple[Document, list[Passage]]


def _read_dispute(path: Path, file: str, passage_chars: int) -> _Parsed:
    source = _SourceText(path)
    record = _validate(DisputeFile, source)
    named = path.stem.split(".")[0]  # leak.yaml, or leak.anything.yaml where a station adds to it
    if record.id != named:
        raise CorpusInvalid([Fault(path, source.line(("id",)), "id", "id_not_file", named)])
    document = Document(path.stem, file, record.name, source.text, record.source, str(record.date), "", (record.id,))
    passages = [
        _entry_passage(source, document, entry, (part, position), kind, heading, (record.id,), role=role)
        for part, (kind, heading, role) in DISPUTE_PARTS.items()
        for position, entry in enumerate(getattr(record, part))
    ]
    return document, passages


def _entry_passage(
    source: _SourceText,
    document: Document,
    entry: _Entry,
    place: tuple[str | int, ...],
    kind: Kind,
    section: str,
    types: tuple[str, ...],
    title: str = "",
    **more: Any,
) -> Passage:
    start, end = source.span((*place, "text"), entry.text)
    told = entry.model_dump(exclude={"id", "text", "types", "title"}, mode="json")
    meta = {key: value for key, value in {**told, **more}.items() if value not in ("", None, [])}
    shown = title or getattr(entry, "title", "") or document.title
    return Passage(entry.id, document.doc_id, kind, shown, section, entry.text, start, end, types, meta)


def _read_customs(path: Path, file: str, passage_chars: int) -> _Parsed:
    source = _SourceText(path)
    record = _validate(CustomFile, source)
    document = Document(
        f"custom-{path.stem}", file, f"{record.region}习俗", source.text, record.source, str(record.date), record.region
    )
    passages = [
        _entry_passage(source, document, entry, ("customs", position), Kind.CUSTOM, record.region,
                       tuple(entry.types), region=record.region)
        for position, entry in enumerate(record.customs)
    ]
    return document, passages


def _read_sayings(path: Path, file: str, passage_chars: int) -> _Parsed:
    source = _SourceText(path)
    record = _validate(SayingFile, source)
    document = Document(path.stem, file, "谚语俗语歇后语典故", source.text, record.source, str(record.date))
    passages = [
        _entry_passage(source, document, entry, ("sayings", position), Kind.SAYING, entry.form, tuple(entry.types))
        for position, entry in enumerate(record.sayings)
    ]
    return document, passages


def _read_law(path: Path, file: str, passage_chars: int) -> _Parsed:
    source = _SourceText(path)
    record = _validate(LawFile, source)
    document = Document(f"law-{path.stem}", file, f"《{record.law}》", source.text, record.source, str(record.checked_on))
    short = record.short[0] if record.short else record.law
    passages = [
        _entry_passage(
            source, document, entry, ("articles", position), Kind.LAW, record.version, tuple(entry.types),
            title=f"《{short}》{entry.article}", law=record.law, short=record.short, version=record.version,
            in_force=str(record.in_force), checked_on=str(record.checked_on),
        )
        for position, entry in enumerate(record.articles)
    ]
    return document, passages


# what is written for one red line: key in redlines.yaml, kind
REDLINE_PARTS = {"questions": Kind.QUESTION, "phrasing": Kind.PHRASING}


def _read_redlines(path: Path, file: str, passage_chars: int) -> _Parsed:
    source = _SourceText(path)
    record = _validate(RedLineFile, source)
    document = Document("redlines", file, "红线", source.text, record.source, str(record.date))
    passages = []
    for position, entry in enumerate(record.redlines):
        place = ("redlines", position)
        redline = _entry_passage(source, document, entry, place, Kind.REDLINE, entry.name, tuple(entry.types), title=entry.name)
        passages.append(replace(redline, meta={key: value for key, value in redline.meta.items() if key not in REDLINE_PARTS}))
        passages += [
            _entry_passage(source, document, line, (*place, part, number), kind, entry.name, (), title=entry.name, risks=[entry.id])
            for part, kind in REDLINE_PARTS.items()
            for number, line in enumerate(getattr(entry, part))
        ]
    return document, passages


# key in a public file: heading
PUBLIC_PARTS = {
    "situations": "眼下先做", "helps": "通常管用", "bring": "带什么", "note": "记下什么", "avoid": "先别做", "law": "法律怎么说",
    "calm": "对自己说",
}


def _read_public(path: Path, file: str, passage_chars: int) -> _Parsed:
    source = _SourceText(path)
    record = _validate(PublicFile, source)
    if record.id != path.stem:
        raise CorpusInvalid([Fault(path, source.line(("id",)), "id", "id_not_file", path.stem)])
    document = Document(
        f"public-{record.id}", file, record.id, source.text, record.source, str(record.date), "", (record.id,)
    )
    return document, [
        _entry_passage(source, document, entry, (part, position), Kind.GUIDANCE, heading, (record.id,), part=part)
        for part, heading in PUBLIC_PARTS.items()
        for position, entry in enumerate(getattr(record, part))
    ]


def _read_public_redlines(path: Path, file: str, passage_chars: int) -> _Parsed:
    source = _SourceText(path)
    record = _validate(PublicRedLineFile, source)
    document = Document("public-redlines", file, "红线", source.text, record.source, str(record.date))
    return document, [
        _entry_passage(source, document, entry, ("redlines", position), Kind.REDLINE, entry.name, (), title=entry.name)
        for position, entry in enumerate(record.redlines)
    ]


MEDIABILITY_PARTS = {"verdicts": "结论", "risks": "有红线时", "violations": "够得上违反治安管理的"}


def _read_mediability(path: Path, file: str, passage_chars: int) -> _Parsed:
    source = _SourceText(path)
    record = _validate(MediabilityFile, source)
    document = Document("mediability", file, "能不能治安调解", source.text, record.source, str(record.date))
    passages = []
    for part, heading in MEDIABILITY_PARTS.items():
        for position, entry in enumerate(getattr(record, part)):
            passage = _entry_passage(source, document, entry, (part, position), Kind.REDLINE, heading,
                                     tuple(getattr(entry, "types", ())), title=getattr(entry, "name", ""))
            passages.append(replace(passage, meta={"basis": entry.basis}))
    return document, passages


def read_mediability(path: Path) -> tuple[tuple[Ground, ...], tuple[Ground, ...]]:
    """The verdicts, one of each, and the grounds that lead to them in file order."""
    source = _SourceText(path)
    record = _validate(MediabilityFile, source)
    for number, item in enumerate(record.violations):
        for key in ("signs", "unless"):
            _check_expressions(source, ("violations", number, key), getattr(item, key))
    verdicts = [Ground(item.id, item.text, tuple(item.basis), item.verdict) for item in record.verdicts]
    risks = [Ground(item.id, item.text, tuple(item.basis), item.verdict, risk=item.risk) for item in record.risks]
    violations = [
        Ground(item.id, item.text, tuple(item.basis), "yes", "", item.tap, tuple(item.types), tuple(item.needs_types),
               tuple(item.signs), tuple(item.unless))
        for item in record.violations
    ]
    return tuple(verdicts), tuple(risks + violations)


_FRONT = re.compile(r"\A---\r?\n(.*?)\r?\n---\r?\n", re.DOTALL)
_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*$")
_PATH = " › "
_SENTENCE_END = re.compile(r"(?<=[。！？!?；;])")


def _read_guidance(path: Path, file: str, passage_chars: int) -> _Parsed:
    text = _read_text(path)
    front = _FRONT.match(text)
    if not front:
        raise CorpusInvalid([Fault(path, 1, "---", "front_matter")])
    try:
        record = _Front.model_validate(yaml.safe_load(front.group(1)))
    except ValidationError as error:
        faults = [Fault(path, 1, str(problem["loc"][-1]), problem["type"]) for problem in error.errors()]
        raise CorpusInvalid(faults) from error
    except yaml.YAMLError as error:
        raise CorpusInvalid([Fault(path, 1, "---", "yaml")]) from error
    document = Document(record.id, file, record.title, text, record.source, str(record.date), record.region, tuple(record.types))
    meta = {
        "stages": record.stages, "topics": record.topics, "region": record.region, "risks": record.risks,
        "state": record.state,
    }
    meta = {key: value for key, value in meta.items() if value}
    return document, split_article(document, front.end(), passage_chars, meta)


def split_article(document: Document, start: int, passage_chars: int, meta: dict[str, Any]) -> list[Passage]:
    """Cut running text into passages of about `passage_chars`, at headings, paragraphs, sentences."""
    passages = []
    for section, begin, end in _sections(document.text, start):
        for left, right in _pieces(document.text, begin, end, passage_chars):
            passages.append(
                Passage(
                    f"{document.doc_id}#{len(passages) + 1}", document.doc_id, Kind.GUIDANCE, document.title, section,
                    document.text[left:right], left, right, document.types, meta,
                )
            )
    return passages


def _sections(text: str, start: int) -> Iterator[tuple[str, int, int]]:
    """(headings, first character, one past the last) of each stretch between Markdown headings.

    A heading below another is told with it, "坚持三个原则 › 以人为本"; the title alone (#) is not.
    """
    path: list[tuple[int, str]] = []
    begin = position = start
    for line in text[start:].splitlines(keepends=True):
        found = _HEADING.match(line)
        if found:
            yield _PATH.join(heading for _, heading in path), begin, position
            level = len(found.group(1))
            path = [(above, heading) for above, heading in path if 1 < above < level] + [(level, found.group(2))]
            begin = position + len(line)
        position += len(line)
    yield _PATH.join(heading for _, heading in path), begin, position


def _pieces(text: str, begin: int, end: int, passage_chars: int) -> Iterator[tuple[int, int]]:
    """Spans of at most about `passage_chars`: paragraphs joined while they fit, long ones cut at sentences."""
    left = right = begin
    for start, stop in _sentences(text, begin, end):
        if right > left and stop - left > passage_chars:
            yield from _trimmed(text, left, right)
            left = start
        right = stop
    yield from _trimmed(text, left, right)


def _sentences(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Paragraphs that are short enough stay whole; others come sentence by sentence."""
    position = begin
    for line in text[begin:end].splitlines(keepends=True):
        for sentence in [line] if len(line) < 120 else _SENTENCE_END.split(line):
            if sentence:
                yield position, position + len(sentence)
                position += len(sentence)


def _trimmed(text: str, left: int, right: int) -> Iterator[tuple[int, int]]:
    piece = text[left:right]
    stripped = piece.strip()
    if stripped:
        left += piece.index(stripped)
        yield left, left + len(stripped)


# --- the whole folder -------------------------------------------------------------------------

_Reader = Callable[[Path, str, int], _Parsed]
_READERS: dict[str, _Reader] = {
    "disputes/*.yaml": _read_dispute,
    "customs/*.yaml": _read_customs,
    "law/*.yaml": _read_law,
    "guidance/*.md": _read_guidance,
    "imports/*/*.md": _read_guidance,
    "sayings*.yaml": _read_sayings,
    "redlines.yaml": _read_redlines,
    "mediability.yaml": _read_mediability,
}


# Read for the hall's screen, not indexed: an officer's search is not to return what was written for visitors.
_PUBLIC_READERS: dict[str, _Reader] = {
    "public/*.yaml": _read_public,
    "public-redlines.yaml": _read_public_redlines,
}

LOCAL = "local"  # below the corpus folder: what a station adds itself


def is_knowledge(corpus_dir: Path) -> bool:
    """Whether a folder is laid out as our knowledge, rather than a plain folder of articles."""
    return (corpus_dir / "taxonomy.yaml").exists()


def read_knowledge(corpus_dir: Path, passage_chars: int, shipped: Corpus | None = None) -> Corpus:
    """Read the files of `corpus_dir` and of its `local/` folder; of the latter alone when `shipped` holds the rest.

    Raises:
        CorpusInvalid: with every fault of every file, so that one run shows them all.
        CorpusEmpty: there is nothing to read.
    """
    folders = (corpus_dir / LOCAL,) if shipped else (corpus_dir, corpus_dir / LOCAL)
    found, faults = _read_files(corpus_dir, folders, passage_chars)
    if shipped:
        found = Corpus(shipped.documents + found.documents, shipped.passages + found.passages)
    told, more = _read_files(corpus_dir, (corpus_dir, corpus_dir / LOCAL), passage_chars, _PUBLIC_READERS)
    faults += [*more, *_cross_faults(corpus_dir, found.documents + told.documents, found.passages + told.passages)]
    if not shipped:
        unread = {fault.path for fault in faults}
        faults += _heart_faults([path for path in sorted(corpus_dir.glob("disputes/*.yaml")) if path not in unread], found)
    if faults:
        raise CorpusInvalid(faults)
    used = [passage for passage in found.passages if passage.meta.get("state") != DISABLED]
    if not used:
        raise CorpusEmpty(corpus_dir)
    silent = {passage.doc_id for passage in found.passages} - {passage.doc_id for passage in used}
    return Corpus(tuple(document for document in found.documents if document.doc_id not in silent), tuple(used))


def read_public(corpus_dir: Path) -> Corpus:
    """What is written for visitors, titled by dispute type; empty where a corpus has no such part.

    Raises:
        CorpusInvalid
    """
    found, faults = _read_files(corpus_dir, (corpus_dir, corpus_dir / LOCAL), 0, _PUBLIC_READERS)
    if faults:
        raise CorpusInvalid(faults)
    names = {item.type_id: item.name for item in read_taxonomy(corpus_dir / "taxonomy.yaml")}
    return Corpus(
        tuple(replace(item, title=names.get(item.title, item.title)) for item in found.documents),
        tuple(replace(item, title=names.get(item.title, item.title)) for item in found.passages),
    )


def read_local(corpus_dir: Path, passage_chars: int) -> tuple[Corpus, list[Fault]]:
    """What a station added itself, entries that are switched off included; and what is wrong with it."""
    return _read_files(corpus_dir, (corpus_dir / LOCAL,), passage_chars)


def read_candidate(corpus_dir: Path, file: str, text: str, passage_chars: int) -> Corpus:
    """A file as it would be read if it stood at `file` below the corpus folder; nothing is written there.

    Raises:
        CorpusInvalid
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        found, faults = _read_files(Path(folder), (Path(folder), Path(folder) / LOCAL), passage_chars)
        faults += _cross_faults(corpus_dir, found.documents, found.passages)
    if faults:
        raise CorpusInvalid(faults)
    return found


def _read_files(
    corpus_dir: Path, folders: Sequence[Path], passage_chars: int, readers: Mapping[str, _Reader] = _READERS
) -> tuple[Corpus, list[Fault]]:
    """Every file that one of the readers takes, the station's own ones last."""
    documents: list[Document] = []
    passages: list[Passage] = []
    faults: list[Fault] = []
    for path, reader in _files(folders, readers):
        try:
            document, found = reader(path, path.relative_to(corpus_dir).as_posix(), passage_chars)
        except CorpusInvalid as error:
            faults += error.faults
            continue
        own = f"local-{document.doc_id}" if path.is_relative_to(corpus_dir / LOCAL) else document.doc_id
        documents.append(replace(document, doc_id=own))
        passages += [replace(passage, doc_id=own) for passage in found]
    return Corpus(tuple(documents), tuple(passages)), faults


def _files(folders: Iterable[Path], readers: Mapping[str, _Reader]) -> Iterator[tuple[Path, _Reader]]:
    for folder in folders:
        for pattern, reader in readers.items():
            for path in sorted(folder.glob(pattern)):
                if not any(part.startswith(".") for part in path.relative_to(folder).parts):  # being written
                    yield path, reader


def read_exercises(corpus_dir: Path) -> tuple[Exercise, ...]:
    """Every exercise of `exercises/` and `local/exercises/`, in the order of their types and difficulty.

    Raises:
        CorpusInvalid: with every fault of every file.
    """
    found: list[Exercise] = []
    faults: list[Fault] = []
    for path in _exercise_files(corpus_dir):
        try:
            found.append(_read_exercise(path, path.relative_to(corpus_dir).as_posix()))
        except CorpusInvalid as error:
            faults += error.faults
    if faults:
        raise CorpusInvalid(faults)
    order = [item.type_id for item in read_taxonomy(corpus_dir / "taxonomy.yaml")]
    rank = {type_id: number for number, type_id in enumerate(order)}
    return tuple(sorted(
        found, key=lambda item: (rank.get(item.type_id, len(rank)), DIFFICULTIES.index(item.difficulty), item.exercise_id)
    ))


def _exercise_files(corpus_dir: Path) -> list[Path]:
    return [path for folder in (corpus_dir, corpus_dir / LOCAL) for path in sorted((folder / "exercises").glob("*.yaml"))]


def _read_exercise(path: Path, file: str) -> Exercise:
    source = _SourceText(path)
    record = _validate(ExerciseFile, source)
    if record.id != path.stem:
        raise CorpusInvalid([Fault(path, source.line(("id",)), "id", "id_not_file", path.stem)])
    for number, (step, expected) in enumerate(zip(record.steps, STEPS, strict=True)):
        if step.step != expected:
            raise CorpusInvalid([Fault(path, source.line(("steps", number, "step")), "step", "step_order", "、".join(STEPS))])
    return Exercise(
        record.id, record.type, record.difficulty, record.title, record.minutes, tuple(record.roles),
        tuple(Step(step.step, step.text, tuple(step.ask), tuple(step.cards)) for step in record.steps),
        tuple(record.questions), tuple(record.observe), record.wrap_up, file, record.source, str(record.date),
    )


def check_exercises(corpus_dir: Path, exercises: Sequence[Exercise], passages: Sequence[Passage]) -> list[Fault]:
    """Ids used twice, types that nothing defines, and cards that no passage is."""
    types = {item.type_id for item in read_taxonomy(corpus_dir / "taxonomy.yaml")}
    known = {passage.passage_id for passage in passages}
    faults: list[Fault] = []
    seen: set[str] = set()
    for exercise in exercises:
        source = _SourceText(corpus_dir / exercise.file)
        if exercise.exercise_id in seen:
            faults.append(Fault(source.path, source.line(("id",)), "id", "id_twice", exercise.exercise_id))
        seen.add(exercise.exercise_id)
        if exercise.type_id not in types:
            faults.append(Fault(source.path, source.line(("type",)), "type", "type_unknown", exercise.type_id))
        for number, step in enumerate(exercise.steps):
            faults += [
                Fault(source.path, source.line(("steps", number, "cards", at)), "cards", "passage_unknown", card)
                for at, card in enumerate(step.cards) if card not in known
            ]
    return faults


def _cross_faults(corpus_dir: Path, documents: Sequence[Document], passages: Sequence[Passage]) -> Iterator[Fault]:
    """Ids used twice, and types, risks or laws named that nothing defines."""
    by_id = {document.doc_id: document for document in documents}
    known = {item.type_id for item in read_taxonomy(corpus_dir / "taxonomy.yaml")}
    laws = {passage.passage_id for passage in passages if passage.kind is Kind.LAW}
    risks = {passage.passage_id for passage in passages if passage.kind is Kind.REDLINE}
    seen: set[str] = set()
    for passage in passages:
        document = by_id[passage.doc_id]
        path, line = corpus_dir / document.file, document.text.count("\n", 0, passage.start) + 1
        if passage.passage_id in seen:
            yield Fault(path, line, "id", "id_twice", passage.passage_id)
        seen.add(passage.passage_id)
        for type_id in passage.types:
            if type_id not in known:
                yield Fault(path, line, "types", "type_unknown", type_id)
        for risk in filter(None, [*passage.meta.get("risks", ()), passage.meta.get("risk")]):
            if risk not in risks:
                yield Fault(path, line, "risks", "risk_unknown", risk)
        for law_id in [*passage.meta.get("basis", ()), *(item["law"] for item in passage.meta.get("basis_when", ()))]:
            if law_id not in laws:
                yield Fault(path, line, "basis", "law_unknown", law_id)


def _heart_faults(files: Sequence[Path], known: Corpus) -> Iterator[Fault]:
    """Articles at the heart of a dispute type that no law file has, or that are not labelled with that type."""
    laws = {passage.passage_id: passage.types for passage in known.passages if passage.kind is Kind.LAW}
    for path in files:
        source = _SourceText(path)
        record = _validate(DisputeFile, source)
        for place, law_id in enumerate(record.law):
            line = source.line(("law", place))
            if law_id not in laws:
                yield Fault(path, line, "law", "law_unknown", law_id)
            elif record.id not in laws[law_id]:
                yield Fault(path, line, "law", "law_not_of_type", law_id)


@cache
def read_taxonomy(path: Path) -> tuple[DisputeType, ...]:
    """The dispute types in their order, without the names of their sides."""
    record = _validate(TaxonomyFile, _SourceText(path))
    return tuple(DisputeType(item.id, item.name, item.typical, item.group) for item in record.types)


def read_dispute_types(taxonomy_file: Path, disputes_dir: Path) -> tuple[DisputeType, ...]:
    """The dispute types with the names of their two sides and the articles at their heart, where a dispute file gives them."""
    return tuple(_from_dispute_file(item, disputes_dir / f"{item.type_id}.yaml") for item in read_taxonomy(taxonomy_file))


def _from_dispute_file(item: DisputeType, path: Path) -> DisputeType:
    if not path.exists():
        return item
    record = _validate(DisputeFile, _SourceText(path))
    item = replace(item, law=tuple(record.law))
    return replace(item, harmed=record.sides.harmed, accused=record.sides.accused) if record.sides else item


def read_wordings(disputes_dir: Path) -> dict[str, list[str]]:
    """The everyday wordings that each dispute file lists, by type."""
    records = [_validate(DisputeFile, _SourceText(path)) for path in sorted(disputes_dir.glob("*.yaml"))]
    return {
        record.id: [item if isinstance(item, str) else item.text for item in record.wordings] for record in records
    }


def read_redlines(path: Path, lexicon_dir: Path) -> tuple[RedLine, ...]:
    """The red lines with the regular expressions that speak for them.

    Raises:
        CorpusInvalid: an expression cannot be compiled, or a red line has none.
    """
    told = _SourceText(path)
    record = _validate(RedLineFile, told)
    source = _SourceText(lexicon_dir / "redline_signs.yaml")
    by_id = {item.id: (number, item) for number, item in enumerate(_validate(RedLineSignFile, source).redlines)}
    found = []
    for position, item in enumerate(record.redlines):
        if item.id not in by_id:
            raise CorpusInvalid([Fault(source.path, 1, item.id, "missing")])
        number, expressions = by_id[item.id]
        for key in ("signs", "unless"):
            _check_expressions(source, ("redlines", number, key), getattr(expressions, key))
        for place, narrower in enumerate(item.basis_when):
            _check_expressions(told, ("redlines", position, "basis_when", place, "signs"), narrower.signs)
        found.append(RedLine(item.id, item.name, item.text, tuple(item.must), tuple(item.never), tuple(item.basis),
                             tuple((narrower.law, tuple(narrower.signs)) for narrower in item.basis_when),
                             tuple(expressions.signs), tuple(expressions.unless)))
    return tuple(found)


def _check_expressions(source: _SourceText, place: tuple[str | int, ...], expressions: list[str]) -> None:
    for number, expression in enumerate(expressions):
        try:
            re.compile(expression)
        except re.error as error:
            fault = Fault(source.path, source.line((*place, number)), str(place[-1]), "regex", str(error))
            raise CorpusInvalid([fault]) from error


def read_lexicon(lexicon_dir: Path) -> Lexicon:
    mappings = _validate(MappingFile, _SourceText(lexicon_dir / "mappings.yaml"))
    signs = _validate(SignFile, _SourceText(lexicon_dir / "signs.yaml"))
    wordings = tuple(Wording(item.say, fold(item.say), tuple(item.means), item.region) for item in mappings.mappings)
    said = tuple(Sign(fold(item.sign), item.types, item.risks) for item in signs.signs)
    return Lexicon(
        wordings, said, read_regions(lexicon_dir),
        Phrases([item.folded for item in wordings]), Phrases([item.folded for item in said]),
    )


def read_regions(lexicon_dir: Path) -> dict[str, tuple[str, ...]]:
    """Region to the place names that stand for it."""
    record = _validate(RegionFile, _SourceText(lexicon_dir / "regions.yaml"))
    return {region: tuple(names) for region, names in record.regions.items()}


def read_former_laws(lexicon_dir: Path) -> tuple[FormerLaw, ...]:
    """The laws that people still name although another one has taken their place."""
    record = _validate(StatuteFile, _SourceText(lexicon_dir / "statutes.yaml"))
    return tuple(FormerLaw(item.law, tuple(item.short), item.now) for item in record.former)


def read_agreements(path: Path) -> Agreements:
    """The blank agreements and their clauses."""
    record = _validate(AgreementFile, _SourceText(path))
    forms = tuple(
        AgreementForm(
            item.id, item.name, item.copies, item.when, item.never, tuple(item.heads), tuple(item.party), item.present,
            tuple((fact.label, fact.lines) for fact in item.facts), item.agreed, tuple(item.told), tuple(item.signs),
            tuple(item.law),
        )
        for item in record.forms
    )
    clauses = (
        Clause(item.id, item.part, item.text, tuple(item.law), tuple(item.types), tuple(item.forms))
        for item in record.clauses
    )
    return Agreements(forms, tuple(clauses))


def read_checklist(path: Path) -> Checklist:
    """What is printed under 带上 and 下一步."""
    record = _validate(ChecklistFile, _SourceText(path))
    return Checklist(
        tuple(Reminder(item.id, item.text, tuple(item.law), tuple(item.types), tuple(item.risks)) for item in record.bring),
        tuple(Reminder(item.id, item.text, tuple(item.law), tuple(item.types), tuple(item.risks), tuple(item.when)) for item in record.next),
    )


def paper_faults(agreements_file: Path, checklist_file: Path, known: Corpus, types: Iterable[str]) -> Iterator[Fault]:
    """Ids used twice and types, red lines or laws that nothing defines, in what is taken along on paper."""
    by_kind = {kind: {passage.passage_id for passage in known.passages if passage.kind is kind} for kind in (Kind.LAW, Kind.REDLINE)}
    defined = {"types": (set(types), "type_unknown"), "risks": (by_kind[Kind.REDLINE], "risk_unknown"), "law": (by_kind[Kind.LAW], "law_unknown")}
    seen: set[str] = set()
    for path, model, parts in (
        (agreements_file, AgreementFile, ("forms", "clauses")), (checklist_file, ChecklistFile, ("bring", "next")),
    ):
        source = _SourceText(path)
        record = _validate(model, source)
        placed = [(part, position, item) for part in parts for position, item in enumerate(getattr(record, part))]
        for part, position, item in placed:
            line = source.line((part, position))
            if item.id in seen:
                yield Fault(path, line, "id", "id_twice", item.id)
            seen.add(item.id)
            for key, (ids, problem) in defined.items():
                yield from (Fault(path, line, key, problem, name) for name in getattr(item, key, ()) if name not in ids)
