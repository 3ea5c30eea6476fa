"""The main path on one screen: text in, advice out. Read this file first."""

import time
from dataclasses import replace

from assistant import corpus, index, query, wording
from assistant.advice import Composer
from assistant.encoder import Encoder
from assistant.errors import PassageUnknown
from assistant.index import Index
from assistant.library import Found, Library
from assistant.query import understand
from assistant.reader import Features, Reader, load_reader
from assistant.records import Advice, DisputeType, Document, Hit, Passage, Query, Score, Taps
from assistant.redlines import RedLineFinder, compile_rules
from assistant.retriever import Filter, Retriever
from assistant.segmenter import load_segmenter
from assistant.settings import Settings


class Assistant:
    """One open index with everything that reads a description. Shared by all visitors, so it never changes."""

    def __init__(self, settings: Settings, found: Index, encoder: Encoder, reader: Reader, parts: "Parts") -> None:
        self.settings = settings
        self.types = parts.types
        self._index = found
        self._encoder, self._reader, self._parts = encoder, reader, parts
        self._retriever = Retriever(found, parts.segmenter)
        self.library = Library(found, self._retriever, parts.types)
        self._composer = Composer(self._retriever, parts.types, settings.types_shown)
        laws = {passage.passage_id: passage for passage in found.passages}
        self._finder = RedLineFinder(parts.rules, laws, reader.thresholds)

    def ask(self, text: str, region: str | None = None, taps: Taps = Taps(), type_id: str | None = None) -> Advice:
        """Advise on one description; `type_id` is the type that a person tapped, if any."""
        began = time.perf_counter()
        text = query.clean(text, self.settings.query_chars)
        understood = self._understand(text, region, taps)
        status, reason = query.judge(text, understood)
        if type_id:
            understood, status, reason = with_type(understood, type_id), "ok", ""
        risks = self._finder.find(understood) if status == "ok" else ()
        if status == "ok" and not risks and query.is_vague(understood):
            status, reason = "low_confidence", "unsure"
        ranking = self._retriever.rank(understood) if status == "ok" else None
        advice = self._composer.compose(understood, risks, ranking, status, wording.STATUS_MESSAGES[reason], 0.0)
        return replace(advice, elapsed_ms=round(1000 * (time.perf_counter() - began), 2))

    def search(self, text: str, wanted: Filter = Filter(), count: int | None = None, mode: str = "hybrid") -> list[Hit]:
        """The passages nearest to a text, best first."""
        text = query.clean(text, self.settings.query_chars)
        understood = self._understand(text, None, Taps())
        return self._retriever.search(understood, wanted, count or self.settings.shown, mode)

    def explore(self, text: str, wanted: Filter = Filter(), count: int = 10, skip: int = 0) -> Found:
        """A search as the trainer's desk needs it: with how many passages each filter would leave."""
        text = query.clean(text, self.settings.query_chars)
        understood = self._understand(text, None, Taps()) if text else None
        return self.library.explore(understood, wanted, count, skip)

    def source(self, passage_id: str) -> tuple[Passage, Document]:
        """A passage with the document it stands in.

        Raises:
            PassageUnknown
        """
        if passage_id not in self._index.position:
            raise PassageUnknown(passage_id)
        passage = self._index.passages[self._index.position[passage_id]]
        return passage, self._index.documents[passage.doc_id]

    def _understand(self, text: str, region: str | None, taps: Taps) -> Query:
        parts = self._parts
        return understand(text, region, taps, parts.segmenter, self._encoder, self._reader, parts.lexicon)


class Parts:
    """What is read from plain files before anything heavy is loaded."""

    def __init__(self, settings: Settings) -> None:
        self.segmenter = load_segmenter(settings.lexicon_dir)
        self.lexicon = corpus.read_lexicon(settings.lexicon_dir)
        self.rules = compile_rules(corpus.read_redlines(settings.redlines_file, settings.lexicon_dir))
        self.features = Features(self.segmenter, self.lexicon, self.rules)
        self.types: tuple[DisputeType, ...] = corpus.read_dispute_types(
            settings.taxonomy_file, settings.taxonomy_file.parent / "disputes"
        )


def with_type(understood: Query, type_id: str) -> Query:
    """The same query, told by a tap which type it is."""
    types = (Score(type_id, 1.0), *(score for score in understood.types if score.label != type_id))
    return replace(understood, types=types)


def open_assistant(settings: Settings) -> Assistant:
    """Open the shipped models and the index that `build` wrote.

    Raises:
        AssistantError: a part is missing, damaged or does not fit; wording.explain says what to do.
    """
    parts = Parts(settings)
    found = index.open_index(settings)
    encoder = Encoder(settings.encoder_dir, parts.segmenter)
    return Assistant(settings, found, encoder, load_reader(settings.reader_dir, parts.features), parts)


def build(settings: Settings, show_progress: bool = False) -> Index:
    """Read the corpus and write its index."""
    parts = Parts(settings)
    encoder = Encoder(settings.encoder_dir, parts.segmenter)
    return index.build_index(settings, parts.segmenter, encoder, show_progress)
