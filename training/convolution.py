"""The reader's convolution: what stands in which order, where letters counted one by one cannot tell.

Filters over two, three and four letters, each at the place where it is loudest, and one layer above
(Kim, "Convolutional Neural Networks for Sentence Classification", EMNLP 2014). Two cores need seven minutes.
"""

import logging
import random
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import nn

from assistant.reader import FIRST_LETTER, PADDING, Convolution, letter_rows
from assistant.segmenter import fold
from training.examples import Example, judged, raised

log = logging.getLogger(__name__)

DIMENSIONS, FILTERS, WIDTHS = 96, 160, (2, 3, 4)
EPOCHS, BATCH, RATE, DECAY = 6, 128, 3e-3, 1e-2
DROPOUT = 0.4  # of the filters
FORGOTTEN = 0.08  # of the letters
START = 0.1  # standard deviation of the letters before anything is learned
FEWEST = 2  # times that a letter must occur
LONGEST = 260  # letters: what a longer text goes on to say is not learned from
PIECE_WEIGHT = 2.0  # a piece or clause counts so many times as much as for the linear machines
SORTED = 50  # batches whose texts are sorted by length, so that little is padding


class _Net(nn.Module):
    def __init__(self, letters: int, risks: int) -> None:
        super().__init__()
        self.letters = nn.Embedding(letters, DIMENSIONS, padding_idx=PADDING)
        nn.init.normal_(self.letters.weight, std=START)
        self.letters.weight.data[PADDING] = 0.0
        self.filters = nn.ModuleList(nn.Conv1d(DIMENSIONS, FILTERS, width) for width in WIDTHS)
        self.dropout, self.out = nn.Dropout(DROPOUT), nn.Linear(FILTERS * len(WIDTHS), risks)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        found = self.letters(rows).transpose(1, 2)
        return self.out(self.dropout(torch.cat([torch.relu(one(found)).amax(2) for one in self.filters], dim=1)))


def train_convolution(whole: Sequence[Example], pieces: Sequence[Example], risks: Sequence[str], seed: int = 7) -> Convolution:
    """Learn from whole texts and pieces whose red lines are known."""
    torch.manual_seed(seed)
    whole = [item for item in whole if item.risks is not None]
    examples = [*whole, *pieces]
    texts = [fold(item.text)[:LONGEST] for item in examples]
    counts = Counter(letter for text in texts for letter in text)
    letters = "".join(sorted(letter for letter, count in counts.items() if count >= FEWEST))
    columns = {letter: row for row, letter in enumerate(letters, FIRST_LETTER)}
    rows = [letter_rows(text, columns) for text in texts]
    share = np.array([item.weight for item in whole] + [item.weight * PIECE_WEIGHT for item in pieces], dtype=np.float32)
    target = torch.from_numpy(raised(examples, risks).astype(np.float32))
    weight = torch.from_numpy(judged(examples, risks).astype(np.float32) * share[:, None])

    net = _Net(len(letters) + FIRST_LETTER, len(risks))
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    order = random.Random(seed)
    steps = EPOCHS * sum(1 for _ in _batches(rows, order))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for epoch in range(EPOCHS):
        lost = [_step(net, optimizer, schedule, rows, target, weight, batch) for batch in _batches(rows, order)]
        log.info("convolution, epoch %d of %d: %.4f", epoch + 1, EPOCHS, float(np.mean(lost)))
    return _as_read(net, letters)


def _step(
    net: _Net, optimizer: torch.optim.Optimizer, schedule: torch.optim.lr_scheduler.LRScheduler, rows: Sequence[list[int]],
    target: torch.Tensor, weight: torch.Tensor, batch: list[int],
) -> float:
    """One batch; returns its loss."""
    padded = nn.utils.rnn.pad_sequence([torch.tensor(rows[i]) for i in batch], batch_first=True, padding_value=PADDING)
    forgotten = (torch.rand(padded.shape) < FORGOTTEN) & (padded != PADDING)
    scores = net(padded.masked_fill(forgotten, FIRST_LETTER - 1))
    loss = nn.functional.binary_cross_entropy_with_logits(scores, target[batch], weight=weight[batch], reduction="sum")
    loss = loss / weight[batch].sum() * target.shape[1]
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    return float(loss.detach())


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


def _as_read(net: _Net, letters: str) -> Convolution:
    """As `assistant/reader.py` reads it: filters as matrices, (dimensions * width, filters)."""
    arrays = {"letters": net.letters.weight, "out": net.out.weight.T, "out_bias": net.out.bias}
    for width, one in zip(WIDTHS, net.filters, strict=True):
        arrays |= {f"filters_{width}": one.weight.flatten(1).T, f"bias_{width}": one.bias}
    return Convolution(letters, {name: value.detach().numpy().astype(np.float16) for name, value in arrays.items()})
