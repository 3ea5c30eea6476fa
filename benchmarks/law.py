"""Are the articles on a card the ones that an officer needs? With the articles at the heart of a type, and by nearness alone.

    python -m benchmarks.law

For 62 descriptions of the bank's test split somebody who did not know how an article had come there said
of each: needed in this very quarrel (2), of some use (1), beside the point (0) (training/judge/law.jsonl).
An article that nobody judged is counted apart.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from assistant import index
from assistant.encoder import Encoder
from assistant.pipeline import Assistant, Parts
from assistant.reader import load_reader
from assistant.settings import DEFAULT_SETTINGS, load_settings
from training import bank

JUDGED = Path(__file__).parent.parent / "training" / "judge" / "law.jsonl"
DRAWS = 2_000  # of the bootstrap


def counted(assistant: Assistant, judged: Sequence[tuple[str, Mapping[str, int]]]) -> np.ndarray:
    """How many articles of each card are needed, of some use, beside the point, judged by nobody; shape (cards, 4)."""
    rows = []
    for text, articles in judged:
        worth = [articles.get(hit.passage.passage_id, -1) for hit in assistant.ask(text).sections["law"]]
        rows.append([worth.count(kind) for kind in (2, 1, 0, -1)])
    return np.array(rows)


def main() -> None:
    settings = load_settings(DEFAULT_SETTINGS)
    texts = {row.id: row.text for row in bank.descriptions(split="test")}
    rows = [json.loads(line) for line in JUDGED.read_text(encoding="utf-8").splitlines()]
    judged = [(texts[row["description"]], row["articles"]) for row in rows]
    found, draw = index.open_index(settings), np.random.default_rng(7)
    print(f"{len(judged)} cards; articles a card: needed [95 %], of some use, beside the point, not judged; cards without a needed one")
    for name in ("by nearness alone", "at the heart of the type first"):
        parts = Parts(settings)
        if name == "by nearness alone":
            parts.types = tuple(replace(item, law=()) for item in parts.types)
        assistant = Assistant(
            settings, found, Encoder(settings.encoder_dir, parts.segmenter), load_reader(settings.reader_dir, parts.features), parts
        )
        counts = counted(assistant, judged)
        needed, useful, beside, unknown = counts.mean(axis=0)
        low, high = np.quantile(draw.choice(counts[:, 0], (DRAWS, len(counts))).mean(axis=1), [0.025, 0.975])
        without = (counts[:, 0] == 0).mean()
        print(f"{name:31} {needed:.2f} [{low:.2f}, {high:.2f}]  {useful:.2f}  {beside:.2f}  {unknown:.2f}  {without:.2f}")


if __name__ == "__main__":
    main()
