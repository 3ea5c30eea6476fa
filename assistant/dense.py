"""The dense index: inner product over unit vectors; the only module that knows FAISS."""

from collections.abc import Iterable, Iterator
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


# Of the first ten of exact search, for passages as queries. Questions lie further from the lists: of 21,949 passages
# they found .987 with the lists that find .997 for passages, and .956 with those that find .988 (docs/scale.md).
RECALL = 0.995
PROBES = (8, 16, 32, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536)  # lists looked at: the fewest that reach RECALL
PER_LIST = 64  # vectors that each list is learned from
BLOCK = 65_536  # vectors decoded at a time


class Lists:
    """Inner product over inverted lists of 8-bit vectors: a quarter of the memory, and only some lists are looked at.

    Source: Jégou et al., "Product Quantization for Nearest Neighbor Search", TPAMI 2011 (the inverted
    file); the codes here are scalar, one byte a dimension.
    """

    def __init__(self, engine: faiss.IndexIVFScalarQuantizer, probes: int) -> None:
        engine.set_direct_map_type(faiss.DirectMap.Array)
        self._engine, self.probes = engine, probes

    @classmethod
    def build(cls, sample: np.ndarray, total: int) -> "Lists":
        """Learn the lists for `total` vectors from a sample of them; vectors are added afterwards."""
        lists = max(16, int(2 * total**0.5))
        quantizer = faiss.IndexFlatIP(sample.shape[1])
        engine = faiss.IndexIVFScalarQuantizer(
            quantizer, sample.shape[1], lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
        )
        engine.cp.niter = 8
        engine.cp.max_points_per_centroid = PER_LIST
        engine.train(sample)
        return cls(engine, PROBES[-1])

    @property
    def total(self) -> int:
        return self._engine.ntotal

    def add(self, vectors: np.ndarray) -> None:
        """Vectors of shape (n, dimensions) take the next n rows."""
        self._engine.add(vectors)

    def best(self, vector: np.ndarray, count: int, allowed: np.ndarray | None = None) -> np.ndarray:
        """The rows of the about `count` nearest vectors; `allowed` is a mask of shape (total,)."""
        selector = None if allowed is None else faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        how = faiss.SearchParametersIVF(nprobe=self.probes, sel=selector)
        _, rows = self._engine.search(vector[None, :], count, params=how)
        return rows[0][rows[0] >= 0]

    def of_rows(self, vector: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Cosines of these rows; float32 of shape (rows,)."""
        return self._engine.reconstruct_batch(np.ascontiguousarray(rows, dtype=np.int64)) @ vector

    def scores(self, vector: np.ndarray) -> np.ndarray:
        """Cosine of every passage, shape (total,): all are decoded, so this is for cards and not for every search."""
        blocks = (np.arange(start, min(start + BLOCK, self.total)) for start in range(0, self.total, BLOCK))
        return np.concatenate([self.of_rows(vector, block) for block in blocks])

    def choose_probes(self, queries: np.ndarray, exact: np.ndarray) -> float:
        """Look at as few lists as find RECALL of the exact first ten, shape (queries, 10); returns the recall."""
        found = 0.0
        for self.probes in PROBES:
            _, rows = self._engine.search(queries, exact.shape[1], params=faiss.SearchParametersIVF(nprobe=self.probes))
            found = float(np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(rows.tolist(), exact.tolist(), strict=True)]))
            if found >= RECALL:
                break
        return found

    def save(self, path: Path) -> None:
        path.write_bytes(faiss.serialize_index(self._engine).tobytes())

    @classmethod
    def load(cls, path: Path, probes: int) -> "Lists":
        """Raises OSError or RuntimeError when the file is missing or damaged."""
        return cls(faiss.deserialize_index(np.fromfile(path, dtype=np.uint8)), probes)


def exact_nearest(blocks: Iterable[np.ndarray], queries: np.ndarray, count: int) -> np.ndarray:
    """The rows of the nearest vectors among all blocks, shape (queries, count): what flat search would find."""
    best = faiss.ResultHeap(len(queries), count, keep_max=True)
    for first, block in _numbered(blocks):
        scores, rows = faiss.knn(queries, block, min(count, len(block)), metric=faiss.METRIC_INNER_PRODUCT)
        best.add_result(scores, rows + first)
    best.finalize()
    return best.I


def _numbered(blocks: Iterable[np.ndarray]) -> Iterator[tuple[int, np.ndarray]]:
    first = 0
    for block in blocks:
        yield first, block
        first += len(block)
