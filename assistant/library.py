"""The corpus as somebody reads who prepares a lesson: filters with counts, a type's whole tree, neighbours."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from assistant.index import Index
from assistant.records import EVERYWHERE, LISTENERS, STAGES, DisputeType, Document, Hit, Kind, Passage, Query
from assistant.retriever import Filter, Retriever

FACETS = ("kind", "type_id", "stage", "listener", "region")  # fields of Filter, in the order in which they are shown
COVERED = (*(kind for kind in Kind if kind not in (Kind.GUIDANCE, Kind.REDLINE)),)  # kinds that a dispute type should have


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what a search and its filters leave, with how many there would be under every other filter."""

    hits: tuple[Hit, ...]
    total: int
    counts: Mapping[str, Mapping[str, int]]  # facet to value to passages, zero included


@dataclass(frozen=True, slots=True)
class Place:
    """A passage where it stands."""

    passage: Passage
    document: Document
    before: Passage | None
    after: Passage | None


class Library:
    """Reads one index; shared by all visitors, so it never changes."""

    def __init__(self, index: Index, retriever: Retriever, types: Sequence[DisputeType]) -> None:
        self.types = tuple(types)
        self._index, self._retriever = index, retriever

    @cached_property  # all passages are gone through when somebody first comes here, not when the index is opened
    def _by_document(self) -> dict[str, list[Passage]]:
        found: dict[str, list[Passage]] = {}
        for passage in self._index.passages:
            found.setdefault(passage.doc_id, []).append(passage)
        for passages in found.values():
            passages.sort(key=lambda passage: passage.start)
        return found

    @cached_property
    def _values(self) -> dict[str, tuple[str, ...]]:
        regions = dict.fromkeys(str(passage.meta["region"]) for passage in self._index.passages if "region" in passage.meta)
        return {
            "kind": tuple(kind.value for kind in Kind), "type_id": tuple(item.type_id for item in self.types),
            "stage": STAGES, "listener": LISTENERS,
            "region": (EVERYWHERE, *(region for region in regions if region != EVERYWHERE)),
        }

    def explore(self, query: Query | None, wanted: Filter, count: int, skip: int = 0) -> Found:
        """What answers a search under the filters; without a query, all that passes them, as it stands in the corpus."""
        passages = self._index.passages
        if query is None:
            base = list(range(len(passages)))
        else:
            scores, answers = self._retriever.search_scores(query), self._retriever.matching(query)
            base = [int(row) for row in (-scores).argsort(kind="stable") if answers[row]]
        rows = [row for row in base if wanted.accepts(passages[row])]
        if query is None:
            shown = [Hit(passages[row], self._index.documents[passages[row].doc_id], 0.0) for row in rows[skip : skip + count]]
        else:
            spread = self._retriever.spread(rows, scores, skip + count)
            shown = [self._retriever.hit(row, score, query) for row, score in spread[skip:]]
        return Found(tuple(shown), len(rows), self._counts([passages[row] for row in base], wanted))

    def _counts(self, passages: Sequence[Passage], wanted: Filter) -> dict[str, dict[str, int]]:
        """For every value of every facet: how many there would be if that value were chosen and the others kept."""
        found = {}
        for facet in FACETS:
            others = replace(wanted, **{facet: None})
            tally: Counter[str] = Counter()
            for passage in passages:
                if others.accepts(passage):
                    tally.update(_values_of(passage, facet))
            if facet == "region":  # a custom of the whole country counts for each region
                tally.update({region: tally[EVERYWHERE] for region in self._values["region"] if region != EVERYWHERE})
            found[facet] = {value: tally[value] for value in self._values[facet]}
        return found

    def excerpt(self, passage_id: str) -> tuple[Passage, Document] | None:
        """A passage with its document, or None when there is none of that id."""
        row = self._index.position.get(passage_id)
        if row is None:
            return None
        passage = self._index.passages[row]
        return passage, self._index.documents[passage.doc_id]

    def place(self, passage_id: str) -> Place | None:
        """A passage with those before and after it in its file."""
        found = self.excerpt(passage_id)
        if found is None:
            return None
        passage, document = found
        neighbours = self._by_document[passage.doc_id]
        at = neighbours.index(passage)
        before = neighbours[at - 1] if at else None
        after = neighbours[at + 1] if at + 1 < len(neighbours) else None
        return Place(passage, document, before, after)

    def tree(self, type_id: str) -> dict[str, dict[str, list[Passage]]]:
        """All that the corpus holds on one type: kind, then heading (for phrasing: stage), then passages."""
        found: dict[str, dict[str, list[Passage]]] = {}
        for kind in Kind:
            for passage in self._index.passages:
                if passage.kind is kind and type_id in passage.types:
                    branch = passage.meta.get("stage") or passage.section
                    found.setdefault(kind.value, {}).setdefault(str(branch), []).append(passage)
        return found

    def coverage(self) -> dict[str, Counter[str]]:
        """Per type: passages by kind, and phrasing by stage."""
        found: dict[str, Counter[str]] = {item.type_id: Counter() for item in self.types}
        for passage in self._index.passages:
            for type_id in passage.types:
                own = found.setdefault(type_id, Counter())
                own[passage.kind.value] += 1
                if passage.kind is Kind.PHRASING:
                    own[passage.meta["stage"]] += 1
        return found


def _values_of(passage: Passage, facet: str) -> Sequence[str]:
    if facet == "kind":
        return (passage.kind.value,)
    if facet == "type_id":
        return passage.types
    if facet == "stage":
        own = passage.meta.get("stage")
        return (own,) if own else tuple(passage.meta.get("stages", ()))
    value = passage.meta.get(facet)
    return (str(value),) if value else ()
