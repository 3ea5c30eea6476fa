"""Files on their way into corpus/local: read, cleaned, compared with what is there; nothing is written here."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from assistant import proofing
from assistant.articles import known_by, read_one
from assistant.cleaning import Article
from assistant.errors import FileRefused
from assistant.local import Entry
from assistant.quarantine import Quarantine

NEAR = 0.55  # Jaccard overlap of character bigrams, from which two articles are nearly the same
WITHIN = 0.92  # share of the shorter one's bigrams that the longer one has, from which it is part of it
WITHIN_CHARS = 200


@dataclass(frozen=True, slots=True)
class Incoming:
    """What became of one file: an article, or a refusal; and what it is like."""

    name: str
    article: Article | None = None
    refusal: FileRefused | None = None
    same_as: str = ""  # title or file of the same text, imported before or in this very import
    near: str = ""  # title of a text that is nearly the same
    warnings: tuple[str, ...] = ()  # keys of wording.keeper.WARNINGS


class Comparison:
    """The articles that are there already, and those of this import as they come."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._marks = {entry.mark: entry.title for entry in entries if entry.mark}
        self._texts = [(entry.title, _letters(entry.text)) for entry in entries if entry.mark]
        self._bigrams = [proofing.bigrams(text) for _, text in self._texts]

    def same_as(self, article: Article) -> str:
        return self._marks.get(known_by(article), "")

    def near(self, article: Article) -> str:
        own_text = _letters(article.body)
        own = proofing.bigrams(own_text)
        for (title, text), pairs in zip(self._texts, self._bigrams, strict=True):
            shared, shorter = len(own & pairs), min(len(own), len(pairs))
            part = shared >= WITHIN * shorter and min(len(own_text), len(text)) >= WITHIN_CHARS
            if shorter and (part or shared >= NEAR * len(own | pairs)):
                return title
        return ""

    def add(self, article: Article) -> None:
        self._marks[known_by(article)] = article.title
        self._texts.append((article.title, _letters(article.body)))
        self._bigrams.append(proofing.bigrams(article.body))


def _letters(text: str) -> str:
    return re.sub(r"\W", "", text)


def examine(
    files: Iterable[tuple[str, bytes | FileRefused]], quarantine: Quarantine, comparison: Comparison
) -> Iterator[Incoming]:
    """What would become of each file if it were imported."""
    for name, content in files:
        if isinstance(content, FileRefused):
            yield Incoming(name, refusal=content)
            continue
        try:
            article = read_one(quarantine, name, content)
        except FileRefused as refusal:
            yield Incoming(name, refusal=refusal)
            continue
        same = comparison.same_as(article)
        near = "" if same else comparison.near(article)
        comparison.add(article)
        yield Incoming(name, article, None, same, near, proofing.personal(article.body))
