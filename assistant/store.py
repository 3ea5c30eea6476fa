"""What a search asks of a store that is too large, or too far away, to score every passage.

Two stores answer it: `large` (files of our own, read in place) and `milvus`. The retriever knows only
this module, so a search reads the same whatever lies below it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from assistant.records import Filter, Kind

ALL_SCORED = 16_384  # passages: up to here every one is scored; also the most that one search of Milvus may return
Weights = Mapping[str, float]  # token to how often it counts in a query


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The union of the best of each half, every row with all of its scores; n rows, ascending.

    The best row of each half over all passages is always among them, accepted or not: scores are
    scaled to it, so that a filter changes which passages are shown but not how they compare.
    """

    rows: np.ndarray  # shape (n,), int64
    lexical: np.ndarray  # shape (n,), float32: BM25
    dense: np.ndarray  # shape (n,), float32: cosine
    heads: np.ndarray  # shape (n,), float32: BM25 of an article's headings and topics, 0 where there are none
    accepted: np.ndarray  # shape (n,), bool: whether the filter lets it pass
    types: Sequence[Sequence[str]]  # dispute types of each row
    doc_ids: Sequence[str | int]  # equal for passages of one document


class Store(Protocol):
    """Passages that can be searched without scoring all of them."""

    def candidates(self, words: Weights, heads: Weights, vector: np.ndarray, wanted: Filter, depth: int) -> Candidates:
        """The best `depth` passages of each half that pass the filter.

        Args:
            words: weights of the query's tokens, terms included.
            heads: weights of the tokens that are looked for in headings.
            vector: shape (dimensions,), unit length.
        """

    def rows_of(self, kinds: Iterable[Kind]) -> list[int]:
        """The rows of passages of these kinds, ascending."""

    def rows_by_type(self, kinds: Iterable[Kind]) -> dict[str, list[int]]:
        """The same rows by the dispute types of their passages."""

    def warm(self, rows: Sequence[int]) -> None:
        """Read these passages and their documents in one go, because they are about to be shown."""
