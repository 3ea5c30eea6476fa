"""A description as understood: its words, standard terms, region, and what kind of dispute it is."""

import re
import unicodedata

from assistant.corpus import Lexicon
from assistant.encoder import Encoder
from assistant.reader import Reader
from assistant.records import Query, Status, Taps
from assistant.segmenter import Segmenter

MIN_DISPUTE = 0.5  # below, the reader says that this is no dispute
SURE_DISPUTE = 0.8  # below, it is not sure: of the bank's valid split .99 of the disputes are above, .87 of the rest below
MIN_QUESTION = 0.5  # above, of what is left, it is a question about something else

MIN_THREE = 0.35  # below, the three likeliest types hold the right one for .63 of the bank's valid split

ACTIVE_TYPES = 3  # that a card speaks to at most: more than three quarrels in one breath are rare

_HAN = re.compile(r"[\u3400-\u9fff]")
_MARKUP = re.compile(r"<[^>]{0,200}>")
_LATIN_WORD = re.compile(r"[a-z]+")
_SYLLABLE = re.compile(
    r"(?:[bpmfdtnlgkhjqxzcsryw]|zh|ch|sh)?(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|an|ao|ei|en|er|ia|ie|in"
    r"|iu|ou|ua|ue|ui|un|uo|van|ve|a|e|i|o|u|v)"
)


def understand(
    text: str, region: str | None, taps: Taps, ignored: frozenset[str], segmenter: Segmenter, encoder: Encoder,
    reader: Reader, lexicon: Lexicon,
) -> Query:
    """Read a description once; everything later works on the Query."""
    plain = _MARKUP.sub(" ", text)
    segmented = segmenter.segment(plain)
    vector = encoder.encode_question(segmented)
    terms = standard_terms(segmented.folded, lexicon)
    reading = reader.read(segmented, ignored)
    return Query(
        text=plain,
        folded=segmented.folded,
        clauses=segmented.clauses,
        words=segmented.search_words,
        terms=tuple(pair for pair in terms if pair[0] not in ignored),
        ignored=frozenset(said for said, _ in terms if said in ignored),
        types=reading.types,
        vector=vector,
        region=region or mentioned_region(plain, lexicon),
        reading=reading,
        taps=taps,
    )


def standard_terms(folded: str, lexicon: Lexicon) -> tuple[tuple[str, str], ...]:
    """(as said, standard term) for every everyday wording in a folded text that is not standard already."""
    found = {(item.say, term): None for item in lexicon.wordings_in(folded) for term in item.means if term not in folded}
    return tuple(found)


def mentioned_region(text: str, lexicon: Lexicon) -> str:
    """The one region whose place name stands in the text, or "": dialect alone is too thin a ground."""
    found = {region for region, names in lexicon.regions.items() if any(name in text for name in names)}
    return found.pop() if len(found) == 1 else ""


def clean(text: str, limit: int) -> str:
    """At most `limit` characters, without what cannot be encoded (lone surrogates) or shown (controls).

    Of a longer text the beginning and the end are kept: people often come to the point last.
    """
    if len(text) > 4 * limit:
        text = text[: 2 * limit] + text[-2 * limit :]
    kept = text.encode("utf-8", "ignore").decode()
    kept = "".join(letter for letter in kept if letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cf", "Co"))
    kept = kept.strip()
    half = limit // 2
    return kept if len(kept) <= limit else kept[:half] + "\n" + kept[-(limit - half - 1) :]


def judge(text: str, query: Query) -> tuple[Status, str]:
    """Whether there is a question here that this knowledge answers; the second value names the reason.

    Reasons are keys of wording.STATUS_MESSAGES.
    """
    if not text:
        return "rejected", "empty"
    if not _HAN.search(text):
        return _judge_foreign(text)
    if not query.words or not query.vector.any():
        return "rejected", "no_question"
    if query.reading.dispute >= MIN_DISPUTE:
        return "ok", ""
    rest = 1.0 - query.reading.dispute
    if query.reading.off_topic >= MIN_QUESTION * rest:
        return "low_confidence", "other_business"
    return "rejected", "no_question"


def active_types(query: Query) -> list[str]:
    """The types that the card speaks to: the first one and the others that are told, the quarrel underneath first."""
    first, *others = query.types
    return [first.label, *(score.label for score in others if score.label in query.reading.present)][:ACTIVE_TYPES]


def is_vague(query: Query) -> bool:
    """Whether no types stand out (他欺负人), or it is not sure that this is a dispute at all."""
    return three_likeliest(query) < MIN_THREE or query.reading.dispute < SURE_DISPUTE


def three_likeliest(query: Query) -> float:
    """The probability that one of the first three types is the right one."""
    return sum(score.probability for score in query.types[:3])


def _judge_foreign(text: str) -> tuple[Status, str]:
    """No Chinese character at all: pinyin and other scripts are people asking, the rest is noise."""
    words = _LATIN_WORD.findall(text.lower())
    latin = sum(map(len, words))
    if len(words) >= 4 and latin > 0.8 * len(re.sub(r"\s", "", text)) and all(_is_pinyin(word) for word in words):
        return "low_confidence", "pinyin"
    letters = [letter for letter in text if unicodedata.category(letter) == "Lo"]
    if len(letters) >= 4:
        return "low_confidence", "other_script"
    return "rejected", "no_chinese"


def _is_pinyin(word: str) -> bool:
    return re.fullmatch(rf"(?:{_SYLLABLE.pattern})+", word) is not None
