"""Chinese text to tokens: the only module that knows jieba.

Text is folded (width, case, traditional characters) here, on the way into the index and
into a query, and only for matching. What is shown stays as written, because "㎡" becomes
"m2" and every later character offset would shift.
"""

import logging
import re
import unicodedata
from functools import lru_cache
from pathlib import Path

import jieba
import opencc

from assistant.errors import FileDamaged, FileMissing

jieba.setLogLevel(logging.ERROR)

USER_WORD_FREQUENCY = 20_000  # high enough that 返水 beats 返 + 水 in jieba's own statistics
_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_SPACE_BETWEEN_HAN = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")  # left by scraped pages
_WORD = re.compile(r"[\u3400-\u9fffA-Za-z0-9]")


@lru_cache(maxsize=1)
def _simplifier() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def fold(text: str) -> str:
    """Unify width, letter case, spaces and traditional characters, for matching only."""
    folded = _SPACE_BETWEEN_HAN.sub("", unicodedata.normalize("NFKC", text).lower())
    return _simplifier().convert(folded)


def character_bigrams(text: str) -> list[str]:
    """All pairs of neighbouring Chinese characters of a folded text; a lone one stands alone."""
    return [
        run[start : start + 2]
        for run in _HAN_RUN.findall(text)
        for start in range(max(1, len(run) - 1))
    ]


class Segmenter:
    """A jieba tokenizer of our own: nothing global is changed, no cache file is written."""

    def __init__(self, user_words: list[str], stop_words: frozenset[str]) -> None:
        tokenizer = jieba.Tokenizer()
        # What jieba's initialize() does, less its marshal cache in the shared temp folder.
        tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
        tokenizer.initialized = True
        for word in user_words:
            tokenizer.add_word(fold(word), freq=USER_WORD_FREQUENCY)
        self._tokenizer = tokenizer
        self._stop_words = stop_words

    def words(self, text: str) -> list[str]:
        """The words of a text in order, folded, without punctuation; stop words are kept."""
        return [word for word in self._tokenizer.cut(fold(text)) if _WORD.search(word)]

    def search_words(self, text: str) -> list[str]:
        """Words for the lexical index: also the shorter words inside long ones, no stop words."""
        return [
            word
            for word in self._tokenizer.cut_for_search(fold(text))
            if _WORD.search(word) and word not in self._stop_words
        ]

    def encoder_tokens(self, text: str) -> list[str]:
        """Words and character bigrams: what the encoder's vocabulary consists of."""
        folded = fold(text)
        words = [word for word in self._tokenizer.cut(folded) if _WORD.search(word)]
        return words + character_bigrams(folded)


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
