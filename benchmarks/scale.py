"""How building and searching grow with the number of passages, on real text.

    python -m benchmarks.scale --text ../shared/train/text --articles ../shared/bench/stard/articles.jsonl.xz \
        --queries ../shared/bench/stard/train.jsonl --sizes 10000 100000 1000000 --work scale-work [--json]

Each size is a folder of plain text files of its own, built with the command that everybody uses and
opened in a process of its own, so that its memory is its own. `--keep` leaves the folders for a second run.
Queries are timed one after another on one thread, understanding included.
"""

import argparse
import json
import lzma
import math
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from assistant import index, large, pipeline
from assistant.dense import Codes
from assistant.records import Filter
from assistant.settings import DEFAULT_SETTINGS, Settings, load_settings

PASSAGE_CHARS = 80  # the text at hand is then more than a million passages
FILE_LINES = 500
WARM_UP, TIMED, COMPARED = 20, 300, 100  # queries
COUNT = 10  # hits


def lines(text_dir: Path, articles: Path) -> Iterator[str]:
    """Pieces of real text of at most PASSAGE_CHARS characters: articles of law, rules, cases, conversations."""
    with lzma.open(articles, "rt", encoding="utf-8") as rows:
        yield from (piece for row in rows for piece in _pieces(json.loads(row)["content"]))
    for path in sorted(text_dir.glob("*.txt.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as rows:
            yield from (piece for row in rows for piece in _pieces(row.strip()))


def _pieces(text: str) -> Iterator[str]:
    for start in range(0, len(text), PASSAGE_CHARS):
        if len(piece := text[start : start + PASSAGE_CHARS].strip()) >= 10:
            yield piece


def write_corpus(folder: Path, size: int, text_dir: Path, articles: Path) -> int:
    """Write `size` pieces, spread evenly over all of the text, as plain files; returns how many there were to be had."""
    pieces = list(lines(text_dir, articles))
    chosen = [pieces[int(place)] for place in np.linspace(0, len(pieces) - 1, min(size, len(pieces)))]
    folder.mkdir(parents=True)
    for number, start in enumerate(range(0, len(chosen), FILE_LINES)):
        (folder / f"{number:05d}.txt").write_text("\n\n".join(chosen[start : start + FILE_LINES]), encoding="utf-8")
    return len(pieces)


def settings_for(work: Path) -> Settings:
    return replace(load_settings(DEFAULT_SETTINGS), corpus_dir=work / "text", index_dir=work / "index", passage_chars=PASSAGE_CHARS)


def resident_mb() -> float:
    """Memory of this process that is in use now, files read in place included."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def build(work: Path) -> dict[str, Any]:
    began = time.perf_counter()
    found = pipeline.build(settings_for(work), show_progress=sys.stderr.isatty())
    took = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    own = resource.getrusage(resource.RUSAGE_SELF)
    workers = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "passages": len(found.passages), "build_s": round(took, 1), "per_second": round(len(found.passages) / took),
        "build_cpu_s": round(own.ru_utime + own.ru_stime + workers.ru_utime + workers.ru_stime, 1), "build_peak_mb": round(peak),
    }


def search(work: Path, queries: list[str]) -> dict[str, Any]:
    began = time.perf_counter()
    assistant = pipeline.open_assistant(settings_for(work))
    opened = time.perf_counter() - began
    taken, understood = [], []
    for text in queries[: WARM_UP + TIMED]:
        started = time.perf_counter()
        query = assistant._understand(text)
        between = time.perf_counter()
        assistant._retriever.search(query, Filter(), COUNT)
        taken.append(1000 * (time.perf_counter() - started))
        understood.append(1000 * (between - started))
    taken, understood = taken[WARM_UP:], understood[WARM_UP:]
    found = {
        "open_s": round(opened, 1), "p50_ms": round(float(np.percentile(taken, 50)), 1),
        "p95_ms": round(float(np.percentile(taken, 95)), 1), "understanding_p50_ms": round(float(np.percentile(understood, 50)), 1),
        "resident_mb": round(resident_mb()),
    }
    return found | recall(assistant, queries[-COMPARED:])


def recall(assistant: pipeline.Assistant, queries: list[str]) -> dict[str, Any]:
    """Share of the first ten of exact scoring that are found: by the vectors alone, and by the whole search."""
    held = assistant._index
    if not isinstance(held.store, large.Shelf):
        return {"read_again": 0, "recall_dense": 1.0, "recall_search": 1.0}
    codes: Codes = held.dense
    alone, whole = [], []
    for text in queries:
        query = assistant._understand(text)
        exact = np.argsort(-codes.scores(query.vector), kind="stable")[:COUNT]  # of the bytes; the build compared them with floats
        alone.append(len(set(exact.tolist()) & set(codes.best(query.vector, COUNT).tolist())) / COUNT)
        hits = {hit.passage.passage_id for hit in assistant._retriever.search(query, Filter(), COUNT)}
        deep = {hit.passage.passage_id for hit in _exhaustive(assistant, query)}
        whole.append(len(hits & deep) / max(len(deep), 1))
    return {"read_again": codes.read_again, "recall_dense": round(float(np.mean(alone)), 4), "recall_search": round(float(np.mean(whole)), 4)}


def _exhaustive(assistant: pipeline.Assistant, query: Any) -> list[Any]:
    """The same search with ten thousand candidates of each half, the nearest by the bytes of all vectors."""
    codes, store = assistant._index.dense, assistant._index.store
    real = store.candidates
    codes.best = lambda vector, count, allowed=None: np.argpartition(-codes.scores(vector), count)[:count]
    store.candidates = lambda words, heads, vector, wanted, depth: real(words, heads, vector, wanted, 10_000)
    try:
        return assistant._retriever.search(query, Filter(), COUNT)
    finally:
        del store.candidates, codes.best


def exponent(rows: list[dict[str, Any]], column: str) -> float:
    """b of time = a * passages ** b, between the smallest and the largest size."""
    first, last = rows[0], rows[-1]
    return round(math.log(last[column] / first[column]) / math.log(last["passages"] / first["passages"]), 3)


def _step(name: str, work: Path, queries: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.scale", "--step", name, "--work", str(work), "--queries", str(queries)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.splitlines()[-1])


def main() -> int:
    top = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--text", type=Path)
    top.add_argument("--articles", type=Path)
    top.add_argument("--queries", type=Path, required=True)
    top.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    top.add_argument("--work", type=Path, required=True)
    top.add_argument("--keep", action="store_true")
    top.add_argument("--json", action="store_true")
    top.add_argument("--step", choices=("build", "search"), help=argparse.SUPPRESS)
    args = top.parse_args()
    if args.step:
        asked = [json.loads(line)["text"] for line in args.queries.read_text(encoding="utf-8").splitlines()]
        print(json.dumps(build(args.work) if args.step == "build" else search(args.work, asked)))
        return 0
    rows = []
    for size in args.sizes:
        work = args.work / str(size)
        if not work.exists():
            held = write_corpus(work / "text", size, args.text, args.articles)
            print(f"{size}: {held} pieces of text at hand", file=sys.stderr)
        told = work / "build.json"
        if not told.exists() or not index.is_current(settings_for(work)):
            told.write_text(json.dumps(_step("build", work, args.queries)), encoding="utf-8")
        rows.append(json.loads(told.read_text(encoding="utf-8")) | _step("search", work, args.queries))
        rows[-1]["index_mb"] = round(sum(path.stat().st_size for path in (work / "index").rglob("*") if path.is_file()) / 2**20)
        print(json.dumps(rows[-1]), file=sys.stderr)
        if not args.keep:
            shutil.rmtree(work)
    exponents = {column: exponent(rows, column) for column in ("p50_ms", "p95_ms")} if len(rows) > 1 else {}
    if args.json:
        print(json.dumps({"rows": rows, "exponents": exponents}))
        return 0
    print("| " + " | ".join(rows[0]) + " |\n|" + "---:|" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(str(value) for value in row.values()) + " |")
    print("\nexponent of query time: " + ", ".join(f"{column} {value}" for column, value in exponents.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
