"""Run in a process of its own by test_killed: dies at chosen points of a change and looks at what is left.

The models are loaded once; each point is a forked child that ends itself (os._exit, no clean-up) just
before its n-th touch of the disk, counted by an audit hook, so that the program needs no hooks for this.
"""

import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))
os.environ["OMP_NUM_THREADS"] = "1"

import foreign

from assistant import index, pipeline
from assistant.cleaning import clean
from assistant.errors import IndexStale
from assistant.intake import Foreign
from assistant.local import Local
from assistant.pipeline import Assistant
from assistant.settings import DEFAULT_SETTINGS, load_settings
from assistant.upkeep import Upkeep

POINTS = 10
TOUCHES = {"os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.truncate", "shutil.rmtree"}
TODAY = "2026-11-22"


def run(root: Path) -> None:
    settings = replace(
        load_settings(DEFAULT_SETTINGS), corpus_dir=root / "corpus", lexicon_dir=root / "corpus/lexicon", index_dir=root / "index",
        taxonomy_file=root / "corpus/taxonomy.yaml", redlines_file=root / "corpus/redlines.yaml",
    )
    import torch

    torch.set_num_threads(1)
    holder = [pipeline.open_assistant(settings)]
    upkeep = Upkeep(lambda: holder[0], lambda fresh: holder.__setitem__(0, fresh))
    texts = [f"第{number}回赶集怎么劝架\n{foreign.FIRST}\n这是第{number}回。\n" for number in "一二三四五六"]
    articles = [(clean(Foreign(f"{number}.txt", text)), {}) for number, text in enumerate(texts)]

    upkeep.change(lambda local: None)  # words are known from now on, as in a server that has run for a while
    shutil.copytree(root, root.parent / "before")
    changes = {
        "import": lambda: Local(settings).add_articles(articles, "", TODAY),
        "swap": lambda: upkeep.change(lambda local: local.add_articles(articles, "", TODAY)),
    }
    for name, change in changes.items():
        total = killed_at(change, root, 10**9)
        restore(root)
        points = sorted({1 + round(step * (total - 1) / (POINTS - 1)) for step in range(POINTS)})
        for point in points:
            killed_at(change, root, point)
            print(json.dumps({"change": name, "point": point, "of": total, **state(settings, holder[0], upkeep._words)}), flush=True)
            restore(root)


def killed_at(change, root: Path, point: int) -> int:
    """Do it in a child that dies before its touch number `point`; returns how many touches there were."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        touched = 0

        def audit(event: str, arguments: tuple) -> None:
            nonlocal touched
            written = event in TOUCHES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_DIRECTORY))
            if written and str(root) in os.fsdecode(arguments[0] if not isinstance(arguments[0], int) else b""):
                touched += 1
                if touched == point:
                    os._exit(9)

        sys.addaudithook(audit)
        change()
        os.write(into, str(touched).encode())
        os._exit(0)
    os.close(into)
    told = os.read(out, 20)
    os.close(out)
    os.waitpid(child, 0)
    return int(told or 0)


def state(settings, shipped: Assistant, words: index.Words) -> dict:
    """What a program that starts now would find."""
    entries, faults = Local(settings).entries()
    try:
        index.open_index(settings)
        opened = "fits"
    except IndexStale as stale:
        opened = f"stale {stale.part}"  # and nothing worse, such as damaged: the old generation is whole
        manifest = index._read_manifest(settings.index_dir)
        with mock.patch.object(index, "fingerprints", lambda _: manifest["fingerprints"]):
            index._open_generation(settings, manifest)
    renewed = shipped.renewed(dict(words)) if opened != "fits" else Assistant(
        settings, index.open_index(settings), shipped._encoder, shipped._reader, shipped._parts)
    found = sum(document.file.startswith("local/imports/") for document in renewed._index.documents.values())
    return {"entries": len(entries), "faults": len(faults), "index": opened, "found": found}


def restore(root: Path) -> None:
    for folder in ("corpus/local", "index"):
        shutil.rmtree(root / folder)
        shutil.copytree(root.parent / "before" / folder, root / folder)


if __name__ == "__main__":
    run(Path(sys.argv[1]))
