"""The few choices a maintainer may make, read once and handed down."""

from dataclasses import dataclass, fields, replace
from pathlib import Path

import yaml

from assistant.errors import FileMissing, SettingsInvalid

DEFAULT_SETTINGS = Path(__file__).resolve().parent.parent / "settings.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    corpus_dir: Path = Path("corpus")  # what is indexed
    lexicon_dir: Path = Path("corpus/lexicon")  # how wording is understood
    taxonomy_file: Path = Path("corpus/taxonomy.yaml")
    redlines_file: Path = Path("corpus/redlines.yaml")
    agreements_file: Path = Path("corpus/agreements.yaml")
    checklist_file: Path = Path("corpus/checklist.yaml")
    mediability_file: Path = Path("corpus/mediability.yaml")
    encoder_dir: Path = Path("models/encoder")  # a local folder: the assistant runs offline
    reader_dir: Path = Path("models/reader")
    index_dir: Path = Path("index")
    worklist_dir: Path = Path("worklist")  # what the keeper gathers for the corpus's editor, if switched on; figures of evaluate --keep
    passage_chars: int = 300  # target length of a passage of running text, in characters
    query_chars: int = 2000  # of a longer description the beginning and the end are read
    shown: int = 8  # hits shown by search
    types_shown: int = 5
    law_months: int = 12  # a law line that was checked longer ago than this says that it may have been revised
    host: str = "127.0.0.1"
    port: int = 7860
    audience: str = "public"  # whom the hall's screen speaks to; "staff" adds the lines for the mediator
    kiosk_paper: str = "a4"  # what its printer takes: "a4", or "80mm" for a receipt printer
    store: str = "embedded"  # where the index lives: "embedded" in index_dir, "milvus" at `uri`; see docs/scale.md
    uri: str = ""  # of Milvus: a file ending in .db (Milvus Lite, relative to this file), or http://host:19530
    collection: str = "tiaojie"  # the name in Milvus that readers open; letters, digits and _


CHOICES = {"audience": ("public", "staff"), "kiosk_paper": ("a4", "80mm"), "store": ("embedded", "milvus")}


def load_settings(path: Path) -> Settings:
    """Read `path`; its folders are relative to the file itself, wherever the command is run.

    Raises:
        FileMissing: there is no such file.
        SettingsInvalid: a key is unknown, or its value is of the wrong type.
    """
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        raise FileMissing(path) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsInvalid(path, str(error).splitlines()[0], []) from error
    accepted = {field.name: field.type for field in fields(Settings)}
    if not isinstance(given, dict):
        raise SettingsInvalid(path, str(given), list(accepted))
    for key, value in given.items():
        wanted = {Path: str, int: int, str: str}[accepted[key]] if key in accepted else None
        if wanted is None or not isinstance(value, wanted) or isinstance(value, bool):
            raise SettingsInvalid(path, str(key), list(accepted))
        if key in CHOICES and value not in CHOICES[key]:
            raise SettingsInvalid(path, f"{key}: {value}", list(CHOICES[key]))
    settings = Settings(**given)
    if settings.store == "milvus" and not settings.uri:
        raise SettingsInvalid(path, "store: milvus", ["uri"])
    if settings.uri and "://" not in settings.uri:
        settings = replace(settings, uri=str(path.parent / settings.uri))
    folders = {name: path.parent / getattr(settings, name) for name, kind in accepted.items() if kind is Path}
    return replace(settings, **folders)
