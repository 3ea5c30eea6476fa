"""Chinese text to tokens: the only module that knows jieba.

Text is folded (width, case, traditional characters) here, on the way into the index and
into a query, and only for matching. What is shown stays as written, because "㎡" becomes
"m2" and every later character offset would shift.
"""

import logging
import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import jieba
import opencc

from assistant.errors import FileDamaged, FileMissing

jieba.setLogLevel(logging.ERROR)

USER_WORD_FREQUENCY = 20_000  # high enough that 返水 beats 返 + 水 in jieba's own statistics
_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_SPACE_BETWEEN_HAN = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")  # left by scraped pages
_TYPED_APART = re.compile(r"(?<=[\u3400-\u9fff]{2})\s+(?=[\u3400-\u9fff]{2})")  # 肋骨断了 孩子没事; not the letters of 没 动 手
_CLAUSE = re.compile(r"[^。!?;,\n]+")  # of folded text, whose punctuation is half-width
_NEVER_GIVEN = frozenset("的了着过是在把被和跟与就也都又不没有去来说要给让他她我你们上下里外前后家")
_WORD = re.compile(r"[\u3400-\u9fffA-Za-z0-9]")


@lru_cache(maxsize=1)
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def fold(text: str) -> str:
    """Unify width, letter case, spaces and traditional characters, for matching only."""
    return _simplifier().convert(_SPACE_BETWEEN_HAN.sub("", _unified(text)))


