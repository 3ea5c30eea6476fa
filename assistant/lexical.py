"""The lexical index: BM25 over words; the only module that knows bm25s."""

import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import bm25s
import numpy as np


class Lexical:
    """BM25 scores of every passage for a bag of words.

    Source: Lù, "BM25S: Orders of magnitude faster lexical search", 2024; variant "lucene" of
    Kamphuis et al., "Which BM25 Do You Mean?", ECIR 2020.
    """

    def __init__(self, engine: bm25s.BM25) -> None:
        self._engine = engine
        self.total: int = engine.scores["num_docs"]

    @classmethod
    def build(cls, token_lists: Sequence[Sequence[str]]) -> "Lexical":
        """Index the tokens of each passage, in the order of the passages."""
        engine = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
        vocabulary = {token: number for number, token in enumerate(sorted({t for ts in token_lists for t in ts}))}
        vocabulary.setdefault("", len(vocabulary))  # bm25s wants at least one token
        numbers = [[vocabulary[token] for token in tokens] for tokens in token_lists]
        engine.index((numbers, vocabulary), create_empty_token=False, show_progress=False)
        return cls(engine)

    def scores(self, tokens: Sequence[str]) -> np.ndarray:
        """Score all passages; returns float32 of shape (passages,), 0 where no token is shared."""
        known = self._known(tokens)
        if not known:
            return np.zeros(self.total, dtype=np.float32)
        return np.asarray(self._engine.get_scores_from_ids(known), dtype=np.float32)

    def _known(self, tokens: Sequence[str]) -> list[int]:
        vocabulary = self._engine.vocab_dict
        return [vocabulary[token] for token in tokens if token in vocabulary]

    def weights(self) -> Iterator[dict[str, float]]:
        """What each token counts in each passage, in the order of the passages: add over a query's tokens to score it."""
        stored = self._engine.scores
        tokens = np.array(sorted(self._engine.vocab_dict, key=self._engine.vocab_dict.__getitem__), dtype=object)
        of_entry = np.repeat(np.arange(len(stored["indptr"]) - 1), np.diff(stored["indptr"]))
        order = np.argsort(stored["indices"], kind="stable")
        bounds = np.searchsorted(stored["indices"][order], np.arange(self.total + 1))
        for start, end in itertools.pairwise(bounds):
            entries = order[start:end]
            yield dict(zip(tokens[of_entry[entries]], stored["data"][entries].tolist(), strict=True))

    def save(self, folder: Path) -> None:
        self._engine.save(str(folder))

    @classmethod
    def load(cls, folder: Path) -> "Lexical":
        """Raises OSError, ValueError or KeyError when the files are missing or damaged."""
        json.loads((folder / "params.index.json").read_text(encoding="utf-8"))
        return cls(bm25s.BM25.load(str(folder), load_corpus=False))
