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
        """Cosine of every passage with a unit vector; returns float32 of shape (passages,).

        Not `search` for all of them, which would sort them only to have the order undone here.
        """
        scores = np.empty(self.total, dtype=np.float32)
        query = np.ascontiguousarray(vector, dtype=np.float32)
        faiss.fvec_inner_products_ny(faiss.swig_ptr(scores), faiss.swig_ptr(query), self._engine.get_xb(), self._engine.d, self.total)
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


RECALL = 0.995  # of the first ten of exact search, for passages as queries: so many must be among those read again
READ_AGAIN = (1_000, 2_000, 4_000, 8_000, 16_000)  # candidates: the fewest that reach RECALL
AGAIN_PER_HIT = 3  # and at least so many for each row asked for: 1,000 hold .99 of the first 300 (docs/scale.md)
BYTES_REACH = 4.0  # standard deviations that a byte spans: .995 of the first ten, from least to most .992 (docs/scale.md)
NARROW = 0.2  # share of passages: where a filter leaves fewer, the bytes of all these are read and the short codes are not
BLOCK = 65_536  # vectors decoded at a time


class Codes:
    """Inner product over codes: short ones of all passages are read, then the bytes of those that came out best.

    A short code is four bits for two dimensions, and a register holds sixteen of its distances, so that one core goes
    through a million passages (64 MB) in some milliseconds: neither lists nor a graph, hence nothing that rows added
    later would not fit into. Source: André et al., "Cache Locality is Not Enough: High-Performance Nearest Neighbor
    Search with Product Quantization Fast Scan", VLDB 2015.
    """

    def __init__(self, engine: faiss.IndexRefine, read_again: int) -> None:
        self._engine, self.read_again = engine, read_again
        self._short, self._bytes = faiss.downcast_index(engine.base_index), faiss.downcast_index(engine.refine_index)

    @classmethod
    def build(cls, sample: np.ndarray) -> "Codes":
        """Learn the codes from a sample of the vectors, shape (n, dimensions); vectors are added afterwards."""
        dimensions = sample.shape[1]
        pairs = dimensions // 2 if dimensions % 2 == 0 else dimensions
        short = faiss.IndexPQFastScan(dimensions, pairs, 4, faiss.METRIC_INNER_PRODUCT)
        in_bytes = faiss.IndexScalarQuantizer(dimensions, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
        in_bytes.sq.rangestat, in_bytes.sq.rangestat_arg = faiss.ScalarQuantizer.RS_meanstd, BYTES_REACH
        engine = faiss.IndexRefine(short, in_bytes)
        engine.train(sample)
        return cls(engine, READ_AGAIN[-1])

    @property
    def total(self) -> int:
        return self._engine.ntotal

    def add(self, vectors: np.ndarray) -> None:
        """Vectors of shape (n, dimensions) take the next n rows."""
        self._engine.add(vectors)

    def best(self, vector: np.ndarray, count: int, allowed: np.ndarray | None = None) -> np.ndarray:
        """The rows of the about `count` nearest vectors, nearest first; `allowed` is a mask of shape (total,)."""
        again = max(self.read_again, AGAIN_PER_HIT * count)
        if allowed is None:
            return self._nearest(vector, again)[:count]
        share = np.count_nonzero(allowed) / max(self.total, 1)
        if share >= NARROW:  # short codes know no filter: so many more that enough are left
            rows = self._nearest(vector, int(again / share))
            rows = rows[allowed[rows]][:count]
            if len(rows) == count:
                return rows
        selector = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        _, rows = self._bytes.search(vector[None, :], count, params=faiss.SearchParameters(sel=selector))
        return rows[0][rows[0] >= 0]

    def _nearest(self, vector: np.ndarray, again: int) -> np.ndarray:
        _, rows = self._engine.search(vector[None, :], min(again, self.total))
        return rows[0][rows[0] >= 0]

    def of_rows(self, vector: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Cosines of these rows; float32 of shape (rows,)."""
        held = faiss.rev_swig_ptr(self._bytes.codes.data(), self._bytes.codes.size()).reshape(-1, self._bytes.d)
        lowest, highest = self._bytes.sa_decode(np.array([[0], [255]], dtype=np.uint8).repeat(self._bytes.d, axis=1))
        return held[rows].astype(np.float32) @ (vector * (highest - lowest) / 255) + vector @ lowest  # a byte counts even steps

    def scores(self, vector: np.ndarray) -> np.ndarray:
        """Cosine of every passage, shape (total,): all are decoded, so this is for cards and not for every search."""
        blocks = (np.arange(start, min(start + BLOCK, self.total)) for start in range(0, self.total, BLOCK))
        return np.concatenate([self.of_rows(vector, block) for block in blocks])

    def choose_read_again(self, queries: np.ndarray, exact: np.ndarray) -> float:
        """Read as few again as hold RECALL of the exact first ten, shape (queries, 10).

        Returns:
            The share of the exact first ten that `best` then finds: bytes, too, lose a few near ties.
        """
        for self.read_again in READ_AGAIN:
            _, rows = self._short.search(queries, min(self.read_again, self.total))
            if _share_found(rows, exact) >= RECALL:
                break
        return _share_found([self.best(query, exact.shape[1]) for query in queries], exact)

    def save(self, path: Path) -> None:
        path.write_bytes(faiss.serialize_index(self._engine).tobytes())

    @classmethod
    def load(cls, path: Path, read_again: int) -> "Codes":
        """Raises OSError or RuntimeError when the file is missing or damaged."""
        return cls(faiss.deserialize_index(np.fromfile(path, dtype=np.uint8)), read_again)


def _share_found(rows: Iterable[np.ndarray], exact: np.ndarray) -> float:
    return float(np.mean([np.isin(wanted, found).mean() for found, wanted in zip(rows, exact, strict=True)]))


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
