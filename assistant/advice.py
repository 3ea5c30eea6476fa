"""Hits become Advice: which sections a card has, in which order, and what fits into each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.records import STAGES, Advice, DisputeType, Hit, Kind, Passage, Query, Risk, Score
from assistant.retriever import Ranking, Retriever

# The dispute types that the card speaks to: the first, and others that are nearly as likely.
ACTIVE_SHARE = 0.35  # of the first one's probability
ACTIVE_TYPES = 3

# Half the order within a section comes from how likely the passage's type is, half from its text.
TYPE_SHARE = 0.5
REGION_BONUS = 0.5  # a custom of the region asked for stands above customs from elsewhere

# While one of these stands, lines to the person who was hurt that ask for understanding are withheld.
NO_YIELDING = frozenset({"domestic_violence", "sexual", "minor_victim", "weapon"})


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the card; its name is the key in the JSON contract."""

    name: str
    kinds: tuple[Kind, ...]
    quota: int
    typed: bool  # only passages of the active types


# In reading order: what moves a quarrel is the grievance and the wording, so the statute comes later.
SECTIONS = (
    Section("grievances", (Kind.GRIEVANCE,), 4, True),
    Section("questions", (Kind.QUESTION,), 6, True),
    Section("phrasing", (Kind.PHRASING,), 8, True),
    Section("principle", (Kind.PRINCIPLE,), 7, True),
    Section("custom", (Kind.CUSTOM,), 3, True),
    Section("law", (Kind.LAW,), 6, True),
    Section("case", (Kind.CASE,), 2, True),
    Section("guidance", (Kind.GUIDANCE,), 3, False),
)
SAYINGS = 2  # appended to the phrasing


class Composer:
    """Composes the card from what the retriever ranks."""

    def __init__(self, retriever: Retriever, types: Sequence[DisputeType], types_shown: int) -> None:
        self._retriever = retriever
        self._types = {item.type_id: item for item in types}
        self._types_shown = types_shown
        self._typed = {section.name: retriever.rows_by_type(section.kinds) for section in SECTIONS if section.typed}
        self._untyped = {section.name: retriever.rows_of(section.kinds) for section in SECTIONS if not section.typed}
        self._sayings = retriever.rows_by_type((Kind.SAYING,))

    def compose(
        self, query: Query, risks: tuple[Risk, ...], ranking: Ranking | None, status: str, message: str,
        elapsed_ms: float,
    ) -> Advice:
        """The card for one query. Without a ranking (nothing to answer) its sections are empty."""
        sections = {
            section.name: self._fill(section, query, ranking, risks) if ranking else () for section in SECTIONS
        }
        return Advice(
            query=query.text, status=status, message=message, types=self._shown_types(query, status),
            terms=query.terms, risks=risks, sections=sections, elapsed_ms=elapsed_ms,
        )

    def _shown_types(self, query: Query, status: str) -> tuple[tuple[DisputeType, float], ...]:
        if status == "rejected":
            return ()
        known = [score for score in query.types if score.label in self._types]
        return tuple((self._types[score.label], round(score.probability, 4)) for score in known[: self._types_shown])

    def _fill(self, section: Section, query: Query, ranking: Ranking, risks: tuple[Risk, ...]) -> tuple[Hit, ...]:
        affinity = dict(active_types(query.types))
        rows = rows_for(self._typed[section.name], affinity) if section.typed else self._untyped[section.name]
        scores = {
            row: self._score(row, affinity, query, ranking) for row in rows
            if not withheld(self._retriever.passage(row), risks)
        }
        if section.name == "phrasing":
            return self._phrasing(scores, query, ranking, affinity, risks, section.quota)
        subject = next(iter(affinity), "")
        return tuple(self._retriever.choose(
            query, scores, section.quota, unlimited=lambda passage: passage.doc_id == subject
        ))

    def _score(self, row: int, affinity: dict[str, float], query: Query, ranking: Ranking) -> float:
        """How high a row stands within its section: its type, its text, its region."""
        passage = self._retriever.passage(row)
        of_type = max((affinity.get(type_id, 0.0) for type_id in passage.types), default=0.0)
        score = TYPE_SHARE * of_type + (1.0 - TYPE_SHARE) * float(ranking.fused[row])
        return score + REGION_BONUS if query.region and passage.meta.get("region") == query.region else score

    def _phrasing(
        self, scores: dict[int, float], query: Query, ranking: Ranking, affinity: dict[str, float],
        risks: tuple[Risk, ...], quota: int,
    ) -> tuple[Hit, ...]:
        """One line for each stage in the order of a mediation, then sayings that fit."""
        chosen = []
        for stage in STAGES:
            of_stage = {row: score for row, score in scores.items() if self._retriever.passage(row).meta["stage"] == stage}
            chosen += self._retriever.choose(query, of_stage, quota // len(STAGES))
        sayings = {
            row: float(ranking.fused[row]) for row in rows_for(self._sayings, affinity)
            if not withheld(self._retriever.passage(row), risks)
        }
        return tuple(chosen + self._retriever.choose(query, sayings, SAYINGS))


def rows_for(by_type: Mapping[str, Sequence[int]], affinity: Mapping[str, float]) -> list[int]:
    """The rows of any of these types, each once."""
    return list(dict.fromkeys(row for type_id in affinity for row in by_type.get(type_id, ())))


def active_types(types: Sequence[Score]) -> list[tuple[str, float]]:
    """(type, share of the first one's probability) for the types that the card speaks to."""
    if not types:
        return []
    best = types[0].probability or 1.0
    shares = [(score.label, score.probability / best) for score in types[:ACTIVE_TYPES]]
    return [(label, share) for label, share in shares if share >= ACTIVE_SHARE]


def withheld(passage: Passage, risks: tuple[Risk, ...]) -> bool:
    """Whether a line must not be shown while these red lines stand.

    Where somebody is in danger, no line asks the harmed side to see it the other way, to settle or
    to close; only lines that calm and listen may be said to them. Proverbs, customs and ways out
    are about making peace, so they wait as well.
    """
    if not NO_YIELDING & {risk.risk_id for risk in risks}:
        return False
    if passage.kind is Kind.PHRASING:
        yielding = passage.meta["stage"] in ("说理", "换位", "方案", "收尾")
        return yielding and passage.meta["listener"] != "先动手或过错方"
    return passage.kind in (Kind.SAYING, Kind.CUSTOM) or passage.meta.get("role") == "出路"
