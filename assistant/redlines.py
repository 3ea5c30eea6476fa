"""What must not be mediated away: red lines found by rule and by reading, recall before precision."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.records import Passage, Query, RedLine, Risk

DOUBTFUL = 0.08  # probability from which on a red line that does not stand is asked about; docs/benchmarks.md has what it costs
MOST_ASKED = 2  # red lines asked about on one card
# While one of these stands, nothing is said that asks the person who was hurt, or who does not want to live any more, to give in.
NO_YIELDING = frozenset({"domestic_violence", "sexual", "minor_victim", "weapon", "self_harm"})


class Signs:
    """Regular expressions over folded text, with others that take their meaning back."""

    def __init__(self, signs: Sequence[str], unless: Sequence[str]) -> None:
        self._signs = [re.compile(sign) for sign in signs]
        self._unless = [re.compile(sign) for sign in unless]

    def matches(self, folded: str, clauses: Sequence[tuple[int, int]]) -> tuple[str, ...]:
        """The words that a sign was found in, clause by clause where a clause takes its meaning back.

        没动手 in one clause does not undo 打得头破血流 in another; `clauses` are as `segmenter.clauses` finds them.
        """
        found = [match for pattern in self._signs for match in pattern.finditer(folded)]
        if not found:
            return ()
        denied = [(start, end) for start, end in clauses if any(pattern.search(folded[start:end]) for pattern in self._unless)]
        kept = [
            match.group() for match in found
            if not any(start <= match.start() and match.end() <= end for start, end in denied)
        ]
        return tuple(dict.fromkeys(kept))


@dataclass(frozen=True, slots=True)
class Rule:
    """One red line with the signs that speak for it."""

    redline: RedLine
    signs: Signs
    narrower: tuple[tuple[str, Signs], ...]  # laws that are named only where their own signs are found


def compile_rules(redlines: Sequence[RedLine]) -> tuple[Rule, ...]:
    return tuple(
        Rule(item, Signs(item.signs, item.unless), tuple((law_id, Signs(signs, ())) for law_id, signs in item.basis_when))
        for item in redlines
    )


class RedLineFinder:
    """Finds the red lines that a description crosses."""

    def __init__(
        self, rules: Sequence[Rule], laws: Mapping[str, Passage], thresholds: Mapping[str, tuple[float, float]]
    ) -> None:
        """`thresholds` are the reader's: risk to (sure, not denied), see `Reader.thresholds`."""
        self._rules, self._laws, self._thresholds = rules, laws, thresholds

    def find(self, query: Query) -> tuple[Risk, ...]:
        """The risks that stand, in the order of redlines.yaml."""
        probabilities = {score.label: score.probability for score in query.reading.risks}
        found = []
        for rule in self._rules:
            matched = query.reading.matched.get(rule.redline.risk_id, ())
            probability = probabilities.get(rule.redline.risk_id, 0.0)
            tapped = _tapped(rule.redline.risk_id, query)
            sure, not_denied = self._thresholds[rule.redline.risk_id]
            if tapped or probability >= sure or (matched and probability >= not_denied):
                found.append(self._risk(rule, query))
        return tuple(found)

    def doubtful(self, query: Query, standing: Sequence[Risk]) -> tuple[str, ...]:
        """The red lines that do not stand but may: to be asked about, likeliest first.

        One that a tap denied is not asked about again.
        """
        settled = {risk.risk_id for risk in standing} | _denied(query)
        ranked = (score.label for score in query.reading.risks if score.probability >= DOUBTFUL)
        return tuple(label for label in ranked if label not in settled)[:MOST_ASKED]

    def _risk(self, rule: Rule, query: Query) -> Risk:
        redline = rule.redline
        told = [law_id for law_id, signs in rule.narrower if signs.matches(query.folded, query.clauses)]
        titles = (self._laws[law_id].title for law_id in (*redline.basis, *told) if law_id in self._laws)
        basis = tuple(dict.fromkeys(titles))  # two facts may rest on one article
        return Risk(redline.risk_id, redline.name, redline.action, spoken(query, redline.risk_id), basis, redline.must, redline.never)


def spoken(query: Query, risk_id: str) -> tuple[str, ...]:
    """The words that make one think of a red line: its signs, or else the clause that speaks loudest for it."""
    loudest = query.reading.loudest.get(risk_id)
    return query.reading.matched.get(risk_id) or ((loudest,) if loudest else ())


def _denied(query: Query) -> set[str]:
    """The red lines that the page's optional answers rule out; one can be beaten down at home without a blow."""
    answers = {"injury": query.taps.injury, "minor_victim": query.taps.elder_or_child}
    return {risk_id for risk_id, answer in answers.items() if answer is False}


def _tapped(risk_id: str, query: Query) -> bool:
    """Whether the page's optional answers say that this red line stands."""
    types = {score.label for score in query.types[:2]}
    if risk_id == "injury":
        return bool(query.taps.injury)
    if risk_id == "domestic_violence":
        return bool(query.taps.blows) and bool(types & {"marriage", "inlaw", "elder"})
    if risk_id == "minor_victim":
        return bool(query.taps.injury) and bool(query.taps.elder_or_child) and "children" in types
    return False
