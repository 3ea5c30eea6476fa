"""The values that travel through the house: one frozen record per stage, in the order of travel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import numpy as np


class Kind(StrEnum):
    """What a passage is to its reader."""

    GRIEVANCE = "grievance"
    QUESTION = "question"
    PHRASING = "phrasing"
    SAYING = "saying"
    PRINCIPLE = "principle"
    CUSTOM = "custom"
    LAW = "law"
    CASE = "case"
    GUIDANCE = "guidance"
    REDLINE = "redline"


STAGES = ("开场", "降温", "倾听", "说理", "换位", "方案", "收尾", "回访")
LISTENERS = ("双方", "先动手或过错方", "受害或受损方", "老人", "年轻人", "围观亲友")
SETTINGS = ("面对面", "背靠背")
DIFFICULTIES = ("易", "中", "难")  # of an exercise
STEPS = ("报警", "到场", "升级", "转机")  # in which an exercise is told
FORM_IDS = ("onspot", "police", "people")  # the blank agreements
UNREVIEWED, DISABLED = "待审核", "停用"  # an entry that waits for a second look; one that is switched off
ENTRY_STATES = ("", UNREVIEWED, DISABLED)
EVERYWHERE = "通用"  # the region of a custom that is known all over the country



@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a corpus file, precise enough to mend it."""

    path: Path
    line: int  # counted from 1
    field: str
    problem: str  # a key of wording.FAULTS
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One file's worth of text, kept as written."""

    doc_id: str
    file: str  # path below the corpus folder, with forward slashes
    title: str
    text: str
    source: str
    date: str
    region: str = ""
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """One quotable piece of a document: the unit that is indexed, ranked and cited.

    `document.text[passage.start:passage.end] == passage.text` always holds.
    """

    passage_id: str  # the entry's id, or "<doc_id>#<ordinal>"; unchanged when the same text is rebuilt
    doc_id: str
    kind: Kind
    title: str
    section: str
    text: str
    start: int  # characters, first one of the passage
    end: int  # characters, one past the last
    types: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)  # stage, listener, avoid, article, version, ...


