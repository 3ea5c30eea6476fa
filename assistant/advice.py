"""Hits become Advice: which sections a card has, in which order, and what fits into each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import compress

import numpy as np

from assistant.mediability import REFERRAL_ROLE, MediabilityJudge
from assistant.query import active_types
from assistant.records import STAGES, Advice, DisputeType, Hit, Kind, Passage, Query, Risk, Status
from assistant.redlines import NO_YIELDING, spoken
from assistant.retriever import Ranking, Retriever

# Half the order within a section comes from how likely the passage's type is, half from its text.
TYPE_SHARE = 0.5
REGION_BONUS = 0.5  # a custom of the region asked for stands above customs from elsewhere

# While one of these stands, nothing is said of what both sides may feel: one side was harmed.
NO_TWO_SIDES = NO_YIELDING - {"weapon", "self_harm"}


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the card; its name is the key in the JSON contract."""

    name: str
    kinds: tuple[Kind, ...]
    quota: int
    typed: bool  # only passages of the active types
    near: bool = False  # only passages that are NEAR: better none than one that is about something else


# In reading order: what moves a quarrel is the grievance and the wording, so the statute comes later.
SECTIONS = (
    Section("grievances", (Kind.GRIEVANCE,), 4, True),
    Section("questions", (Kind.QUESTION,), 6, True),
    Section("phrasing", (Kind.PHRASING,), len(STAGES), True),
    Section("principle", (Kind.PRINCIPLE,), 7, True),
    Section("custom", (Kind.CUSTOM,), 3, True, near=True),
    Section("law", (Kind.LAW,), 6, True),
    Section("case", (Kind.CASE,), 2, True, near=True),
    Section("guidance", (Kind.GUIDANCE,), 3, False, near=True),
)
NEAR = 0.17  # cosine with the description: nine in ten of the right answers of training/judge/guidance*.jsonl have more
LINES_OF_OTHERS = 2  # of phrasing, for each type after the first
SAYINGS = 2  # appended to the phrasing


