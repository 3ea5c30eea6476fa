"""The reader's ear: how loudly a stretch of one to three clauses speaks for each red line, by its letters alone.

Learned from what is short: clauses of the bank and pieces of marked descriptions. And from whole
descriptions of which nobody marked where the danger stands: a dangerous one by the stretch that is
loudest so far, a harmless one by its loudest stretch as well, as a look-alike; three rounds
(Andrews, Tsochantaridis and Hofmann, "Support Vector Machines for Multiple-Instance Learning",
NIPS 2002, with logistic regressions). Costs and weights were chosen on the valid split.
"""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sparse
from sklearn.linear_model import LogisticRegression

from assistant.reader import Ear, clause_letters, feature_values
from assistant.segmenter import clauses, fold
from training.examples import Example, judged, raised
from training.linear import Machines, Vectorizer, fitted

COST = 20.0  # C of the logistic regressions
FOUND_WEIGHT = 0.5  # weight of a stretch that was found in a whole description
LOUD = -3.0  # score from which on a stretch of a harmless description is learned from: the rest is plainly harmless
ROUNDS = 3


def train_ear(
    vectorizer: Vectorizer, pieces: Sequence[Example], whole: Sequence[Example], first: Machines, risks: Sequence[str]
) -> Machines:
    """One machine a risk over the vectorizer's features, of which only letters are used.

    Args:
        first: machines that read whole texts, to find the loudest stretches by in the first round.
    """
    texts = [clause_letters(fold(item.text), clauses(item.text), vectorizer.columns)[1] for item in whole]
    spoken = [(item, rows) for item, rows in zip(whole, texts, strict=True) if rows and item.risks is not None]
    stands, bags = raised([item for item, _ in spoken], risks), [rows for _, rows in spoken]
    short = _Short(vectorizer, pieces, risks)
    machines = first
    for _ in range(ROUNDS):
        heard = Ear(vectorizer.columns, vectorizer.rarity, machines.weights, machines.bias)
        stretches = [heard.stretches(rows) for rows in bags]
        machines = fitted([
            _fit(vectorizer, short, [_loudest(rows, scores, risk) for rows, scores in zip(bags, stretches, strict=True)], stands[:, risk], risk)
            for risk in range(len(risks))
        ])
    return machines


class _Short:
    """The short texts as letters, each with the red lines that stand in it and those of which that is known."""

    def __init__(self, vectorizer: Vectorizer, pieces: Sequence[Example], risks: Sequence[str]) -> None:
        letters = [_joined(clause_letters(fold(item.text), clauses(item.text), vectorizer.columns)[1]) for item in pieces]
        kept = [i for i, rows in enumerate(letters) if len(rows)]
        pieces = [pieces[i] for i in kept]
        self.values = _matrix(vectorizer, [letters[i] for i in kept])
        self.stands, self.known = raised(pieces, risks), judged(pieces, risks)
        self.share = np.array([item.weight for item in pieces])


def _fit(
    vectorizer: Vectorizer, short: _Short, loudest: Sequence[tuple[float, np.ndarray]], stands: np.ndarray, risk: int
) -> LogisticRegression:
    found = [i for i, (score, _) in enumerate(loudest) if stands[i] or score > LOUD]
    known = short.known[:, risk]
    values = sparse.vstack([short.values[known], _matrix(vectorizer, [loudest[i][1] for i in found])], format="csr")
    target = np.concatenate([short.stands[known, risk], stands[found]])
    share = np.concatenate([short.share[known], np.full(len(found), FOUND_WEIGHT)])
    return LogisticRegression(C=COST, solver="liblinear", random_state=7).fit(values, target, sample_weight=share)


def _loudest(rows: Sequence[Sequence[int]], stretches: Sequence[np.ndarray], risk: int) -> tuple[float, np.ndarray]:
    """The score of the stretch that is loudest for a red line, and its letters."""
    best = [int(scores[:, risk].argmax()) for scores in stretches]  # by number of clauses
    score, length, start = max((stretches[i][start, risk], i + 1, start) for i, start in enumerate(best))
    return float(score), _joined(rows[start : start + length])


def _joined(rows: Sequence[Sequence[int]]) -> np.ndarray:
    return np.unique(np.concatenate(rows)) if rows else np.empty(0, dtype=np.int64)


def _matrix(vectorizer: Vectorizer, letters: Sequence[np.ndarray]) -> sparse.csr_matrix:
    values = np.concatenate([feature_values(vectorizer.rarity[rows]) for rows in letters])
    starts = np.cumsum([0, *map(len, letters)])
    return sparse.csr_matrix((values, np.concatenate(letters), starts), shape=(len(letters), len(vectorizer.names)))
