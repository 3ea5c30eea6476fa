"""Quality figures on labelled descriptions: types, risks, refusals, and how long an answer takes.

A set is a JSONL file, or a folder of them. Rows with `types` are disputes ({"text","types","risks",
"must_topics"?}); rows with `expect` are negatives (reject, low_confidence or works). Rows of the bank
carry a `split` (only the test split counts) and a `style`. Beside a set, label_doubts.jsonl may say
which extra or missing risks are arguable; those count neither for nor against.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from assistant.advice import asked_about
from assistant.errors import BatchLineInvalid, FileMissing
from assistant.pipeline import Assistant
from assistant.records import Advice
from assistant.segmenter import fold

DOUBTS = "label_doubts.jsonl"
STYLE_EXPECTS = {"不成问题": "reject", "别的事": "low_confidence"}  # rows of the bank that are no dispute
EXPECTED_STATUS = {"reject": "rejected", "low_confidence": "low_confidence"}
RESAMPLES = 1000  # of the bootstrap behind each interval


@dataclass(slots=True)
class Tally:
    """One value per row and figure; the figure is their mean."""

    rows: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    risks: list[tuple[int, int, int]] = field(default_factory=list)  # true, missed, wrong per row
    asked: list[tuple[int, int, int]] = field(default_factory=list)  # the same, what is asked about counted as raised
    elapsed_ms: list[float] = field(default_factory=list)


def evaluate(assistant: Assistant, path: Path) -> dict[str, Any]:
    """Ask every row of a set, or of every set in a folder, and measure the answers.

    Returns:
        {"file", "n", "first", "three", "every_in_four", "risk_recall", "risk_precision", "risk_recall_asked",
        "asked_calm", "topics", "expected", "p50_ms", "p95_ms", "intervals": {figure: [low, high]},
        "by_type" and "by_style": {name: [right, rows]}, "wrong": [...]},
        figures that the set has no rows for left out. `risk_recall_asked` counts a red line as found, too,
        where the card's first questions are about it; `asked_calm` is the share of such cards among the
        rows that are labelled with none. `topics` is only a sign of what a
        reader would find: a topic counts when half of its character pairs stand on the card.
    """
    tally, by_type, by_style, wrong = Tally(), defaultdict(list), defaultdict(list), []
    doubts = _doubts(path if path.is_dir() else path.parent)
    rows = [row for file in _files(path) for row in _rows(file) if row.get("split", "test") == "test"]
    for row in rows:
        advice = assistant.ask(row["text"], row.get("region"))
        tally.elapsed_ms.append(advice.elapsed_ms)
        if "expect" in row:
            right = as_expected(row, advice)
            tally.rows["expected"].append(right)
        else:
            right = _judge_dispute(tally, row, advice, doubts.get(row.get("id", ""), {}))
            by_type[row["types"][0]].append(right)
        if "style" in row:
            by_style[row["style"]].append(right)
        if not right:
            wrong.append({"id": row.get("id"), "wanted": row.get("types", row.get("expect")), "status": advice.status,
                          "got": [item.type_id for item, _ in advice.types[:3]]})
    return _report(path, len(rows), tally, {"by_type": by_type, "by_style": by_style}, wrong)


def as_expected(row: dict[str, Any], advice: Advice) -> bool:
    """Whether a negative row was refused, doubted or answered as its label wants."""
    if row["expect"] in EXPECTED_STATUS:
        return advice.status == EXPECTED_STATUS[row["expect"]]
    return advice.status == "ok" and advice.types[0][0].type_id in row.get("types", [])


def _judge_dispute(tally: Tally, row: dict[str, Any], advice: Advice, doubt: dict[str, Any]) -> bool:
    ranked = [item.type_id for item, _ in advice.types]
    first = bool(ranked) and ranked[0] == row["types"][0]
    tally.rows["first"].append(first)
    tally.rows["three"].append(row["types"][0] in ranked[:3])
    tally.rows["answered"].append(advice.status == "ok")
    if len(row["types"]) > 1:
        tally.rows["every_in_four"].append(set(row["types"]) <= set(ranked[:4]))
    if topics := row.get("must_topics"):
        card = fold(" ".join(hit.passage.title + hit.passage.text for hits in advice.sections.values() for hit in hits))
        tally.rows["topics"].append(float(np.mean([_is_told(topic, card) for topic in topics])))
    wanted, said = set(row.get("risks", [])), {risk.risk_id for risk in advice.risks}
    missed = wanted - said - set(doubt.get("acceptable_missing", []))
    extra = said - wanted - set(doubt.get("acceptable_extra", []))
    tally.risks.append((len(wanted & said), len(missed), len(extra)))
    asked = set(asked_about(advice))
    tally.asked.append((len(wanted & (said | asked)), len(missed - asked), len(extra)))
    if not wanted:
        tally.rows["asked_calm"].append(bool(asked - set(doubt.get("acceptable_extra", []))))
    return first


def _is_told(topic: str, card: str) -> bool:
    pairs = [word[i : i + 2] for word in fold(topic).split() for i in range(max(1, len(word) - 1))]
    return sum(pair in card for pair in pairs) >= len(pairs) / 2


def _report(
    path: Path, count: int, tally: Tally, groups: dict[str, dict[str, list[bool]]], wrong: list[dict[str, Any]]
) -> dict[str, Any]:
    report: dict[str, Any] = {"file": path.name, "n": count}
    report |= {name: round(float(np.mean(values)), 3) for name, values in tally.rows.items()}
    intervals = {name: interval(np.array(values, dtype=float), mean) for name, values in tally.rows.items()}
    if tally.risks:
        risks, asked = np.array(tally.risks, dtype=float), np.array(tally.asked, dtype=float)
        for name, rows, figure in (
            ("risk_recall", risks, _recall), ("risk_precision", risks, _precision), ("risk_recall_asked", asked, _recall)
        ):
            report[name], intervals[name] = round(figure(rows), 3), interval(rows, figure)
    if tally.elapsed_ms:
        report |= {"p50_ms": round(float(np.percentile(tally.elapsed_ms, 50)), 2),
                   "p95_ms": round(float(np.percentile(tally.elapsed_ms, 95)), 2)}
    return report | {
        "intervals": intervals,
        **{
            group: {name: [int(sum(values)), len(values)] for name, values in sorted(found.items())}
            for group, found in groups.items()
        },
        "wrong": wrong,
    }


def mean(values: np.ndarray) -> float:
    return float(values.mean())


def _recall(rows: np.ndarray) -> float:
    found, missed, _ = rows.sum(axis=0)
    return float(found / max(1.0, found + missed))


def _precision(rows: np.ndarray) -> float:
    found, _, extra = rows.sum(axis=0)
    return float(found / max(1.0, found + extra))


def interval(rows: np.ndarray, figure: Any) -> list[float]:
    """95 % bootstrap interval over rows (Efron, 1979)."""
    random = np.random.default_rng(7)
    drawn = [figure(rows[random.integers(0, len(rows), len(rows))]) for _ in range(RESAMPLES)]
    return [round(float(np.percentile(drawn, q)), 3) for q in (2.5, 97.5)]


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise FileMissing(path)
    return sorted(file for file in path.glob("*.jsonl") if file.name != DOUBTS) if path.is_dir() else [path]


def _rows(path: Path) -> Iterable[dict[str, Any]]:
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
                if "text" not in row or not ("types" in row or "expect" in row):
                    raise ValueError("needs text and types or expect")
                yield row if row.get("types") or "expect" in row else row | {"expect": STYLE_EXPECTS[row["style"]]}
            except (ValueError, TypeError, KeyError) as error:
                raise BatchLineInvalid(path, number, str(error)) from error


def _doubts(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / DOUBTS
    if not path.exists():
        return {}
    with open(path, encoding="utf-8") as lines:
        return {row["id"]: row for row in map(json.loads, lines)}


def as_table(reports: Sequence[dict[str, Any]]) -> str:
    """The figures as text, one set a block, each with its 95 % interval."""
    lines = []
    for report in reports:
        lines.append(f"{report['file']}  n={report['n']}")
        for name, value in report.items():
            if isinstance(value, float):
                low_high = report["intervals"].get(name)
                lines.append(f"  {name:<15}{value:>7}" + (f"  [{low_high[0]}, {low_high[1]}]" if low_high else ""))
        for group in ("by_type", "by_style"):
            if report[group]:
                lines.append("  " + "  ".join(f"{name} {right}/{total}" for name, (right, total) in report[group].items()))
    return "\n".join(lines)
