"""What a station adds itself, below corpus/local: imported articles and notes, each one file, each change one rename.

There is no journal and no list of what is there: the files are the state. A file appears, changes or
goes in one step of the file system, a whole import too (its folder is renamed into place), so that a
reader, or a machine that lost power, sees the old state or the new.
"""

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from assistant import corpus as corpus_reader
from assistant import proofing
from assistant.articles import known_by
from assistant.cleaning import Article
from assistant.corpus import LOCAL
from assistant.errors import CorpusInvalid, EntryUnknown
from assistant.records import UNREVIEWED, Document, Fault, Kind, Passage
from assistant.settings import Settings

IMPORTS = "imports"
STALE_SECONDS = 3600  # what an interrupted write left behind is swept after this long
NOTE_KINDS = (Kind.CUSTOM, Kind.SAYING, Kind.PHRASING, Kind.CASE)

# The fields of a note in the order of its file; phrasing and cases stand in a file of their dispute type.
_NOTE_FIELDS: dict[Kind, tuple[str, ...]] = {
    Kind.CUSTOM: ("title", "types", "spread", "text", "quarrel", "use", "binding", "law"),
    Kind.SAYING: ("text", "form", "meaning", "use", "hurt", "types", "stages", "region"),
    Kind.PHRASING: ("stage", "listener", "setting", "text", "avoid", "region"),
    Kind.CASE: ("title", "text"),
}
_LISTS = frozenset({"types", "stages"})
_NOTE_FILE = re.compile(r"(?:^|[./])note-(?P<token>[0-9a-f]{8})\.yaml$")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was added: an article, or a note."""

    entry_id: str
    kind: Kind
    title: str
    text: str
    state: str  # "", UNREVIEWED or DISABLED
    file: str  # below corpus/local
    source: str
    date: str
    types: tuple[str, ...]
    region: str
    editable: bool  # written by this program, one entry a file; others are edited by hand
    mark: str = ""  # of an imported article: what tells its text from any other


class Local:
    """The folder corpus/local of one corpus."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.folder = settings.corpus_dir / LOCAL

    # --- reading -----------------------------------------------------------------------------

    def entries(self) -> tuple[list[Entry], list[Fault]]:
        """Everything that was added, newest file first; and what is wrong with files written by hand."""
        found, faults = corpus_reader.read_local(self._settings.corpus_dir, self._settings.passage_chars)
        documents = {document.doc_id: document for document in found.documents}
        entries: dict[str, Entry] = {}
        for passage in found.passages:
            entry = self._entry(passage, documents[passage.doc_id])
            entries.setdefault(entry.entry_id, entry)
        return sorted(entries.values(), key=lambda entry: -self._changed(entry.file)), faults

    def _changed(self, file: str) -> float:
        try:
            return (self.folder / file).stat().st_mtime
        except OSError:
            return 0.0

    def _entry(self, passage: Passage, document: Document) -> Entry:
        file = document.file.removeprefix(f"{LOCAL}/")
        state = passage.meta.get("state", "")
        if passage.kind is Kind.GUIDANCE:
            front, body = _parts(document.text)
            return Entry(
                front["id"], Kind.GUIDANCE, document.title, body, state, file, document.source, document.date, document.types,
                document.region, file.startswith(f"{IMPORTS}/"), front.get("mark") or "",
            )
        return Entry(
            passage.passage_id, passage.kind, passage.title if passage.kind is not Kind.SAYING else passage.text, passage.text,
            state, file, document.source, document.date, passage.types, passage.meta.get("region", document.region),
            _NOTE_FILE.search(file) is not None,
        )

    def entry(self, entry_id: str) -> Entry:
        """Raises EntryUnknown."""
        for entry in self.entries()[0]:
            if entry.entry_id == entry_id:
                return entry
        raise EntryUnknown(entry_id)

    def note_values(self, entry: Entry) -> dict[str, Any]:
        """The fields of a note as its form shows them."""
        record, values = _note(self._read(entry))
        told = {"source": record["source"], "region": record.get("region", ""), **values}
        return told | ({"type": record["id"]} if entry.kind in (Kind.PHRASING, Kind.CASE) else {})

    def article_values(self, entry: Entry) -> dict[str, Any]:
        """The head of an imported article and its text."""
        front, body = _parts(self._read(entry))
        return {**front, "text": re.sub(r"\A\s*# .*\n+", "", body)}

    def _read(self, entry: Entry) -> str:
        return (self.folder / entry.file).read_text(encoding="utf-8")

    # --- notes -------------------------------------------------------------------------------

    def check_note(self, kind: Kind, values: Mapping[str, Any], others: Sequence[Passage], own_id: str = "") -> None:
        """What `check` would say of this note.

        Raises:
            CorpusInvalid: with every fault found.
        """
        token = own_id.removeprefix("local-") or "00000000"
        file, text = note_file(kind, token, values, UNREVIEWED)
        self._check(file, text, [passage for passage in others if passage.passage_id != own_id])

    def _check(self, file: str, text: str, others: Sequence[Passage]) -> None:
        found = corpus_reader.read_candidate(self._settings.corpus_dir, f"{LOCAL}/{file}", text, self._settings.passage_chars)
        faults = proofing.proofread_added(found, others, self._settings.corpus_dir, self._settings.lexicon_dir)
        if faults:
            raise CorpusInvalid(faults)

    def save_note(self, kind: Kind, values: Mapping[str, Any], own_id: str = "") -> str:
        """Write a note that was checked; returns its id. A changed note waits for a second look again."""
        if own_id:
            entry = self.entry(own_id)
            if not entry.editable or entry.kind is not kind:
                raise EntryUnknown(own_id)
            if kind in (Kind.PHRASING, Kind.CASE):  # the type is part of the file's name, which stays
                values = {**values, "type": _note(self._read(entry))[0]["id"]}
        token = own_id.removeprefix("local-") or secrets.token_hex(4)
        file, text = note_file(kind, token, values, UNREVIEWED)
        self._write(entry.file if own_id else file, text)
        return f"local-{token}"

    # --- articles ----------------------------------------------------------------------------

    def add_articles(self, articles: Sequence[tuple[Article, Mapping[str, Any]]], state: str, today: str) -> list[str]:
        """Put imported articles in place, all in one step; returns their ids.

        With each article goes what a person chose for it: types, region.
        """
        if not articles:
            return []
        self.sweep()
        batch = time.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(2)
        staged = self.folder / f".incoming-{batch}"
        (self.folder / IMPORTS).mkdir(parents=True, exist_ok=True)
        staged.mkdir()
        for article, chosen in articles:
            mark = known_by(article)
            _write_whole(staged / f"{_file_title(article.title)}-{mark}.md", article_text(article, chosen, state, today))
        _sync_folder(staged)
        os.rename(staged, self.folder / IMPORTS / batch)
        _sync_folder(self.folder / IMPORTS)
        return [f"import-{known_by(article)}" for article, _ in articles]

    def check_article(self, article: Article, chosen: Mapping[str, Any], today: str) -> None:
        """Raises CorpusInvalid: a type, date or region that was chosen is not usable."""
        corpus_reader.read_candidate(
            self._settings.corpus_dir, f"{LOCAL}/{IMPORTS}/x/x.md", article_text(article, chosen, "", today),
            self._settings.passage_chars,
        )

    def save_article(self, entry_id: str, values: Mapping[str, Any]) -> None:
        """Change the head or the text of an imported article.

        Raises:
            CorpusInvalid, EntryUnknown
        """
        entry = self._editable(entry_id)
        front, _ = _parts(self._read(entry))
        front |= {key: values[key] for key in ("title", "author", "date", "source", "types", "region") if key in values}
        text = _front_text(front) + f"# {front['title']}\n\n{values['text'].strip()}\n"
        corpus_reader.read_candidate(self._settings.corpus_dir, f"{LOCAL}/{entry.file}", text, self._settings.passage_chars)
        self._write(entry.file, text)

    # --- both --------------------------------------------------------------------------------

    def set_state(self, entry_id: str, state: str) -> None:
        """Approve (""), or switch off (DISABLED), or on again."""
        entry = self._editable(entry_id)
        text = self._read(entry)
        if entry.kind is Kind.GUIDANCE:
            front, body = _parts(text)
            text = _front_text({**front, "state": state}) + body
        else:
            text = note_file(entry.kind, entry_id.removeprefix("local-"), self.note_values(entry), state)[1]
        self._write(entry.file, text)

    def delete(self, entry_id: str) -> None:
        path = self.folder / self._editable(entry_id).file
        path.unlink()
        if path.parent.parent.name == IMPORTS and not any(path.parent.iterdir()):
            path.parent.rmdir()

    def _editable(self, entry_id: str) -> Entry:
        entry = self.entry(entry_id)
        if not entry.editable:
            raise EntryUnknown(entry_id)
        return entry

    def _write(self, file: str, text: str) -> None:
        """Put a whole file in place of the one before."""
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        _write_whole(fresh, text)
        os.replace(fresh, path)
        _sync_folder(path.parent)

    def sweep(self) -> None:
        """Remove what interrupted writes left behind."""
        before = time.time() - STALE_SECONDS
        for path in [*self.folder.glob(".incoming-*"), *self.folder.rglob(".*.tmp")]:
            try:
                if path.stat().st_mtime < before:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            except OSError:
                continue  # another process was faster


