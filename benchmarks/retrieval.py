"""How well the shipped retriever finds things, on sets that others can hold it to.

    python -m benchmarks.retrieval stard --articles A.jsonl[.xz] --questions Q.jsonl [--json]
    python -m benchmarks.retrieval pairs --file P.jsonl [--json]
    python -m benchmarks.retrieval seeds [--seeds DIR] [--probe P.jsonl] [--json]

The shipped encoder has seen the questions of ../shared/bench/stard/train.jsonl; for unseen ones
train with `python -m training.train_encoder --hold-out K`, which measures the fold it left out.
"""

import argparse
import json
import lzma
import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from assistant import pipeline
from assistant.advice import TYPE_SHARE
from assistant.dense import Dense
from assistant.encoder import Encoder
from assistant.fusion import fuse
from assistant.lexical import Lexical
from assistant.query import understand
from assistant.reader import load_reader
from assistant.records import Query, Taps
from assistant.settings import DEFAULT_SETTINGS, Settings, load_settings
from training.ranking import ranking_figures

MODES = ("lexical", "dense", "hybrid")


def read_rows(path: Path) -> list[dict[str, Any]]:
    stored = path.read_bytes()
    text = (lzma.decompress(stored) if path.suffix == ".xz" else stored).decode("utf-8")
    return [json.loads(line) for line in text.split("\n") if line.strip()]


def stard(settings: Settings, articles_file: Path, questions_file: Path) -> dict[str, dict[str, float]]:
    """Recall@10, Recall@100 and MRR@10 over the given articles, for each way of ranking."""
    parts = pipeline.Parts(settings)
    encoder = Encoder(settings.encoder_dir, parts.segmenter)
    articles, questions = read_rows(articles_file), read_rows(questions_file)
    ids = np.array([row["id"] for row in articles])
    texts = [f"{row['name']} {row['content']}" for row in articles]
    lexical = Lexical.build([parts.segmenter.search_words(text) for text in texts])
    dense = Dense.build(encoder.encode(texts))
    found: dict[str, list[list[int]]] = {mode: [] for mode in MODES}
    for row in questions:
        by_word = lexical.scores(parts.segmenter.search_words(row["text"]))
        by_vector = dense.scores(encoder.encode([row["text"]])[0])
        for mode, scores in zip(MODES, (by_word, by_vector, fuse(by_word, by_vector)), strict=True):
            found[mode].append(ids[np.argsort(-scores, kind="stable")[:100]].tolist())
    gold = [set(row["gold"]) for row in questions]
    return {mode: ranking_figures(found[mode], gold) for mode in MODES}


def pairs(settings: Settings, path: Path) -> dict[str, float]:
    """Share of rows whose b is nearer to a than c is, by the score that a card's sections use."""
    parts = pipeline.Parts(settings)
    encoder = Encoder(settings.encoder_dir, parts.segmenter)
    reader = load_reader(settings.reader_dir, parts.features)

    def read(text: str) -> Query:
        return understand(text, None, Taps(), frozenset(), parts.segmenter, encoder, reader, parts.lexicon)

    rows = read_rows(path)
    read_all = [(read(row["a"]), read(row["b"]), read(row["c"])) for row in rows]
    right = [nearness(a, b) > nearness(a, c) for a, b, c in read_all]
    by_vector = [float(a.vector @ b.vector) > float(a.vector @ c.vector) for a, b, c in read_all]
    return {"accuracy": round(float(np.mean(right)), 4), "accuracy_dense": round(float(np.mean(by_vector)), 4), "n": len(rows)}


def nearness(left: Query, right: Query) -> float:
    """Type agreement and cosine, in the shares in which the sections of a card mix them."""
    a, b = ({score.label: score.probability for score in query.types} for query in (left, right))
    labels = sorted(a.keys() | b.keys())
    one, two = (np.array([scores.get(label, 0.0) for label in labels]) for scores in (a, b))
    agreement = float(one @ two / (np.linalg.norm(one) * np.linalg.norm(two) + 1e-9))
    return TYPE_SHARE * agreement + (1 - TYPE_SHARE) * float(left.vector @ right.vector)


def seeds(settings: Settings, folder: Path, probe: Path) -> dict[str, dict[str, float]]:
    """Share of questions whose quoted answer stands in the first hit, and in the first five."""
    with tempfile.TemporaryDirectory() as index_dir:
        settings = replace(settings, corpus_dir=folder, index_dir=Path(index_dir) / "index")
        pipeline.build(settings)
        assistant = pipeline.open_assistant(settings)
        rows = read_rows(probe)
        found: dict[str, list[list[bool]]] = {mode: [] for mode in MODES}
        for row in rows:
            quote = without_space(row["answer_quote"])
            for mode in MODES:
                hits = assistant.search(row["question"], count=5, mode=mode)
                found[mode].append([quote in without_space(hit.passage.text) for hit in hits])
    return {mode: {"first": mean(any(row[:1]) for row in found[mode]), "five": mean(any(row) for row in found[mode]),
                   "n": len(rows)} for mode in MODES}


def without_space(text: str) -> str:
    return re.sub(r"\s", "", text)


def mean(values: Iterable[bool]) -> float:
    return round(float(np.mean(list(values))), 3)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    added = commands.add_parser("stard")
    added.add_argument("--articles", type=Path, required=True)
    added.add_argument("--questions", type=Path, required=True)
    added = commands.add_parser("pairs")
    added.add_argument("--file", type=Path, required=True)
    added = commands.add_parser("seeds")
    added.add_argument("--seeds", type=Path, default=Path("../shared/seeds"))
    added.add_argument("--probe", type=Path, default=Path("../shared/dev/seeds_probe.jsonl"))
    for command in commands.choices.values():
        command.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    settings = load_settings(DEFAULT_SETTINGS)
    if args.command == "pairs":
        print(json.dumps(pairs(settings, args.file)))
        return
    figures = stard(settings, args.articles, args.questions) if args.command == "stard" else seeds(settings, args.seeds, args.probe)
    if args.json:
        print(json.dumps(figures["hybrid"]))
    else:
        for mode, row in figures.items():
            print(f"{args.command} {mode:<8} " + "  ".join(f"{name} {value}" for name, value in row.items()))


if __name__ == "__main__":
    main()
