"""How well the shipped retriever finds things, on sets that others can hold it to.

    python -m benchmarks.retrieval stard --articles A.jsonl[.xz] --questions Q.jsonl [--json]
    python -m benchmarks.retrieval pairs --file P.jsonl [--json]
    python -m benchmarks.retrieval seeds [--seeds DIR] [--probe P.jsonl] [--json]
    python -m benchmarks.retrieval guidance [--probe training/judge/guidance.jsonl] [--json]
    python -m benchmarks.retrieval table [--shared ../shared]

The shipped encoder has seen the questions of ../shared/bench/stard/train.jsonl; what it finds for unseen
ones is measured by `python -m benchmarks.crossvalidate`.
"""

import argparse
import json
import lzma
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from assistant import pipeline
from assistant.advice import TYPE_SHARE
from assistant.dense import Dense
from assistant.encoder import Encoder
from assistant.evaluate import interval, mean
from assistant.fusion import full_match, fuse, vouch
from assistant.lexical import Lexical
from assistant.query import understand
from assistant.reader import load_reader
from assistant.records import Filter, Kind, Query, Taps
from assistant.segmenter import Segmenter, character_bigrams, fold
from assistant.settings import DEFAULT_SETTINGS, Settings, load_settings
from training.ranking import per_question

MODES = ("lexical", "bigrams", "dense", "hybrid")
ASKED_MODES = ("lexical", "dense", "hybrid")  # what `search` offers; bigrams are a yardstick only
JUDGE = Path("training/judge")
GUIDANCE_PROBES = {  # the second was written when the shares of fusion had been chosen
    "guidance probe": JUDGE / "guidance.jsonl",
    "second guidance probe": JUDGE / "guidance-2.jsonl",
}
SEEDS_PROBE = JUDGE / "seeds.jsonl"  # as the given one over the scraped articles, whose 14 rows tell little
Figures = list[dict[str, float]]  # one value a figure, for each question
_ARTICLE = re.compile(r"第[一二三四五六七八九十百千零〇\d]+条")


def read_rows(path: Path) -> list[dict[str, Any]]:
    stored = path.read_bytes()
    text = (lzma.decompress(stored) if path.suffix == ".xz" else stored).decode("utf-8")
    return [json.loads(line) for line in text.split("\n") if line.strip()]


class ArticleSearch:
    """Statutory articles, searched with the retriever's own parts; a statute is a document."""

    def __init__(self, articles: Sequence[tuple[str, str]], segmenter: Segmenter) -> None:
        """Articles are (name, content); their vectors come by `set_vectors`."""
        self.texts = [f"{name} {content}" for name, content in articles]
        statutes = [_ARTICLE.split(name)[0] for name, _ in articles]
        self._documents = np.unique(statutes, return_inverse=True)[1]
        self._segmenter = segmenter
        self._words = Lexical.build([segmenter.search_words(text) for text in self.texts])
        self._bigrams = Lexical.build([character_bigrams(fold(text)) for text in self.texts])

    def set_vectors(self, vectors: np.ndarray) -> None:
        self._dense = Dense.build(vectors)

    def rankings(self, question: str, vector: np.ndarray, count: int = 100) -> dict[str, list[int]]:
        """The row numbers of the best articles, best first, for each of MODES."""
        asked = self._segmenter.search_words(question)
        words = self._words.scores(asked)
        dense = self._dense.scores(vector)
        scores = {
            "lexical": words,
            "bigrams": self._bigrams.scores(character_bigrams(fold(question))),
            "dense": dense,
            "hybrid": fuse(words, dense, full_match(asked, len(self.texts))) + vouch(dense, self._documents),
        }
        return {mode: np.argsort(-scores[mode], kind="stable")[:count].tolist() for mode in MODES}


