"""The reader's network over letters: first taught to guess hidden letters in running text, then the red lines.

Guessing costs nothing to label and teaches which letters say the same and what may follow what (Devlin et al.,
"BERT", NAACL 2019, with convolutions as in Yang et al., "Convolutions are Competitive with Transformers for
Encoding and Pretraining", 2022); the bank alone is too small for that. On two cores with AMX, six minutes and ten.
"""

import logging
import random
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from assistant.network import FIRST_LETTER, GAPS, HIDDEN, PADDING, SMALLEST, UNKNOWN, Network, letter_rows, packed
from assistant.segmenter import clauses, fold
from training.examples import Example, judged, raised

log = logging.getLogger(__name__)

SIZE = 192  # numbers a letter
FEWEST = 4  # times that a letter must occur

GUESSED = 24_000_000  # letters of text that guessing passes over
STRETCH, STRETCHES = 128, 96  # letters in a row, rows in a batch
OWN_SHARE = 6  # one row in so many is of the bank, the others of running text
GUESS_RATE, GUESS_WARM = 2e-3, 0.04
ASKED = 0.2  # of the letters are to be guessed; of these most are hidden, some stand as they are, some are swapped
HIDDEN_UP_TO, SWAPPED_FROM = 0.85, 0.95

EPOCHS, BATCH, RATE, WARM = 6, 96, 6e-4, 0.1
HEAD_RATE = 3.0  # times the rate, for what has not been taught before
DECAY, DROPOUT, LONGEST_STEP = 1e-2, 0.3, 1.0
FORGOTTEN = 0.1  # of the letters
CLAUSE_SHARE = 0.5  # weight of what the loudest clause says beside what the whole text says
LONGEST = 260  # letters: what a longer text goes on to say is not learned from
PIECE_WEIGHT = 2.0  # a piece or clause counts so many times as much as for the linear machines
SORTED = 50  # batches whose texts are sorted by length, so that little is padding


class Layer(nn.Module):
    """Every letter with one before it and one behind, `gap` places away."""

    def __init__(self, gap: int) -> None:
        super().__init__()
        self.gap, self.mixed = gap, nn.Linear(3 * SIZE, 2 * SIZE)

    def forward(self, found: torch.Tensor, letters: torch.Tensor | None) -> torch.Tensor:
        even = functional.layer_norm(found, (SIZE,), eps=SMALLEST)
        if letters is not None:
            even = even * letters
        before = functional.pad(even, (0, 0, self.gap, 0))[:, : even.shape[1]]
        behind = functional.pad(even, (0, 0, 0, self.gap))[:, self.gap :]
        value, gate = self.mixed(torch.cat([before, even, behind], dim=-1)).chunk(2, dim=-1)
        return found + value * torch.sigmoid(gate)


class Trunk(nn.Module):
    """Letters among their neighbours: (texts, letters) to (texts, letters, SIZE)."""

    def __init__(self, letters: str) -> None:
        super().__init__()
        self.letters = nn.Embedding(len(letters) + FIRST_LETTER, SIZE, padding_idx=PADDING)
        nn.init.normal_(self.letters.weight, std=0.02)
        self.layers = nn.ModuleList(Layer(gap) for gap in GAPS)

    def forward(self, rows: torch.Tensor, letters: torch.Tensor | None = None) -> torch.Tensor:
        """`letters`, (texts, letters, 1): 0 where a shorter text is filled up."""
        found = self.letters(rows)
        for layer in self.layers:
            found = layer(found, letters)
        return functional.layer_norm(found, (SIZE,), eps=SMALLEST)