# --- files as text -----------------------------------------------------------------------------


def note_file(kind: Kind, token: str, values: Mapping[str, Any], state: str) -> tuple[str, str]:
    """(file below corpus/local, its text) of a note; the same schemas as the shipped files."""
    fields = {"id": f"local-{token}", **{key: _plain(key, values.get(key, "")) for key in _NOTE_FIELDS[kind]}}
    fields = {key: value for key, value in fields.items() if value or key in ("types", "stages") or key != "region"}
    if state:
        fields["state"] = state
    head = {"source": _plain("source", values.get("source", "")), "date": re.sub(r"[^\d-]", "", str(values.get("date", "")))}
    if kind is Kind.CUSTOM:
        region = _plain("region", values.get("region", ""))
        return f"customs/note-{token}.yaml", _yaml({"region": region, **head}, "customs", fields)
    if kind is Kind.SAYING:
        return f"sayings.note-{token}.yaml", _yaml(head, "sayings", fields)
    type_id = re.sub(r"[^a-z_]", "", str(values.get("type", ""))) or "none"
    part = "phrasing" if kind is Kind.PHRASING else "cases"
    name = _plain("name", values.get("type_name", "")) or type_id
    return f"disputes/{type_id}.note-{token}.yaml", _yaml({"id": type_id, "name": name, **head}, part, fields)


