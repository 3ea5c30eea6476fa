"""The house keeps its shape: modules import only from those above, one library has one home."""

import ast
import re
from pathlib import Path

import assistant

PACKAGE = Path(assistant.__file__).parent

# "    errors records settings wording     values and words": names, then what they are about
ORDER = [
    name
    for names in re.findall(r"^    (\S.*?) {2,}\S", assistant.__doc__, re.MULTILINE)
    for name in names.split()
] + ["__main__"]

HOMES = {
    "jieba": "segmenter", "opencc": "segmenter", "sentence_transformers": "encoder", "safetensors": "encoder", "faiss": "dense",
    "bm25s": "lexical", "pymilvus": "milvus", "gradio": "ui", "pydantic": "corpus", "trafilatura": "intake", "pypdf": "intake",
    "lxml": "intake office", "charset_normalizer": "intake", "jinja2": "ui", "markupsafe": "ui", "segno": "ui", "matplotlib": "ui",
    "docx": "intake office", "pptx": "office",  # Word files are read in one place and written in another
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
        assert all(name in HOMES[library].split() for library in libraries), f"{name} imports {sorted(libraries)}"


# Labels of the corpus format (stages, listeners, roles) are part of these modules' logic.
SPEAK_THE_FORMAT = {
    "evaluate.py", "records.py", "corpus.py", "coverage.py", "proofing.py", "advice.py", "render.py",
    "mediability.py",
    "public.py",
    "office.py",  # names of fonts
    "lesson.py",  # where a clause ends
    "sheets.py",  # stages, and the hints on forms
    "statutes.py",  # how articles are written and asked for
    "cleaning.py", "names.py", "intake.py", "segmenter.py",  # what foreign pages say about themselves, what names look like
}


def test_chinese_that_a_user_reads_stands_only_in_wording():
    for path in PACKAGE.rglob("*.py"):
        if path.name in SPEAK_THE_FORMAT or path.parent.name == "wording":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        docstrings = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, documented)}
        spoken = [
            node.value for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in docstrings
            and any("\u4e00" <= letter <= "\u9fff" for letter in node.value)
        ]
        assert spoken == [], path.name