class RiskNet(nn.Module):
    """One score a red line, from each number where it is loudest and on average: in the whole text, and in each of its clauses."""

    def __init__(self, trunk: Trunk, risks: int) -> None:
        super().__init__()
        self.trunk, self.dropout, self.out = trunk, nn.Dropout(DROPOUT), nn.Linear(2 * SIZE, risks)

    def forward(self, rows: torch.Tensor, numbers: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The scores of whole texts and of their loudest clauses, (texts, risks) each.

        `numbers`, (texts, letters): those of the clauses, see `clause_numbers`.
        """
        letters = rows != PADDING
        with _quick():
            seen = self.trunk(rows, letters[..., None].float())
        whole, _ = self._scores(seen.float(), letters.long())
        spoken, there = self._scores(seen.float(), numbers)
        return whole[:, 0], spoken.masked_fill(~there[..., None], -torch.inf).amax(dim=1)

    def _scores(self, seen: torch.Tensor, parts: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(texts, parts, risks), and which parts are there; letters of part 0 are left out."""
        texts, count = len(parts), int(parts.max()) + 1
        place = (torch.arange(texts)[:, None] * count + parts).flatten()
        flat = seen.flatten(0, 1)
        held = torch.zeros(texts * count).index_add(0, place, torch.ones(len(place)))
        loudest = torch.full((texts * count, SIZE), -torch.inf).scatter_reduce(0, place[:, None].expand_as(flat), flat, "amax")
        average = torch.zeros(texts * count, SIZE).index_add(0, place, flat) / held.clamp(min=1)[:, None]
        pooled = torch.cat([loudest.masked_fill((held == 0)[:, None], 0.0), average], dim=1)
        scores = self.out(self.dropout(pooled)).unflatten(0, (texts, count))
        return scores[:, 1:], (held > 0).unflatten(0, (texts, count))[:, 1:]


def known_letters(running: Sequence[str], own: Sequence[str]) -> str:
    """The letters to learn, from folded texts."""
    counts = Counter(letter for text in (*running, *own) for letter in text)
    return "".join(sorted(letter for letter, count in counts.items() if count >= FEWEST))


def compiled(trunk: Trunk) -> Trunk:
    """The same trunk, twice as fast, where a C++ compiler is at hand."""
    return torch.compile(trunk) if shutil.which("c++") else trunk


def guessing(trunk: Trunk, letters: str, running: Iterable[str], own: Iterable[str], guessed: int = GUESSED, seed: int = 7) -> float:
    """Teach the trunk to guess hidden letters of folded texts; returns the mean loss of the last steps, in nats."""
    torch.manual_seed(seed)
    order = np.random.default_rng(seed)
    columns = {letter: row for row, letter in enumerate(letters, FIRST_LETTER)}
    ours, others = _one_row(own, columns, order), _one_row(running, columns, order)
    head = nn.Sequential(nn.Linear(SIZE, SIZE), nn.GELU(), nn.LayerNorm(SIZE))
    bias = nn.Parameter(torch.zeros(len(letters) + FIRST_LETTER))
    learned = [*trunk.parameters(), *head.parameters(), bias]
    optimizer = torch.optim.AdamW(learned, lr=GUESS_RATE, weight_decay=DECAY, betas=(0.9, 0.98))
    steps = max(1, guessed // (STRETCH * STRETCHES))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _slope(step / steps, GUESS_WARM))
    lost = []
    for step in range(steps):
        ours_now = max(1, STRETCHES // OWN_SHARE)
        told = torch.from_numpy(np.concatenate([_stretches(others, STRETCHES - ours_now, order), _stretches(ours, ours_now, order)]))
        asked = (torch.rand(told.shape) < ASKED) & (told >= FIRST_LETTER)
        chance = torch.rand(told.shape)
        shown = torch.where(asked & (chance < HIDDEN_UP_TO), HIDDEN, told)
        shown = torch.where(asked & (chance > SWAPPED_FROM), torch.randint(FIRST_LETTER, len(bias), told.shape), shown)
        with _quick():
            guesses = functional.linear(head(trunk(shown)[asked]), trunk.letters.weight, bias)
        loss = functional.cross_entropy(guesses.float(), told[asked])
        _learn(optimizer, schedule, learned, loss)
        lost.append(float(loss.detach()))
        if (step + 1) % 200 == 0:
            log.info("guessing letters, step %d of %d: %.3f", step + 1, steps, float(np.mean(lost[-200:])))
    return float(np.mean(lost[-200:]))


def train_network(
    trunk: Trunk, letters: str, whole: Sequence[Example], pieces: Sequence[Example], risks: Sequence[str],
    epochs: int = EPOCHS, seed: int = 7,
) -> Network:
    """Teach red lines, from whole texts and pieces of which it is known which stand.

    Where the danger stands nobody has said of most texts: the loudest clause so far has to answer for the whole
    (Andrews, Tsochantaridis and Hofmann, "Support Vector Machines for Multiple-Instance Learning", NIPS 2002).
    """
    torch.manual_seed(seed)
    whole = [item for item in whole if item.risks is not None]
    examples = [*whole, *pieces]
    columns = {letter: row for row, letter in enumerate(letters, FIRST_LETTER)}
    rows = [letter_rows(fold(item.text)[:LONGEST], columns) for item in examples]
    numbers = [clause_numbers(item.text, len(found)) for item, found in zip(examples, rows, strict=True)]
    share = np.array([item.weight for item in whole] + [item.weight * PIECE_WEIGHT for item in pieces], dtype=np.float32)
    target = torch.from_numpy(raised(examples, risks).astype(np.float32))
    weight = torch.from_numpy(judged(examples, risks).astype(np.float32) * share[:, None])

    net = RiskNet(trunk, len(risks))
    optimizer = torch.optim.AdamW(
        [{"params": net.trunk.parameters()}, {"params": net.out.parameters(), "lr": RATE * HEAD_RATE}], lr=RATE, weight_decay=DECAY
    )
    order = random.Random(seed)
    steps = epochs * sum(1 for _ in _batches(rows, random.Random(seed)))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _slope(step / steps, WARM))
    for epoch in range(epochs):
        lost = []
        for batch in _batches(rows, order):
            padded = _filled_up([rows[i] for i in batch])
            forgotten = (torch.rand(padded.shape) < FORGOTTEN) & (padded != PADDING)
            scores, loudest = net(padded.masked_fill(forgotten, HIDDEN), _filled_up([numbers[i] for i in batch]))
            loss = _loss(scores, target[batch], weight[batch]) + CLAUSE_SHARE * _loss(loudest, target[batch], weight[batch])
            _learn(optimizer, schedule, list(net.parameters()), loss)
            lost.append(float(loss.detach()))
        log.info("red lines, epoch %d of %d: %.4f", epoch + 1, epochs, float(np.mean(lost)))
    return as_read(net, letters)


def as_read(net: RiskNet, letters: str) -> Network:
    """As `assistant/network.py` reads it: layers as matrices."""
    arrays = packed("letters", _numbers(net.trunk.letters.weight))
    for place, layer in enumerate(net.trunk.layers):
        arrays |= packed(f"layer_{place}", _numbers(layer.mixed.weight.T)) | {f"layer_{place}_bias": _numbers(layer.mixed.bias)}
    return Network(letters, arrays | packed("out", _numbers(net.out.weight.T)) | {"out_bias": _numbers(net.out.bias)})


def clause_numbers(text: str, letters: int) -> list[int]:
    """For each of the first letters of folded text the number of its clause, from 1 on; 0 between clauses.

    A text without a clause is one itself.
    """
    found = [(start, end) for start, end in clauses(text) if start < letters] or [(0, letters)]
    numbers = [0] * letters
    for number, (start, end) in enumerate(found, start=1):
        numbers[start:end] = [number] * len(numbers[start:end])
    return numbers


def _loss(scores: torch.Tensor, target: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Cross-entropy, summed over red lines; each text counts by the weights of those that are known of it."""
    lost = functional.binary_cross_entropy_with_logits(scores, target, weight=weight, reduction="sum")
    return lost / weight.sum() * target.shape[1]


def _filled_up(rows: Sequence[list[int]]) -> torch.Tensor:
    return nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True, padding_value=PADDING)


def _numbers(learned: torch.Tensor) -> np.ndarray:
    return learned.detach().numpy()


def _quick() -> torch.autocast:
    """Short floats, where this processor multiplies them; elsewhere they would only be slower."""
    able = torch.cpu.get_capabilities()
    return torch.autocast("cpu", torch.bfloat16, enabled=bool(able.get("amx_bf16") or able.get("avx512_bf16")))


def _slope(done: float, warm: float) -> float:
    """The learning rate's share: up to one, then down to nothing."""
    return done / warm if done < warm else max(0.0, (1.0 - done) / (1.0 - warm))


def _learn(
    optimizer: torch.optim.Optimizer, schedule: torch.optim.lr_scheduler.LRScheduler, learned: Sequence[nn.Parameter], loss: torch.Tensor
) -> None:
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(learned, LONGEST_STEP)
    optimizer.step()
    schedule.step()


def _one_row(texts: Iterable[str], columns: dict[str, int], order: np.random.Generator) -> np.ndarray:
    """All texts in one row of letters, in any order, a letter nobody knows between them."""
    texts = list(texts)
    return np.array([row for i in order.permutation(len(texts)) for row in (*letter_rows(texts[i], columns), UNKNOWN)], dtype=np.int32)


def _stretches(row: np.ndarray, count: int, order: np.random.Generator) -> np.ndarray:
    starts = order.integers(0, len(row) - STRETCH, count)
    return row[starts[:, None] + np.arange(STRETCH)].astype(np.int64)


def _batches(rows: Sequence[list[int]], order: random.Random) -> Iterator[list[int]]:
    """Every text once, in batches of about one length."""
    places = list(range(len(rows)))
    order.shuffle(places)
    batches = []
    for start in range(0, len(places), BATCH * SORTED):
        near = sorted(places[start : start + BATCH * SORTED], key=lambda i: len(rows[i]))
        batches += [near[at : at + BATCH] for at in range(0, len(near), BATCH)]
    order.shuffle(batches)
    yield from batches
