"""Scores of two retrievers become one score."""

import numpy as np

LEXICAL_SHARE = 0.3  # set by benchmarks/retrieval.py; see the table in docs/benchmarks.md


def scaled(scores: np.ndarray) -> np.ndarray:
    """Scale non-negative scores of shape (n,) to at most 1; all zero stays all zero."""
    highest = float(scores.max(initial=0.0))
    return scores / highest if highest > 0 else scores


def fuse(lexical: np.ndarray, dense: np.ndarray, lexical_share: float = LEXICAL_SHARE) -> np.ndarray:
    """A weighted sum of BM25 scores and cosines, both of shape (n,), each scaled to its best.

    Weighted because plain reciprocal rank fusion was measured to be no better than the encoder
    alone; convex combination after scaling follows Bruch et al., "An Analysis of Fusion Functions
    for Hybrid Retrieval", TOIS 2023.
    """
    return lexical_share * scaled(lexical) + (1.0 - lexical_share) * scaled(np.maximum(dense, 0.0))
