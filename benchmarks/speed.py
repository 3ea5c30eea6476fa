"""Where the time of one `ask` goes: every part and the whole, measured in the same run.

    python -m benchmarks.speed [--count N]

Descriptions are the bank's test split. `floor` is the bare sum of segmentation, encoding, FAISS
and BM25; the last line prints the whole as a multiple of it. A benchmark, never a test.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from assistant import corpus, index, pipeline, query
from assistant.advice import Composer
from assistant.encoder import Encoder
from assistant.fusion import fuse
from assistant.mediability import MediabilityJudge
from assistant.reader import load_reader
from assistant.records import Taps
from assistant.redlines import RedLineFinder
from assistant.retriever import Retriever
from assistant.settings import DEFAULT_SETTINGS, load_settings
from training import bank

WARM_UP = 50


def timed(run: Callable[[Any], Any], items: Sequence[Any]) -> np.ndarray:
    """Milliseconds of each call, after a warm-up."""
    for item in items[:WARM_UP]:
        run(item)
    spent = []
    for item in items:
        began = time.perf_counter()
        run(item)
        spent.append(1000 * (time.perf_counter() - began))
    return np.array(spent)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=500)
    args = parser.parse_args(argv)
    settings = load_settings(DEFAULT_SETTINGS)
    texts = [row.text for row in bank.descriptions(split="test")][: args.count]
    parts = pipeline.Parts(settings)
    found, encoder = index.open_index(settings), Encoder(settings.encoder_dir, parts.segmenter)
    reader = load_reader(settings.reader_dir, parts.features)
    assistant = pipeline.open_assistant(settings)
    retriever = Retriever(found, parts.segmenter)
    judge = MediabilityJudge(*corpus.read_mediability(settings.mediability_file), retriever)
    composer = Composer(retriever, judge, parts.types, settings.types_shown)
    finder = RedLineFinder(parts.rules, {}, reader.thresholds)
    queries = [query.understand(t, None, Taps(), frozenset(), parts.segmenter, encoder, reader, parts.lexicon) for t in texts]
    rankings = [retriever.rank(item) for item in queries]
    both = list(zip(queries, rankings, strict=True))
    rows = {
        "segmentation": timed(parts.segmenter.search_words, texts),
        "encoding": timed(lambda text: encoder.encode([text]), texts),
        "lexical (BM25)": timed(lambda item: found.lexical.scores(item.words), queries),
        "dense (FAISS)": timed(lambda item: found.dense.scores(item.vector), queries),
        "fusion": timed(lambda item: fuse(item[1].lexical, item[1].dense), both),
        "types and risks": timed(reader.read, texts),
        "red lines": timed(finder.find, queries),
        "ranking and advice": timed(lambda item: composer.compose(item, (), "ok", ""), queries),
    }
    whole = timed(assistant.ask, texts)
    print(f"{len(texts)} descriptions over {len(found.passages)} passages, milliseconds")
    print(f"{'part':<18}{'p50':>8}{'p95':>8}{'p99':>8}{'share':>8}")
    for name, spent in [*rows.items(), ("whole ask", whole)]:
        p50, p95, p99 = np.percentile(spent, [50, 95, 99])
        print(f"{name:<18}{p50:>8.2f}{p95:>8.2f}{p99:>8.2f}{spent.sum() / whole.sum():>8.0%}")
    floor = sum(rows[name] for name in ("segmentation", "encoding", "lexical (BM25)", "dense (FAISS)"))
    print(f"whole / floor: {whole.sum() / floor.sum():.2f} (floor p50 {np.percentile(floor, 50):.2f} ms)")


if __name__ == "__main__":
    main()
