"""Stages two and three: one vector a token, taught by pairs so that texts that mean the same come near.

A text's vector is the mean of its tokens' vectors, made unit length; training pulls a question to
its answer and away from the other answers of the batch (van den Oord et al., "Representation
Learning with Contrastive Predictive Coding", 2018; as multiple-negatives ranking in
sentence-transformers). The loop is our own because 75,000 rows of which a batch touches few
thousand want sparse updates, which the stock trainer does not do.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

log = logging.getLogger(__name__)

Tokens = np.ndarray  # int32, shape (tokens,)


@dataclass(frozen=True, slots=True)
class Pairs:
    """A group of pairs that share a batch, so that their negatives are of their own kind.

    `keys` tells which positives are right for the same query: rows of one key are no negatives of
    each other. `negatives` may hold, for each pair, a text that looks alike and means another.
    """

    name: str
    left: list[Tokens]
    right: list[Tokens]
    keys: np.ndarray  # int64, shape (pairs,)
    negatives: list[Tokens] | None = None
    repeats: int = 1  # times an epoch


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions, and which texts of a collection answer each: any of its answers is right."""

    questions: list[Tokens]
    answers: list[tuple[int, ...]]  # row numbers of the collection

    def __len__(self) -> int:
        return len(self.questions)


@dataclass(frozen=True, slots=True)
class Plan:
    epochs: int
    batch: int = 512
    learning_rate: float = 0.003
    temperature: float = 0.05
    dropout: float = 0.2  # share of tokens left out of a text at training time
    window: int = 160  # tokens of a text that are read at once, from a random place
    seed: int = 7


def train(start: np.ndarray, groups: Sequence[Pairs], plan: Plan) -> np.ndarray:
    """Train token vectors from `start`, float32 of shape (tokens, dimensions); returns the same shape."""
    random = np.random.default_rng(plan.seed)
    torch.manual_seed(plan.seed)
    bag = torch.nn.EmbeddingBag.from_pretrained(torch.tensor(start), freeze=False, mode="mean", sparse=True)
    optimizer = torch.optim.SparseAdam(list(bag.parameters()), lr=plan.learning_rate)
    steps = plan.epochs * len(list(_batches(groups, plan, np.random.default_rng(0))))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(0.05, 1.0 - step / steps))
    began = time.perf_counter()
    for epoch in range(plan.epochs):
        losses = []
        for group, rows in _batches(groups, plan, random):
            optimizer.zero_grad()
            loss = _loss(bag, group, rows, plan, random)
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        log.info("epoch %d: loss %.3f, %.0f s", epoch + 1, np.mean(losses), time.perf_counter() - began)
    return bag.weight.detach().numpy().copy()


@dataclass(frozen=True, slots=True)
class Refinement:
    """How `refine` goes; everything else is as in Plan."""

    epochs: int = 8
    batch: int = 256
    learning_rate: float = 0.002
    map_rate: float = 0.001  # of the questions' map, a dense matrix that every step touches
    temperature: float = 0.05
    hard: int = 4  # wrong answers shown with each question
    hardest: int = 60  # of the nearest wrong ones, from which they are drawn
    mined_every: int = 3  # epochs
    seed: int = 7


@dataclass(frozen=True, slots=True)
class Taught:
    """What `refine` has learned: a question's vector is its tokens' mean, mapped, then made unit length."""

    weights: np.ndarray  # float32, shape (tokens, dimensions)
    question_map: np.ndarray  # float32, shape (dimensions, dimensions): mean @ map


class _Tower(torch.nn.Module):
    """One table for questions and texts, and a linear map for questions, which starts as the identity."""

    def __init__(self, start: np.ndarray) -> None:
        super().__init__()
        self.bag = torch.nn.EmbeddingBag.from_pretrained(torch.tensor(start), freeze=False, mode="mean", sparse=True)
        self.map = torch.nn.Parameter(torch.eye(start.shape[1]))

    def questions(self, texts: Sequence[Tokens], plan: Plan, random: np.random.Generator) -> torch.Tensor:
        return functional.normalize(_embed(self.bag, texts, plan, random) @ self.map, dim=1)

    def texts(self, texts: Sequence[Tokens], plan: Plan, random: np.random.Generator) -> torch.Tensor:
        return _embed(self.bag, texts, plan, random)

    def taught(self) -> Taught:
        return Taught(self.bag.weight.detach().numpy(), self.map.detach().numpy())


