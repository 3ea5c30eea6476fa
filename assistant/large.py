"""A large plain folder as files that are read in place: built in a stream, part by part, and added to later.

Memory holds the codes of the vectors and a few bytes a passage; texts and postings stay on disk. A build writes parts of
some ten thousand passages; a part that is there is not written again when the build is taken up later.
Rows only ever grow: a deleted passage keeps its row and is marked dead until the next full build.
"""

import hashlib
import json
import multiprocessing
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from assistant import postings
from assistant.dense import Codes, exact_nearest
from assistant.encoder import Encoder
from assistant.postings import Postings
from assistant.records import Document, Filter, Kind, Passage
from assistant.segmenter import Segmenter, load_segmenter
from assistant.store import Candidates, Weights

PART_PASSAGES = 20_000  # the memory of a build: texts, words and vectors of so many
WORKERS = 2  # processes that cut text into words, which is what bounds a build
CHUNK = 500  # texts handed to a worker at a time
SAMPLE = 50_000  # vectors that the codes are learned from, about
PROBED = 256  # of them, with which recall is measured
MASKS_KEPT = 8  # filters whose masks are kept
RESERVED = ("stage", "stages", "region", "listener")  # of a passage's meta: what filters ask about

ReadFiles = Callable[[Iterable[Path]], Iterator[tuple[Document, list[Passage]]]]
TextOf = Callable[[Passage, Document], str]


# --- records on disk --------------------------------------------------------------------------


class _Lines:
    """A file of JSON lines, any of which is read without the others."""

    def __init__(self, path: Path) -> None:
        self._bytes = np.memmap(path, dtype=np.uint8, mode="r") if path.stat().st_size else np.zeros(0, dtype=np.uint8)
        self._bounds = np.load(path.with_suffix(".bounds.npy"), mmap_mode="r")

    def __len__(self) -> int:
        return len(self._bounds) - 1

    def __getitem__(self, number: int) -> dict:
        return json.loads(self._bytes[self._bounds[number] : self._bounds[number + 1]].tobytes())


def _write_lines(path: Path, rows: Iterable[dict]) -> None:
    bounds = [0]
    with open(path, "wb") as out:
        for row in rows:
            bounds.append(bounds[-1] + out.write((json.dumps(row, ensure_ascii=False) + "\n").encode()))
    np.save(path.with_suffix(".bounds.npy"), np.array(bounds, dtype=np.int64))


