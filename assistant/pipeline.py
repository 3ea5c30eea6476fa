"""The main path on one screen: text in, advice out. Read this file first."""

import gc
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from assistant import corpus, examination, index, query, wording
from assistant.advice import SECTIONS, Composer
from assistant.encoder import Encoder
from assistant.errors import IndexStale, PassageUnknown
from assistant.examination import Examination
from assistant.index import Index
from assistant.library import Found, Library
from assistant.mediability import MediabilityJudge
from assistant.public import Book
from assistant.query import understand
from assistant.reader import Features, Reader, load_reader
from assistant.records import Advice, DisputeType, Document, Hit, Kind, Passage, Query, Score, Taps
from assistant.redlines import RedLineFinder, compile_rules
from assistant.retriever import Filter, Retriever
from assistant.segmenter import load_segmenter
from assistant.settings import Settings
from assistant.statutes import Resolution, Statutes


class Assistant:
    """One open index with everything that reads a description. Shared by all visitors, so it never changes."""

    def __init__(self, settings: Settings, found: Index, encoder: Encoder, reader: Reader, parts: "Parts") -> None:
        self.settings = settings
        self.types = parts.types
        self.checklist = parts.checklist
        self.segmenter = parts.segmenter
        self._index = found
        self._encoder, self._reader, self._parts = encoder, reader, parts
        stages = Stages(settings, found, reader, parts)
        self._retriever, self._composer, self._finder = stages.retriever, stages.composer, stages.finder
        self.library = Library(found, self._retriever, parts.types)
        self._told = {passage.passage_id: passage for passage in parts.public.passages}
        self._told_in = {document.doc_id: document for document in parts.public.documents}
        self._statutes = Statutes(tuple(stages.laws.values()), parts.former_laws)

    def warm(self) -> None:
        """Do beforehand what the first questions would wait for; a server's own time, not worth it for one question."""
        self._retriever.warm()

    def ask(
        self, text: str, region: str | None = None, taps: Taps = Taps(), type_id: str | None = None,
        ignored: frozenset[str] = frozenset(),
    ) -> Advice:
        """Advise on one description.

        Args:
            type_id: the type that a person tapped, if any.
            ignored: everyday wordings that a person switched off: they are not taken for standard terms.
        """
        began = time.perf_counter()
        text = query.clean(text, self.settings.query_chars)
        named = None if type_id else self._statutes.resolve(text)
        if named and named.only:
            return self._statute_card(text, named, began)
        understood = self._understand(text, region, taps, ignored)
        status, reason = query.judge(text, understood)
        if type_id:
            understood, status, reason = with_type(understood, type_id), "ok", ""
        risks = self._finder.find(understood) if status == "ok" else ()
        if status == "ok" and not risks and query.is_vague(understood):
            status, reason = "low_confidence", "unsure"
        doubtful = self._finder.doubtful(understood, risks)
        advice = self._composer.compose(understood, risks, doubtful, status, wording.STATUS_MESSAGES[reason])
        return replace(advice, elapsed_ms=round(1000 * (time.perf_counter() - began), 2))

    def search(self, text: str, wanted: Filter = Filter(), count: int | None = None, mode: str = "hybrid") -> list[Hit]:
        """The passages nearest to a text, best first; an article of law that it names stands above them all."""
        text = query.clean(text, self.settings.query_chars)
        count = count or self.settings.shown
        named = self._statutes.resolve(text)
        first = [hit for hit in self._statute_hits(named) if wanted.accepts(hit.passage)] if named else []
        if named and named.only:
            return first[:count]
        understood = self._understand(text)
        nearest = self._retriever.search(understood, wanted, count, mode)
        known = {hit.passage.passage_id for hit in first}
        return [*first, *(hit for hit in nearest if hit.passage.passage_id not in known)][:count]

    def statute(self, text: str) -> Resolution | None:
        """What the articles of law that a text names lead to, and what to know about their numbers."""
        return self._statutes.resolve(query.clean(text, self.settings.query_chars))

    def examine(self, text: str, region: str | None = None, count: int = 15) -> Examination:
        """Everything about one query: what was understood, each ranking, what was held back and why."""
        text = query.clean(text, self.settings.query_chars)
        understood = self._understand(text, region)
        advice = self.ask(text, region)
        return examination.examine(
            understood, advice, self._retriever, self._parts.rules, self._reader.thresholds, count
        )

    def passages(self) -> tuple[Passage, ...]:
        """All that can be found, in the order of the corpus."""
        return self._index.passages

    def explore(self, text: str, wanted: Filter = Filter(), count: int = 10, skip: int = 0) -> Found:
        """A search as the trainer's desk needs it: with how many passages each filter would leave."""
        text = query.clean(text, self.settings.query_chars)
        understood = self._understand(text) if text else None
        return self.library.explore(understood, wanted, count, skip)

    def source(self, passage_id: str) -> tuple[Passage, Document]:
        """A passage with the document it stands in.

        Raises:
            PassageUnknown
        """
        if passage_id in self._told:
            return self._told[passage_id], self._told_in[self._told[passage_id].doc_id]
        if passage_id not in self._index.position:
            raise PassageUnknown(passage_id)
        passage = self._index.passages[self._index.position[passage_id]]
        return passage, self._index.documents[passage.doc_id]

    def entries(self, passage_ids: Sequence[str]) -> list[Hit]:
        """The passages with these ids, as many of them as there are."""
        known = [item for item in passage_ids if item in self._told or item in self._index.position]
        return [Hit(*self.source(item), score=1.0) for item in known]

    def _statute_hits(self, named: Resolution) -> list[Hit]:
        documents = self._index.documents
        return [Hit(item, documents[item.doc_id], 1.0, (named.named[item.passage_id],)) for item in named.passages]

    def _statute_card(self, text: str, named: Resolution, began: float) -> Advice:
        """A card of law lines alone: somebody asked for an article, not for advice."""
        sections = {section.name: () for section in SECTIONS} | {"law": tuple(self._statute_hits(named))}
        return Advice(
            query=text, status="ok" if named.passages else "low_confidence", message=named.told, types=(), active=(), terms=(),
            ignored=frozenset(), risks=(), mediability=None, sections=sections, law_months=self.settings.law_months,
            elapsed_ms=round(1000 * (time.perf_counter() - began), 2),
        )

    def renewed(self, words: index.Words) -> "Assistant":
        """Another assistant over the corpus as it is on disk now; whoever asks this one goes on undisturbed.

        Raises:
            AssistantError: the corpus on disk has a fault; nothing was changed.
        """
        found = index.build_index(self.settings, self._parts.segmenter, self._encoder, words=words, before=self._index)
        return Assistant(self.settings, found, self._encoder, self._reader, self._parts)

    def _understand(
        self, text: str, region: str | None = None, taps: Taps = Taps(), ignored: frozenset[str] = frozenset()
    ) -> Query:
        parts = self._parts
        return understand(text, region, taps, ignored, parts.segmenter, self._encoder, self._reader, parts.lexicon)


