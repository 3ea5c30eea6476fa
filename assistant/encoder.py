"""Tokens to vectors: the only module that knows sentence-transformers.

The model is a local folder and is never looked for on a hub. Any sentence-transformers folder
will do; ours is a StaticEmbedding over the tokens of `segmenter`, told apart by a marker file.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assistant.errors import EncoderDamaged, EncoderMissing
from assistant.segmenter import Segmenter

TOKEN_MARKER = "tokens.json"  # its presence says: this model reads our tokens, joined by spaces
UNKNOWN = "[UNK]"


class Encoder:
    """Text in, unit vectors out."""

    def __init__(self, model_dir: Path, segmenter: Segmenter) -> None:
        if not (model_dir / "modules.json").exists():
            raise EncoderMissing(model_dir)
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
        from sentence_transformers import SentenceTransformer  # four seconds: the page is shown before
        from sentence_transformers.sentence_transformer.modules import StaticEmbedding

        try:
            self._model = SentenceTransformer(str(model_dir), device="cpu", local_files_only=True).float().eval()
        except Exception as error:  # torch, safetensors, tokenizers and json each raise their own
            raise EncoderDamaged(model_dir, f"{type(error).__name__}: {error}") from error
        self._segmenter = segmenter if (model_dir / TOKEN_MARKER).exists() else None
        first = self._model[0]
        plain = self._segmenter is not None and isinstance(first, StaticEmbedding)
        self._numbers = first.tokenizer.get_vocab() if plain else None  # of our own model: its sums are done here

    @property
    def dimensions(self) -> int:
        return self._model.get_embedding_dimension()

    def encode(self, texts: Sequence[str], show_progress: bool = False) -> np.ndarray:
        """Encode n texts; returns float32 of shape (n, dimensions), rows of unit length.

        A text without a single known token becomes the zero vector, which is near to nothing.
        """
        if self._segmenter:
            texts = [" ".join(self._segmenter.encoder_tokens(text)) for text in texts]
        return self.encode_read(texts, show_progress)

    @property
    def reads_tokens(self) -> bool:
        """Whether the model reads our tokens, joined by spaces, instead of running text."""
        return self._segmenter is not None

    def encode_read(self, texts: Sequence[str], show_progress: bool = False) -> np.ndarray:
        """The same for what the model reads itself: running text, or tokens where `reads_tokens`."""
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        if self._numbers is not None:
            return self._means(texts)
        vectors = self._model.encode(
            list(texts), batch_size=256, convert_to_numpy=True, normalize_embeddings=True,
            show_progress_bar=show_progress,
        )
        return np.nan_to_num(np.ascontiguousarray(vectors, dtype=np.float32))

    def _means(self, texts: Sequence[str]) -> np.ndarray:
        """What our model computes, the mean of its tokens' rows at unit length, without the library's way there."""
        table = self._model[0].embedding.weight.detach().numpy()
        unknown = self._numbers[UNKNOWN]
        vectors = np.zeros((len(texts), table.shape[1]), dtype=np.float32)
        for row, text in enumerate(texts):
            if numbers := [self._numbers.get(token, unknown) for token in text.split()]:
                mean = table[numbers].mean(axis=0)
                vectors[row] = mean / max(float(np.linalg.norm(mean)), 1e-12)
        return vectors


def fingerprint(model_dir: Path) -> str:
    """What the index remembers of the encoder: a hash over the files that shape its vectors."""
    digest = hashlib.sha256()
    files = [path for path in sorted(model_dir.rglob("*")) if path.is_file() and path.suffix != ".md"]
    for path in files:
        digest.update(path.relative_to(model_dir).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