def _unified(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def clauses(text: str) -> tuple[tuple[int, int], ...]:
    """Where the clauses of a text begin and end once it is folded: at punctuation, and where words were typed apart."""
    found, start = [], 0
    for piece in _TYPED_APART.split(_unified(text)):
        piece = _SPACE_BETWEEN_HAN.sub("", piece)
        found += [(start + clause.start(), start + clause.end()) for clause in _CLAUSE.finditer(piece)]
        start += len(piece)
    return tuple(found)


def character_bigrams(text: str) -> list[str]:
    """All pairs of neighbouring Chinese characters of a folded text; a lone one stands alone."""
    return [
        run[start : start + 2]
        for run in _HAN_RUN.findall(text)
        for start in range(max(1, len(run) - 1))
    ]


class Phrases:
    """Which of many phrases stand in a text: its stretches are looked up, instead of thousands of phrases sought one by one."""

    def __init__(self, phrases: Sequence[str]) -> None:
        """`phrases` are folded; none is empty."""
        self._positions: dict[str, list[int]] = {}
        lengths: dict[str, set[int]] = {}
        for position, phrase in enumerate(phrases):
            self._positions.setdefault(phrase, []).append(position)
            lengths.setdefault(phrase[0], set()).add(len(phrase))
        self._lengths = {letter: tuple(found) for letter, found in lengths.items()}

    def standing_in(self, folded: str) -> list[int]:
        """The positions, rising, of the phrases that stand anywhere in a folded text."""
        found: set[int] = set()
        for start, letter in enumerate(folded):
            for length in self._lengths.get(letter, ()):
                found.update(self._positions.get(folded[start : start + length], ()))
        return sorted(found)


@dataclass(frozen=True, slots=True)
class Segmented:
    """A text folded and cut once, for everything that looks at its words."""

    text: str  # as written
    folded: str
    words: tuple[str, ...]  # in order, without punctuation; stop words are kept
    search_words: tuple[str, ...]  # for the lexical index: also the shorter words inside long ones, no stop words

    @property
    def clauses(self) -> tuple[tuple[int, int], ...]:
        """(start, end) in `folded`; found when asked for, because passages are cut without it."""
        return clauses(self.text)

    def encoder_tokens(self) -> list[str]:
        """Words and character bigrams: what the encoder's vocabulary consists of."""
        return [*self.words, *character_bigrams(self.folded)]


def word_frequencies(dictionary: str) -> tuple[dict[str, int], int]:
    """Read a jieba dictionary; returns each word's frequency, 0 for what only begins a word, and their sum.

    The same as jieba's own gen_pfdict, in a third of its time: this is the longest step of opening the assistant.
    """
    fields = dictionary.split()  # word, frequency and tag of every line in turn
    frequencies = list(map(int, fields[1::3]))
    found = dict(zip(fields[::3], frequencies, strict=True))
    for word in fields[::3]:
        start = word[:-1]
        while start and start not in found:
            found[start] = 0
            start = start[:-1]
    return found, sum(frequencies)


class _Cutter(jieba.Tokenizer):
    """jieba's tokenizer with its inner loop written for speed: one look-up a word instead of two and a logarithm.

    The cut is jieba's to the last tie; a test compares the two.
    """

    def learn(self) -> None:
        """Take the logarithms of all frequencies, once the dictionary is complete."""
        all_words = math.log(self.total)
        # The beginning of a longer word has frequency 0: no word, but no reason to stop looking either.
        self._logs = {word: math.log(times) - all_words if times else None for word, times in self.FREQ.items()}
        self._unknown = -all_words

    def get_DAG(self, sentence: str) -> None:
        """The words that begin at each character: `calc` finds them itself."""

    def calc(self, sentence: str, DAG: None, route: dict[int, tuple[float, int]]) -> None:
        """Fill `route`: for each character the best score from there on, and where its word ends."""
        length, look_up = len(sentence), self._logs.get
        scores = [0.0] * (length + 1)
        route[length] = (0, 0)
        for start in range(length - 1, -1, -1):
            best, last, end = None, start, start + 1
            own = look_up(sentence[start], 0)
            while own != 0:
                if own is not None:
                    score = own + scores[end]
                    if best is None or score >= best:  # of equals the longest
                        best, last = score, end - 1
                if end == length:
                    break
                end += 1
                own = look_up(sentence[start:end], 0)
            scores[start] = self._unknown + scores[start + 1] if best is None else best
            route[start] = (scores[start], last)


class Segmenter:
    """A jieba tokenizer of our own: nothing global is changed, no cache file is written."""

    def __init__(self, user_words: list[str], stop_words: frozenset[str]) -> None:
        tokenizer = _Cutter()
        # What jieba's initialize() does, less its marshal cache in the shared temp folder.
        tokenizer.FREQ, tokenizer.total = word_frequencies(tokenizer.get_dict_file().read().decode("utf-8"))
        tokenizer.initialized = True
        for word in user_words:
            tokenizer.add_word(fold(word), freq=USER_WORD_FREQUENCY)
        tokenizer.learn()
        self._tokenizer = tokenizer
        self._posseg = None
        self._stop_words = stop_words

    def segment(self, text: str) -> Segmented:
        """Fold and cut a text."""
        folded = fold(text)
        words = tuple(word for word in self._tokenizer.cut(folded) if _WORD.search(word))
        return Segmented(text, folded, words, tuple(self._for_search(words)))

    def words(self, text: str) -> list[str]:
        """The words of a text in order, folded, without punctuation; stop words are kept."""
        return list(self.segment(text).words)

    def search_words(self, text: str) -> list[str]:
        """Words for the lexical index: also the shorter words inside long ones, no stop words."""
        return list(self.segment(text).search_words)

    def encoder_tokens(self, text: str) -> list[str]:
        """Words and character bigrams: what the encoder's vocabulary consists of."""
        return self.segment(text).encoder_tokens()

    def _for_search(self, words: Sequence[str]) -> Iterator[str]:
        """What jieba's cut_for_search makes of words that are already cut: known words of two and three letters first."""
        known = self._tokenizer.FREQ
        for word in words:
            for length in (2, 3):
                for start in range(len(word) - length + 1) if len(word) > length else ():
                    part = word[start : start + length]
                    if known.get(part) and part not in self._stop_words and _WORD.search(part):
                        yield part
            if word not in self._stop_words:
                yield word

    def person_names(self, text: str, surnames: frozenset[str]) -> list[tuple[int, int]]:
        """Spans of what looks like a person's name: tagged as one, or a surname before letters that form no word."""
        tagged, position = [], 0
        for pair in self._tagger().cut(text):
            position = text.index(pair.word, position)
            tagged.append((pair.word, pair.flag, position))
            position += len(pair.word)
        found = []
        for number, (word, flag, start) in enumerate(tagged):
            before = tagged[number - 1][0] if number else ""
            if flag.startswith("nr") and len(word) >= 2 and (word[0] in surnames or word[0] == "阿" or before in surnames):
                found.append((start - (before in surnames), start + len(word)))
            elif len(word) == 1 and word in surnames:
                given = 0
                for later, _, place in tagged[number + 1 : number + 3]:
                    if len(later) == 1 and _HAN_RUN.fullmatch(later) and place == start + 1 + given and later not in _NEVER_GIVEN:
                        given += 1
                    else:
                        break
                if given or flag.startswith("nr"):
                    found.append((start, start + 1 + given))
        return found

    def _tagger(self):
        if self._posseg is None:
            import jieba.posseg  # its tables take a second, and only masking needs them

            self._posseg = jieba.posseg.POSTokenizer(self._tokenizer)
        return self._posseg


def read_word_list(path: Path) -> list[str]:
    """One word a line; blank lines and lines that start with `#` are passed over."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise FileMissing(path) from None
    except UnicodeDecodeError as error:
        raise FileDamaged(path, str(error)) from error
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def load_segmenter(lexicon_dir: Path) -> Segmenter:
    """Read `words.txt` (user dictionary) and `stopwords.txt` from the corpus's lexicon."""
    return Segmenter(
        user_words=read_word_list(lexicon_dir / "words.txt"),
        stop_words=frozenset(read_word_list(lexicon_dir / "stopwords.txt")),
    )
