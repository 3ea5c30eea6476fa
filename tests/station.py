"""A station of its own for a test: a copy of the corpus, whose local/ may be written to, and of its built index."""

import shutil
from dataclasses import replace
from pathlib import Path

from assistant.settings import Settings


def own_station(built: Settings, root: Path) -> Settings:
    shutil.copytree(built.corpus_dir, root / "corpus")
    shutil.copytree(built.index_dir, root / "index")
    return replace(
        built, corpus_dir=root / "corpus", lexicon_dir=root / "corpus" / "lexicon", index_dir=root / "index",
        taxonomy_file=root / "corpus" / "taxonomy.yaml", redlines_file=root / "corpus" / "redlines.yaml",
        worklist_dir=root / "worklist",
    )
