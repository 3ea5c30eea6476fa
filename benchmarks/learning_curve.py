"""What more descriptions buy: the type and risk reader trained on 500 to all of them.

    python -m benchmarks.learning_curve [--set ../shared/dev/disputes.jsonl]

Nothing but the bank's descriptions is learned from here (no traps, no corpus entries), so that the
curve shows the worth of descriptions alone. Each row is measured on the frozen test split and on
the given set; neither is ever trained on.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from assistant.pipeline import Parts
from assistant.reader import load_reader
from assistant.segmenter import Segmented
from assistant.settings import DEFAULT_SETTINGS, load_settings
from training import bank, train_reader

SIZES = (500, 1_000, 2_500, 5_000, 10_000, 20_000, 40_000)


def measured(reader, rows: Sequence[tuple[Segmented, list[str]]]) -> tuple[float, float]:
    """Share of texts whose first type is read first, and among the first three."""
    ranked = [([score.label for score in reader.read(text).types[:3]], types[0]) for text, types in rows]
    return (
        sum(found[0] == wanted for found, wanted in ranked) / len(ranked),
        sum(wanted in found for found, wanted in ranked) / len(ranked),
    )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", type=Path, default=Path("../shared/dev/disputes.jsonl"))
    args = parser.parse_args(argv)
    parts = Parts(load_settings(DEFAULT_SETTINGS))
    segment = parts.segmenter.segment
    test = [(segment(row.text), row.types) for row in bank.descriptions(split="test") if row.types]
    rows = [json.loads(line) for line in args.set.read_text(encoding="utf-8").splitlines()]
    given = [(segment(row["text"]), row["types"]) for row in rows]
    print(f"{'descriptions':>12}  {'test first':>10} {'three':>6}  {args.set.stem + ' first':>14} {'three':>6}")
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            train_reader.main(["--out", folder, "--limit", str(size)])
            reader = load_reader(Path(folder), parts.features)
        own, other = measured(reader, test), measured(reader, given)
        print(f"{size:>12}  {own[0]:>10.3f} {own[1]:>6.3f}  {other[0]:>14.3f} {other[1]:>6.3f}", flush=True)


if __name__ == "__main__":
    main()
