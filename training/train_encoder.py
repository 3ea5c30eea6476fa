"""From ../shared and the project's own descriptions and questions to models/encoder: one command.

    python -m training.train_encoder --shared ../shared [--out models/encoder] [--hold-out K | --no-stard]

Three stages: skip-gram over running text, contrastive over pairs, then refining on questions against
the hardest wrong answers. With --hold-out K (0 to 4) every fifth STARD question from the K-th on is kept
out of training and measured; with --no-stard all of them are. Nothing of ../shared/dev is ever read.
`python -m benchmarks.crossvalidate` measures all five folds.
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
from assistant.index import read_corpus, searchable_text
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
EPOCHS = 4  # over the pairs
CACHE = Path("training/cache")
SEED = 7
STARD_REPEATS = 2  # times an epoch of refining; our own questions are twelve times as many
COLLECTION_CHARS = 800  # of an article or entry that are read


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that is learned from, as text."""

    articles: list[sources.Article]
    questions: list[sources.Question]
    pairs: list[sources.Pair]
    descriptions: list[bank.Description]
    traps: list[bank.Trap]
    passages: dict[str, str]  # texts of corpus entries by their ids
    own_questions: list[sources.OwnQuestion]


def gather(shared: Path) -> Material:
    found = read_corpus(load_settings(DEFAULT_SETTINGS))
    documents = {document.doc_id: document for document in found.documents}
    articles = sources.articles(shared)
    return Material(
        articles=articles,
        questions=sources.questions(shared),
        pairs=list(sources.public_pairs(shared)),
        descriptions=bank.descriptions(split="train"),
        traps=bank.traps(split="train"),
        passages={item.passage_id: searchable_text(item, documents[item.doc_id]) for item in found.passages},
        own_questions=sources.own_questions(articles),
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
        yield from own_texts(material)


class Numbered:
    """Material as token numbers: pairs for contrast.train, questions over a collection for contrast.refine."""

    def __init__(self, material: Material, vocabulary: Vocabulary, segmenter: Segmenter) -> None:
        self._material = material
        self._numbers = lambda text, limit=COLLECTION_CHARS: vocabulary.numbers(segmenter, text, limit)
        self.articles = [self._numbers(f"{item.name} {item.content}") for item in material.articles]
        self.questions = [self._numbers(item.text) for item in material.questions]
        told = material.passages | {question.answer: question.answer for question in material.own_questions if question.answer}
        self._row_of = {name: len(self.articles) + row for row, name in enumerate(told)}
        self.collection = [*self.articles, *map(self._numbers, told.values())]
        self._own_asked = [(self._numbers(question.text), self._answers(question)) for question in material.own_questions]
        self._random = np.random.default_rng(SEED)

    def _answers(self, question: sources.OwnQuestion) -> tuple[int, ...]:
        names = (*question.passages, question.answer)
        return question.articles + tuple(self._row_of[name] for name in names if name in self._row_of)

    def asked(self, chosen: Sequence[int]) -> contrast.Asked:
        """Our own questions, and the chosen ones of STARD; article ids are row numbers."""
        pairs = [pair for pair in self._own_asked if len(pair[0]) and pair[1]]
        pairs += [(self.questions[i], self._material.questions[i].gold) for i in chosen] * STARD_REPEATS
        return contrast.Asked([question for question, _ in pairs], [answers for _, answers in pairs])

    def pairs(self) -> list[contrast.Pairs]:
        return [group for group in [*self._public(), *self._laws(), *self._own()] if group.left]

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
        return [grouped("situation", situations), grouped("trap", traps, 2)]


def grouped(name: str, rows: Iterable[tuple], repeats: int = 1) -> contrast.Pairs:
    """Rows of (left, right, key[, negative]) whose texts all have a known token."""
    rows = [row for row in rows if len(row[0]) and len(row[1]) and (len(row) < 4 or len(row[3]))]
    keys: dict[object, int] = {}
    numbers = np.array([keys.setdefault(row[2], len(keys)) for row in rows], dtype=np.int64)
    negatives = [row[3] for row in rows] if rows and len(rows[0]) == 4 else None
    return contrast.Pairs(name, [row[0] for row in rows], [row[1] for row in rows], numbers, negatives, repeats)


def held_out(material: Material, fold: int) -> list[int]:
    """Every fifth STARD question."""
    return list(range(fold, len(material.questions), FOLDS))


def measure(taught: contrast.Taught, numbered: Numbered, questions: Sequence[sources.Question], held: Sequence[int]) -> dict[str, float]:
    """Recall@10, Recall@100 and MRR@10 of held-out questions over all articles."""
    vectors = contrast.embed(taught.weights, numbered.articles)
    asked = contrast.embed_questions(taught, [numbered.questions[i] for i in held])
    order = np.argsort(-(asked @ vectors.T), axis=1)[:, :100]
    return ranking_figures(order.tolist(), [set(questions[i].gold) for i in held])


@dataclass(frozen=True, slots=True)
class Prepared:
    """What all folds share: token vectors that have seen no question of STARD and none of our own."""

    material: Material
    vocabulary: Vocabulary
    numbered: Numbered
    general: np.ndarray  # float32, shape (tokens, dimensions)


def prepare(shared: Path, cache: Path, epochs: int) -> Prepared:
    """Stages one and two; what is found in `cache` is not made again."""
    began = time.perf_counter()
    settings = load_settings(DEFAULT_SETTINGS)
    segmenter = load_segmenter(settings.lexicon_dir)
    material = gather(shared)
    cache.mkdir(parents=True, exist_ok=True)
    tokens_file, pretrained, stored = cache / "tokens.txt", cache / "skipgram.npz", cache / "general.npz"
    if not tokens_file.exists():
        pretrain.write_tokens(running_text(shared, material), settings.lexicon_dir, tokens_file)
    log.info("tokens written, %.0f s", time.perf_counter() - began)
    if not pretrained.exists():
        found, vectors = pretrain.skip_gram(tokens_file, VOCABULARY, DIMENSIONS, epochs=1, seed=SEED)
        np.savez(pretrained, tokens=np.array(found), vectors=vectors)
    log.info("skip-gram, %.0f s", time.perf_counter() - began)
    if stored.exists():
        with np.load(stored, allow_pickle=False) as kept:
            vocabulary, general = Vocabulary(kept["tokens"].tolist()), kept["weights"]
        return Prepared(material, vocabulary, Numbered(material, vocabulary, segmenter), general)
    with np.load(pretrained, allow_pickle=False) as kept:
        found, vectors = kept["tokens"].tolist(), kept["vectors"]
    vocabulary = Vocabulary(choose_tokens(found, map(segmenter.encoder_tokens, own_texts(material)), VOCABULARY))
    start = start_vectors(vocabulary, found, vectors, pretrain.token_counts(tokens_file))
    start *= START_SPREAD / start.std()
    numbered = Numbered(material, vocabulary, segmenter)
    log.info("numbered, %.0f s", time.perf_counter() - began)
    general = contrast.train(start, numbered.pairs(), contrast.Plan(epochs=epochs, seed=SEED))
    np.savez(stored, tokens=np.array(vocabulary.tokens[1:]), weights=general)
    log.info("pairs learned, %.0f s", time.perf_counter() - began)
    return Prepared(material, vocabulary, numbered, general)


def own_texts(material: Material) -> Iterable[str]:
    yield from (row.text for row in material.descriptions)
    yield from material.passages.values()
    yield from (f"{question.text} {question.answer}" for question in material.own_questions)


def refined(prepared: Prepared, chosen: Sequence[int]) -> contrast.Taught:
    """Stage three, with these STARD questions beside our own."""
    return contrast.refine(
        prepared.general, prepared.numbered.collection, prepared.numbered.asked(chosen), contrast.Refinement(seed=SEED)
    )


def save(taught: contrast.Taught, vocabulary: Vocabulary, out: Path) -> None:
    """Write a sentence-transformers folder: StaticEmbedding over our tokens, for questions with their map, float16."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Router, StaticEmbedding
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit

    tokenizer = Tokenizer(WordLevel({token: row for row, token in enumerate(vocabulary.tokens)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    static = StaticEmbedding(tokenizer, embedding_weights=torch.tensor(taught.weights))
    question_map = Dense(*taught.question_map.shape, bias=False, activation_function=torch.nn.Identity())
    question_map.linear.weight.data = torch.tensor(taught.question_map.T.copy())  # a Dense layer holds its matrix turned
    router = Router.for_query_document(query_modules=[static, question_map], document_modules=[static])
    model = SentenceTransformer(modules=[router, Normalize()], device="cpu").half()
    model.save(str(out), create_model_card=False)
    (out / TOKEN_MARKER).write_text(json.dumps({"tokens": "jieba words and character bigrams"}), encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("gensim").setLevel(logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--out", type=Path, default=Path("models/encoder"))
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    judged = parser.add_mutually_exclusive_group()
    judged.add_argument("--hold-out", type=int, choices=range(FOLDS))
    judged.add_argument("--no-stard", action="store_true", help="use no STARD question at all")
    args = parser.parse_args(argv)
    began = time.perf_counter()
    prepared = prepare(args.shared, args.cache, args.epochs)
    everyone = range(len(prepared.material.questions))
    held = list(everyone) if args.no_stard else [] if args.hold_out is None else held_out(prepared.material, args.hold_out)
    taught = refined(prepared, sorted(set(everyone) - set(held)))
    if held:
        log.info("held out: %s", json.dumps(measure(taught, prepared.numbered, prepared.material.questions, held)))
    save(taught, prepared.vocabulary, args.out)
    log.info("written to %s, %.0f s", args.out, time.perf_counter() - began)


if __name__ == "__main__":
    main()
