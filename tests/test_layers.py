"""The house keeps its shape: modules import only from those above, one library has one home."""

import ast
from pathlib import Path

import assistant

PACKAGE = Path(assistant.__file__).parent

# Reading order, lowest first; modules on one line do not import each other unless listed left to right.
ORDER = ["errors", "records", "settings", "wording", "corpus", "intake", "segmenter", "encoder", "lexical", "dense", "index", "redlines", "reader", "query", "fusion", "retriever", "advice", "render", "pipeline", "coverage", "evaluate", "ui", "cli", "__main__"]
ORDER.remove("segmenter")
ORDER.insert(ORDER.index("corpus"), "segmenter")

HOMES = {
    "jieba": "segmenter", "opencc": "segmenter", "sentence_transformers": "encoder", "faiss": "dense",
    "bm25s": "lexical", "gradio": "ui", "pydantic": "corpus", "trafilatura": "intake", "docx": "intake", "pypdf": "intake",
}


def imports(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it, as written with dots."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def modules() -> dict[str, set[str]]:
    """Top-level module of the package to what it imports; `ui` stands for all of its files."""
    found: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        found.setdefault(name, set()).update(imports(path))
    return found


def test_every_module_has_a_place_in_the_order():
    assert set(modules()) - {"__init__"} == set(ORDER)


def test_a_module_imports_only_from_those_above_it():
    for name, imported in modules().items():
        own = {item.split(".")[1] for item in imported if item.startswith("assistant.")}
        allowed = set(ORDER[: ORDER.index(name)]) | {name} if name in ORDER else set()
        assert own - allowed <= set(), f"{name} imports {sorted(own - allowed)}"


def test_one_library_has_one_home():
    for name, imported in modules().items():
        libraries = {item.split(".")[0] for item in imported} & HOMES.keys()
        assert {HOMES[library] for library in libraries} <= {name}, f"{name} imports {sorted(libraries)}"


def test_chinese_that_a_user_reads_stands_only_in_wording():
    # Headings that corpus files are read under, and labels of the corpus format, belong to corpus.py and records.py.
    allowed = {"wording.py", "corpus.py", "records.py", "coverage.py", "advice.py", "render.py"}
    for path in PACKAGE.rglob("*.py"):
        if path.name in allowed:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            docstrings = {ast.get_docstring(item, clean=False) for item in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                          if isinstance(item, (ast.Module, ast.ClassDef, ast.FunctionDef))}
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in docstrings:
                assert not any("\u4e00" <= letter <= "\u9fff" for letter in node.value), f"{path.name}: {node.value!r}"
