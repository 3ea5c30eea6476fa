"""Scores of two retrievers become one score."""

import math
from collections.abc import Collection

import numpy as np

LEXICAL_SHARE = 0.2  # these four were chosen on our own questions that the encoder had not seen, never on
BEST_SHARE = 0.1  # STARD: the table in docs/benchmarks.md
CROWD_SHARE = 0.1
CROWD = 50  # nearest passages among which the documents are counted
USUAL_RARITY = 0.45  # what a word of a question counts in BM25 where it is found, as a share of the rarest word's ln(passages)


def scaled(scores: np.ndarray, full: float = 0.0) -> np.ndarray:
    """Scale non-negative scores of shape (n,) to at most 1: by the best of them, or by `full` where that is more."""
    highest = max(float(scores.max(initial=0.0)), full)
    return scores / highest if highest > 0 else scores


def full_match(words: Collection[str], passages: int) -> float:
    """About the BM25 score of a passage that holds every one of these words."""
    return USUAL_RARITY * len(set(words)) * math.log(1 + passages)


def fuse(lexical: np.ndarray, dense: np.ndarray, full: float, lexical_share: float = LEXICAL_SHARE) -> np.ndarray:
    """A weighted sum of BM25 scores and cosines, both of shape (n,).

    Cosines are scaled to the best of them, BM25 to a `full_match`: where the best passage shares two of a
    story's thirty words, these two are chance and count little; of three words of a
    trainer's they count much. Weighted because plain reciprocal rank fusion was measured to be no better than the encoder
    alone; convex combination after scaling follows Bruch et al., "An Analysis of Fusion Functions
    for Hybrid Retrieval", TOIS 2023.
    """
    return lexical_share * scaled(lexical, full) + (1.0 - lexical_share) * scaled(np.maximum(dense, 0.0))


def vouch(dense: np.ndarray, documents: np.ndarray) -> np.ndarray:
    """What a document adds to each of its passages: where one of them answers, and many are near, others are likelier.

    A statute or an article keeps to its subject, so its passages vouch for one another (as in
    cluster-based retrieval, Liu and Croft, SIGIR 2004). Only the nearest passages vouch, so that it does
    not matter whether all passages were scored or only the best.

    Args:
        dense: cosines, shape (n,).
        documents: number of each passage's document, shape (n,), from 0.
    """
    near = scaled(np.maximum(dense, 0.0))
    nearest = np.argsort(-near, kind="stable")[:CROWD]
    best = np.zeros(int(documents.max(initial=-1)) + 1, dtype=np.float32)
    np.maximum.at(best, documents[nearest], near[nearest])
    crowd = np.bincount(documents[nearest], minlength=len(best)) / CROWD
    return (BEST_SHARE * best + CROWD_SHARE * crowd)[documents]
