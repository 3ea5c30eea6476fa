"""A small network over letters, read with numpy: who did what to whom, in which order.

Gated convolutions with growing gaps (van den Oord et al., "WaveNet", 2016, arXiv 1609.03499; Dauphin et al.,
"Language Modeling with Gated Convolutional Networks", ICML 2017): each layer sees every letter with one before it
and one behind, 1, 2, 4, then 8 places away. Trained by `training/network.py`; whole numbers of one byte are stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

PADDING, UNKNOWN, HIDDEN, FIRST_LETTER = 0, 1, 2, 3  # rows of the letters' vectors
GAPS = (1, 2, 4, 8)  # letters between those that a layer sees, layer by layer
SMALLEST = 1e-5  # added to a variance


@dataclass(frozen=True, slots=True)
class Heard:
    """How loudly a text speaks for each red line."""

    whole: np.ndarray  # (risks,)
    clauses: np.ndarray  # (clauses, risks), of each clause, its letters seen among their neighbours

    @property
    def loudest(self) -> np.ndarray:
        """Of the loudest clause, red line by red line; shape (risks,)."""
        return self.clauses.max(axis=0) if len(self.clauses) else self.whole


class Network:
    """Letters in, one score a red line out."""

    def __init__(self, letters: str, arrays: Mapping[str, np.ndarray]) -> None:
        """`arrays`, as `packed` makes them: letters (rows, size), layer_N (3 * size, 2 * size), out (2 * size, risks), and biases.

        Raises:
            ValueError: letters and their vectors differ in number.
        """
        self.letters, self.arrays = letters, arrays  # as they are stored
        self._rows = {letter: row for row, letter in enumerate(letters, FIRST_LETTER)}
        self._vectors = unpacked(arrays, "letters")
        if len(self._vectors) != len(letters) + FIRST_LETTER:
            raise ValueError("letters and their vectors differ in number")
        self._layers = [
            (gap, unpacked(arrays, f"layer_{place}"), arrays[f"layer_{place}_bias"].astype(np.float32)) for place, gap in enumerate(GAPS)
        ]
        self._out, self._out_bias = unpacked(arrays, "out"), arrays["out_bias"].astype(np.float32)

    def hear(self, folded: str, clauses: Sequence[tuple[int, int]]) -> Heard:
        """Listen to folded text and, by the same pass, to each of its clauses (start, end)."""
        seen = self._seen(letter_rows(folded, self._rows))
        return Heard(self._scores(seen), np.array([self._scores(seen[start:end]) for start, end in clauses]))

    def _seen(self, rows: Sequence[int]) -> np.ndarray:
        """Each letter among its neighbours; shape (letters, size)."""
        found = self._vectors[rows]
        for gap, weights, bias in self._layers:
            around = np.zeros((len(found) + 2 * gap, found.shape[1]), np.float32)
            around[gap:-gap] = _evened(found)
            mixed = np.hstack([around[: -2 * gap], around[gap:-gap], around[2 * gap :]]) @ weights + bias
            value, gate = np.split(mixed, 2, axis=1)
            found = found + value / (1.0 + np.exp(-gate))
        return _evened(found)

    def _scores(self, seen: np.ndarray) -> np.ndarray:
        """From letters, (letters, size), to one score a red line; each number where it is loudest, and on average."""
        return np.concatenate([seen.max(axis=0), seen.mean(axis=0)]) @ self._out + self._out_bias


def letter_rows(folded: str, rows: Mapping[str, int]) -> list[int]:
    """The rows of a text's letters; of an empty one, that of a letter nobody knows."""
    return [rows.get(letter, UNKNOWN) for letter in folded] or [UNKNOWN]


def packed(name: str, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Weights as whole numbers of one byte and one scale a column."""
    scale = np.maximum(np.abs(weights).max(axis=0), 1e-12) / 127
    return {name: np.round(weights / scale).astype(np.int8), f"{name}_scale": scale.astype(np.float32)}


def unpacked(arrays: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    """What `packed` was given, nearly; float32."""
    return arrays[name].astype(np.float32) * arrays[f"{name}_scale"]


def _evened(found: np.ndarray) -> np.ndarray:
    """Each row with mean 0 and variance 1 (Ba, Kiros and Hinton, "Layer Normalization", 2016, arXiv 1607.06450)."""
    centred = found - found.mean(axis=1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + SMALLEST)
