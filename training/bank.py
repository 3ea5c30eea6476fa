"""The bank of descriptions: the compact text that people write becomes checked JSON lines.

    python -m training.bank add FILE.txt ...   number, split and store what was written
    python -m training.bank relabel FILE ...   lines `id|risks` correct the risks of single descriptions
    python -m training.bank mark FILE ...      lines `id|risk|words|words` say which words carry a red line
    python -m training.bank add-clauses FILE   number and store clauses, lines `risk,risk|words` or `-|words`
    python -m training.bank check              figures, near-duplicates, template smell, names, phones
"""

import argparse
import hashlib
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from assistant import proofing

FOLDER = Path(__file__).parent / "descriptions"
MARKS = FOLDER / "marks" / "marks.jsonl"
CLAUSES = FOLDER / "clauses"
TAXONOMY = Path(__file__).parent.parent / "corpus" / "taxonomy.yaml"

STYLES = {
    "j": "接警记录", "f": "第一人称", "t": "转述", "k": "关键词", "b": "不断句", "e": "错别字", "d": "方言",
    "o": "老人", "y": "年轻人", "l": "长故事", "m": "几桩混说", "x": "不成问题", "n": "别的事",
}
REGIONS = ("通用", "东北", "华北", "关中", "川渝", "湖广", "江淮", "吴", "粤", "客闽")
RISKS = (
    "domestic_violence", "crime", "injury", "self_harm", "weapon", "minor_victim", "sexual", "gang", "mental",
    "escalation",
)
SPLIT_SHARES = (("test", 10), ("valid", 20), ("train", 100))  # per cent, cumulative, by situation


@dataclass(frozen=True, slots=True)
class Description:
    """One way to say one situation. `types` is empty for what is no dispute (styles 不成问题, 别的事)."""

    id: str
    situation: str
    text: str
    types: list[str]
    risks: list[str]
    style: str
    implicit: bool  # the key term of the type never appears
    region: str
    split: str


@dataclass(frozen=True, slots=True)
class Trap:
    """b says a's situation in other words; c shares a's words and means another."""

    id: str
    a: str
    b: str
    c: str
    type_ab: str
    type_c: str
    split: str


@dataclass(frozen=True, slots=True)
class Marks:
    """Where a description's red lines stand: by red line the words that carry it, as they are in the text.

    By themselves they let a duty officer raise it; without them the rest of the text would not.
    """

    id: str
    words: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Clause:
    """One happening in one breath, dangerous or only dangerous-looking; learned from, and judged by nobody."""

    id: str
    text: str
    risks: list[str]


class LineInvalid(ValueError):
    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{path}:{line}: {problem}")


def parse(path: Path, known_types: frozenset[str]) -> Iterator[Description]:
    """Read the compact form described in descriptions/README.md.

    Raises:
        LineInvalid: a line is not of the form, or names an unknown type, risk, style or region.
    """
    types: list[str] = []
    risks: list[str] = []
    situation = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = line.strip()
        if not line:
            continue
        if line.startswith("#"):
            head, _, tail = line.lstrip("# ").partition("!")
            types, risks = _listed(head), _listed(tail)
            situation = f"{path.stem}-{_short_hash(f'{path.stem}:{number}:{line}')}"
            for label in [name for name in types if name not in known_types] + [r for r in risks if r not in RISKS]:
                raise LineInvalid(path, number, f"unknown label {label!r}")
            continue
        parts = line.split("|", 2)
        if len(parts) != 3 or parts[0].rstrip("*") not in STYLES or not situation:
            raise LineInvalid(path, number, f"not 口吻|地区|话: {line[:40]!r}")
        style, region, text = parts[0], parts[1].strip(), parts[2].strip()
        if region not in REGIONS:
            raise LineInvalid(path, number, f"unknown region {region!r}")
        if text:
            yield Description(
                f"{situation}-{_short_hash(text)[:4]}", situation, text, types, risks, STYLES[style.rstrip("*")],
                style.endswith("*"), region, split_of(situation),
            )


def _listed(text: str) -> list[str]:
    return [item for item in re.split(r"[,，、\s]+", text) if item]


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def split_of(situation: str) -> str:
    """The split follows from the situation's name, so it never changes and never tears one apart."""
    share = int(hashlib.sha256(situation.encode()).hexdigest(), 16) % 100
    return next(name for name, limit in SPLIT_SHARES if share < limit)


def known_types() -> frozenset[str]:
    return frozenset(re.findall(r"\{id: (\w+)", TAXONOMY.read_text(encoding="utf-8")))


def add(path: Path, folder: Path = FOLDER) -> int:
    """Store a compact file as `<its name>.jsonl`, leaving out texts that are there twice; returns the rows."""
    rows, seen = [], set()
    for row in parse(path, known_types()):
        if row.text not in seen:
            seen.add(row.text)
            rows.append(row)
    _write(folder / f"{path.stem}.jsonl", rows)
    return len(rows)


