"""BM25 over postings that are read in place: what `lexical` is for a small index, for one that does not fit memory.

Frequencies and lengths are stored instead of weights, so that parts can be added later: the weights
follow from the statistics of all parts together, whenever a query is scored.
"""

import hashlib
import math
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

K1, B = 1.2, 0.75  # as in lexical
FREQUENT = 60_000  # passages with a token: up to here, adding them all is cheaper than finding out whether they matter


@lru_cache(maxsize=1 << 19)
def token_key(token: str) -> int:
    """A token as 64 bits: no vocabulary has to be kept in memory, and parts agree on it without knowing each other."""
    return int.from_bytes(hashlib.blake2b(token.encode(), digest_size=8).digest(), "little")


def write(folder: Path, token_lists: Sequence[Sequence[str]]) -> None:
    """Write the postings of some passages, numbered from 0 in the order given."""
    lengths = np.array([len(tokens) for tokens in token_lists], dtype=np.int32)
    keys = np.fromiter((token_key(token) for tokens in token_lists for token in tokens), dtype=np.uint64, count=int(lengths.sum()))
    known, numbers = np.unique(keys, return_inverse=True)
    rows = np.repeat(np.arange(len(token_lists), dtype=np.int64), lengths)
    entries, times = np.unique(numbers * max(len(token_lists), 1) + rows, return_counts=True)
    of_token, of_row = np.divmod(entries, max(len(token_lists), 1))
    bounds = np.searchsorted(of_token, np.arange(len(known) + 1))
    _save(folder, known, bounds, of_row.astype(np.int32), np.minimum(times, 255).astype(np.uint8), lengths)


def merge(folder: Path, parts: Sequence[Path]) -> None:
    """Write the postings of all parts, one after another, as one: a query then looks in one place."""
    opened = [_Part.load(part) for part in parts]
    keys = np.unique(np.concatenate([part.keys for part in opened]))
    counts = np.zeros(len(keys), dtype=np.int64)
    places = [np.searchsorted(keys, part.keys) for part in opened]
    for part, place in zip(opened, places, strict=True):
        counts[place] += np.diff(part.bounds)
    bounds = np.concatenate([[0], np.cumsum(counts)])
    folder.mkdir(parents=True)
    rows = np.lib.format.open_memmap(folder / "rows.npy", mode="w+", dtype=np.int32, shape=(int(bounds[-1]),))
    times = np.lib.format.open_memmap(folder / "times.npy", mode="w+", dtype=np.uint8, shape=(int(bounds[-1]),))
    filled, first = bounds[:-1].copy(), 0
    for part, place in zip(opened, places, strict=True):
        held = np.diff(part.bounds)
        target = np.repeat(filled[place] - part.bounds[:-1], held) + np.arange(len(part.rows))
        rows[target], times[target] = part.rows + first, part.times
        filled[place] += held
        first += len(part.lengths)
    rows.flush()
    times.flush()
    for name, values in (("keys", keys), ("bounds", bounds), ("lengths", np.concatenate([part.lengths for part in opened]))):
        np.save(folder / f"{name}.npy", values)


def _save(folder: Path, keys: np.ndarray, bounds: np.ndarray, rows: np.ndarray, times: np.ndarray, lengths: np.ndarray) -> None:
    folder.mkdir(parents=True)
    for name, values in (("keys", keys), ("bounds", bounds), ("rows", rows), ("times", times), ("lengths", lengths)):
        np.save(folder / f"{name}.npy", values)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Postings of passages that were written together."""

    keys: np.ndarray  # shape (tokens,), uint64, ascending
    bounds: np.ndarray  # shape (tokens + 1,), int64: where the postings of a token begin and end
    rows: np.ndarray  # shape (postings,), int32, ascending for each token
    times: np.ndarray  # shape (postings,), uint8: occurrences, 255 standing for more
    lengths: np.ndarray  # shape (passages,), int32, tokens

    @classmethod
    def load(cls, folder: Path) -> "_Part":
        """Raises OSError or ValueError when a file is missing or damaged."""
        opened = [np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("keys", "bounds", "rows", "times", "lengths")]
        return cls(*(values.view(np.ndarray) for values in opened))  # each slice of a memmap would be one again, which takes longer

    def of(self, key: int) -> tuple[np.ndarray, np.ndarray]:
        """(rows, occurrences) of one token, both empty when no passage holds it."""
        place = int(np.searchsorted(self.keys, np.uint64(key)))
        if place == len(self.keys) or self.keys[place] != key:
            return self.rows[:0], self.times[:0]
        return self.rows[self.bounds[place] : self.bounds[place + 1]], self.times[self.bounds[place] : self.bounds[place + 1]]


@dataclass(frozen=True, slots=True, eq=False)
class _Term:
    """One token of a query with its postings in every part."""

    weight: float  # what a passage gets at most
    found: Sequence[tuple[int, np.ndarray, np.ndarray]]  # (first row of the part, rows, occurrences)
    frequency: int  # passages


class Postings:
    """BM25, variant "lucene" as in `lexical`, over one or more parts whose rows follow each other."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._parts = [_Part.load(folder) for folder in folders]
        lengths = np.concatenate([part.lengths for part in self._parts])
        self._first = np.cumsum([0, *(len(part.lengths) for part in self._parts)])[:-1].tolist()
        self.total = len(lengths)
        self._held = max(int(np.count_nonzero(lengths)), 1)  # passages that hold anything at all
        mean = lengths.sum() / self._held or 1.0
        self._norms = (K1 * (1.0 - B + B * lengths / mean)).astype(np.float32)

    def scores(self, tokens: Sequence[str]) -> np.ndarray:
        """Score all passages; returns float32 of shape (passages,), 0 where no token is shared."""
        return self.ask(Counter(tokens)).of_rows(np.arange(self.total))

    def ask(self, weights: Mapping[str, float]) -> "Asked":
        """A query whose tokens count so much each."""
        terms = [self._term(token_key(token), weight) for token, weight in weights.items()]
        return Asked(self._norms, sorted((term for term in terms if term.frequency), key=lambda term: term.frequency))

    def _term(self, key: int, weight: float) -> _Term:
        found = [(first, *part.of(key)) for first, part in zip(self._first, self._parts, strict=True)]
        frequency = sum(len(rows) for _, rows, _ in found)
        return _Term(weight * math.log(1.0 + (self._held - frequency + 0.5) / (frequency + 0.5)), found, frequency)


