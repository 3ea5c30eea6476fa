"""What `build` writes and everything else reads: passages, vectors, postings and one manifest.

Each build writes a generation folder of its own and then replaces the manifest in one rename, so
a reader sees the old state or the new one. An index is refused when it does not fit the corpus, the encoder or this program's format.
"""

import dataclasses
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
from filelock import FileLock

from assistant import corpus as corpus_reader
from assistant import encoder as encoder_files
from assistant import large, milvus, wording
from assistant.corpus import Corpus
from assistant.dense import Codes, Dense
from assistant.encoder import Encoder
from assistant.errors import AssistantError, FileMissing, IndexDamaged, IndexMissing, IndexStale
from assistant.lexical import Lexical
from assistant.postings import Postings
from assistant.records import Document, Kind, Passage
from assistant.segmenter import Segmenter
from assistant.settings import Settings
from assistant.store import ALL_SCORED, Store

FORMAT = 2
HAN_BYTES = 3  # of a Chinese character in UTF-8
LOCAL_MARK = "local"  # the fingerprint of what a station adds itself
Words = dict[str, list[str]]  # hash of a searchable text to its words: a second build need not segment it again


@dataclass(frozen=True, slots=True)
class Index:
    """Everything that can be found; row i of `dense` and `lexical` is `passages[i]`."""

    documents: Mapping[str, Document]
    passages: Sequence[Passage]
    lexical: Lexical | milvus.Words | Postings
    dense: Dense | milvus.Vectors | Codes
    position: Mapping[str, int]  # passage id to row
    marks: dict[str, str]  # the fingerprints of what it was built from
    store: Store | None = None  # what a search asks when not every passage is scored here

    def rows_of(self, kinds: Iterable[Kind]) -> list[int]:
        """The rows of passages of these kinds, ascending."""
        if self.store is not None:
            return self.store.rows_of(kinds)
        wanted = set(kinds)
        return [row for row, passage in enumerate(self.passages) if passage.kind in wanted]

    def rows_by_type(self, kinds: Iterable[Kind]) -> dict[str, list[int]]:
        """The same rows by the dispute types of their passages."""
        if self.store is not None:
            return self.store.rows_by_type(kinds)
        found: dict[str, list[int]] = {}
        for row in self.rows_of(kinds):
            for type_id in self.passages[row].types:
                found.setdefault(type_id, []).append(row)
        return found


def searchable_text(passage: Passage, document: Document) -> str:
    """What is indexed of a passage: its text under its headings, with what a reader might ask by."""
    told = [str(passage.meta[key]) for key in ("why", "meaning", "quarrel", "use", "note", "topics", "who", "topic")
            if key in passage.meta]
    return "\n".join([document.title, passage.title, passage.section, passage.text, *told])


def head_text(passage: Passage, document: Document) -> str:
    """What an article says of itself: title, heading, topics. An index of their own, or the text drowns them."""
    return "\n".join((document.title, passage.section, passage.meta.get("topics", "")))


def read_corpus(settings: Settings, shipped: Corpus | None = None) -> Corpus:
    """The knowledge, or a plain folder of articles, whichever `corpus_dir` is."""
    if not settings.corpus_dir.is_dir():
        raise FileMissing(settings.corpus_dir)
    if corpus_reader.is_knowledge(settings.corpus_dir):
        return corpus_reader.read_knowledge(settings.corpus_dir, settings.passage_chars, shipped)
    return _articles().read_articles(settings.corpus_dir, settings.passage_chars)


def _articles() -> ModuleType:
    """What reads and cleans foreign documents: imported only here, because no question waits for it."""
    from assistant import articles

    return articles


def fingerprints(settings: Settings) -> dict[str, str]:
    """What an index must agree with: format, corpus files, lexicon, encoder, passage length.

    What a station adds itself is told apart and comes last: an index that misses only that is brought up to date.
    """
    local = settings.corpus_dir / corpus_reader.LOCAL if corpus_reader.is_knowledge(settings.corpus_dir) else None
    return {
        "format": str(FORMAT),
        "corpus": _tree_hash(settings.corpus_dir, local),
        "lexicon": _tree_hash(settings.lexicon_dir),
        "encoder": encoder_files.fingerprint(settings.encoder_dir),
        "passage_chars": str(settings.passage_chars),
        LOCAL_MARK: _tree_hash(local) if local else "",
    }