def stard(settings: Settings, articles_file: Path, questions_file: Path) -> dict[str, Figures]:
    """Recall@10, Recall@100 and MRR@10 of each question over the given articles, for each way of ranking."""
    parts = pipeline.Parts(settings)
    encoder = Encoder(settings.encoder_dir, parts.segmenter)
    articles, questions = read_rows(articles_file), read_rows(questions_file)
    search = ArticleSearch([(row["name"], row["content"]) for row in articles], parts.segmenter)
    search.set_vectors(encoder.encode(search.texts))
    ids = [row["id"] for row in articles]
    found: dict[str, Figures] = {mode: [] for mode in MODES}
    for row in questions:
        for mode, ranked in search.rankings(row["text"], encoder.encode_question(parts.segmenter.segment(row["text"]))).items():
            found[mode].append(per_question([ids[place] for place in ranked], set(row["gold"])))
    return found


def pairs(settings: Settings, path: Path) -> dict[str, Figures]:
    """Whether b is nearer to a than c is: by the score that a card's sections use, and by the encoder alone."""
    parts = pipeline.Parts(settings)
    encoder = Encoder(settings.encoder_dir, parts.segmenter)
    reader = load_reader(settings.reader_dir, parts.features)

    def read(text: str) -> Query:
        return understand(text, None, Taps(), frozenset(), parts.segmenter, encoder, reader, parts.lexicon)

    found: dict[str, Figures] = {mode: [] for mode in MODES}
    for row in read_rows(path):
        a, b, c = (read(row[name]) for name in "abc")
        lexical = Lexical.build([b.words, c.words]).scores(a.words)
        pair_of = [set(character_bigrams(fold(row[name]))) for name in "abc"]
        right = {
            "lexical": lexical[0] > lexical[1],
            "bigrams": jaccard(pair_of[0], pair_of[1]) > jaccard(pair_of[0], pair_of[2]),
            "dense": float(a.vector @ b.vector) > float(a.vector @ c.vector),
            "hybrid": nearness(a, b) > nearness(a, c),
        }
        for mode in MODES:
            found[mode].append({"accuracy": float(right[mode])})
    return found


def jaccard(one: set[str], two: set[str]) -> float:
    return len(one & two) / max(1, len(one | two))


