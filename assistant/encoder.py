"""Tokens to vectors: the only module that knows sentence-transformers.

The model is a local folder and is never looked for on a hub. Any sentence-transformers folder
will do; ours is a StaticEmbedding over the tokens of `segmenter`, told apart by a marker file. Such
a model is a table of vectors, so its mean is taken here with numpy: the seconds and the 300 MB of
importing torch and sentence-transformers are spent for other models only.

What is asked and what answers are put differently, so a question is encoded in its own way: with the
prompt or the route of the model's own, where it has one.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from assistant.errors import EncoderDamaged, EncoderMissing
from assistant.segmenter import Segmented, Segmenter

TOKEN_MARKER = "tokens.json"  # its presence says: this model reads our tokens, joined by spaces
TABLE_MODULES = ("Router", "Normalize")  # what a model may consist of to be read as a table
TABLE_ROUTES = {"query": ("StaticEmbedding", "Dense"), "document": ("StaticEmbedding",)}


class _Model(Protocol):
    dimensions: int

    def encode(self, texts: Sequence[str], show_progress: bool) -> np.ndarray: ...

    def encode_question(self, text: str) -> np.ndarray: ...


class Encoder:
    """Text in, unit vectors out."""

    def __init__(self, model_dir: Path, segmenter: Segmenter) -> None:
        if not (model_dir / "modules.json").exists():
            raise EncoderMissing(model_dir)
        try:
            self._model = open_model(model_dir)
        except Exception as error:  # torch, safetensors, tokenizers and json each raise their own
            raise EncoderDamaged(model_dir, f"{type(error).__name__}: {error}") from error
        self.reads_tokens = (model_dir / TOKEN_MARKER).exists()  # our tokens, joined by spaces, instead of running text
        self._segmenter = segmenter

    @property
    def dimensions(self) -> int:
        return self._model.dimensions

    def encode(self, texts: Sequence[str], show_progress: bool = False) -> np.ndarray:
        """Encode n passages; returns float32 of shape (n, dimensions), rows of unit length.

        A text without a single known token becomes the zero vector, which is near to nothing.
        """
        if self.reads_tokens:
            texts = [" ".join(self._segmenter.encoder_tokens(text)) for text in texts]
        return self.encode_read(texts, show_progress)

    def encode_read(self, texts: Sequence[str], show_progress: bool = False) -> np.ndarray:
        """The same for what the model reads itself: running text, or tokens where `reads_tokens`."""
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        return self._model.encode(texts, show_progress)

    def encode_question(self, text: Segmented) -> np.ndarray:
        """Encode what is asked, cut already; returns float32 of shape (dimensions,), of unit length or zero."""
        return self._model.encode_question(" ".join(text.encoder_tokens()) if self.reads_tokens else text.text)


def open_model(model_dir: Path) -> _Model:
    """Our own kind of model as a table, every other one through sentence-transformers."""
    return TableModel(model_dir) if _is_table(model_dir) else TransformerModel(model_dir)


def _is_table(model_dir: Path) -> bool:
    """Whether nothing is between words set apart by spaces and the mean of their vectors but looking them up."""
    if not (model_dir / TOKEN_MARKER).exists():
        return False
    modules = _stored(model_dir / "modules.json")
    if tuple(_kind(module["type"]) for module in modules) != TABLE_MODULES or modules[0]["path"]:
        return False
    types, routes = _routes(model_dir)
    if {route: tuple(_kind(types[name]) for name in names) for route, names in routes.items()} != TABLE_ROUTES:
        return False
    table, dense = routes["query"]
    one_table = routes["document"] == [table]
    shape, tokenizer = _stored(model_dir / dense / "config.json"), _stored(model_dir / table / "tokenizer.json")
    linear = not shape["bias"] and _kind(shape["activation_function"]) == "Identity"
    plain = not any(tokenizer[part] for part in ("normalizer", "post_processor", "truncation", "added_tokens"))
    whole_words = tokenizer["model"]["type"] == "WordLevel" and tokenizer["pre_tokenizer"] == {"type": "WhitespaceSplit"}
    return one_table and linear and plain and whole_words


def _routes(model_dir: Path) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Of the Router: the type of each of its modules, and the modules that each route passes through."""
    stored = _stored(model_dir / "router_config.json")
    return stored["types"], stored["structure"]


def _stored(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _kind(type_name: str) -> str:
    return type_name.rpartition(".")[2]


class TableModel:
    """A StaticEmbedding over whole words: the mean of the tokens' vectors, made unit length; of a question first mapped.

    Source: `Router`, `StaticEmbedding`, `Dense` and `Normalize` of sentence-transformers, which
    tests/test_encoder.py compares it with.
    """

    def __init__(self, model_dir: Path) -> None:
        from safetensors.numpy import load_file

        table, dense = _routes(model_dir)[1]["query"]
        model = _stored(model_dir / table / "tokenizer.json")["model"]
        self._rows: dict[str, int] = model["vocab"]
        self._unknown = self._rows[model["unk_token"]]  # a word of no row counts as this one
        self._table = load_file(model_dir / table / "model.safetensors")["embedding.weight"]  # (tokens, dimensions), float16
        self._map = load_file(model_dir / dense / "model.safetensors")["linear.weight"].astype(np.float32)  # (dimensions, dimensions)
        if max(self._rows.values()) >= len(self._table):
            raise ValueError("tokens and vectors differ in number")
        self.dimensions: int = self._table.shape[1]

    def encode(self, texts: Sequence[str], show_progress: bool) -> np.ndarray:
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            vector[:] = _unit(self._summed(text))
        return vectors

    def encode_question(self, text: str) -> np.ndarray:
        return _unit(self._map @ self._summed(text))

    def _summed(self, text: str) -> np.ndarray:
        """As long as the mean, once it is made unit length."""
        rows = [self._rows.get(token, self._unknown) for token in text.split()]
        return self._table[rows].sum(axis=0, dtype=np.float32)


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(float(np.linalg.norm(vector)), 1e-12)


class TransformerModel:
    """Any local sentence-transformers folder."""

    def __init__(self, model_dir: Path) -> None:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
        from sentence_transformers import SentenceTransformer  # four seconds: only where such a model is used

        self._model = SentenceTransformer(str(model_dir), device="cpu", local_files_only=True).float().eval()
        self.dimensions: int = self._model.get_embedding_dimension()

    def encode(self, texts: Sequence[str], show_progress: bool) -> np.ndarray:
        return self._vectors(self._model.encode_document, texts, show_progress)

    def encode_question(self, text: str) -> np.ndarray:
        return self._vectors(self._model.encode_query, [text], False)[0]

    @staticmethod
    def _vectors(encode: Callable[..., np.ndarray], texts: Sequence[str], show_progress: bool) -> np.ndarray:
        vectors = encode(
            list(texts), batch_size=256, convert_to_numpy=True, normalize_embeddings=True,
            show_progress_bar=show_progress,
        )
        return np.nan_to_num(np.ascontiguousarray(vectors, dtype=np.float32))


def fingerprint(model_dir: Path) -> str:
    """What the index remembers of the encoder: a hash over the files that shape its vectors."""
    digest = hashlib.sha256()
    files = [path for path in sorted(model_dir.rglob("*")) if path.is_file() and path.suffix != ".md"]
    for path in files:
        digest.update(path.relative_to(model_dir).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
