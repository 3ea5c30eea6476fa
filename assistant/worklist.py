"""What the corpus lacks, as its editor's list: votes on lines and unanswered descriptions, only where switched on.

Off by default. Text is masked (numbers, names, addresses) before it touches the disk. What is always
counted is how often which dispute type came up: numbers without a word of text.
"""

import json
import os
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

ROWS = 2_000  # the oldest go first
TEXT_CHARS = 300


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to look at."""

    kind: str  # "useful", "useless" or "unanswered"
    passage_id: str
    text: str  # the description, masked
    day: str


class Worklist:
    """The folder of one station's worklist; shared by all visitors of one server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = threading.Lock()
        self._on = (folder / "on").exists()

    @property
    def on(self) -> bool:
        return self._on

    def switch(self, on: bool) -> None:
        """Switching off keeps what was gathered, until `clear`."""
        with self._turn:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / "on").touch() if on else (self._folder / "on").unlink(missing_ok=True)
            self._on = on

    def add(self, kind: str, passage_id: str, text: str, mask: Callable[[str], str]) -> bool:
        """Put a row down; returns whether it was, which it is only while the list is switched on."""
        if not self._on:
            return False
        row = Row(kind, passage_id, mask(text[:TEXT_CHARS]), date.today().isoformat())
        with self._turn:
            self._write("rows.json", [*map(_told, self._rows()), _told(row)][-ROWS:])
        return True

    def count(self, type_id: str) -> None:
        """One more card of this type, this month."""
        with self._turn:
            counts = self._read("counts.json", {})
            month = counts.setdefault(date.today().isoformat()[:7], {})
            month[type_id] = month.get(type_id, 0) + 1
            self._write("counts.json", counts)

    def rows(self) -> list[Row]:
        with self._turn:
            return self._rows()

    def counts(self) -> dict[str, Counter[str]]:
        """Month to how often each type came up."""
        with self._turn:
            return {month: Counter(types) for month, types in sorted(self._read("counts.json", {}).items(), reverse=True)}

    def clear(self) -> None:
        """Forget the rows; counts stay."""
        with self._turn:
            (self._folder / "rows.json").unlink(missing_ok=True)

    def _rows(self) -> list[Row]:
        return [Row(**row) for row in self._read("rows.json", [])]

    def _read(self, name: str, nothing):
        try:
            return json.loads((self._folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return nothing

    def _write(self, name: str, told) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._folder / f".{name}.{secrets.token_hex(4)}.tmp"
        fresh.write_text(json.dumps(told, ensure_ascii=False, indent=0), encoding="utf-8")
        os.replace(fresh, self._folder / name)


def _told(row: Row) -> dict[str, str]:
    return {"kind": row.kind, "passage_id": row.passage_id, "text": row.text, "day": row.day}
