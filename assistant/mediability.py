"""能不能治安调解: whether the police may settle this by mediation, why, and who else can help.

Three questions in this order, as the law puts them: does a red line forbid it or make it wait; is a
breach of public order told at all; if not, it is a civil matter and the card says whom to turn to.
Source: 《治安管理处罚法》 art. 9, 《公安机关办理行政案件程序规定》 arts. 178 and 179; the grounds
themselves stand in corpus/mediability.yaml.
"""

from collections.abc import Iterable, Sequence

from assistant.query import active_types
from assistant.records import Ground, Hit, Kind, Mediability, Query, Risk
from assistant.redlines import NO_YIELDING, Signs
from assistant.retriever import Retriever

REFERRALS = 4  # people and offices named on one card
REFERRAL_ROLE = "该找谁"
MEDIATORS = "调解"  # in the name of an office whose work is making peace


class MediabilityJudge:
    """Judges descriptions by the grounds of mediability.yaml; one for all visitors."""

    def __init__(self, verdicts: Sequence[Ground], grounds: Sequence[Ground], retriever: Retriever) -> None:
        self._verdicts = {item.verdict: item for item in verdicts}
        self._by_risk = {item.risk: item for item in grounds if item.risk}
        self._violations = [(item, Signs(item.signs, item.unless)) for item in grounds if not item.risk]
        self._retriever = retriever
        self._channels = {
            type_id: [row for row in rows if retriever.passage(row).meta.get("role") == REFERRAL_ROLE]
            for type_id, rows in retriever.rows_by_type((Kind.PRINCIPLE,)).items()
        }

    def judge(self, query: Query, risks: Sequence[Risk]) -> Mediability | None:
        """The verdict for one description; None over an index that does not hold mediability.yaml."""
        grounds = self._grounds(query, risks)
        kind = next((verdict for verdict in ("no", "wait", "yes") if any(g.verdict == verdict for g in grounds)), "civil")
        verdict = self._verdicts[kind]
        deciding = [ground for ground in grounds if ground.verdict == kind]
        if self._retriever.cited(verdict.entry_id) is None:
            return None
        basis = dict.fromkeys(law_id for item in (*deciding, verdict) for law_id in item.basis)
        return Mediability(
            verdict=kind, name=self._retriever.cited(verdict.entry_id).passage.title, text=verdict.text,
            basis=self._hits(basis), grounds=self._hits(ground.entry_id for ground in deciding),
            referrals=self._referrals(query, risks),
        )

    def _grounds(self, query: Query, risks: Sequence[Risk]) -> list[Ground]:
        """Every ground that stands for this description."""
        standing = [self._by_risk[risk.risk_id] for risk in risks if risk.risk_id in self._by_risk]
        types = set(active_types(query))
        return standing + [ground for ground, signs in self._violations if _stands(ground, signs, types, query)]

    def _referrals(self, query: Query, risks: Sequence[Risk]) -> tuple[Hit, ...]:
        """Who else can help; where somebody is in danger, nobody whose work is making peace."""
        rows = [row for type_id in active_types(query) for row in self._channels.get(type_id, ())]
        if NO_YIELDING & {risk.risk_id for risk in risks}:
            rows = [row for row in rows if MEDIATORS not in self._retriever.passage(row).meta["who"]]
        return tuple(self._retriever.hit(row, 1.0, query) for row in rows[:REFERRALS])

    def _hits(self, ids: Iterable[str]) -> tuple[Hit, ...]:
        return tuple(hit for hit in map(self._retriever.cited, ids) if hit)


def _stands(ground: Ground, signs: Signs, types: set[str], query: Query) -> bool:
    """Whether a breach of public order is told: by a tap, by the type, or by its signs in the text."""
    answered = getattr(query.taps, ground.tap) if ground.tap else None
    if answered is not None:
        return answered
    if ground.needs_types and not types & set(ground.needs_types):
        return False
    return bool(types & set(ground.types)) or bool(signs.matches(query.folded, query.clauses))