class Asked:
    """The scores of one query, added up as far as its answers need them.

    Exact: frequent tokens are left waiting, and looked up only in passages that can still become one of the best.
    Source: "MaxScore" of Turtle and Flood, "Query Evaluation: Strategies and Optimizations", 1995.
    """

    def __init__(self, norms: np.ndarray, terms: Sequence[_Term]) -> None:
        """`terms`, the rarest first; `norms` is of shape (passages,)."""
        rare = sum(term.frequency <= FREQUENT for term in terms) or 1
        self._norms = norms
        self._scores = self._sum(terms[:rare])
        self._waiting = deque(terms[rare:])

    def best(self, count: int, allowed: np.ndarray | None = None) -> np.ndarray:
        """The rows of the `count` best passages, in no order; `allowed` is a mask of shape (passages,)."""
        least = 0.0  # what the last of the best has so far: it only grows
        while left := sum(term.weight for term in self._waiting):  # what a passage not yet seen can reach
            own = self._scores[_above(self._scores, least, allowed)]
            if len(own) >= count:
                least = float(np.partition(own, len(own) - count)[len(own) - count])
                if least >= left:
                    break
            self._scores += self._sum([self._waiting.popleft()])
        rows = _above(self._scores, least - left, allowed)
        return _top(rows, self.of_rows(rows), count)

    def of_rows(self, rows: np.ndarray) -> np.ndarray:
        """Scores of ascending rows; float32 of shape (rows,)."""
        scores = self._scores[rows]
        for term in self._waiting:
            self._look_up(scores, rows, term)
        return scores

    def _sum(self, terms: Sequence[_Term]) -> np.ndarray:
        """What these terms give to every passage: all of their postings in one go, for each one costs more than it holds."""
        found = [(rows + first if first else rows, times, term.weight) for term in terms for first, rows, times in term.found]
        if not found:
            return np.zeros(len(self._norms), dtype=np.float32)
        rows, times = (np.concatenate([item[part] for item in found]) for part in (0, 1))
        weights = np.repeat(np.array([weight for _, _, weight in found], dtype=np.float32), [len(held) for held, _, _ in found])
        return np.bincount(rows, weights * self._share(rows, times), minlength=len(self._norms)).astype(np.float32)

    def _look_up(self, scores: np.ndarray, rows: np.ndarray, term: _Term) -> None:
        """Add what the term gives to the scores of these ascending rows."""
        for first, held, times in term.found:
            if len(held):
                sought = (rows - first).astype(held.dtype)  # of another type, numpy would convert all that are held
                place = np.minimum(np.searchsorted(held, sought), len(held) - 1)
                same = held[place] == sought
                scores[same] += term.weight * self._share(rows[same], times[place[same]])

    def _share(self, rows: np.ndarray, times: np.ndarray) -> np.ndarray:
        """The share of its weight that a term so often in these passages gives them."""
        times = times.astype(np.float32)
        return times / (times + self._norms[rows])


def _above(scores: np.ndarray, least: float, allowed: np.ndarray | None) -> np.ndarray:
    """The rows that have at least so much, and anything at all; a mask first, because numpy seeks the zeros of floats slowly."""
    found = scores >= np.float32(least) if least > 0 else scores > 0
    return np.flatnonzero(found if allowed is None else found & allowed)


def _top(rows: np.ndarray, scores: np.ndarray, count: int) -> np.ndarray:
    return rows if len(rows) <= count else rows[np.argpartition(-scores, count)[:count]]
