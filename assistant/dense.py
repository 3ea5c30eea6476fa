"""The dense index: inner product over unit vectors; the only module that knows FAISS."""

from pathlib import Path

import faiss
import numpy as np


class Dense:
    """Exact inner product over all passages."""

    def __init__(self, engine: faiss.Index) -> None:
        self._engine = engine

    @classmethod
    def build(cls, vectors: np.ndarray) -> "Dense":
        """Index float32 vectors of shape (passages, dimensions), rows of unit length."""
        engine = faiss.IndexFlatIP(vectors.shape[1])
        engine.add(vectors)
        return cls(engine)

    @property
    def total(self) -> int:
        return self._engine.ntotal

    def scores(self, vector: np.ndarray) -> np.ndarray:
        """Cosine of every passage with a unit vector; returns float32 of shape (passages,)."""
        similarities, positions = self._engine.search(vector[None, :], self.total)
        scores = np.empty(self.total, dtype=np.float32)
        scores[positions[0]] = similarities[0]
        return scores

    def vectors(self) -> np.ndarray:
        """All vectors as they were added, shape (passages, dimensions)."""
        return self._engine.reconstruct_n(0, self.total)

    def save(self, path: Path) -> None:
        """Through bytes, because FAISS cannot open paths with Chinese characters on every system."""
        path.write_bytes(faiss.serialize_index(self._engine).tobytes())

    @classmethod
    def load(cls, path: Path) -> "Dense":
        """Raises OSError or RuntimeError when the file is missing or damaged."""
        return cls(faiss.deserialize_index(np.frombuffer(path.read_bytes(), dtype=np.uint8)))
