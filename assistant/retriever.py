"""A Query becomes hits: lexical and dense scores over all passages, fused, then cut to what is asked."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.fusion import full_match, fuse, scaled, vouch
from assistant.index import Index, head_text
from assistant.lexical import Lexical
from assistant.records import Document, Filter, Hit, Kind, Passage, Query
from assistant.segmenter import Segmenter
from assistant.store import ALL_SCORED

TERM_WEIGHT = 0.5  # a standard term counts half of a word that was really said
PER_DOCUMENT = 2  # hits of one document among the hits of one section
HEADS_SHARE = 0.3  # what an article's headings and topics add to the score of its passages, in a search
TYPES_SHARE = 0.3  # what the likeliness of a passage's dispute type adds to its score, in a search
KEPT = 0.85  # of its score a passage keeps for each one above it from the same document: a search shows breadth
BREADTH_FROM = 20  # documents: a handful of articles has no breadth to show (seeds probe: five .429 against .500)
DEPTH = 300  # candidates that each half of a large index puts forward
SPREAD_DEPTH = 8  # and at least as many for each hit asked for: passages of one document fade
NEAREST = 100  # passages that answer a search although they share no word with it


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Scores of every passage of the index for one query, each of shape (passages,)."""

    lexical: np.ndarray
    dense: np.ndarray
    fused: np.ndarray