class _Shelf:
    """The lines of all parts under one numbering, and their keys."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._lines = [_Lines(file) for file in files]
        self.first = np.cumsum([0, *map(len, self._lines)])
        keys = np.concatenate([np.load(file.with_suffix(".keys.npy")) for file in files])
        self._order = np.argsort(keys, kind="stable").astype(np.int32)
        self._keys = keys[self._order]

    def __len__(self) -> int:
        return int(self.first[-1])

    def read(self, number: int) -> dict:
        if not 0 <= number < len(self):
            raise IndexError(number)
        part = int(np.searchsorted(self.first, number, side="right")) - 1
        return self._lines[part][number - int(self.first[part])]

    def numbers(self, key: str) -> list[int]:
        """Where lines with this key may stand, latest first."""
        wanted = np.uint64(postings.token_key(key))
        start, end = (int(np.searchsorted(self._keys, wanted, side=side)) for side in ("left", "right"))
        return sorted((int(number) for number in self._order[start:end]), reverse=True)


class _Passages(Sequence):
    def __init__(self, shelf: _Shelf) -> None:
        self._shelf = shelf

    def __len__(self) -> int:
        return len(self._shelf)

    def __getitem__(self, row: int) -> Passage:
        found = self._shelf.read(int(row))
        return Passage(**found | {"types": tuple(found["types"]), "kind": Kind(found["kind"])})


class _Documents(Mapping):
    def __init__(self, shelf: _Shelf, alive: np.ndarray) -> None:
        self._shelf, self._alive = shelf, alive

    def __len__(self) -> int:
        return int(np.count_nonzero(self._alive))

    def __iter__(self) -> Iterator[str]:
        return (self._shelf.read(int(number))["doc_id"] for number in np.flatnonzero(self._alive))

    def __getitem__(self, doc_id: str) -> Document:
        for number in self._shelf.numbers(doc_id):
            found = self._shelf.read(number)
            if self._alive[number] and found["doc_id"] == doc_id:
                return Document(**found | {"types": tuple(found["types"])})
        raise KeyError(doc_id)


class _Positions(Mapping):
    def __init__(self, shelf: _Shelf, alive: np.ndarray) -> None:
        self._shelf, self._alive = shelf, alive

    def __len__(self) -> int:
        return int(np.count_nonzero(self._alive))

    def __iter__(self) -> Iterator[str]:
        return (self._shelf.read(int(row))["passage_id"] for row in np.flatnonzero(self._alive))

    def __getitem__(self, passage_id: str) -> int:
        for row in self._shelf.numbers(passage_id):
            if self._alive[row] and self._shelf.read(row)["passage_id"] == passage_id:
                return row
        raise KeyError(passage_id)


# --- building ---------------------------------------------------------------------------------

_segmenter: Segmenter | None = None  # of a worker process


def _start_worker(lexicon_dir: Path) -> None:
    global _segmenter
    _segmenter = load_segmenter(lexicon_dir)


def _cut(texts: Sequence[str]) -> list[tuple[list[str], str]]:
    """(search words, encoder tokens joined by spaces) of each text."""
    return [(list(cut.search_words), " ".join(cut.encoder_tokens())) for cut in map(_segmenter.segment, texts)]


class Progress:
    """A bar with what is done, how fast, and how long the rest may take; on a terminal only."""

    def __init__(self, total_bytes: int, shown: bool, template: str) -> None:
        self._total, self._shown, self._template = max(total_bytes, 1), shown, template
        self._began, self._read, self._skipped = time.monotonic(), 0, 0

    def skip(self, count: int) -> None:
        self._skipped += count

    def tell(self, read_bytes: int, passages: int) -> None:
        self._read += read_bytes
        took = time.monotonic() - self._began
        left = (self._total - self._skipped - self._read) * took / max(self._read, 1)
        if self._shown:
            share = (self._read + self._skipped) / self._total
            bar = "█" * round(30 * share) + "·" * (30 - round(30 * share))
            rate = passages / max(took, 1e-9)
            print("\r" + self._template.format(bar=bar, share=share, passages=passages, rate=rate, minutes=max(left, 0) / 60), end="", file=sys.stderr)

    def close(self) -> None:
        if self._shown:
            print(file=sys.stderr)


@dataclass(frozen=True, slots=True)
class Builder:
    """What a build needs besides the files."""

    corpus_dir: Path
    lexicon_dir: Path
    encoder: Encoder
    read: ReadFiles
    text_of: TextOf
    head_of: TextOf
    template: str  # of the progress line
    shown: bool  # whether to show it

    def parts(self, files: Sequence[Path], folder: Path, first_part: int = 0) -> list[str]:
        """Read the files and write what is in them as parts below `folder`; parts that are there are kept.

        Returns:
            The names of the parts, in order.
        """
        names = sorted(path.name for path in folder.glob("part-*") if (path / "files.json").exists())
        names = [name for name in names if int(name[5:]) >= first_part]
        done = {name for part in names for name in json.loads((folder / part / "files.json").read_text(encoding="utf-8"))}
        rest = [file for file in files if self._name(file) not in done]
        progress = Progress(sum(file.stat().st_size for file in files), self.shown, self.template)
        progress.skip(sum(file.stat().st_size for file in files if self._name(file) in done))
        passages = 0
        with multiprocessing.get_context("spawn").Pool(WORKERS, _start_worker, (self.lexicon_dir,)) as pool:
            for batch in self._batches(rest):
                number = first_part + len(names)
                names.append(f"part-{number:05d}")
                self._write_part(folder / names[-1], batch, pool)
                passages += sum(len(found) for _, _, found in batch)
                progress.tell(sum(file.stat().st_size for file, _, _ in batch), passages)
        progress.close()
        return names

    def _name(self, file: Path) -> str:
        return file.relative_to(self.corpus_dir).as_posix()

    def _batches(self, files: Sequence[Path]) -> Iterator[list[tuple[Path, Document, list[Passage]]]]:
        batch, held = [], 0
        for file, (document, passages) in zip(files, self.read(files), strict=True):
            batch.append((file, document, passages))
            held += len(passages)
            if held >= PART_PASSAGES:
                yield batch
                batch, held = [], 0
        if batch:
            yield batch

    def _write_part(self, folder: Path, batch: Sequence[tuple[Path, Document, list[Passage]]], pool) -> None:
        shutil.rmtree(folder, ignore_errors=True)  # of a build that was broken off
        folder.mkdir(parents=True)
        passages = [passage for _, _, found in batch for passage in found]
        documents = [document for _, document, _ in batch]
        texts = [self.text_of(passage, document) for _, document, found in batch for passage in found]
        cut = pool.imap(_cut, [texts[start : start + CHUNK] for start in range(0, len(texts), CHUNK)])
        words, vectors = [], [np.zeros((0, self.encoder.dimensions), dtype=np.float32)]
        for number, chunk in enumerate(cut):
            words += [found for found, _ in chunk]
            plain = texts[number * CHUNK : (number + 1) * CHUNK]
            vectors.append(self.encoder.encode_read([tokens for _, tokens in chunk] if self.encoder.reads_tokens else plain))
        heads = [self.head_of(passage, document) for _, document, found in batch for passage in found]
        distinct = list(dict.fromkeys(heads))
        of_head = dict(zip(distinct, (found for found, _ in _flat(pool, distinct)), strict=True))
        postings.write(folder / "words", words)
        postings.write(folder / "heads", [
            of_head[head] if passage.kind is Kind.GUIDANCE else [] for passage, head in zip(passages, heads, strict=True)
        ])
        np.save(folder / "vectors.npy", np.concatenate(vectors).astype(np.float16))
        for name, rows, keys in (
            ("passages", passages, [passage.passage_id for passage in passages]),
            ("documents", documents, [document.doc_id for document in documents]),
        ):
            _write_lines(folder / f"{name}.jsonl", map(asdict, rows))
            np.save(folder / f"{name}.keys.npy", np.array([postings.token_key(key) for key in keys], dtype=np.uint64))
        counts = [len(found) for _, _, found in batch]
        np.save(folder / "document_of.npy", np.repeat(np.arange(len(batch), dtype=np.int32), counts))
        facets = [json.dumps(_facets(passage), ensure_ascii=False) for passage in passages]
        table = list(dict.fromkeys(facets))
        code = {facet: number for number, facet in enumerate(table)}
        np.save(folder / "facet_of.npy", np.array([code[facet] for facet in facets], dtype=np.int32))
        (folder / "facets.json").write_text(json.dumps(table), encoding="utf-8")
        found = {self._name(file): content_mark(file) for file, _, _ in batch}
        (folder / "files.new").write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
        os.replace(folder / "files.new", folder / "files.json")  # last: its presence says that the part is whole


def _flat(pool, texts: Sequence[str]) -> Iterator[tuple[list[str], str]]:
    for chunk in pool.imap(_cut, [texts[start : start + CHUNK] for start in range(0, len(texts), CHUNK)]):
        yield from chunk


def _facets(passage: Passage) -> dict:
    meta = {key: passage.meta[key] for key in RESERVED if key in passage.meta}
    return {"kind": passage.kind, "types": passage.types, "meta": meta}


def content_mark(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def finish(folder: Path, parts: Sequence[str]) -> dict:
    """Join the postings of the parts, turn their vectors into codes; returns what the manifest has to remember."""
    for half in ("words", "heads"):
        shutil.rmtree(folder / half, ignore_errors=True)
        postings.merge(folder / half, [folder / part / half for part in parts])
    blocks = [np.load(folder / part / "vectors.npy", mmap_mode="r") for part in parts]
    total = sum(map(len, blocks))
    rng = np.random.default_rng(0)
    sample = np.concatenate([
        block[np.sort(rng.choice(len(block), min(len(block), round(SAMPLE * len(block) / total)), replace=False))] for block in blocks
    ]).astype(np.float32)
    codes = Codes.build(sample)
    for block in blocks:
        codes.add(block.astype(np.float32))
    queries = sample[rng.choice(len(sample), min(PROBED, len(sample)), replace=False)]
    exact = exact_nearest((block.astype(np.float32) for block in blocks), queries, 10)
    recall = codes.choose_read_again(queries, exact)
    codes.save(folder / "dense.codes")
    np.save(folder / "alive.npy", np.ones(total, dtype=bool))
    for part in parts:  # they are in the codes, and the postings are joined
        (folder / part / "vectors.npy").unlink()
        for half in ("words", "heads"):
            shutil.rmtree(folder / part / half)
    return {"large": True, "parts": list(parts), "joined": len(parts), "read_again": codes.read_again, "recall": recall, "passages": total}


def extend(builder: Builder, old: Path, told: dict, folder: Path, files: Sequence[Path]) -> dict | None:
    """Write into `folder` the old generation with what was added and without what is gone; the rest is shared, not copied.

    Returns:
        What the manifest has to remember; None when most of it is dead, so that a full build is due.
    """
    now = {file.relative_to(builder.corpus_dir).as_posix(): file for file in files}
    alive, first, known = np.load(old / "alive.npy"), 0, set()
    for part in told["parts"]:
        listed = json.loads((old / part / "files.json").read_text(encoding="utf-8"))
        document_of = np.load(old / part / "document_of.npy", mmap_mode="r")
        span = alive[first : first + len(document_of)]
        ends = np.searchsorted(document_of, np.arange(len(listed) + 1))
        for number, (name, mark) in enumerate(listed.items()):
            same = name in now and content_mark(now[name]) == mark
            if same and span[ends[number] : ends[number + 1]].all():
                known.add(name)
            else:
                span[ends[number] : ends[number + 1]] = False
        first += len(document_of)
    if np.count_nonzero(alive) * 2 < len(alive):
        return None
    shutil.copytree(old, folder, copy_function=_share, ignore=shutil.ignore_patterns("alive.npy", "dense.codes"), dirs_exist_ok=True)
    added = builder.parts([file for name, file in now.items() if name not in known], folder, len(told["parts"]))
    codes = Codes.load(old / "dense.codes", told["read_again"])
    for part in added:
        vectors = np.load(folder / part / "vectors.npy").astype(np.float32)
        codes.add(vectors)
        alive = np.concatenate([alive, np.ones(len(vectors), dtype=bool)])
        (folder / part / "vectors.npy").unlink()
    codes.save(folder / "dense.codes")
    np.save(folder / "alive.npy", alive)
    return told | {"parts": [*told["parts"], *added], "passages": len(alive)}


def _share(source: str, target: str) -> None:
    """A second name for the same file: nothing writes to it again."""
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copy2(source, target)


# --- searching --------------------------------------------------------------------------------


class Shelf:
    """A large generation, open for searching: a `store.Store`."""

    def __init__(self, folder: Path, told: dict) -> None:
        parts = [folder / name for name in told["parts"]]
        later = parts[told["joined"] :]
        passages, documents = (_Shelf([part / f"{name}.jsonl" for part in parts]) for name in ("passages", "documents"))
        self._alive = np.load(folder / "alive.npy")
        self._document_of = np.concatenate([
            np.load(part / "document_of.npy") + int(first) for part, first in zip(parts, documents.first, strict=False)
        ])
        living = np.zeros(len(documents), dtype=bool)
        living[self._document_of[self._alive]] = True
        self._read_facets(parts)
        self.lexical = Postings([folder / "words", *(part / "words" for part in later)])
        self._heads = Postings([folder / "heads", *(part / "heads" for part in later)])
        self.dense = Codes.load(folder / "dense.codes", told["read_again"])
        self.passages, self.documents = _Passages(passages), _Documents(documents, living)
        self.position = _Positions(passages, self._alive)
        self._masks: dict[Filter, np.ndarray | None] = {}
        if not len(passages) == len(self._alive) == self.lexical.total == self.dense.total == told["passages"]:
            raise ValueError("passages, vectors and postings differ in number")

    def _read_facets(self, parts: Sequence[Path]) -> None:
        codes: dict[str, int] = {}
        of_row = []
        for part in parts:
            table = json.loads((part / "facets.json").read_text(encoding="utf-8"))
            own = np.array([codes.setdefault(facet, len(codes)) for facet in table], dtype=np.int32)
            of_row.append(own[np.load(part / "facet_of.npy")])
        self._facet_of = np.concatenate(of_row)
        self._facets = [
            Passage("", "", Kind(found["kind"]), "", "", "", 0, 0, tuple(found["types"]), found["meta"]) for found in map(json.loads, codes)
        ]

    def rows_of(self, kinds: Iterable[Kind]) -> list[int]:
        wanted = set(kinds)
        accepted = np.array([facet.kind in wanted for facet in self._facets], dtype=bool)
        return np.flatnonzero(accepted[self._facet_of] & self._alive).tolist()

    def rows_by_type(self, kinds: Iterable[Kind]) -> dict[str, list[int]]:
        wanted = set(kinds)
        types = {type_id for facet in self._facets if facet.kind in wanted for type_id in facet.types}
        accepted = {
            type_id: np.array([facet.kind in wanted and type_id in facet.types for facet in self._facets], dtype=bool) for type_id in types
        }
        return {type_id: np.flatnonzero(mask[self._facet_of] & self._alive).tolist() for type_id, mask in accepted.items()}

    def warm(self, rows: Sequence[int]) -> None:
        """Nothing to do: the system's file cache keeps what was read."""

    def _allowed(self, wanted: Filter) -> np.ndarray | None:
        """The mask of what passes and is alive; None when everything does."""
        if wanted not in self._masks:
            accepted = np.array([wanted.accepts(facet) for facet in self._facets], dtype=bool)
            mask = accepted[self._facet_of] & self._alive
            self._masks = dict(list(self._masks.items())[-MASKS_KEPT:]) | {wanted: None if mask.all() else mask}
        return self._masks[wanted]

    def candidates(self, words: Weights, heads: Weights, vector: np.ndarray, wanted: Filter, depth: int) -> Candidates:
        """See `store.Store`."""
        allowed, everything = self._allowed(wanted), self._allowed(Filter())
        said, headed = self.lexical.ask(words), self._heads.ask(heads)

        def best(count: int, mask: np.ndarray | None) -> list[np.ndarray]:
            return [said.best(count, mask), headed.best(count, mask), self.dense.best(vector, count, mask)]

        found = best(depth, allowed) + ([] if allowed is everything else best(1, everything))
        rows = np.unique(np.concatenate(found)).astype(np.int64)
        return Candidates(
            rows=rows,
            lexical=said.of_rows(rows),
            dense=self.dense.of_rows(vector, rows),
            heads=headed.of_rows(rows),
            accepted=np.ones(len(rows), dtype=bool) if allowed is None else allowed[rows],
            types=[self._facets[code].types for code in self._facet_of[rows]],
            doc_ids=self._document_of[rows].tolist(),
        )