class Composer:
    """Composes the card from what the retriever ranks."""

    def __init__(
        self, retriever: Retriever, judge: MediabilityJudge, types: Sequence[DisputeType], types_shown: int, law_months: int
    ) -> None:
        self._retriever, self._judge = retriever, judge
        self._types = {item.type_id: item for item in types}
        self._types_shown, self._law_months = types_shown, law_months
        self._hearts = {
            item.type_id: [row for law_id in item.law if (row := retriever.row_of(law_id)) is not None] for item in types
        }
        self._typed = {section.name: self._shown_rows(section.kinds) for section in SECTIONS if section.typed}
        self._untyped = {section.name: retriever.rows_of(section.kinds) for section in SECTIONS if not section.typed}
        self._sayings = retriever.rows_by_type((Kind.SAYING,))
        self._of_type = {type_id: frozenset(rows) for type_id, rows in retriever.rows_by_type(Kind).items()}
        self._danger = retriever.hits_by_risk(Kind.PHRASING)
        self._asked = retriever.hits_by_risk(Kind.QUESTION)

    @cached_property  # all passages are gone through for the first card, not when an index that is only searched is opened
    def _of_region(self) -> dict[str, list[int]]:
        return self._retriever.rows_by_region()

    def _shown_rows(self, kinds: Sequence[Kind]) -> dict[str, list[int]]:
        """The rows of each type, without those that stand in the banner."""
        return {
            type_id: [row for row in rows if self._retriever.passage(row).meta.get("role") != REFERRAL_ROLE]
            for type_id, rows in self._retriever.rows_by_type(kinds).items()
        }

    def compose(
        self, query: Query, risks: tuple[Risk, ...], doubtful: Sequence[str], status: Status, message: str
    ) -> Advice:
        """The card for one query; its sections are empty unless the status is ok. The caller sets `elapsed_ms`.

        Red lines that are `doubtful` may stand: the first questions of the card are about them.
        """
        bare = Advice(
            query=query.text, status=status, message=message, types=self._shown_types(query, status), active=(),
            terms=query.terms, ignored=query.ignored, risks=risks, mediability=None,
            sections={section.name: () for section in SECTIONS}, law_months=self._law_months, elapsed_ms=0.0,
        )
        if status != "ok":
            return bare
        affinity = affinities(query)
        ranking = self._retriever.rank(query)
        scores = self._scores(query, ranking, affinity)
        asked = self._danger_questions(doubtful, query)
        parts = [replace(part, quota=part.quota - len(asked)) if part.name == "questions" else part for part in SECTIONS]
        sections = {part.name: self._fill(part, query, affinity, ranking, scores, risks) for part in parts}
        sections["questions"] = (*asked, *sections["questions"])
        return replace(bare, active=tuple(affinity), mediability=self._judge.judge(query, risks), sections=sections)

    def _shown_types(self, query: Query, status: str) -> tuple[tuple[DisputeType, float], ...]:
        if status == "rejected":
            return ()
        known = [score for score in query.types if score.label in self._types]
        return tuple((self._types[score.label], round(score.probability, 4)) for score in known[: self._types_shown])

    def _scores(self, query: Query, ranking: Ranking, affinity: Mapping[str, float]) -> np.ndarray:
        """How high each row stands within its section: its type, its text, its region; shape (passages,)."""
        fused = ranking.fused.astype(np.float64)
        of_type = np.zeros_like(fused)
        for type_id, share in affinity.items():
            rows = list(self._of_type.get(type_id, ()))
            of_type[rows] = np.maximum(of_type[rows], share)
        scores = TYPE_SHARE * of_type + (1.0 - TYPE_SHARE) * fused
        scores[self._of_region.get(query.region, [])] += REGION_BONUS
        return scores

    def _allowed(self, rows: Sequence[int], scores: np.ndarray, risks: tuple[Risk, ...]) -> dict[int, float]:
        """Row to score, of the rows that may be shown while these red lines stand."""
        if NO_YIELDING & {risk.risk_id for risk in risks}:
            rows = [row for row in rows if not withheld(self._retriever.passage(row), risks)]
        return dict(zip(rows, scores[rows].tolist(), strict=True))

    def _fill(
        self, section: Section, query: Query, affinity: Mapping[str, float], ranking: Ranking, scores: np.ndarray,
        risks: tuple[Risk, ...],
    ) -> tuple[Hit, ...]:
        rows = rows_for(self._typed[section.name], affinity) if section.typed else self._untyped[section.name]
        if section.near:
            rows = list(compress(rows, ranking.dense[rows] >= NEAR))
        allowed = self._allowed(rows, scores, risks)
        if section.name == "phrasing":
            # Every proverb hurts somebody whom it does not fit, and mostly one who was hurt or threatened already.
            sayings = {} if risks else self._allowed(rows_for(self._sayings, affinity), scores, risks)
            return self._phrasing(allowed, sayings, query, affinity, risks)
        if section.typed:
            return tuple(self._part_by_part(allowed, query, affinity, section.quota))
        return tuple(self._retriever.choose(query, allowed, section.quota, Counter()))

    def _part_by_part(
        self, scores: Mapping[int, float], query: Query, affinity: Mapping[str, float], quota: int
    ) -> list[Hit]:
        """Each quarrel that is told gets its part, the one underneath first and with the most room."""
        chosen: list[Hit] = []
        taken: Counter[str] = Counter()
        left = dict(scores)
        subject = next(iter(affinity))
        for type_id, share in shares(quota, affinity):
            of_type = {row: score for row, score in left.items() if self._is_of(row, type_id)}
            heart = self._heart(type_id, of_type, share)
            chosen += self._retriever.choose(query, heart, len(heart), Counter(), unlimited=lambda passage: True)
            others = {row: score for row, score in of_type.items() if row not in heart}
            chosen += self._retriever.choose(
                query, others, share - len(heart), taken, unlimited=lambda passage: passage.doc_id == subject
            )
            left = {row: score for row, score in left.items() if row not in of_type}
        return chosen

    def _heart(self, type_id: str, scores: Mapping[int, float], share: int) -> dict[int, float]:
        """Of the articles at the heart of a type the first one and those nearest to the text: two thirds of the room.

        Nearness alone is not enough: people who quarrel about who takes mother in say nothing like the duty to support her.
        """
        rows = [row for row in self._hearts.get(type_id, ()) if row in scores]
        nearest = sorted(rows[1:], key=lambda row: -scores[row])
        return {row: scores[row] for row in [*rows[:1], *nearest][: (2 * share + 2) // 3]}

    def _is_of(self, row: int, type_id: str) -> bool:
        return row in self._of_type.get(type_id, ())

    def _danger_questions(self, doubtful: Sequence[str], query: Query) -> list[Hit]:
        """What is asked about red lines that may stand, with the words that make one think so."""
        return [replace(hit, why=spoken(query, risk_id)) for risk_id in doubtful for hit in self._asked[risk_id]]

    def _phrasing(
        self, scores: Mapping[int, float], sayings: Mapping[int, float], query: Query, affinity: Mapping[str, float],
        risks: tuple[Risk, ...],
    ) -> tuple[Hit, ...]:
        """What is said where a red line stands; for the quarrel underneath one line a stage, in the order of
        a mediation; a few lines for each of the other quarrels; sayings."""
        subject, *others = affinity
        chosen, taken = self._danger_phrasing(risks), Counter()
        by_stage: dict[str, dict[int, float]] = {stage: {} for stage in STAGES}
        for row, score in scores.items():
            if self._is_of(row, subject):
                by_stage[self._retriever.passage(row).meta["stage"]][row] = score
        for of_stage in by_stage.values():
            chosen += self._retriever.choose(query, of_stage, 1, Counter())
        for type_id in others:
            of_type = {row: score for row, score in scores.items() if self._is_of(row, type_id) and not self._is_of(row, subject)}
            lines = self._retriever.choose(query, of_type, LINES_OF_OTHERS, taken)
            chosen += sorted(lines, key=lambda hit: STAGES.index(hit.passage.meta["stage"]))
        return tuple(chosen + self._retriever.choose(query, sayings, SAYINGS, Counter()))

    def _danger_phrasing(self, risks: tuple[Risk, ...]) -> list[Hit]:
        """The lines written for the red lines that stand, a few of each: all of them where nothing else is said."""
        each = None if NO_YIELDING & {risk.risk_id for risk in risks} else LINES_OF_OTHERS
        return [hit for risk in risks for hit in self._danger[risk.risk_id][:each]]


def affinities(query: Query) -> dict[str, float]:
    """The types that the card speaks to, each with its share of the first one's probability."""
    best = query.types[0].probability or 1.0
    probabilities = {score.label: score.probability for score in query.types}
    return {type_id: probabilities[type_id] / best for type_id in active_types(query)}


def shares(quota: int, affinity: Mapping[str, float]) -> list[tuple[str, int]]:
    """(type, lines) for a section of `quota` lines: a quarter, but at least one, for each type after the first."""
    subject, *others = affinity
    of_others = max(1, quota // 4)
    return [(subject, max(1, quota - of_others * len(others))), *((type_id, of_others) for type_id in others)]


def rows_for(by_type: Mapping[str, Sequence[int]], affinity: Mapping[str, float]) -> list[int]:
    """The rows of any of these types, each once."""
    return list(dict.fromkeys(row for type_id in affinity for row in by_type.get(type_id, ())))


def asked_about(advice: Advice) -> dict[str, Hit]:
    """The red lines that do not stand but may, each with the question about it."""
    return {risk_id: hit for hit in advice.sections["questions"] for risk_id in hit.passage.meta.get("risks", ())}


def withheld(passage: Passage, risks: tuple[Risk, ...]) -> bool:
    """Whether a line must not be shown while these red lines stand.

    Where somebody is in danger, nothing is shown that was written for making peace: proverbs,
    customs and ways out wait, and of phrasing, cases and articles only what was written for that
    very red line stands in their place.
    """
    standing = {risk.risk_id for risk in risks}
    if not NO_YIELDING & standing:
        return False
    if passage.kind in (Kind.PHRASING, Kind.CASE, Kind.GUIDANCE):
        return not standing & set(passage.meta.get("risks", ()))
    if passage.kind is Kind.GRIEVANCE:
        return bool(NO_TWO_SIDES & standing)
    return passage.kind in (Kind.SAYING, Kind.CUSTOM) or passage.meta.get("role") == "出路"
