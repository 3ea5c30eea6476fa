"""Tokens as numbers: which words and bigrams the encoder knows, and with which vectors it starts."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from assistant.segmenter import Segmenter


class Vocabulary:
    """Token to row number; row 0 is the unknown token, whose vector is zero and stays out of texts."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = ["[UNK]", *tokens]
        self._rows = {token: row for row, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    def numbers(self, segmenter: Segmenter, text: str, limit: int = 2000) -> np.ndarray:
        """Row numbers of a text's known tokens, int32; at most `limit` characters are read."""
        rows = (self._rows.get(token, 0) for token in segmenter.encoder_tokens(text[:limit]))
        return np.array([row for row in rows if row], dtype=np.int32)


OWN_SHARE = 0.2  # of the vocabulary at most; with two thirds held-out STARD Recall@100 was .76, with this .82


def choose_tokens(pretrained: Sequence[str], own: Iterable[Sequence[str]], size: int) -> list[str]:
    """The commonest tokens of the project's own texts, then pretrained ones, commonest first."""
    counts = Counter(token for tokens in own for token in tokens)
    kept = [token for token, count in counts.most_common(int(size * OWN_SHARE)) if count >= 2]
    seen = set(kept)
    return (kept + [token for token in pretrained if token not in seen])[:size]


def start_vectors(
    vocabulary: Vocabulary, pretrained: Sequence[str], vectors: np.ndarray, counts: Counter[str], smoothing: float = 1e-4
) -> np.ndarray:
    """Start from skip-gram vectors, the common direction removed, rare tokens weighing more.

    A token that skip-gram has not seen starts as the mean of its bigrams or characters.
    Source: Arora et al., "A Simple but Tough-to-Beat Baseline for Sentence Embeddings", ICLR 2017.
    """
    centred = vectors - vectors.mean(axis=0)
    direction = np.linalg.svd(centred[:20_000], full_matrices=False)[2][0]
    centred -= np.outer(centred @ direction, direction)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True) + 1e-9
    known = {token: row for row, token in enumerate(pretrained)}
    total = sum(counts.values())
    start = np.zeros((len(vocabulary), vectors.shape[1]), dtype=np.float32)
    for row, token in enumerate(vocabulary.tokens[1:], start=1):
        parts = [token] if token in known else [token[i : i + 2] for i in range(len(token) - 1) if token[i : i + 2] in known]
        parts = parts or [letter for letter in token if letter in known]
        if parts:
            weight = smoothing / (smoothing + counts.get(token, 0) / total)
            start[row] = weight * np.mean([centred[known[part]] for part in parts], axis=0)
    return start