def article_text(article: Article, chosen: Mapping[str, Any], state: str, today: str) -> str:
    """An imported article as a file of corpus/local."""
    mark = known_by(article)
    front = {
        "id": f"import-{mark}", "title": article.title, "source": article.source or article.author or article.name,
        "date": article.date or today, "author": article.author, "types": list(chosen.get("types", ())),
        "region": chosen.get("region", ""), "state": state, "file": article.name, "mark": mark, "byline": list(article.byline),
    }
    return _front_text(front) + f"# {article.title}\n\n{article.body}"


def _front_text(front: Mapping[str, Any]) -> str:
    """JSON strings are YAML strings too, whatever stands in them."""
    lines = []
    for key, value in front.items():
        if value in ("", None, []):
            continue
        shown = str(value) if key in ("date", "id") else json.dumps(value, ensure_ascii=False)
        lines.append(f"{key}: {shown}")
    return "---\n" + "\n".join(lines) + "\n---\n"


def _parts(text: str) -> tuple[dict[str, Any], str]:
    """(front matter, the rest) of an article."""
    _, head, body = text.split("---\n", 2)
    front = yaml.safe_load(head)
    return {**front, "date": str(front["date"])}, body


def _note(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the file's record, its one entry) of a note."""
    record = yaml.safe_load(text)
    record["date"] = str(record["date"])
    entry = next(value[0] for value in record.values() if isinstance(value, list))
    values = {"type_name": record.get("name", ""), "date": record["date"]}
    return record, values | {key: value for key, value in entry.items() if key not in ("id", "state")}


def _yaml(head: Mapping[str, str], part: str, fields: Mapping[str, Any]) -> str:
    lines = [f"{key}: {value if key == 'date' else _scalar(value, 2)}" for key, value in head.items()]
    lines.append(f"{part}:")
    for number, (key, value) in enumerate(fields.items()):
        shown = f"[{', '.join(value)}]" if isinstance(value, list) else _scalar(value, 6)
        lines.append(f"  {'-' if number == 0 else ' '} {key}: {shown}")
    return "\n".join(lines) + "\n"


def _scalar(value: str, indent: int) -> str:
    """A text as YAML in which it stands letter by letter, so that a passage is a span of the file."""
    if not value:
        return '""'
    try:
        if yaml.safe_load(f"a: {value}") == {"a": value}:
            return value
    except yaml.YAMLError:
        pass
    return f"|-\n{' ' * indent}{value}"


def _plain(key: str, value: Any) -> Any:
    """What a form sends, fit for one line; lists hold ids and stages only."""
    if key in _LISTS:
        return [re.sub(r"[^\w-]", "", str(item)) for item in value] if isinstance(value, (list, tuple)) else []
    shown = "".join(letter if letter.isprintable() else " " for letter in str(value))
    return re.sub(r"\s+", " ", shown).strip()


def _file_title(title: str) -> str:
    return re.sub(r"[^\w-]+", "", title)[:24] or "article"


def _write_whole(path: Path, text: str) -> None:
    with open(path, "w", encoding="utf-8", newline="\n") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())


def _sync_folder(folder: Path) -> None:
    """A rename lasts once its folder is on disk; where folders cannot be opened there is nothing to do."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


