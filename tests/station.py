"""A station of its own for a test: a copy of the corpus, whose local/ may be written to, and of its built index."""

import shutil
from dataclasses import fields, replace
from pathlib import Path

from assistant.settings import Settings


def own_station(built: Settings, root: Path) -> Settings:
    shutil.copytree(built.corpus_dir, root / "corpus")
    shutil.copytree(built.index_dir, root / "index")
    chosen = {field.name: getattr(built, field.name) for field in fields(built)}
    own = {
        name: root / "corpus" / value.relative_to(built.corpus_dir) for name, value in chosen.items()
        if isinstance(value, Path) and value.is_relative_to(built.corpus_dir)
    }
    return replace(built, **own, index_dir=root / "index", worklist_dir=root / "worklist")