@dataclass(frozen=True, slots=True)
class Filter:
    """What a passage must be to count; None means no matter."""

    kind: str | None = None
    type_id: str | None = None
    stage: str | None = None
    region: str | None = None
    listener: str | None = None

    def accepts(self, passage: Passage) -> bool:
        meta = passage.meta
        return (
            (self.kind is None or passage.kind == self.kind)
            and (self.type_id is None or self.type_id in passage.types)
            and (self.stage is None or self.stage == meta.get("stage") or self.stage in meta.get("stages", ()))
            and (self.region is None or meta.get("region", "") in (self.region, EVERYWHERE))
            and (self.listener is None or self.listener == meta.get("listener"))
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an exercise: what happens, what the class is asked, which passages help."""

    name: str  # one of STEPS
    text: str
    ask: tuple[str, ...]
    cards: tuple[str, ...]  # passage ids


@dataclass(frozen=True, slots=True)
class Exercise:
    """A made-up case for a class, told in steps; `observe` and `wrap_up` are the trainer's only."""

    exercise_id: str
    type_id: str
    difficulty: str
    title: str
    minutes: int
    roles: tuple[str, ...]
    steps: tuple[Step, ...]
    questions: tuple[str, ...]
    observe: tuple[str, ...]
    wrap_up: str
    file: str
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class DisputeType:
    """One kind of dispute; its two sides are named as people of that quarrel would be called."""

    type_id: str
    name: str
    typical: str
    group: str = ""
    harmed: str = ""
    accused: str = ""
    law: tuple[str, ...] = ()  # articles at the heart of it, the one that always applies first


@dataclass(frozen=True, slots=True)
class Wording:
    """An everyday or dialect wording and the standard terms it is taken for."""

    say: str
    folded: str  # as it is looked for in folded text
    means: tuple[str, ...]
    region: str


@dataclass(frozen=True, slots=True)
class Sign:
    """Something seen, heard or done, and what it points to; strengths from 1 to 3."""

    folded: str
    types: Mapping[str, int]
    risks: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RedLine:
    """A danger that mediation must not smooth over, as written in redlines.yaml."""

    risk_id: str
    name: str
    action: str
    must: tuple[str, ...]
    never: tuple[str, ...]
    basis: tuple[str, ...]  # ids of law passages
    basis_when: tuple[tuple[str, tuple[str, ...]], ...]  # (law passage, expressions that say it is about this very crime)
    signs: tuple[str, ...]  # regular expressions over folded text
    unless: tuple[str, ...]  # regular expressions that take the sign's meaning away


Verdict = Literal["no", "wait", "yes", "civil"]


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason for or against settling by public-security mediation, as written in mediability.yaml."""

    entry_id: str
    text: str
    basis: tuple[str, ...]  # ids of law passages
    verdict: Verdict
    risk: str = ""  # stands with this red line
    tap: str = ""  # stands when this tap is answered yes, falls when it is answered no
    types: tuple[str, ...] = ()  # stands where one of these is told
    needs_types: tuple[str, ...] = ()  # its signs count only where one of these is told
    signs: tuple[str, ...] = ()  # regular expressions over folded text
    unless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """A probability between 0 and 1 for one dispute type or one risk."""

    label: str
    probability: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What the type and risk reader makes of a description: probabilities, best first."""

    types: tuple[Score, ...]
    present: frozenset[str]  # the types that are told, however many quarrels there are in one description
    risks: tuple[Score, ...]
    matched: Mapping[str, tuple[str, ...]]  # red line to the words in which its signs were found, if any were
    loudest: Mapping[str, str]  # red line that may stand, without a sign, to the clause that speaks loudest for it
    dispute: float  # probability that this is a dispute at all
    off_topic: float  # probability that it is a question, but not about a dispute


@dataclass(frozen=True, slots=True)
class Taps:
    """The three optional answers of the page; None means not answered."""

    blows: bool | None = None
    injury: bool | None = None
    elder_or_child: bool | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """A description as understood: its words, the standard terms they stand for, types, region."""

    text: str
    folded: str  # for matching only
    clauses: tuple[tuple[int, int], ...]  # (start, end) in `folded`
    words: tuple[str, ...]
    terms: tuple[tuple[str, str], ...]  # (as said, standard term)
    ignored: frozenset[str]  # wordings that the reader of the card has switched off
    types: tuple[Score, ...]
    vector: np.ndarray  # shape (dimensions,), float32, unit length
    region: str
    reading: Reading
    taps: Taps = Taps()


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that answers a query, with the words that made it a hit."""

    passage: Passage
    document: Document
    score: float
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Risk:
    """A red line that stands for this description."""

    risk_id: str
    name: str
    action: str
    matched: tuple[str, ...]
    basis: tuple[str, ...]  # "《治安管理处罚法》第九条", readable
    must: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mediability:
    """Whether this may be settled by public-security mediation (治安调解), why, and who else can help."""

    verdict: Verdict
    name: str
    text: str
    basis: tuple[Hit, ...]  # the law behind the verdict and its grounds
    grounds: tuple[Hit, ...]
    referrals: tuple[Hit, ...]  # 该找谁


@dataclass(frozen=True, slots=True)
class AgreementForm:
    """A blank agreement as agreements.yaml has it; 【】 in its lines is a space for handwriting."""

    form_id: str
    name: str
    copies: str
    when: str  # what it is for
    never: str  # what it must not be used for
    heads: tuple[str, ...]
    party: tuple[str, ...]
    present: str
    facts: tuple[tuple[str, int], ...]  # (label, lines to write on)
    agreed: str
    told: tuple[str, ...]
    signs: tuple[str, ...]
    law: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause that may be ticked on an agreement; no types or forms means any."""

    clause_id: str
    part: str
    text: str
    law: tuple[str, ...]
    types: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Agreements:
    """The blank agreements and what may stand in them."""

    forms: tuple[AgreementForm, ...]
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Reminder:
    """Something to bring to a mediation or to do after it; for these types or risks, or for all."""

    item_id: str
    text: str
    law: tuple[str, ...]
    types: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    when: tuple[str, ...] = ()  # verdicts on public-security mediation: yes, civil or stop; none means any


@dataclass(frozen=True, slots=True)
class Checklist:
    """What an officer takes along and does next."""

    bring: tuple[Reminder, ...]
    next: tuple[Reminder, ...]


Status = Literal["ok", "low_confidence", "rejected"]


@dataclass(frozen=True, slots=True)
class Advice:
    """The card: everything that page, paper, file and JSON show, and nothing else."""

    query: str
    status: Status
    message: str
    types: tuple[tuple[DisputeType, float], ...]
    active: tuple[str, ...]  # the types that the card speaks to, the quarrel underneath first
    terms: tuple[tuple[str, str], ...]
    ignored: frozenset[str]  # wordings that were found and switched off
    risks: tuple[Risk, ...]
    mediability: Mediability | None  # None when there is no card
    sections: Mapping[str, tuple[Hit, ...]]
    law_months: int  # a law line that was checked longer ago says so
    elapsed_ms: float
