"""What a visitor of the station hall may read: the same knowledge and the same red lines, without the mediator's tactics.

The hall's screen shows lines that were written for the person in front of it (corpus/public), where
to go, and the law in plain words. Wording for one side, grievances and notes on the other party are
the officer's and never get here, unless the station sets `audience: staff`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from assistant.corpus import Corpus
from assistant.records import Advice, DisputeType, Hit, Kind, Passage
from assistant.redlines import NO_YIELDING

CODE = "tiaojie:"  # begins the text of a QR code: entry ids of ours, no address, nothing about the visitor
CODE_IDS = 8  # a code with more of them is too fine for a cheap scanner
READ_IDS = 40  # of a code that somebody else made

# In reading order. From a person in danger, what is about getting along again is withheld.
ORDER = ("helps", "where", "bring", "note", "avoid", "law", "calm")
PEACEFUL = frozenset({"helps", "note", "avoid", "calm"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line for the visitor, with the law passages that it puts in plain words."""

    passage: Passage
    basis: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Types under one large button."""

    number: int  # from 1, as in the address
    name: str
    types: tuple[DisputeType, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One result for the visitor: screen, paper and code are functions of it."""

    type: DisputeType
    situation: Passage | None  # what was tapped; its text is what to do first
    redlines: tuple[Line, ...]
    parts: Mapping[str, tuple[Line, ...]]  # in reading order, empty ones left out
    staff: Mapping[str, tuple[Hit, ...]]  # the officer's sections, only for `audience: staff`

    def lines(self) -> list[Line]:
        first = [Line(self.situation)] if self.situation else []
        return [*self.redlines, *first, *(line for lines in self.parts.values() for line in lines)]

    def checked_on(self) -> str:
        """The day of the oldest check among the law lines shown; empty when none is."""
        return min((law.meta["checked_on"] for line in self.lines() for law in line.basis), default="")


class Book:
    """Everything that the hall's screen can show, by type. Shared by all visitors, so it never changes."""

    def __init__(self, types: Sequence[DisputeType], public: Corpus, knowledge: Corpus) -> None:
        self._laws = {item.passage_id: item for item in knowledge.passages if item.kind is Kind.LAW}
        self._types = {item.type_id: item for item in types}
        self._lines: dict[tuple[str, str], list[Line]] = {}
        for passage in public.passages:
            self._add(passage, passage.meta.get("part", ""))
        for passage in knowledge.passages:
            if passage.meta.get("role") == "该找谁":
                self._add(passage, "where")
        self._redlines = {item.meta["risk"]: self._line(item) for item in public.passages if item.kind is Kind.REDLINE}
        names = dict.fromkeys(item.group for item in types)
        self.groups = tuple(
            Group(number, name, tuple(item for item in types if item.group == name))
            for number, name in enumerate(names, start=1)
        )

    def _add(self, passage: Passage, part: str) -> None:
        for type_id in passage.types:
            self._lines.setdefault((type_id, part), []).append(self._line(passage))

    def _line(self, passage: Passage) -> Line:
        laws = (self._laws.get(law_id) for law_id in passage.meta.get("basis", ()))
        return Line(passage, tuple(law for law in laws if law))

    def type(self, type_id: str) -> DisputeType | None:
        return self._types.get(type_id)

    def group_of(self, type_id: str) -> int:
        """The number of the group in which a type stands; 0 when it has none."""
        found = (group.number for group in self.groups if any(item.type_id == type_id for item in group.types))
        return next(found, 0)

    def situations(self, type_id: str) -> tuple[Passage, ...]:
        """The commonest cases of a type; their `chip` is what stands on the button."""
        return tuple(line.passage for line in self._lines.get((type_id, "situations"), ()))

    def redlines(self, risks: Iterable[str]) -> tuple[Line, ...]:
        """What to say to the person in danger, for each of these risks."""
        return tuple(self._redlines[risk] for risk in risks if risk in self._redlines)

    def sheet(self, type_id: str, situation_id: str = "", advice: Advice | None = None, staff: bool = False) -> Sheet:
        """The result for a type, a situation that was tapped, or what was made of typed words."""
        situation = next((item for item in self.situations(type_id) if item.passage_id == situation_id), None)
        risks = list(dict.fromkeys([
            *(situation.meta.get("risks", ()) if situation else ()),
            *(risk.risk_id for risk in (advice.risks if advice else ())),
        ]))
        withheld = PEACEFUL if NO_YIELDING & set(risks) else frozenset()
        parts = {
            part: tuple(self._lines.get((type_id, part), ())) for part in ORDER
            if part not in withheld and self._lines.get((type_id, part))
        }
        return Sheet(
            type=self._types[type_id],
            situation=situation,
            redlines=self.redlines(risks),
            parts=parts,
            staff={name: hits for name, hits in advice.sections.items() if hits} if staff and advice else {},
        )


def code(sheet: Sheet) -> str:
    """The text of the QR code: the entry that was tapped, red lines, then law and places in turn."""
    first = [line.passage.passage_id for line in sheet.redlines]
    first += [sheet.situation.passage_id] if sheet.situation else []
    laws = [law.passage_id for line in sheet.parts.get("law", ()) for law in line.basis]
    rest = [[line.passage.passage_id for line in sheet.parts.get(part, ())] for part in ("helps", "where")]
    mixed = [entry for row in zip_longest(laws, *rest) for entry in row if entry]
    return CODE + ",".join(list(dict.fromkeys([*first, *mixed]))[:CODE_IDS])


_ID = re.compile(r"[\w#-]+")


def read_code(text: str) -> tuple[str, ...]:
    """The entry ids in the text of a code, however a scanner or a hand has typed it; empty for any other text."""
    plain = text.strip().replace("：", ":").replace("，", ",")
    if not plain.lower().startswith(CODE):
        return ()
    return tuple(dict.fromkeys(_ID.findall(plain[len(CODE):])))[:READ_IDS]


def cited(lines: Iterable[Line]) -> tuple[str, ...]:
    """The ids of every entry on a sheet, for the foot of the paper."""
    return tuple(line.passage.passage_id for line in lines)
