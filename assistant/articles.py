"""Foreign files become articles: read in quarantine, cleaned, cut into passages; plain folders, single files, zips."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from assistant import intake
from assistant.cleaning import Article, clean
from assistant.corpus import Corpus, split_article
from assistant.errors import CorpusEmpty, FileMissing, FileRefused
from assistant.quarantine import Quarantine
from assistant.records import Document, Passage

HAN_LEAST = 10  # Chinese characters, below which there is nothing to import


def read_articles(folder: Path, passage_chars: int) -> Corpus:
    """Read every article below a plain folder, in the order of their paths.

    Raises:
        FileMissing: there is no such folder.
        FileRefused: a file is not what its ending says, or breaks a limit.
        CorpusEmpty: no file holds any text.
    """
    if not folder.exists():
        raise FileMissing(folder)
    read = list(stream_articles(folder, article_files(folder), passage_chars))
    passages = tuple(passage for _, found in read for passage in found)
    if not passages:
        raise CorpusEmpty(folder)
    return Corpus(tuple(document for document, _ in read), passages)


def stream_articles(folder: Path, files: Iterable[Path], passage_chars: int) -> Iterator[tuple[Document, list[Passage]]]:
    """Read these articles below a plain folder, one after another, each with its passages.

    Raises:
        FileRefused: a file is not what its ending says, or breaks a limit.
    """
    with Quarantine() as quarantine:
        for path in files:
            file = path.relative_to(folder).as_posix()
            article = clean(quarantine.read(file, contents(path)))
            doc_id = hashlib.sha256(file.encode()).hexdigest()[:12]
            text = f"# {article.title}\n\n{article.body}"
            document = Document(doc_id, file, article.title, text, article.source or path.name, article.date)
            yield document, split_article(document, len(text) - len(article.body), passage_chars, {})


def article_files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in intake.ARTICLES and path.is_file()]


def contents(path: Path) -> bytes:
    """The bytes of a file that is not too large.

    Raises:
        FileMissing, FileRefused
    """
    try:
        if path.stat().st_size > intake.FILE_BYTES:
            raise FileRefused(path.name, "too_large")
        return path.read_bytes()
    except FileNotFoundError:
        raise FileMissing(path) from None
    except OSError as error:
        raise FileRefused(path.name, "damaged", str(error)) from error


def import_files(paths: Iterable[Path]) -> Iterator[tuple[str, bytes | FileRefused]]:
    """(name, content) of the files named, of the documents in the folders and zips named, in order."""
    for path in paths:
        if not path.exists():
            raise FileMissing(path)
        found = [path] if path.is_file() else sorted(
            file for file in path.rglob("*") if file.suffix.lower() in intake.IMPORTED and file.is_file() and not file.is_symlink()
        )
        for file in found:
            name = file.name if file is path else file.relative_to(path).as_posix()
            try:
                yield from unpacked(name, contents(file))
            except FileRefused as refusal:
                yield name, refusal


def unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes | FileRefused]]:
    """The file itself, or the documents in it when it is a zip."""
    try:
        if not content.strip() or intake.sniff(name, content) != ".zip":
            yield name, content
            return
        for inside, found in list(intake.unzip(name, content)):
            nested = inside.lower().endswith((".zip", ".rar", ".7z"))
            known = inside.lower().endswith(intake.IMPORTED)
            yield f"{name}/{inside}", FileRefused(inside, "nested" if nested else "format") if nested or not known else found
    except FileRefused as refusal:
        yield name, refusal


def read_one(quarantine: Quarantine, name: str, content: bytes) -> Article:
    """One foreign file as a clean article.

    Raises:
        FileRefused: it cannot be read, or holds too little Chinese.
    """
    article = clean(quarantine.read(name, content))
    if len(re.findall(r"[\u3400-\u9fff]", article.body)) < HAN_LEAST:
        raise FileRefused(name, "no_chinese")
    return article


def known_by(article: Article) -> str:
    """What tells whether the same text was imported before, whatever file it came in."""
    return hashlib.sha256(re.sub(r"\W", "", article.body).encode()).hexdigest()[:10]


def corrected(article: Article, title: str = "", author: str = "", date: str = "", source: str = "") -> Article:
    """The article with what a person put right."""
    return replace(article, title=title or article.title, author=author, date=date, source=source)
