"""Features of texts as sparse rows, and linear machines side by side."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from assistant.reader import feature_values

FEATURES = 150_000
FEWEST = 2  # texts that a feature must occur in


class Vectorizer:
    """Features of texts as rows of a sparse matrix."""

    def __init__(self, names: Sequence[list[str]]) -> None:
        counts = Counter(name for found in names for name in found)
        self.names = [name for name, count in counts.most_common(FEATURES) if count >= FEWEST]
        self.columns = {name: column for column, name in enumerate(self.names)}
        held = np.array([counts[name] for name in self.names], dtype=np.float32)
        self.rarity = (np.log(len(names) / held) + 1.0).astype(np.float16).astype(np.float32)

    def matrix(self, names: Sequence[list[str]]) -> sparse.csr_matrix:
        columns, data, starts = [], [], [0]
        for found in names:
            known = [self.columns[name] for name in found if name in self.columns]
            columns += known
            data += feature_values(self.rarity[known]).tolist()
            starts.append(len(columns))
        return sparse.csr_matrix((np.array(data), columns, starts), shape=(len(names), len(self.names)))


@dataclass(frozen=True, slots=True)
class Machines:
    """Linear machines side by side."""

    weights: np.ndarray  # (features, machines)
    bias: np.ndarray  # (machines,)

    def scores(self, values: sparse.csr_matrix) -> np.ndarray:
        return values @ self.weights + self.bias

    def on_line(self, slope: np.ndarray | float, offset: np.ndarray | float = 0.0) -> "Machines":
        """The same machines, their scores drawn out and moved."""
        return Machines(self.weights * slope, self.bias * slope + offset)


def fitted(machines: Sequence[LinearSVC | LogisticRegression]) -> Machines:
    return Machines(
        np.stack([machine.coef_[0] for machine in machines], axis=1), np.array([machine.intercept_[0] for machine in machines])
    )