def refine(start: np.ndarray, collection: Sequence[Tokens], asked: Asked, how: Refinement) -> Taught:
    """Train token vectors further, on questions against the texts that lie nearest to them and are wrong.

    The wrong ones are found with the vectors as they stand, and anew every few epochs (Xiong et al.,
    "Approximate Nearest Neighbor Negative Contrastive Learning for Dense Text Retrieval", ICLR 2021).

    Args:
        start: float32 of shape (tokens, dimensions).
        collection: all texts that may answer.
    """
    random = np.random.default_rng(how.seed)
    torch.manual_seed(how.seed)
    plan = Plan(epochs=how.epochs, temperature=how.temperature)
    tower = _Tower(start)
    optimizers = [
        torch.optim.SparseAdam([tower.bag.weight], lr=how.learning_rate), torch.optim.Adam([tower.map], lr=how.map_rate),
    ]
    steps = how.epochs * max(1, len(asked) // how.batch)
    schedules = [
        torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(0.05, 1.0 - step / steps)) for optimizer in optimizers
    ]
    began = time.perf_counter()
    for epoch in range(how.epochs):
        if epoch % how.mined_every == 0:
            wrong = nearest_wrong(tower.taught(), collection, asked, how.hardest)
        losses = []
        for rows in np.array_split(random.permutation(len(asked)), max(1, len(asked) // how.batch)):
            right = [asked.answers[row][random.integers(len(asked.answers[row]))] for row in rows]
            drawn = [int(other) for row in rows for other in random.choice(wrong[row], how.hard, replace=False)]
            tower.zero_grad()
            loss = _refining_loss(tower, collection, asked, rows, np.array(right + drawn), plan, random)
            loss.backward()
            for step in (*optimizers, *schedules):
                step.step()
            losses.append(loss.item())
        log.info("refining %d: loss %.3f, %.0f s", epoch + 1, np.mean(losses), time.perf_counter() - began)
    return tower.taught()


def nearest_wrong(taught: Taught, collection: Sequence[Tokens], asked: Asked, count: int) -> list[np.ndarray]:
    """For each question the nearest texts that do not answer it; `count` row numbers each."""
    vectors, found = embed(taught.weights, collection), []
    most = max(len(answers) for answers in asked.answers)
    for start in range(0, len(asked), 1024):  # 1,024 questions against 65,000 texts: 270 MB
        similar = embed_questions(taught, asked.questions[start : start + 1024]) @ vectors.T
        nearest = np.argpartition(-similar, count + most, axis=1)[:, : count + most]
        order = np.argsort(-np.take_along_axis(similar, nearest, axis=1), axis=1)
        for row, answers in zip(np.take_along_axis(nearest, order, axis=1), asked.answers[start:], strict=False):
            found.append(row[~np.isin(row, answers)][:count])
    return found


def _refining_loss(
    tower: _Tower, collection: Sequence[Tokens], asked: Asked, rows: np.ndarray, shown: np.ndarray, plan: Plan,
    random: np.random.Generator,
) -> torch.Tensor:
    """Each question against every text shown in the batch; the first of `shown` are the right ones, in order."""
    questions = tower.questions([asked.questions[row] for row in rows], plan, random)
    texts = tower.texts([collection[row] for row in shown], plan, random)
    also_right = np.array([np.isin(shown, asked.answers[row]) for row in rows])
    also_right[np.arange(len(rows)), np.arange(len(rows))] = False
    similar = (questions @ texts.T / plan.temperature).masked_fill(torch.from_numpy(also_right), -1e4)
    target = torch.arange(len(rows))
    return functional.cross_entropy(similar, target) + functional.cross_entropy(similar[:, : len(rows)].T, target) / 2


def _batches(groups: Sequence[Pairs], plan: Plan, random: np.random.Generator) -> Iterator[tuple[Pairs, np.ndarray]]:
    batches = [
        (group, rows)
        for group in groups
        for _ in range(group.repeats)
        for rows in np.array_split(random.permutation(len(group.left)), max(1, len(group.left) // plan.batch))
    ]
    for position in random.permutation(len(batches)):
        yield batches[position]


def _loss(
    bag: torch.nn.EmbeddingBag, group: Pairs, rows: np.ndarray, plan: Plan, random: np.random.Generator
) -> torch.Tensor:
    left = _embed(bag, [group.left[row] for row in rows], plan, random)
    right = _embed(bag, [group.right[row] for row in rows], plan, random)
    keys = torch.from_numpy(group.keys[rows])
    same = (keys[:, None] == keys[None, :]) & ~torch.eye(len(rows), dtype=torch.bool)
    similar = (left @ right.T / plan.temperature).masked_fill(same, -1e4)
    target = torch.arange(len(rows))
    backward = functional.cross_entropy(similar.T, target)
    if group.negatives is not None:
        against = _embed(bag, [group.negatives[row] for row in rows], plan, random)
        similar = torch.cat([similar, (left * against).sum(dim=1, keepdim=True) / plan.temperature], dim=1)
    return (functional.cross_entropy(similar, target) + backward) / 2


def _embed(
    bag: torch.nn.EmbeddingBag, texts: Sequence[Tokens], plan: Plan, random: np.random.Generator
) -> torch.Tensor:
    kept = [_thinned(text, plan, random) for text in texts]
    offsets = np.cumsum([0] + [len(tokens) for tokens in kept[:-1]])
    vectors = bag(torch.from_numpy(np.concatenate(kept).astype(np.int64)), torch.from_numpy(offsets.astype(np.int64)))
    return functional.normalize(vectors, dim=1)


def _thinned(text: Tokens, plan: Plan, random: np.random.Generator) -> Tokens:
    if len(text) > plan.window:
        start = random.integers(0, len(text) - plan.window + 1)
        text = text[start : start + plan.window]
    kept = text[random.random(len(text)) >= plan.dropout]
    return kept if len(kept) else text


def embed(weights: np.ndarray, texts: Sequence[Tokens]) -> np.ndarray:
    """Unit vectors of texts, float32 of shape (texts, dimensions); a text without tokens becomes zero."""
    with torch.no_grad():
        lengths = np.array([len(text) for text in texts])
        flat = torch.from_numpy(np.concatenate([*texts, np.zeros(0, np.int32)]).astype(np.int64))
        offsets = torch.from_numpy(np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64))
        summed = functional.embedding_bag(flat, torch.from_numpy(weights), offsets, mode="mean")
        return functional.normalize(summed, dim=1).numpy()


def embed_questions(taught: Taught, questions: Sequence[Tokens]) -> np.ndarray:
    """Unit vectors of questions, float32 of shape (questions, dimensions)."""
    mapped = embed(taught.weights, questions) @ taught.question_map
    return mapped / np.maximum(np.linalg.norm(mapped, axis=1, keepdims=True), 1e-12)
