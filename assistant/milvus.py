"""Passages, vectors and our own BM25 weights in Milvus: the only module that knows pymilvus.

A file (Milvus Lite), one server and a cluster are spoken to alike. Each build fills collections of its
own and then moves an alias over to them; a reader resolves the alias once and stays with what it
found, so it never sees half of a build. The generation before the current one is kept for readers that are still at it.
"""

import hashlib
import json
import logging
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, TypeVar

import numpy as np

from assistant.errors import IndexDamaged, IndexMissing, StoreExtraMissing, StoreMoved, StoreUnreachable
from assistant.records import EVERYWHERE, Document, Filter, Kind, Passage
from assistant.settings import Settings
from assistant.store import ALL_SCORED, Candidates, Weights

TOKEN = "MILVUS_TOKEN"  # environment variable: "user:password" of a server that asks for one
BATCH = 500  # rows of one insert: below the 64 MB that a server takes at once
PART_CHARS = 20_000  # a VARCHAR field holds 65,535 bytes, a Chinese character takes three
NOTHING = 0  # dimension that every sparse vector has, because an empty one is refused; no token hashes to it
KEPT_ROWS = 20_000  # passages that a reader of a large collection keeps at hand
PAGE = 1000  # rows fetched at a time
CONTENT_PAGE = 200  # the same of document parts, which are large
MANIFEST = "manifest"
Row = TypeVar("Row")
_PARTS = ["doc_id", "part", "content"]
_SHOWN = ["row", "types", "doc_id", "words", "heads", "vector"]


@dataclass(frozen=True, slots=True)
class Generation:
    """The collections of one build."""

    passages: str

    @property
    def documents(self) -> str:
        return f"{self.passages}_documents"


def _client(settings: Settings):
    try:
        from pymilvus import MilvusClient, MilvusException
    except ImportError as error:
        raise StoreExtraMissing() from error
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it logs whole requests; failures reach us as exceptions
    try:
        return MilvusClient(settings.uri, token=os.environ.get(TOKEN, ""))
    except (MilvusException, OSError, ValueError) as error:
        raise StoreUnreachable(settings.uri, str(error)) from error


def _quoted(value: Any) -> str:
    """A string, or a list of them, as a filter expression of Milvus reads it."""
    return json.dumps(value, ensure_ascii=False)


def dimension_of(token: str) -> int:
    """The sparse dimension of a token: a hash, so that no vocabulary has to be kept in step; 1 to 2**32 - 3."""
    return int.from_bytes(hashlib.blake2b(token.encode(), digest_size=8).digest(), "big") % (2**32 - 3) + 1


def _batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    rest = iter(rows)
    while few := list(islice(rest, size)):
        yield few


def _sparse(weights: Weights) -> dict[int, float]:
    found: dict[int, float] = {}
    for token, weight in weights.items():
        dimension = dimension_of(token)
        found[dimension] = found.get(dimension, 0.0) + float(weight)
    return found


# --- writing ----------------------------------------------------------------------------------