class Stages:
    """What works on an open index, one after the other; benchmarks time each of them by itself."""

    def __init__(self, settings: Settings, found: Index, reader: Reader, parts: "Parts") -> None:
        self.retriever = Retriever(found, parts.segmenter)
        self.judge = MediabilityJudge(*corpus.read_mediability(settings.mediability_file), self.retriever)
        self.composer = Composer(self.retriever, self.judge, parts.types, settings.types_shown, settings.law_months)
        self.laws = {item.passage_id: item for item in map(found.passages.__getitem__, found.rows_of((Kind.LAW,)))}
        self.finder = RedLineFinder(parts.rules, self.laws, reader.thresholds)


class Parts:
    """What is read from plain files before anything heavy is loaded."""

    def __init__(self, settings: Settings) -> None:
        self.segmenter = load_segmenter(settings.lexicon_dir)
        self.lexicon = corpus.read_lexicon(settings.lexicon_dir)
        self.former_laws = corpus.read_former_laws(settings.lexicon_dir)
        self.checklist = corpus.read_checklist(settings.checklist_file)
        self.rules = compile_rules(corpus.read_redlines(settings.redlines_file, settings.lexicon_dir))
        self.features = Features(self.segmenter, self.lexicon, self.rules)
        self.types: tuple[DisputeType, ...] = corpus.read_dispute_types(
            settings.taxonomy_file, settings.taxonomy_file.parent / "disputes"
        )
        self.public = corpus.read_public(settings.taxonomy_file.parent)  # written for visitors, not searched


def with_type(understood: Query, type_id: str) -> Query:
    """The same query, told by a tap which type it is."""
    types = (Score(type_id, 1.0), *(score for score in understood.types if score.label != type_id))
    return replace(understood, types=types)


def open_assistant(settings: Settings) -> Assistant:
    """Open the shipped models and the index that `build` wrote.

    Raises:
        AssistantError: a part is missing, damaged or does not fit; wording.explain says what to do.
    """
    with _collector_at_rest():
        parts = Parts(settings)
        try:
            found = index.open_index(settings)
            encoder = Encoder(settings.encoder_dir, parts.segmenter)
        except IndexStale as stale:
            if stale.part != index.LOCAL_MARK:
                raise
            encoder = Encoder(settings.encoder_dir, parts.segmenter)
            found = _brought_up_to_date(settings, parts, encoder, stale)
        return Assistant(settings, found, encoder, load_reader(settings.reader_dir, parts.features), parts)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Opening makes very many objects that all stay: looking through them for garbage takes a quarter of its time."""
    was_at_work = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_at_work:
            gc.enable()


def read_book(settings: Settings) -> Book:
    """What the hall's screen shows, from the plain files alone: a tap needs neither models nor index.

    Raises:
        AssistantError
    """
    folder = settings.taxonomy_file.parent
    types = corpus.read_dispute_types(settings.taxonomy_file, folder / "disputes")
    return Book(types, corpus.read_public(folder), corpus.read_knowledge(folder, settings.passage_chars))


def _brought_up_to_date(settings: Settings, parts: Parts, encoder: Encoder, stale: IndexStale) -> Index:
    """Only what the station added itself differs, after an import or an interrupted change: seconds, so do it now."""
    try:
        return index.build_index(settings, parts.segmenter, encoder)
    except OSError:  # an index folder that cannot be written to
        raise stale from None


def build(settings: Settings, show_progress: bool = False) -> Index:
    """Read the corpus and write its index."""
    parts = Parts(settings)
    encoder = Encoder(settings.encoder_dir, parts.segmenter)
    return index.build_index(settings, parts.segmenter, encoder, show_progress)