class Retriever:
    """Lexical and dense retrieval over one index."""

    def __init__(self, index: Index, segmenter: Segmenter) -> None:
        self._index = index
        self._segmenter = segmenter
        self._words: dict[int, frozenset[str]] = {}  # row to its words, filled as hits are explained
        self._of_type = self.rows_by_type(Kind)
        self._documents = None
        if len(index.passages) <= ALL_SCORED:
            self._documents = np.unique([passage.doc_id for passage in index.passages], return_inverse=True)[1]
        self._articles = self.rows_of((Kind.GUIDANCE,))
        self._is_broad = len(index.documents) >= BREADTH_FROM
        self._heads = None
        if self._articles and len(index.passages) <= ALL_SCORED:  # a larger index holds them itself
            self._heads = Lexical.build([segmenter.search_words(head_text(*self._read(row))) for row in self._articles])

    def _read(self, row: int) -> tuple[Passage, Document]:
        passage = self._index.passages[row]
        return passage, self._index.documents[passage.doc_id]

    def rank(self, query: Query) -> Ranking:
        """Score every passage."""
        lexical = self._index.lexical.scores(query.words)
        if standard := self._standard_words(query):
            lexical = lexical + TERM_WEIGHT * self._index.lexical.scores(standard)
        dense = self._index.dense.scores(query.vector)
        return Ranking(lexical, dense, fuse(lexical, dense, self._full(query)))

    def _full(self, query: Query) -> float:
        return full_match(query.words, len(self._index.passages))

    def _standard_words(self, query: Query) -> list[str]:
        return [word for _, term in query.terms for word in self._segmenter.search_words(term)]

    def search(self, query: Query, wanted: Filter, count: int, mode: str = "hybrid") -> list[Hit]:
        """The best passages that pass the filter; mode is hybrid, lexical or dense."""
        if self._index.store is not None:
            return self._search_candidates(query, wanted, count, mode)
        among = self._accepted(wanted)
        scores = self.search_scores(query, mode, among)
        ordered = among[np.argsort(-scores[among], kind="stable")]
        accepted = ordered[scores[ordered] > 0].tolist()
        broad = mode == "hybrid" and self._is_broad
        best = self.spread(accepted, scores, count) if broad else [(row, float(scores[row])) for row in accepted[:count]]
        return [self.hit(row, score, query) for row, score in best]

    def _accepted(self, wanted: Filter) -> np.ndarray:
        """The rows that the filter lets pass, ascending."""
        passages = self._index.passages
        if wanted == Filter():
            return np.arange(len(passages))
        return np.array([row for row, passage in enumerate(passages) if wanted.accepts(passage)], dtype=np.int64)

    def _search_candidates(self, query: Query, wanted: Filter, count: int, mode: str) -> list[Hit]:
        """The same search over the best of each half instead of over everything: see store.Candidates."""
        words = Counter({word: float(times) for word, times in Counter(query.words).items()})
        heads = dict(words)
        for word in self._standard_words(query):
            words[word] += TERM_WEIGHT
        found = self._index.store.candidates(words, heads, query.vector, wanted, max(DEPTH, SPREAD_DEPTH * count))
        scores = {"lexical": found.lexical, "dense": found.dense}.get(mode)
        if scores is None:
            documents = np.unique(np.asarray(found.doc_ids), return_inverse=True)[1]
            full = self._full(query)
            scores = fuse(found.lexical, found.dense, full) + HEADS_SHARE * scaled(found.heads, full)
            scores[found.accepted] += vouch(found.dense[found.accepted], documents[found.accepted])
            likely = {score.label: score.probability for score in query.types}
            scores += TYPES_SHARE * np.array([sum(likely.get(label, 0.0) for label in types) for types in found.types], dtype=np.float32)
        order = [place for place in np.argsort(-scores, kind="stable") if found.accepted[place] and scores[place] > 0]
        if mode == "hybrid" and self._is_broad:
            best = self._spread(order, scores, found.doc_ids.__getitem__, count)
        else:
            best = [(place, float(scores[place])) for place in order[:count]]
        rows = [int(found.rows[place]) for place, _ in best]
        self._index.store.warm(rows)
        return [self.hit(row, score, query) for row, (_, score) in zip(rows, best, strict=True)]

    def search_scores(self, query: Query, mode: str = "hybrid", among: np.ndarray | None = None) -> np.ndarray:
        """How well every passage answers a search; shape (passages,).

        Only the rows of `among`, all by default, vouch for one another: those that a filter lets pass.
        """
        ranking = self.rank(query)
        if mode != "hybrid":
            return {"lexical": ranking.lexical, "dense": ranking.dense}[mode]
        among = np.arange(len(self._documents)) if among is None else among
        scores = ranking.fused.copy()
        scores[among] += vouch(ranking.dense[among], self._documents[among])
        if self._heads is not None:
            scores[self._articles] += HEADS_SHARE * scaled(self._heads.scores(query.words), self._full(query))
        for score in query.types:
            scores[self._of_type.get(score.label, [])] += TYPES_SHARE * score.probability
        return scores

    def matching(self, query: Query) -> np.ndarray:
        """Whether a passage has anything to do with a search: shares a word, or is among the nearest in meaning."""
        ranking = self.rank(query)
        nearest = np.argsort(-ranking.dense, kind="stable")[:NEAREST]
        answers = ranking.lexical > 0
        answers[nearest[ranking.dense[nearest] > 0]] = True
        return answers

    def spread(self, rows: Sequence[int], scores: np.ndarray, count: int) -> list[tuple[int, float]]:
        """The first `count` of the rows, best first, after each passage has faded by those of its document above it."""
        return self._spread(rows, scores, lambda row: self._index.passages[row].doc_id, count)

    @staticmethod
    def _spread(
        rows: Sequence[int], scores: np.ndarray, doc_id: Callable[[int], str], count: int
    ) -> list[tuple[int, float]]:
        waiting: list[tuple[float, int, int, int]] = []  # a heap of those that may be next; the rest of the rows follow
        coming = 0
        taken: Counter[str] = Counter()
        chosen: list[tuple[int, float]] = []
        while len(chosen) < count and (waiting or coming < len(rows)):
            if coming < len(rows) and (not waiting or -scores[rows[coming]] <= waiting[0][0]):
                heapq.heappush(waiting, (-float(scores[rows[coming]]), coming, 0, rows[coming]))
                coming += 1
                continue
            score, order, faded, row = heapq.heappop(waiting)
            above = taken[doc_id(row)]
            if above > faded:  # others of its document have been chosen since it was weighed
                heapq.heappush(waiting, (-float(scores[row]) * KEPT**above, order, above, row))
                continue
            taken[doc_id(row)] += 1
            chosen.append((row, -score))
        return chosen

    def choose(
        self, query: Query, scores: Mapping[int, float], quota: int, taken: Counter[str],
        unlimited: Callable[[Passage], bool] = lambda passage: False,
    ) -> list[Hit]:
        """The best of the scored rows, at most `quota` and at most PER_DOCUMENT of one document.

        `taken` counts by document what was chosen before, and goes on counting; `unlimited` tells
        whose document may fill the quota alone.
        """
        chosen: list[Hit] = []
        for row, score in sorted(scores.items(), key=lambda item: -item[1]):
            if len(chosen) == quota:
                break
            passage = self._index.passages[row]
            if taken[passage.doc_id] >= PER_DOCUMENT and not unlimited(passage):
                continue
            taken[passage.doc_id] += 1
            chosen.append(self.hit(row, score, query))
        return chosen

    def rows_of(self, kinds: Iterable[Kind]) -> list[int]:
        return self._index.rows_of(kinds)

    def rows_by_type(self, kinds: Iterable[Kind]) -> dict[str, list[int]]:
        return self._index.rows_by_type(kinds)

    def rows_by_region(self) -> dict[str, list[int]]:
        """The rows that belong to one region."""
        found: dict[str, list[int]] = {}
        for row, passage in enumerate(self._index.passages):
            if region := passage.meta.get("region"):
                found.setdefault(region, []).append(row)
        return found

    def hits_by_risk(self, kind: Kind) -> defaultdict[str, list[Hit]]:
        """What was written for each red line, in file order."""
        found: defaultdict[str, list[Hit]] = defaultdict(list)
        for row in self.rows_of((kind,)):
            passage = self._index.passages[row]
            for risk in passage.meta.get("risks", ()):
                found[risk].append(self.cited(passage.passage_id))
        return found

    def passage(self, row: int) -> Passage:
        return self._index.passages[row]

    def row_of(self, passage_id: str) -> int | None:
        return self._index.position.get(passage_id)

    def cited(self, passage_id: str) -> Hit | None:
        """The passage with this id as a hit that nobody had to search for."""
        row = self.row_of(passage_id)
        if row is None:
            return None
        passage = self._index.passages[row]
        return Hit(passage, self._index.documents[passage.doc_id], 1.0)

    def hit(self, row: int, score: float, query: Query) -> Hit:
        """One row as a hit, with the words that explain it."""
        passage = self._index.passages[row]
        return Hit(passage, self._index.documents[passage.doc_id], round(score, 4), self._why(row, query))

    def _why(self, row: int, query: Query) -> tuple[str, ...]:
        """The query's words, and the standard terms it was mapped to, that stand in the passage."""
        words = self._words_of(row)
        said = [word for word in query.words if word in words]
        mapped = [term for _, term in query.terms if term in words]
        return tuple(dict.fromkeys(said + mapped))

    def _words_of(self, row: int) -> frozenset[str]:
        if row not in self._words:
            self._words[row] = frozenset(self._segmenter.search_words(self._index.passages[row].text))
        return self._words[row]

    def warm(self) -> None:
        """Cut every passage into the words that explain a hit (three seconds and 13 MB for the shipped corpus).

        Otherwise each is cut when it is first shown, and the first hundred visitors wait for that.
        A large index goes on doing so.
        """
        if self._index.store is None:
            for row in range(len(self._index.passages)):
                self._words_of(row)