def _tree_hash(folder: Path, without: Path | None = None) -> str:
    """A hash over names and contents; what begins with a dot is being written, or is a lock."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        if (without is not None and path.is_relative_to(without)) or any(part.startswith(".") for part in place.parts):
            continue
        if path.is_file():
            digest.update(place.as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current(settings: Settings) -> bool:
    """Whether the index on disk is there, whole, and built from what is there now."""
    try:
        built_from = milvus.Reader(settings).marks if settings.store == "milvus" else _read_manifest(settings.index_dir)["fingerprints"]
    except (IndexMissing, IndexDamaged, IndexStale):
        return False
    return built_from == fingerprints(settings)


def build_index(
    settings: Settings, segmenter: Segmenter, encoder: Encoder, show_progress: bool = False, words: Words | None = None,
    before: Index | None = None,
) -> Index:
    """Read the corpus, index it, and put the result in place of the old index.

    Vectors of passages that have not changed are taken over from the old index, and their words from
    `words`, which is brought up to date. When `before` was built from the same shipped files, only what the
    station added is read again.
    """
    marks = fingerprints(settings)  # before the corpus is read: a file that changes meanwhile makes the index stale
    if _is_large(settings):
        return _build_large(settings, encoder, marks, show_progress)
    found = read_corpus(settings, _shipped(settings, marks, before))
    documents = {document.doc_id: document for document in found.documents}
    texts = [searchable_text(passage, documents[passage.doc_id]) for passage in found.passages]
    known = words if words is not None else {}
    own = {(mark := _hash(text)): known.get(mark) or segmenter.search_words(text) for text in texts}
    known.clear()  # words of deleted text go with it
    known.update(own)
    lexical = Lexical.build([own[_hash(text)] for text in texts])
    if settings.store == "milvus":
        _publish(settings, found, lexical, encoder.encode(texts, show_progress), segmenter, marks)
        return _open_milvus(settings, marks)
    vectors = _encode_changed(settings.index_dir, marks["encoder"] + marks["lexicon"], texts, encoder, show_progress)
    index = _assemble(found, lexical, Dense.build(vectors), marks)
    _write(settings.index_dir, index, marks, [_hash(text) for text in texts])
    return index


def _is_large(settings: Settings) -> bool:
    """Whether a folder of articles holds so much text that not every passage is scored: see docs/scale.md."""
    if settings.store != "embedded" or not settings.corpus_dir.is_dir() or corpus_reader.is_knowledge(settings.corpus_dir):
        return False
    text_bytes = sum(path.stat().st_size for path in _articles().article_files(settings.corpus_dir))
    return text_bytes > ALL_SCORED * settings.passage_chars * HAN_BYTES


def _build_large(settings: Settings, encoder: Encoder, marks: dict[str, str], show_progress: bool) -> Index:
    """Build in a stream, taking up what a broken-off build of the same files left, or add to the index that is there."""
    articles = _articles()
    files = articles.article_files(settings.corpus_dir)
    builder = large.Builder(
        corpus_dir=settings.corpus_dir, lexicon_dir=settings.lexicon_dir, encoder=encoder,
        read=lambda wanted: articles.stream_articles(settings.corpus_dir, wanted, settings.passage_chars),
        text_of=searchable_text, head_of=head_text, template=wording.BUILD_PROGRESS, shown=show_progress,
    )
    settings.index_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.index_dir / ".lock"):
        told = _extended(settings, builder, marks, files)
        if told is None:
            same = hashlib.sha256(json.dumps(marks).encode()).hexdigest()[:12]
            folder = settings.index_dir / f".building-{same}"
            for other in settings.index_dir.glob(".building-*"):
                if other != folder:  # of other files: nothing in it would fit
                    shutil.rmtree(other)
            folder.mkdir(exist_ok=True)
            told = large.finish(folder, builder.parts(files, folder))
            told |= {"generation": f"g{uuid.uuid4().hex[:12]}"}
            os.replace(folder, settings.index_dir / told["generation"])
        _point_at(settings.index_dir, told | {"fingerprints": marks})
    return open_index(settings)


def _extended(settings: Settings, builder: large.Builder, marks: dict[str, str], files: Sequence[Path]) -> dict | None:
    """The large index that is there, brought up to date; None when there is none that fits, or it is mostly dead."""
    try:
        told = _read_manifest(settings.index_dir)
    except (IndexMissing, IndexDamaged, IndexStale):
        return None
    same = all(told["fingerprints"].get(part) == mark for part, mark in marks.items() if part != "corpus")
    if not told.get("large") or not same or told["fingerprints"] == marks:  # built again with --force: from scratch
        return None
    generation = f"g{uuid.uuid4().hex[:12]}"
    found = large.extend(builder, settings.index_dir / told["generation"], told, settings.index_dir / generation, files)
    return found and found | {"generation": generation}


def _publish(
    settings: Settings, found: Corpus, lexical: Lexical, vectors: np.ndarray, segmenter: Segmenter, marks: dict[str, str]
) -> None:
    """Fill new collections in Milvus, then let readers find them."""
    documents = {document.doc_id: document for document in found.documents}
    articles_ = [passage for passage in found.passages if passage.kind is Kind.GUIDANCE]
    of_articles = Lexical.build(
        [segmenter.search_words(head_text(passage, documents[passage.doc_id])) for passage in articles_]
    ).weights() if articles_ else iter(())
    heads = (next(of_articles) if passage.kind is Kind.GUIDANCE else {} for passage in found.passages)
    settings.index_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.index_dir / ".lock"):
        writer = milvus.Writer(settings, vectors.shape[1])
        try:
            writer.add_documents(found.documents)
            writer.add_passages(found.passages, lexical.weights(), heads, vectors)
            writer.publish(marks)
        except BaseException:  # a build that is broken off, by a key too, leaves nothing behind
            writer.discard()
            raise


def _open_milvus(settings: Settings, marks: dict[str, str]) -> Index:
    reader = milvus.Reader(settings)
    _check_marks(settings.uri, reader.marks, marks)
    return open_milvus(reader)


def open_milvus(reader: milvus.Reader) -> Index:
    """One generation in Milvus; a large one is not read, but fetched from as it is asked."""
    if reader.total <= ALL_SCORED:
        passages = reader.all_passages()
        documents, position = reader.all_documents(), {passage.passage_id: row for row, passage in enumerate(passages)}
    else:
        passages, documents, position = milvus.Passages(reader), milvus.Documents(reader), milvus.Positions(reader)
    return Index(documents, passages, milvus.Words(reader), milvus.Vectors(reader), position, reader.marks, reader)


def _check_marks(place: Path | str, built_from: Mapping[str, str], marks: Mapping[str, str]) -> None:
    for part, mark in marks.items():
        if built_from.get(part) != mark:
            raise IndexStale(place, part)


def _shipped(settings: Settings, marks: dict[str, str], before: Index | None) -> Corpus | None:
    """The shipped part of an index that was built from the files that are there now."""
    same = before is not None and all(before.marks.get(part) == mark for part, mark in marks.items() if part != LOCAL_MARK)
    if not same or not marks[LOCAL_MARK]:
        return None
    own = f"{corpus_reader.LOCAL}/"
    documents = {key: document for key, document in before.documents.items() if not document.file.startswith(own)}
    passages = tuple(passage for passage in before.passages if passage.doc_id in documents)
    return Corpus(tuple(documents.values()), passages)


def _encode_changed(
    index_dir: Path, marks: str, texts: Sequence[str], encoder: Encoder, show_progress: bool
) -> np.ndarray:
    known = _known_vectors(index_dir, marks)
    new = sorted({text for text in texts if _hash(text) not in known})
    known |= dict(zip(map(_hash, new), encoder.encode(new, show_progress), strict=True))
    return np.stack([known[_hash(text)] for text in texts])


def _known_vectors(index_dir: Path, marks: str) -> dict[str, np.ndarray]:
    """Vectors of the old index by the hash of their text; none when the encoder has changed."""
    try:
        manifest = _read_manifest(index_dir)
        if manifest.get("large") or manifest["fingerprints"]["encoder"] + manifest["fingerprints"]["lexicon"] != marks:
            return {}
        vectors = Dense.load(index_dir / manifest["generation"] / "dense.faiss").vectors()
    except (AssistantError, OSError, RuntimeError):
        return {}
    return dict(zip(manifest["texts"], vectors, strict=True))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _assemble(found: Corpus, lexical: Lexical, dense: Dense, marks: dict[str, str]) -> Index:
    return Index(
        documents={document.doc_id: document for document in found.documents},
        passages=found.passages,
        lexical=lexical,
        dense=dense,
        position={passage.passage_id: row for row, passage in enumerate(found.passages)},
        marks=marks,
    )


def _write(index_dir: Path, index: Index, marks: dict[str, str], text_hashes: list[str]) -> None:
    """Write a new generation beside the old one, then point the manifest at it in one rename."""
    index_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(index_dir / ".lock"):  # two builds of one index take turns
        generation = f"g{uuid.uuid4().hex[:12]}"
        folder = index_dir / generation
        folder.mkdir()
        _write_lines(folder / "documents.jsonl", index.documents.values())
        _write_lines(folder / "passages.jsonl", index.passages)
        index.lexical.save(folder / "lexical")
        index.dense.save(folder / "dense.faiss")
        manifest = {
            "generation": generation, "fingerprints": marks, "passages": len(index.passages), "texts": text_hashes,
        }
        _point_at(index_dir, manifest)


def _point_at(index_dir: Path, manifest: dict) -> None:
    """Let readers find a generation that is whole, and remove the others."""
    fresh = index_dir / "manifest.json.new"
    fresh.write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    os.replace(fresh, index_dir / "manifest.json")
    _remove_generations(index_dir, keep=manifest["generation"])


def _remove_generations(index_dir: Path, keep: str) -> None:
    """Old generations go, and with them what was deleted; a reader that is just opening one looks again."""
    for folder in index_dir.glob("g*"):
        if folder.is_dir() and folder.name != keep:
            shutil.rmtree(folder, ignore_errors=True)


def _write_lines(path: Path, records: Sequence[Document | Passage]) -> None:
    with open(path, "w", encoding="utf-8") as out:
        for record in records:
            out.write(json.dumps(dataclasses.asdict(record), ensure_ascii=False) + "\n")


def _read_manifest(index_dir: Path) -> dict:
    path = index_dir / "manifest.json"
    if not path.exists():
        raise IndexMissing(index_dir)
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if manifest["fingerprints"]["format"] != str(FORMAT) or not manifest["generation"]:
            raise IndexStale(index_dir, "format")
        return manifest
    except (ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(index_dir, f"manifest.json: {error}") from error


def open_index(settings: Settings) -> Index:
    """Open the index on disk.

    Raises:
        IndexMissing, IndexDamaged, IndexStale: build it again.
    """
    if settings.store == "milvus":
        return _open_milvus(settings, fingerprints(settings))
    manifest = _read_manifest(settings.index_dir)
    while True:
        try:
            return _open_generation(settings, manifest)
        except IndexDamaged:  # a build may have put another generation in its place meanwhile
            before, manifest = manifest, _read_manifest(settings.index_dir)
            if manifest["generation"] == before["generation"]:
                raise


def _open_generation(settings: Settings, manifest: dict) -> Index:
    folder = settings.index_dir / manifest["generation"]
    _check_marks(settings.index_dir, manifest["fingerprints"], fingerprints(settings))
    if manifest.get("large"):
        return _open_large(settings.index_dir, folder, manifest)
    try:
        found = Corpus(
            documents=tuple(Document(**_tuples(row)) for row in _read_lines(folder / "documents.jsonl")),
            passages=tuple(
                Passage(**_tuples(row) | {"kind": Kind(row["kind"])}) for row in _read_lines(folder / "passages.jsonl")
            ),
        )
        index = _assemble(found, Lexical.load(folder / "lexical"), Dense.load(folder / "dense.faiss"), manifest["fingerprints"])
    except Exception as error:  # json, numpy, bm25s and FAISS each raise their own
        raise IndexDamaged(settings.index_dir, f"{type(error).__name__}: {error}") from error
    if not len(index.passages) == index.dense.total == index.lexical.total == manifest["passages"]:
        raise IndexDamaged(settings.index_dir, "passages, vectors and postings differ in number")
    return index


def _open_large(index_dir: Path, folder: Path, manifest: dict) -> Index:
    try:
        shelf = large.Shelf(folder, manifest)
    except Exception as error:  # json, numpy and FAISS each raise their own
        raise IndexDamaged(index_dir, f"{type(error).__name__}: {error}") from error
    return Index(
        shelf.documents, shelf.passages, shelf.lexical, shelf.dense, shelf.position, manifest["fingerprints"], shelf
    )


def _read_lines(path: Path) -> Iterator[dict]:
    with open(path, encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _tuples(row: dict) -> dict:
    return row | {"types": tuple(row["types"])}