def nearness(left: Query, right: Query) -> float:
    """Type agreement and cosine, in the shares in which the sections of a card mix them."""
    a, b = ({score.label: score.probability for score in query.types} for query in (left, right))
    labels = sorted(a.keys() | b.keys())
    one, two = (np.array([scores.get(label, 0.0) for label in labels]) for scores in (a, b))
    agreement = float(one @ two / (np.linalg.norm(one) * np.linalg.norm(two) + 1e-9))
    return TYPE_SHARE * agreement + (1 - TYPE_SHARE) * float(left.vector @ right.vector)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question for `search`, and how to tell a hit that answers it."""

    question: str
    quote: str = ""  # stands in the passage
    passage_id: str = ""
    types: tuple[str, ...] = ()  # any passage of one of these

    def answered_by(self, hit: Any) -> bool:
        if self.quote:
            return without_space(self.quote) in without_space(hit.passage.text)
        return hit.passage.passage_id == self.passage_id or bool(set(self.types) & set(hit.passage.types))


def answered(assistant: pipeline.Assistant, asked: Sequence[Asked], wanted: Filter = Filter()) -> dict[str, Figures]:
    """Whether the first hit that passes the filter, and one of the first five, answers each question."""
    found: dict[str, Figures] = {mode: [] for mode in ASKED_MODES}
    for row in asked:
        for mode in ASKED_MODES:
            right = [row.answered_by(hit) for hit in assistant.search(row.question, wanted, count=5, mode=mode)]
            found[mode].append({"first": float(any(right[:1])), "five": float(any(right))})
    return found


def seeds(settings: Settings, folder: Path, probe: Path) -> dict[str, Figures]:
    """Questions in quite other words over the scraped articles: is the passage found that is quoted or named?"""
    with tempfile.TemporaryDirectory() as index_dir:
        settings = replace(settings, corpus_dir=folder, index_dir=Path(index_dir) / "index")
        pipeline.build(settings)
        asked = [Asked(row["question"], row.get("answer_quote", ""), row.get("passage", "")) for row in read_rows(probe)]
        return answered(pipeline.open_assistant(settings), asked)


def guidance(settings: Settings, probe: Path, wanted: Filter = Filter(kind=Kind.GUIDANCE)) -> dict[str, Figures]:
    """The same over the project's own articles, on questions written by somebody who saw no training question.

    Without the filter, over the whole corpus: an entry that says the same then counts as wrong.
    """
    asked = [Asked(row["question"], passage_id=row["passage"]) for row in read_rows(probe)]
    return answered(pipeline.open_assistant(settings), asked, wanted)


def disputes(settings: Settings, path: Path) -> dict[str, Figures]:
    """Descriptions: is the first hit, one of the first five, a passage of the labelled first type?"""
    asked = [Asked(row["text"], types=(row["types"][0],)) for row in read_rows(path)]
    return answered(pipeline.open_assistant(settings), asked)


def without_space(text: str) -> str:
    return re.sub(r"\s", "", text)


def means(found: Figures) -> dict[str, float]:
    return {name: round(float(np.mean([row[name] for row in found])), 4) for name in found[0]} | {"n": len(found)}


def with_interval(found: Figures) -> str:
    """Means with 95 % bootstrap intervals over the questions."""
    texts = []
    for name in found[0]:
        values = np.array([row[name] for row in found])
        low, high = interval(values, mean)
        texts.append(f"{name} {values.mean():.3f} [{low:.3f}, {high:.3f}]")
    return "  ".join(texts) + f"  n {len(found)}"


def table(settings: Settings, shared: Path) -> None:
    """Every set with every way of ranking, as a table for docs/benchmarks.md."""
    bench, dev = shared / "bench" / "stard", shared / "dev"
    sets = {
        "STARD, questions seen": stard(settings, bench / "articles.jsonl.xz", bench / "train.jsonl"),
        "dev pairs": pairs(settings, dev / "pairs.jsonl"),
        "seeds probe": seeds(settings, shared / "seeds", dev / "seeds_probe.jsonl"),
        "second seeds probe": seeds(settings, shared / "seeds", SEEDS_PROBE),
        **{name: guidance(settings, probe) for name, probe in GUIDANCE_PROBES.items()},
        **{f"{name}, whole corpus": guidance(settings, probe, Filter()) for name, probe in GUIDANCE_PROBES.items()},
        "dev disputes": disputes(settings, dev / "disputes.jsonl"),
    }
    print("| set | ranking | figures with 95 % intervals |\n|---|---|---|")
    for name, found in sets.items():
        for mode, figures in found.items():
            print(f"| {name} | {mode} | {with_interval(figures)} |")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    added = commands.add_parser("stard")
    added.add_argument("--articles", type=Path, required=True)
    added.add_argument("--questions", type=Path, required=True)
    commands.add_parser("pairs").add_argument("--file", type=Path, required=True)
    added = commands.add_parser("seeds")
    added.add_argument("--seeds", type=Path, default=Path("../shared/seeds"))
    added.add_argument("--probe", type=Path, default=Path("../shared/dev/seeds_probe.jsonl"))
    commands.add_parser("guidance").add_argument("--probe", type=Path, default=GUIDANCE_PROBES["guidance probe"])
    commands.add_parser("disputes").add_argument("--file", type=Path, default=Path("../shared/dev/disputes.jsonl"))
    for command in commands.choices.values():
        command.add_argument("--json", action="store_true")
    commands.add_parser("table").add_argument("--shared", type=Path, default=Path("../shared"))
    args = parser.parse_args(argv)
    settings = load_settings(DEFAULT_SETTINGS)
    if args.command == "table":
        table(settings, args.shared)
        return
    found = {
        "stard": lambda: stard(settings, args.articles, args.questions),
        "pairs": lambda: pairs(settings, args.file),
        "seeds": lambda: seeds(settings, args.seeds, args.probe),
        "guidance": lambda: guidance(settings, args.probe),
        "disputes": lambda: disputes(settings, args.file),
    }[args.command]()
    if args.json:
        print(json.dumps(means(found["hybrid"])))
        return
    for mode, figures in found.items():
        print(f"{args.command} {mode:<8} {with_interval(figures)}")


if __name__ == "__main__":
    main()