class Writer:
    """Fills the collections of a new generation; nobody sees them before `publish`."""

    def __init__(self, settings: Settings, dimensions: int) -> None:
        self._settings, self._client = settings, _client(settings)
        self._new = Generation(f"{settings.collection}_g{uuid.uuid4().hex[:12]}")
        self._rows = self._pieces = 0
        self._create(dimensions)

    def _create(self, dimensions: int) -> None:
        from pymilvus import DataType

        schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("row", DataType.INT64, is_primary=True)
        for name, length in (("passage_id", 256), ("doc_id", 256), ("kind", 32), ("region", 64), ("listener", 64), ("passage", 65_535)):
            schema.add_field(name, DataType.VARCHAR, max_length=length)
        for name in ("types", "stages"):
            schema.add_field(name, DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=64, max_length=64)
        for name in ("words", "heads"):
            schema.add_field(name, DataType.SPARSE_FLOAT_VECTOR)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimensions)
        indexes = self._client.prepare_index_params()
        for name in ("words", "heads"):
            indexes.add_index(name, index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
        # A server builds its graph or lists behind AUTOINDEX; Milvus Lite is asked for the exact one.
        local = "://" not in self._settings.uri
        indexes.add_index("vector", index_type="FLAT" if local else "AUTOINDEX", metric_type="IP")
        for name in ("passage_id", "kind"):
            indexes.add_index(name, index_type="INVERTED")
        self._client.create_collection(self._new.passages, schema=schema, index_params=indexes, consistency_level="Strong")
        schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("key", DataType.VARCHAR, is_primary=True, max_length=300)
        schema.add_field("doc_id", DataType.VARCHAR, max_length=256)
        schema.add_field("part", DataType.INT64)
        schema.add_field("content", DataType.VARCHAR, max_length=65_535)
        schema.add_field("none", DataType.FLOAT_VECTOR, dim=2)  # a collection without a vector is refused
        indexes = self._client.prepare_index_params()
        indexes.add_index("none", index_type="FLAT", metric_type="IP")
        indexes.add_index("doc_id", index_type="INVERTED")
        self._client.create_collection(self._new.documents, schema=schema, index_params=indexes, consistency_level="Strong")

    def add_documents(self, documents: Iterable[Document]) -> None:
        for few in _batches(documents, 20):
            self._add_parts((document.doc_id, json.dumps(asdict(document), ensure_ascii=False)) for document in few)

    def _add_parts(self, named: Iterable[tuple[str, str]]) -> None:
        rows = [
            {"key": f"{part}/{doc_id}", "doc_id": doc_id, "part": part, "content": text[start : start + PART_CHARS], "none": [0.0, 0.0]}
            for doc_id, text in named for part, start in enumerate(range(0, len(text), PART_CHARS))
        ]
        self._client.insert(self._new.documents, rows)
        self._pieces += len(rows)

    def add_passages(
        self, passages: Sequence[Passage], words: Iterable[Weights], heads: Iterable[Weights], vectors: np.ndarray
    ) -> None:
        """Add passages with their BM25 weights and vectors of shape (passages, dimensions); rows count on."""
        rows = zip(passages, words, heads, vectors, strict=True)
        for few in _batches(rows, BATCH):
            self._client.insert(self._new.passages, [self._row(*row, number) for number, row in enumerate(few, self._rows)])
            self._rows += len(few)

    @staticmethod
    def _row(passage: Passage, words: Weights, heads: Weights, vector: np.ndarray, number: int) -> dict[str, Any]:
        meta = passage.meta
        return {
            "row": number, "passage_id": passage.passage_id, "doc_id": passage.doc_id, "kind": passage.kind.value,
            "region": str(meta.get("region", "")), "listener": str(meta.get("listener", "")), "types": list(passage.types),
            "stages": [stage for stage in (meta.get("stage"), *meta.get("stages", ())) if stage],
            "words": {NOTHING: 1.0} | _sparse(words), "heads": {NOTHING: 1.0} | _sparse(heads), "vector": vector,
            "passage": json.dumps(asdict(passage), ensure_ascii=False),
        }

    def publish(self, marks: Mapping[str, str]) -> None:
        """Let readers find what was added; what they read until now stays until the next build.

        Raises:
            IndexDamaged: Milvus holds another number of rows than were sent.
        """
        told = {"fingerprints": dict(marks), "passages": self._rows}
        self._add_parts([(MANIFEST, json.dumps(told))])
        for name, sent in ((self._new.passages, self._rows), (self._new.documents, self._pieces)):
            self._client.flush(name)
            self._client.load_collection(name)
            held = self._client.query(name, filter="", output_fields=["count(*)"])[0]["count(*)"]
            if held != sent:
                raise IndexDamaged(self._settings.uri, f"{name}: {sent} rows sent, {held} held")
        before = _current(self._client, self._settings.collection)
        if before:
            self._client.alter_alias(self._new.passages, self._settings.collection)
        else:
            self._client.create_alias(self._new.passages, self._settings.collection)
        keep = {name for kept in (self._new, before) if kept for name in (kept.passages, kept.documents)}
        for name in self._client.list_collections():
            if name.startswith(f"{self._settings.collection}_g") and name not in keep:
                self._client.drop_collection(name)

    def discard(self) -> None:
        """Take back a generation that was not published."""
        for name in (self._new.passages, self._new.documents):
            self._client.drop_collection(name)


# --- reading ----------------------------------------------------------------------------------


def _current(client, alias: str) -> Generation | None:
    from pymilvus import MilvusException

    try:
        return Generation(client.describe_alias(alias)["collection_name"])
    except MilvusException as error:
        if not _is_gone(error):
            raise
        return None


def _is_gone(error: Exception) -> bool:
    """Whether Milvus says that there is no such alias or collection; servers and Milvus Lite number this differently."""
    return any(words in str(error) for words in ("not exist", "not found", "can't find"))


class Reader:
    """One generation, as it was published: a `store.Store`."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._client = settings, _client(settings)
        generation = self._asked(_current, self._client, settings.collection)
        if generation is None:
            raise IndexMissing(settings.uri)
        self.generation = generation
        self._kept: dict[int, Passage] = {}
        self._documents: dict[str, Document] = {}
        try:
            manifest = json.loads(self._content([MANIFEST])[MANIFEST])
            self.marks: dict[str, str] = manifest["fingerprints"]
            self.total: int = manifest["passages"]
        except (KeyError, ValueError) as error:
            raise IndexDamaged(settings.uri, f"manifest: {error}") from error

    def is_latest(self) -> bool:
        """Whether no later build has been published since this was opened."""
        return _current(self._client, self._settings.collection) == self.generation

    def _asked(self, request: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Ask Milvus.

        Raises:
            StoreMoved: this generation has been dropped: two builds were published since it was opened.
            StoreUnreachable
        """
        from pymilvus import MilvusException

        try:
            return request(*args, **options)
        except MilvusException as error:
            if _is_gone(error):
                raise StoreMoved(self._settings.uri) from error
            raise StoreUnreachable(self._settings.uri, str(error)) from error

    # documents and passages

    def _content(self, doc_ids: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for few in _batches(doc_ids, 20):
            found |= _joined(self._asked(
                self._client.query, self.generation.documents, filter=f"doc_id in {_quoted(few)}", output_fields=_PARTS,
            ))
        return found

    def _pages(self, collection: str, condition: str, fields: list[str], size: int = PAGE) -> Iterator[dict[str, Any]]:
        pages = self._asked(
            self._client.query_iterator, collection, batch_size=size, filter=condition, output_fields=fields
        )
        try:
            while page := self._asked(pages.next):
                yield from page
        finally:
            pages.close()

    def all_passages(self) -> tuple[Passage, ...]:
        rows = self._pages(self.generation.passages, "row >= 0", ["row", "passage"])
        return tuple(_passage(row["passage"]) for row in sorted(rows, key=lambda row: row["row"]))

    def all_documents(self) -> dict[str, Document]:
        parts = self._pages(self.generation.documents, "part >= 0", _PARTS, CONTENT_PAGE)
        return {doc_id: _document(text) for doc_id, text in _joined(parts).items() if doc_id != MANIFEST}

    def passage(self, row: int) -> Passage:
        if row not in self._kept:
            self._fetch([row])
        return self._kept[row]

    def document(self, doc_id: str) -> Document:
        if doc_id not in self._documents:
            self._documents[doc_id] = _document(self._content([doc_id])[doc_id])
        return self._documents[doc_id]

    def row_of(self, passage_id: str) -> int | None:
        found = self._query(filter=f"passage_id == {_quoted(passage_id)}", output_fields=["row"])
        return found[0]["row"] if found else None

    def rows_of(self, kinds: Iterable[Kind]) -> list[int]:
        wanted = _quoted([kind.value for kind in kinds])
        return sorted(row["row"] for row in self._pages(self.generation.passages, f"kind in {wanted}", ["row"]))

    def rows_by_type(self, kinds: Iterable[Kind]) -> dict[str, list[int]]:
        condition = f"kind in {_quoted([kind.value for kind in kinds])} and array_length(types) > 0"
        found: dict[str, list[int]] = {}
        for row in sorted(self._pages(self.generation.passages, condition, ["row", "types"]), key=lambda row: row["row"]):
            for type_id in row["types"]:
                found.setdefault(type_id, []).append(row["row"])
        return found

    def warm(self, rows: Sequence[int]) -> None:
        self._fetch([row for row in rows if row not in self._kept])
        missing = {self._kept[row].doc_id for row in rows} - self._documents.keys()
        self._documents |= {doc_id: _document(text) for doc_id, text in self._content(sorted(missing)).items()}

    def _fetch(self, rows: Sequence[int]) -> None:
        if len(self._kept) > KEPT_ROWS:
            self._kept = {}
        if rows:
            found = self._query(ids=[int(row) for row in rows], output_fields=["row", "passage"])
            self._kept = self._kept | {row["row"]: _passage(row["passage"]) for row in found}

    def _query(self, **options: Any) -> list[dict[str, Any]]:
        return self._asked(self._client.query, self.generation.passages, **options)

    # scores

    def word_scores(self, words: Weights) -> np.ndarray:
        """BM25 scores, shape (total,); of more than ALL_SCORED passages that share a word the others have 0."""
        return self._scores("words", _sparse(words))

    def vector_scores(self, vector: np.ndarray) -> np.ndarray:
        """Cosines, shape (total,); of more than ALL_SCORED passages the others have 0."""
        return self._scores("vector", vector)

    def _scores(self, field: str, vector: Any) -> np.ndarray:
        scores = np.zeros(self.total, dtype=np.float32)
        for row, score in self._best(field, vector, "", ALL_SCORED):
            scores[row] = score
        return scores

    def _best(self, field: str, vector: Any, condition: str, count: int) -> list[tuple[int, float]]:
        if not len(vector) or not self.total:
            return []
        (hits,) = self._asked(
            self._client.search, self.generation.passages, data=[vector], anns_field=field, limit=min(count, self.total, ALL_SCORED),
            filter=condition, search_params={"metric_type": "IP"}, output_fields=["row"],
        )
        return [(hit["row"], hit["distance"]) for hit in hits]

    def candidates(self, words: Weights, heads: Weights, vector: np.ndarray, wanted: Filter, depth: int) -> Candidates:
        """See `store.Store`; the filter is applied inside Milvus."""
        asked = [("words", _sparse(words)), ("heads", _sparse(heads)), ("vector", vector)]
        condition = expression(wanted)
        accepted = {row for field, given in asked for row, _ in self._best(field, given, condition, depth)}
        first = {row for field, given in asked for row, _ in self._best(field, given, "", 1)} if condition else set()
        rows = sorted(accepted | first)
        found = {}
        for few in _batches(rows, 2000):
            for row in self._query(ids=few, output_fields=_SHOWN):
                found[row["row"]] = row
        told = [found[row] for row in rows]
        return Candidates(
            rows=np.array(rows, dtype=np.int64),
            lexical=_products(asked[0][1], [row["words"] for row in told]),
            dense=np.array([row["vector"] for row in told], dtype=np.float32).reshape(len(rows), len(vector)) @ vector,
            heads=_products(asked[1][1], [row["heads"] for row in told]),
            accepted=np.array([row in accepted for row in rows], dtype=bool),
            types=[tuple(row["types"]) for row in told],
            doc_ids=[row["doc_id"] for row in told],
        )


def expression(wanted: Filter) -> str:
    """The filter as Milvus reads it; empty when everything passes. Values are quoted as JSON strings."""
    parts = [
        f"kind == {_quoted(wanted.kind)}" if wanted.kind is not None else "",
        f"ARRAY_CONTAINS(types, {_quoted(wanted.type_id)})" if wanted.type_id is not None else "",
        f"ARRAY_CONTAINS(stages, {_quoted(wanted.stage)})" if wanted.stage is not None else "",
        f"region in [{_quoted(wanted.region)}, {_quoted(EVERYWHERE)}]" if wanted.region is not None else "",
        f"listener == {_quoted(wanted.listener)}" if wanted.listener is not None else "",
    ]
    return " and ".join(part for part in parts if part)


def _products(query: Mapping[int, float], rows: Sequence[Mapping[int, float]]) -> np.ndarray:
    """Inner products of a sparse query with sparse rows; float32 of shape (rows,)."""
    return np.array([sum(weight * row.get(key, 0.0) for key, weight in query.items()) for row in rows], dtype=np.float32)


def _joined(parts: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Documents as JSON, put together from their parts, by their ids."""
    found: dict[str, dict[int, str]] = {}
    for row in parts:
        found.setdefault(row["doc_id"], {})[row["part"]] = row["content"]
    return {doc_id: "".join(text for _, text in sorted(pieces.items())) for doc_id, pieces in found.items()}


def _passage(text: str) -> Passage:
    row = json.loads(text)
    return Passage(**row | {"types": tuple(row["types"]), "kind": Kind(row["kind"])})


def _document(text: str) -> Document:
    row = json.loads(text)
    return Document(**row | {"types": tuple(row["types"])})


class Words:
    """The lexical half of a generation, as `lexical.Lexical` is used."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self.total = reader, reader.total

    def scores(self, tokens: Sequence[str]) -> np.ndarray:
        counted: dict[str, float] = {}
        for token in tokens:
            counted[token] = counted.get(token, 0.0) + 1.0
        return self._reader.word_scores(counted)


class Vectors:
    """The dense half of a generation, as `dense.Dense` is used."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self.total = reader, reader.total

    def scores(self, vector: np.ndarray) -> np.ndarray:
        return self._reader.vector_scores(vector)


class Passages(Sequence):
    """All passages of a large generation, fetched as they are asked for."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def __len__(self) -> int:
        return self._reader.total

    def __getitem__(self, row: int) -> Passage:
        if not 0 <= row < len(self):
            raise IndexError(row)
        return self._reader.passage(int(row))


class Documents(Mapping):
    """All documents of a large generation, fetched as they are asked for."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def __getitem__(self, doc_id: str) -> Document:
        return self._reader.document(doc_id)

    def __iter__(self) -> Iterator[str]:
        return iter(self._reader.all_documents())

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Positions(Mapping):
    """Passage id to row of a large generation."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def __getitem__(self, passage_id: str) -> int:
        row = self._reader.row_of(passage_id)
        if row is None:
            raise KeyError(passage_id)
        return row

    def __iter__(self) -> Iterator[str]:
        return (self._reader.passage(row).passage_id for row in range(self._reader.total))

    def __len__(self) -> int:
        return self._reader.total
