"""Where the time of one `ask` goes, and of one answer of the page: every part and the whole, in the same run.

    python -m benchmarks.speed [--count N] [--no-page]

Descriptions are the bank's test split. `floor` is the bare sum of segmentation, encoding, FAISS and BM25, the text
being cut once; the last lines print the whole as a multiple of it. The parts of the page are measured without
a server; the round trip is one visitor at a time against a real one. A benchmark, never a test.
"""

import argparse
import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import numpy as np

from assistant import index, pipeline, query, render, sheets
from assistant.encoder import Encoder
from assistant.fusion import full_match, fuse
from assistant.reader import load_reader
from assistant.records import Taps
from assistant.settings import DEFAULT_SETTINGS, Settings, load_settings
from benchmarks.serving import Asker, ask_event, resident_mb, served
from training import bank

WARM_UP = 50
FLOOR = ("segmentation", "encoding", "lexical (BM25)", "dense (FAISS)")


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


def times(settings: Settings, texts: Sequence[str]) -> dict[str, np.ndarray]:
    """Milliseconds of every part of one `ask`, for each text; the parts are made as the assistant makes its own."""
    parts = pipeline.Parts(settings)
    found, encoder = index.open_index(settings), Encoder(settings.encoder_dir, parts.segmenter)
    reader = load_reader(settings.reader_dir, parts.features)
    stages = pipeline.Stages(settings, found, reader, parts)
    stages.retriever.warm()
    cut = [parts.segmenter.segment(text) for text in texts]
    queries = [query.understand(t, None, Taps(), frozenset(), parts.segmenter, encoder, reader, parts.lexicon) for t in texts]
    ranked = list(zip(map(stages.retriever.rank, queries), queries, strict=True))
    halves = [(both.lexical, both.dense, full_match(item.words, len(found.passages))) for both, item in ranked]
    return {
        "segmentation": timed(parts.segmenter.segment, texts),
        "encoding": timed(encoder.encode_question, cut),
        "lexical (BM25)": timed(lambda item: found.lexical.scores(item.words), queries),
        "dense (FAISS)": timed(lambda item: found.dense.scores(item.vector), queries),
        "fusion": timed(lambda item: fuse(*item), halves),
        "types and red lines": timed(reader.read, cut),
        "red lines that stand": timed(stages.finder.find, queries),
        "may it be mediated": timed(lambda item: stages.judge.judge(item, ()), queries),
        "ranking and advice": timed(lambda item: stages.composer.compose(item, (), (), "ok", ""), queries),
    }


async def round_trips(address: str, texts: Sequence[str]) -> np.ndarray:
    """Milliseconds from the button to the card, one visitor, one question after another."""
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        asker = Asker(client, ask_event((await client.get("/officer/")).text))
        spent = []
        for text in [*texts[:WARM_UP], *texts]:
            began = time.perf_counter()
            await asker.ask(text)
            spent.append(1000 * (time.perf_counter() - began))
    return np.array(spent[min(WARM_UP, len(texts)) :])


def show(rows: dict[str, np.ndarray], whole: np.ndarray) -> None:
    for name, spent in rows.items():
        p50, p95, p99 = np.percentile(spent, [50, 95, 99])
        print(f"{name:<22}{p50:>8.2f}{p95:>8.2f}{p99:>8.2f}{spent.sum() / whole.sum():>8.0%}")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--no-page", action="store_true", help="without a server and its round trip")
    args = parser.parse_args(argv)
    settings = load_settings(DEFAULT_SETTINGS)
    texts = [row.text for row in bank.descriptions(split="test")][: args.count]
    assistant = pipeline.open_assistant(settings)
    assistant.warm()  # as a server does when it has opened
    rows = times(settings, texts)
    whole = timed(assistant.ask, texts)
    print(f"{len(texts)} descriptions over {len(assistant.passages())} passages, milliseconds; ranking and advice holds the rows above it again")
    print(f"{'part':<22}{'p50':>8}{'p95':>8}{'p99':>8}{'share':>8}")
    show({**rows, "whole ask": whole}, whole)
    floor = sum(rows[name] for name in FLOOR)
    print(f"whole / floor: {whole.sum() / floor.sum():.2f} (floor p50 {np.percentile(floor, 50):.2f} ms)")
    cards = [card for card in map(assistant.ask, texts) if card.status == "ok"]
    page = {
        "card as HTML": timed(lambda card: render.card(card, False), cards),
        "sheet to take along": timed(lambda card: sheets.prepare(card, assistant.checklist), cards),
    }
    if not args.no_page:
        with served() as (address, pid):
            page["page round trip"] = asyncio.run(round_trips(address, texts))
            memory = resident_mb(pid)
    show(page, whole)
    if not args.no_page:
        print(f"serving, resident: {memory:.0f} MB")


if __name__ == "__main__":
    main()