def relabel(path: Path, folder: Path = FOLDER) -> int:
    """Correct the risks of single descriptions from lines `id|risk,risk`; returns how many changed."""
    corrections: dict[str, list[str]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        name, _, listed = line.partition("|")
        risks = _listed(listed)
        if not set(risks) <= set(RISKS):
            raise LineInvalid(path, number, f"unknown risk in {listed!r}")
        corrections[name.strip()] = risks
    changed = 0
    for file in sorted(folder.glob("*.jsonl")):
        rows = [Description(**row) for row in _read(file)]
        fresh = [replace(row, risks=corrections.get(row.id, row.risks)) for row in rows]
        changed += sum(old != new for old, new in zip(rows, fresh, strict=True))
        if fresh != rows:
            _write(file, fresh)
    return changed


def mark(path: Path, folder: Path = FOLDER) -> int:
    """Store lines `id|risk|words|words`, in place of what was marked for these descriptions; returns how many they are."""
    rows, fresh = {row.id: row for row in descriptions(folder)}, {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        name, risk, *words = (part.strip() for part in line.split("|"))
        if problem := _mark_problem(rows.get(name), risk, words):
            raise LineInvalid(path, number, problem)
        fresh.setdefault(name, Marks(name, {})).words[risk] = words
    _write(folder / MARKS.relative_to(FOLDER), sorted((marks(folder) | fresh).values(), key=lambda item: item.id))
    return len(fresh)


def _mark_problem(row: Description | None, risk: str, words: list[str]) -> str:
    """What is wrong with one mark; "" where nothing is."""
    if row is None:
        return "no such description"
    if risk not in row.risks:
        return f"not labelled with {risk!r}"
    gone = [item for item in words if not item or item not in row.text]
    return f"not in the text: {gone}" if gone or not words else ""


def add_clauses(path: Path, folder: Path = FOLDER) -> int:
    """Store lines `risk,risk|words`, `-|words` for a harmless one, leaving out texts that are there twice; returns how many."""
    rows: dict[str, Clause] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        listed, _, text = (part.strip() for part in line.partition("|"))
        risks = [] if listed == "-" else _listed(listed)
        if not text or not listed or not set(risks) <= set(RISKS):
            raise LineInvalid(path, number, f"not red lines|words, or -|words: {line[:40]!r}")
        rows.setdefault(text, Clause(f"{path.stem}-{_short_hash(text)}", text, risks))
    _write(folder / CLAUSES.relative_to(FOLDER) / f"{path.stem}.jsonl", rows.values())
    return len(rows)


def add_traps(path: Path, folder: Path = FOLDER) -> int:
    """Store lines `type_ab|a|b|type_c|c` as traps.jsonl."""
    traps, known = [], known_types()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [part.strip() for part in line.split("|")]
        if len(parts) != 5 or parts[0] not in known or parts[3] not in known:
            raise LineInvalid(path, number, f"not type_ab|a|b|type_c|c: {line[:40]!r}")
        name = f"{path.stem}-{_short_hash(line)}"
        traps.append(Trap(name, parts[1], parts[2], parts[4], parts[0], parts[3], split_of(name)))
    _write(folder / "traps" / f"{path.stem}.jsonl", traps)
    return len(traps)


def _write(path: Path, rows: Iterable[Description | Trap | Marks | Clause]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text("".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    fresh.replace(path)


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def descriptions(folder: Path = FOLDER, split: str | None = None) -> list[Description]:
    rows = [Description(**row) for path in sorted(folder.glob("*.jsonl")) for row in _read(path)]
    return [row for row in rows if split in (None, row.split)]


def traps(folder: Path = FOLDER, split: str | None = None) -> list[Trap]:
    rows = [Trap(**row) for path in sorted((folder / "traps").glob("*.jsonl")) for row in _read(path)]
    return [row for row in rows if split in (None, row.split)]


def marks(folder: Path = FOLDER) -> dict[str, Marks]:
    """What was marked, by the id of the description."""
    path = folder / MARKS.relative_to(FOLDER)
    return {row["id"]: Marks(**row) for row in _read(path)} if path.exists() else {}


def clauses(folder: Path = FOLDER) -> list[Clause]:
    return [Clause(**row) for path in sorted((folder / CLAUSES.relative_to(FOLDER)).glob("*.jsonl")) for row in _read(path)]


# --- check ------------------------------------------------------------------------------------

_PHONE = re.compile(r"1[3-9]\d{9}|\d{17}[\dXx]|0\d{2,3}-\d{7,8}")


def near_duplicates(rows: list[Description], limit: float = 0.6) -> list[tuple[Description, Description]]:
    """Pairs of different situations that nearly say the same."""
    pairs = proofing.near_duplicates([row.text for row in rows], limit)
    return [(rows[a], rows[b]) for a, b in pairs if rows[a].situation != rows[b].situation]


def clause_faults(found: list[Clause], rows: list[Description]) -> Iterator[str]:
    """Clauses told twice, and those that nearly say what a line of the valid or test split says."""
    times = Counter(item.text for item in found)
    yield from (f"clause told {count} times: {text[:40]}" for text, count in times.items() if count > 1)
    judging = [row for row in rows if row.split != "train"]
    for a, b in proofing.near_duplicates([*(row.text for row in judging), *(item.text for item in found)], 0.6):
        if a < len(judging) <= b:
            yield f"clause {found[b - len(judging)].id} is nearly {judging[a].id}: {judging[a].text[:40]}"


def openings(rows: list[Description], letters: int = 4) -> dict[str, list[tuple[str, int]]]:
    """Per type, openings that more than 1 % (and at least four) of its lines share, logs apart."""
    by_type: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.types and row.style != "接警记录":
            by_type[row.types[0]].append(row.text)
    smells = {}
    for type_id, texts in by_type.items():
        common = Counter(text[:letters] for text in texts).most_common()
        smells[type_id] = [(start, count) for start, count in common if count > max(3, 0.01 * len(texts))]
    return {type_id: starts for type_id, starts in smells.items() if starts}


def figures(rows: list[Description], all_traps: list[Trap], all_clauses: list[Clause]) -> dict[str, int | float]:
    """The figures that the bank promises, by name."""
    disputes = [row for row in rows if row.types]
    per_type = Counter(type_id for row in disputes for type_id in row.types)
    situations = Counter(row.situation for row in disputes)
    per_risk = Counter(risk for row in rows for risk in row.risks)
    return {
        "descriptions": len(disputes),
        "fewest_per_type": min((per_type[type_id] for type_id in known_types()), default=0),
        "situations_in_four_wordings": sum(count >= 4 for count in situations.values()),
        "implicit_share": round(sum(row.implicit for row in disputes) / max(1, len(disputes)), 3),
        "traps": len(all_traps),
        "with_risks": sum(bool(row.risks) for row in rows),
        "fewest_per_risk": min(per_risk[risk] for risk in RISKS),
        "near_misses": sum(row.situation.startswith("nearmiss") for row in rows),
        "no_dispute": sum(not row.types for row in rows),
        "clauses": len(all_clauses),
        "clauses_with_risks": sum(bool(item.risks) for item in all_clauses),
    }


PROMISED = {
    "descriptions": 10_000, "fewest_per_type": 220, "situations_in_four_wordings": 2_000, "implicit_share": 0.333,
    "traps": 1_500, "with_risks": 2_000, "fewest_per_risk": 150, "near_misses": 2_000, "no_dispute": 2_000,
    "clauses": 25_000, "clauses_with_risks": 12_500,
}


def check(folder: Path = FOLDER) -> list[str]:
    """Everything that falls short or smells; empty when the bank keeps its promises."""
    rows, all_traps = descriptions(folder), traps(folder)
    found = figures(rows, all_traps, clauses(folder))
    problems = [f"{name}: {found[name]} < {wanted}" for name, wanted in PROMISED.items() if found[name] < wanted]
    problems += [f"phone or identity number: {row.id}" for row in rows if _PHONE.search(row.text)]
    by_id = {row.id: row for row in rows}
    problems += [
        f"marks of {item.id}: {problem}" for item in marks(folder).values() for risk, words in item.words.items()
        if (problem := _mark_problem(by_id.get(item.id), risk, words))
    ]
    problems += [f"phone or identity number: {item.id}" for item in clauses(folder) if _PHONE.search(item.text)]
    problems += clause_faults(clauses(folder), rows)
    problems += [f"near-duplicate: {a.id} {b.id}: {a.text[:40]} / {b.text[:40]}" for a, b in near_duplicates(rows)]
    problems += [f"opening {start!r} {count} times in {t}" for t, starts in openings(rows).items() for start, count in starts]
    return problems


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    actions = {"add": add, "add-traps": add_traps, "add-clauses": add_clauses, "relabel": relabel, "mark": mark}
    for name in actions:
        commands.add_parser(name).add_argument("files", nargs="+", type=Path)
    commands.add_parser("check")
    args = parser.parse_args(argv)
    if args.command == "check":
        print(json.dumps(figures(descriptions(), traps(), clauses()), ensure_ascii=False))
        problems = check()
        print("\n".join(problems))
        return 1 if problems else 0
    try:
        for path in args.files:
            print(path.name, actions[args.command](path))
    except LineInvalid as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
