"""From ../shared and the project's own descriptions to models/encoder: one command.

    python -m training.train_encoder --shared ../shared [--out models/encoder] [--hold-out K]

With --hold-out K (0 to 4) every fifth STARD question from the K-th on is kept out of training and
measured; the shipped encoder was made with --epochs 4 --hold-out 0, so that anyone can judge it on
the questions it has not seen. Nothing of ../shared/dev is ever read.
"""

import argparse
import json
import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from assistant.encoder import TOKEN_MARKER
from assistant.index import read_corpus
from assistant.segmenter import Segmenter, load_segmenter
from assistant.settings import DEFAULT_SETTINGS, load_settings
from training import bank, contrast, pretrain, sources
from training.ranking import ranking_figures
from training.vocabulary import Vocabulary, choose_tokens, start_vectors

log = logging.getLogger(__name__)

DIMENSIONS = 256
VOCABULARY = 75_000  # 38 MB as float16
START_SPREAD = 0.05  # standard deviation of the start vectors, so that the learning rate fits
FOLDS = 5
SEED = 7


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that is learned from, as text."""

    articles: list[sources.Article]
    questions: list[sources.Question]
    pairs: list[sources.Pair]
    descriptions: list[bank.Description]
    traps: list[bank.Trap]
    passages: list[str]  # texts of corpus entries


def gather(shared: Path) -> Material:
    found = read_corpus(load_settings(DEFAULT_SETTINGS))
    return Material(
        articles=sources.articles(shared),
        questions=sources.questions(shared),
        pairs=list(sources.public_pairs(shared)),
        descriptions=bank.descriptions(split="train"),
        traps=bank.traps(split="train"),
        passages=[passage.text for passage in found.passages],
    )


def running_text(shared: Path, material: Material) -> Iterable[str]:
    """What skip-gram reads: running text, the laws, short questions, and all of our own text."""
    yield from sources.running_text(shared)
    yield from (f"{article.name} {article.content}" for article in material.articles)
    for pair in material.pairs:
        if pair.group in ("legal_qa", "post_title_body", "general_qa"):
            yield pair.query
            yield pair.positive
    for _ in range(3):  # our own words are few, and the ones that matter
        yield from (row.text for row in material.descriptions)
        yield from material.passages


class Groups:
    """Material as groups of number pairs for contrast.train."""

    def __init__(self, material: Material, vocabulary: Vocabulary, segmenter: Segmenter) -> None:
        self._material = material
        self._numbers = lambda text, limit=800: vocabulary.numbers(segmenter, text, limit)
        self.articles = [self._numbers(f"{item.name} {item.content}") for item in material.articles]
        self.questions = [self._numbers(item.text) for item in material.questions]
        self._random = np.random.default_rng(SEED)

    def all(self, training_questions: Sequence[int]) -> list[contrast.Pairs]:
        return [*self._public(), *self._laws(), self._stard(training_questions), *self._own()]

    def _public(self) -> list[contrast.Pairs]:
        by_group = defaultdict(list)
        for pair in self._material.pairs:
            by_group[pair.group].append((self._numbers(pair.query), self._numbers(pair.positive), pair.query))
        return [grouped(name, rows) for name, rows in by_group.items()]

    def _laws(self) -> list[contrast.Pairs]:
        names, halves = [], []
        for number, article in enumerate(self._material.articles):
            content = self._numbers(article.content)
            names.append((self._numbers(article.name), content, number))
            halves.append((content[: len(content) // 2], content[len(content) // 2 :], number))
        return [grouped("law_name", names), grouped("law_half", halves)]

    def _stard(self, chosen: Sequence[int]) -> contrast.Pairs:
        rows = [(self.questions[i], self.articles[gold], i) for i in chosen for gold in self._material.questions[i].gold]
        return grouped("stard", rows, repeats=4)

    def _own(self) -> list[contrast.Pairs]:
        """Wordings of one situation, and traps.

        Pairs of one dispute type, and descriptions with entries of their type, were tried as well and
        left out: held-out Recall@100 was .747 with them, .757 without (docs/benchmarks.md).
        """
        tokens = [self._numbers(row.text) for row in self._material.descriptions]
        by_situation = defaultdict(list)
        for number, row in enumerate(self._material.descriptions):
            if row.types:
                by_situation[row.situation].append(number)
        situations = [
            (tokens[left], tokens[right], name)
            for name, members in by_situation.items()
            for left, right in zip(members, self._random.permutation(members), strict=True)
            if left != right
        ]
        traps = [(self._numbers(t.a), self._numbers(t.b), t.id, self._numbers(t.c)) for t in self._material.traps]
        return [group for group in (grouped("situation", situations), grouped("trap", traps, 2)) if group.left]


def grouped(name: str, rows: Iterable[tuple], repeats: int = 1) -> contrast.Pairs:
    """Rows of (left, right, key[, negative]) whose texts all have a known token."""
    rows = [row for row in rows if len(row[0]) and len(row[1]) and (len(row) < 4 or len(row[3]))]
    keys: dict[object, int] = {}
    numbers = np.array([keys.setdefault(row[2], len(keys)) for row in rows], dtype=np.int64)
    negatives = [row[3] for row in rows] if rows and len(rows[0]) == 4 else None
    return contrast.Pairs(name, [row[0] for row in rows], [row[1] for row in rows], numbers, negatives, repeats)


def measure(weights: np.ndarray, groups: Groups, questions: Sequence[sources.Question], held: Sequence[int]) -> dict[str, float]:
    """Recall@10, Recall@100 and MRR@10 of held-out questions over all articles."""
    vectors = contrast.embed(weights, groups.articles)
    asked = contrast.embed(weights, [groups.questions[i] for i in held])
    order = np.argsort(-(asked @ vectors.T), axis=1)[:, :100]
    return ranking_figures(order.tolist(), [set(questions[i].gold) for i in held])


def save(weights: np.ndarray, vocabulary: Vocabulary, out: Path) -> None:
    """Write a sentence-transformers folder: StaticEmbedding over our tokens, float16."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, StaticEmbedding
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit

    tokenizer = Tokenizer(WordLevel({token: row for row, token in enumerate(vocabulary.tokens)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    static = StaticEmbedding(tokenizer, embedding_weights=torch.tensor(weights))
    model = SentenceTransformer(modules=[static, Normalize()], device="cpu").half()
    model.save(str(out), create_model_card=False)
    (out / TOKEN_MARKER).write_text(json.dumps({"tokens": "jieba words and character bigrams"}), encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("gensim").setLevel(logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--out", type=Path, default=Path("models/encoder"))
    parser.add_argument("--cache", type=Path, default=Path("training/cache"))
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--hold-out", type=int, choices=range(FOLDS))
    parser.add_argument("--no-stard", action="store_true", help="use no STARD question at all")
    args = parser.parse_args(argv)
    began = time.perf_counter()
    settings = load_settings(DEFAULT_SETTINGS)
    segmenter = load_segmenter(settings.lexicon_dir)
    material = gather(args.shared)
    args.cache.mkdir(parents=True, exist_ok=True)
    tokens_file = args.cache / "tokens.txt"
    if not tokens_file.exists():
        pretrain.write_tokens(running_text(args.shared, material), settings.lexicon_dir, tokens_file)
    log.info("tokens written, %.0f s", time.perf_counter() - began)
    stored = args.cache / "skipgram.npz"
    if not stored.exists():
        found, vectors = pretrain.skip_gram(tokens_file, VOCABULARY, DIMENSIONS, epochs=1, seed=SEED)
        np.savez(stored, tokens=np.array(found), vectors=vectors)
    with np.load(stored, allow_pickle=False) as kept:
        found, vectors = kept["tokens"].tolist(), kept["vectors"]
    log.info("skip-gram, %.0f s", time.perf_counter() - began)
    own = [segmenter.encoder_tokens(row.text) for row in material.descriptions]
    own += [segmenter.encoder_tokens(text) for text in material.passages]
    vocabulary = Vocabulary(choose_tokens(found, own, VOCABULARY))
    start = start_vectors(vocabulary, found, vectors, pretrain.token_counts(tokens_file))
    start *= START_SPREAD / start.std()
    groups = Groups(material, vocabulary, segmenter)
    held = [i for i in range(len(material.questions)) if args.hold_out is not None and i % FOLDS == args.hold_out]
    training = [] if args.no_stard else sorted(set(range(len(material.questions))) - set(held))
    log.info("numbered, %.0f s", time.perf_counter() - began)
    weights = contrast.train(start, groups.all(training), contrast.Plan(epochs=args.epochs, seed=SEED))
    if held:
        log.info("held out: %s", json.dumps(measure(weights, groups, material.questions, held)))
    save(weights, vocabulary, args.out)
    log.info("written to %s, %.0f s", args.out, time.perf_counter() - began)


if __name__ == "__main__":
    main()
