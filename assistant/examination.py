"""Why a query finds what it finds: every ranking side by side, what was understood, and what was held back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.advice import SECTIONS, withheld
from assistant.query import MIN_DISPUTE, MIN_QUESTION, MIN_THREE, SURE_DISPUTE, active_types, three_likeliest
from assistant.records import Advice, Hit, Kind, Passage, Query, Risk
from assistant.redlines import Rule
from assistant.retriever import Ranking, Retriever

_TYPED = frozenset(kind for section in SECTIONS if section.typed for kind in section.kinds) | {Kind.SAYING}


@dataclass(frozen=True, slots=True)
class RankedHit:
    """A passage with its place in each ranking, counted from 1; 0 where it is not found at all."""

    hit: Hit
    lexical_rank: int
    dense_rank: int
    fused_rank: int
    lexical: float
    dense: float
    fused: float
    gate: str  # a key of wording.keeper.GATES: "card", or why it is not on the card


@dataclass(frozen=True, slots=True)
class RiskReading:
    """How near a red line came."""

    risk_id: str
    name: str
    probability: float
    sure: float
    not_denied: float
    matched: tuple[str, ...]
    stands: bool


@dataclass(frozen=True, slots=True)
class Examination:
    """All that there is to know about one query."""

    query: Query
    advice: Advice
    checks: tuple[tuple[str, float, str, float], ...]  # (key of wording.keeper.CHECKS, value, "≥" or "<", threshold)
    risks: tuple[RiskReading, ...]
    hits: tuple[RankedHit, ...]


def examine(
    query: Query, advice: Advice, retriever: Retriever, rules: Sequence[Rule],
    thresholds: Mapping[str, tuple[float, float]], count: int,
) -> Examination:
    """The best `count` passages of each ranking, in the order of the fused one."""
    ranking = retriever.rank(query)
    return Examination(
        query, advice, _checks(query), tuple(_risks(query, advice, rules, thresholds)),
        tuple(_hits(query, advice, retriever, ranking, count)),
    )


def _checks(query: Query) -> tuple[tuple[str, float, str, float], ...]:
    """What stands between a description and its card, in the order in which it is asked."""
    reading = query.reading
    found = [("dispute", reading.dispute, "≥", MIN_DISPUTE)]
    if reading.dispute < MIN_DISPUTE:
        found.append(("off_topic", reading.off_topic, "<", MIN_QUESTION * (1.0 - reading.dispute)))
    else:
        found.append(("sure", reading.dispute, "≥", SURE_DISPUTE))
    return (*found, ("type", three_likeliest(query), "≥", MIN_THREE))


def _risks(query: Query, advice: Advice, rules: Sequence[Rule], thresholds: Mapping[str, tuple[float, float]]):
    probabilities = {score.label: score.probability for score in query.reading.risks}
    standing = {risk.risk_id for risk in advice.risks}
    for rule in rules:
        item = rule.redline
        sure, not_denied = thresholds[item.risk_id]
        yield RiskReading(
            item.risk_id, item.name, probabilities.get(item.risk_id, 0.0), sure, not_denied,
            query.reading.matched.get(item.risk_id, ()), item.risk_id in standing,
        )


def _hits(query: Query, advice: Advice, retriever: Retriever, ranking: Ranking, count: int):
    orders = [np.argsort(-scores, kind="stable") for scores in (ranking.lexical, ranking.dense, ranking.fused)]
    places = []
    for order, scores in zip(orders, (ranking.lexical, ranking.dense, ranking.fused), strict=True):
        place = np.empty(len(order), dtype=int)
        place[order] = np.arange(1, len(order) + 1)
        places.append(np.where(scores > 0, place, 0))
    shown = {int(row) for order, place in zip(orders, places, strict=True) for row in order[:count] if place[row]}
    card = {hit.passage.passage_id for hits in advice.sections.values() for hit in hits}
    active = set(active_types(query)) if query.types else set()
    for row in sorted(shown, key=lambda row: (places[2][row] == 0, places[2][row])):
        hit = retriever.hit(row, float(ranking.fused[row]), query)
        yield RankedHit(
            hit, int(places[0][row]), int(places[1][row]), int(places[2][row]),
            round(float(ranking.lexical[row]), 3), round(float(ranking.dense[row]), 3), round(float(ranking.fused[row]), 3),
            _gate(hit.passage, advice, card, active, advice.risks),
        )


def _gate(passage: Passage, advice: Advice, card: set[str], active: set[str], risks: tuple[Risk, ...]) -> str:
    """Why a passage is not on the card, or that it is."""
    if advice.status != "ok":
        return "refused"
    if passage.passage_id in card:
        return "card"
    if passage.kind is Kind.REDLINE:
        return "redline"
    if withheld(passage, risks):
        return "withheld"
    if passage.kind in _TYPED and not active & set(passage.types):
        return "type"
    return "quota"
