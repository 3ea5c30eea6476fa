"""How well the assistant answered when it was last measured: figures kept for the keeper's page, not a word of any set.

Of a report of `evaluate` only numbers stay, with the ids of dispute types and the names of styles; which
rows went wrong is not kept. A report takes the place of an earlier one on the same set by the same models.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.encoder import fingerprint
from assistant.errors import PaperUnwritable, QualityDamaged
from assistant.office import write_file
from assistant.settings import Settings

FILE = "quality.json"  # in the worklist folder
FORMAT = "quality-1"
MOST_KEPT = 12  # reports; the oldest go first
SHARES = ("first", "three", "every_in_four", "answered", "risk_recall", "risk_precision", "risk_recall_asked", "topics", "expected")  # 0 to 1
TIMES = ("p50_ms", "p95_ms")
LABEL_CHARS = 24  # of a style: a longer one is no name
NAME_CHARS = 120
MARK_CHARS = 12  # of a fingerprint: enough to tell models apart


@dataclass(frozen=True, slots=True)
class Figure:
    name: str  # one of SHARES or TIMES
    value: float  # a share from 0 to 1, or milliseconds
    interval: tuple[float, float] | None  # 95 %; times have none


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows of one dispute type or style came out right; 0 <= right <= total, total at least 1."""

    label: str  # a type's id, or a style
    right: int
    total: int


@dataclass(frozen=True, slots=True)
class Measured:
    """One set, measured once."""

    name: str  # of the file or folder
    day: str  # ISO date
    encoder: str  # fingerprints
    reader: str
    rows: int
    figures: tuple[Figure, ...]  # in the order of SHARES and TIMES; those without rows are missing
    by_type: tuple[Count, ...]
    by_style: tuple[Count, ...]


def measured(report: Mapping[str, Any], settings: Settings, types: Sequence[str], day: str) -> Measured:
    """What is kept of one report of `evaluate`; labels that are neither one of `types` nor a short name are left out."""
    return Measured(
        report["file"][:NAME_CHARS], day, fingerprint(settings.encoder_dir)[:MARK_CHARS],
        fingerprint(settings.reader_dir)[:MARK_CHARS], report["n"],
        tuple(
            Figure(name, report[name], tuple(report["intervals"][name]) if name in report["intervals"] else None)
            for name in (*SHARES, *TIMES) if name in report
        ),
        tuple(Count(label, *counts) for label, counts in report["by_type"].items() if label in types),
        tuple(Count(label, *counts) for label, counts in report["by_style"].items() if len(label) <= LABEL_CHARS),
    )


def keep(folder: Path, fresh: Sequence[Measured]) -> Path:
    """Put new reports before those that are kept; returns the file.

    Raises:
        QualityDamaged: what is there cannot be read, so nothing is written over it.
        PaperUnwritable
    """
    path = folder / FILE
    taken = {(item.name, item.encoder, item.reader) for item in fresh}
    earlier = [item for item in read(folder) if (item.name, item.encoder, item.reader) not in taken]
    told = {"format": FORMAT, "reports": [asdict(item) for item in (*fresh, *earlier)][:MOST_KEPT]}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_file(path, json.dumps(told, ensure_ascii=False, indent=1).encode())
    except OSError as error:
        raise PaperUnwritable(path, error.strerror or str(error)) from error
    return path


def read(folder: Path) -> tuple[Measured, ...]:
    """The reports that are kept, newest first; none where nothing was measured yet.

    Raises:
        QualityDamaged: the file is not one that `keep` wrote.
    """
    path = folder / FILE
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        _demand(told["format"] == FORMAT and len(told["reports"]) <= MOST_KEPT, "format")
        return tuple(map(_measured, told["reports"]))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise QualityDamaged(path, str(error)) from error


def _measured(told: Mapping[str, Any]) -> Measured:
    words = [told[key] for key in ("name", "day", "encoder", "reader")]
    _demand(all(isinstance(word, str) and len(word) <= NAME_CHARS for word in words), "name")
    _demand(_is_count(told["rows"]), "rows")
    return Measured(*words, told["rows"], *(
        tuple(make(item) for item in told[key]) for key, make in (("figures", _figure), ("by_type", _count), ("by_style", _count))
    ))


def _figure(told: Mapping[str, Any]) -> Figure:
    name, value, interval = told["name"], told["value"], told["interval"]
    most = 1.0 if name in SHARES else float("inf")
    _demand(name in SHARES or name in TIMES, "figure")
    _demand(_is_number(value, most), name)
    if interval is None:
        return Figure(name, value, None)
    low, high = interval
    _demand(_is_number(low, most) and _is_number(high, most) and low <= high, name)
    return Figure(name, value, (low, high))


def _count(told: Mapping[str, Any]) -> Count:
    label, right, total = told["label"], told["right"], told["total"]
    _demand(isinstance(label, str) and len(label) <= LABEL_CHARS, "label")
    _demand(_is_count(right) and _is_count(total) and right <= total > 0, label)
    return Count(label, right, total)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any, most: float) -> bool:
    """Not a number at all, NaN and infinity fail too."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= most and value != float("inf")


def _demand(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(what)
