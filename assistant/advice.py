"""Hits become Advice: which sections a card has, in which order, and what fits into each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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
        self._rows = {section.name: retriever.rows_of(section.kinds) for section in SECTIONS}
        self._sayings = retriever.rows_of([Kind.SAYING])

    def compose(
        self, query: Query, risks: tuple[Risk, ...], ranking: Ranking | None, status: str, message: str,
        elapsed_ms: float,
    ) -> Advice:
        """The card for one query. Without a ranking (nothing to answer) its sections are empty."""
        sections = {section.name: self._fill(section, query, ranking, risks) for section in SECTIONS}
        return Advice(
            query=query.text, status=status, message=message, types=self._shown_types(query, status),
            terms=query.terms, risks=risks, sections=sections, elapsed_ms=elapsed_ms,
        )

    def _shown_types(self, query: Query, status: str) -> tuple[tuple[DisputeType, float], ...]:
        if status == "rejected":
            return ()
        known = [score for score in query.types if score.label in self._types]
        return tuple((self._types[score.label], round(score.probability, 4)) for score in known[: self._types_shown])

    def _fill(
        self, section: Section, query: Query, ranking: Ranking | None, risks: tuple[Risk, ...]
    ) -> tuple[Hit, ...]:
        if ranking is None:
            return ()
        active = active_types(query.types)
        affinity = dict(active)
        rows = [row for row in self._rows[section.name] if self._fits(self._retriever.passage(row), section, affinity, risks)]
        scores = self._scores(rows, affinity, query, ranking)
        subject = active[0][0] if active else ""
        if section.name == "phrasing":
            return self._phrasing(rows, query, ranking, scores, affinity, risks, section.quota)
        return tuple(self._retriever.choose(
            query, rows, scores, section.quota, unlimited=lambda passage: passage.doc_id == subject
        ))

    def _fits(self, passage: Passage, section: Section, affinity: dict[str, float], risks: tuple[Risk, ...]) -> bool:
        if section.typed and not any(type_id in affinity for type_id in passage.types):
            return False
        return not withheld(passage, risks)

    def _scores(
        self, rows: list[int], affinity: dict[str, float], query: Query, ranking: Ranking
    ) -> np.ndarray:
        """How high each row stands within its section; shape (passages of the index,)."""
        scores = ranking.fused.copy()
        for row in rows:
            passage = self._retriever.passage(row)
            of_type = max((affinity.get(type_id, 0.0) for type_id in passage.types), default=0.0)
            scores[row] = TYPE_SHARE * of_type + (1.0 - TYPE_SHARE) * scores[row]
            if query.region and passage.meta.get("region") == query.region:
                scores[row] += REGION_BONUS
        return scores

    def _phrasing(
        self, rows: list[int], query: Query, ranking: Ranking, scores: np.ndarray, affinity: dict[str, float],
        risks: tuple[Risk, ...], quota: int,
    ) -> tuple[Hit, ...]:
        """One line for each stage in the order of a mediation, then sayings that fit."""
        chosen = []
        for stage in STAGES:
            of_stage = [row for row in rows if self._retriever.passage(row).meta["stage"] == stage]
            chosen += self._retriever.choose(query, of_stage, scores, quota // len(STAGES))
        sayings = [
            row for row in self._sayings
            if set((saying := self._retriever.passage(row)).types) & affinity.keys() and not withheld(saying, risks)
        ]
        return tuple(chosen + self._retriever.choose(query, sayings, ranking.fused, SAYINGS))


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
