"""Stage one: skip-gram vectors over running text, words and character bigrams in one space.

Source: Mikolov et al., "Distributed Representations of Words and Phrases", NeurIPS 2013,
as kept in gensim. It learns 漏水 ~ 渗水 and 吵架 ~ 拌嘴 before any pair is seen.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from itertools import islice, zip_longest
from pathlib import Path

import numpy as np
from gensim.models import Word2Vec
from gensim.models.word2vec import LineSentence

from assistant.segmenter import Segmenter, character_bigrams, load_segmenter

log = logging.getLogger(__name__)

LINE_CHARS = 300  # longer paragraphs are cut: a window never needs more
_segmenter: Segmenter | None = None


def interleaved(segmenter: Segmenter, text: str) -> list[str]:
    """Each word followed by the bigrams that begin in it, so both learn from the same neighbours."""
    tokens = []
    words = segmenter.words(text)
    for word, following in zip_longest(words, words[1:], fillvalue=""):
        tokens.append(word)
        tokens += [pair for pair in character_bigrams(word + following[:1]) if pair != word and len(pair) == 2]
    return tokens


def _start_worker(lexicon_dir: Path) -> None:
    global _segmenter
    _segmenter = load_segmenter(lexicon_dir)


def _tokenize_chunk(lines: list[str]) -> str:
    pieces = (line[start : start + LINE_CHARS] for line in lines for start in range(0, len(line), LINE_CHARS))
    return "".join(" ".join(interleaved(_segmenter, piece)) + "\n" for piece in pieces)


def write_tokens(texts: Iterable[str], lexicon_dir: Path, path: Path, workers: int = 2) -> None:
    """Tokenize texts in parallel into one line each, space separated."""
    texts = iter(texts)
    chunks = iter(lambda: list(islice(texts, 2000)), [])
    with ProcessPoolExecutor(workers, initializer=_start_worker, initargs=(lexicon_dir,)) as pool, \
            open(path, "w", encoding="utf-8") as out:
        for block in pool.map(_tokenize_chunk, chunks):
            out.write(block)


def skip_gram(path: Path, vocabulary_size: int, dimensions: int, epochs: int, seed: int) -> tuple[list[str], np.ndarray]:
    """Train skip-gram vectors; returns the tokens, commonest first, and float32 (tokens, dimensions)."""
    model = Word2Vec(
        LineSentence(str(path), limit=None),
        vector_size=dimensions, window=8, sg=1, negative=5, sample=3e-5, min_count=4,
        max_final_vocab=vocabulary_size, epochs=epochs, workers=2, seed=seed,
    )
    return list(model.wv.index_to_key), np.asarray(model.wv.vectors, dtype=np.float32)


def token_counts(path: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            counts.update(line.split())
    return counts
