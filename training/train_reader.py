"""From the bank of descriptions to models/reader: types and risks as one linear model.

    python -m training.train_reader [--out models/reader] [--limit N]

Logistic regression (scikit-learn's loss, fitted with full-batch L-BFGS in torch, because types are
one softmax with soft labels and risks are independent) over n-grams, words, signs and the
encoder's vector. Calibrated by temperature on the valid split (Guo et al., "On Calibration of
Modern Neural Networks", ICML 2017).
"""

import argparse
import json
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
import torch
from torch.nn import functional

from assistant import corpus
from assistant.encoder import Encoder
from assistant.pipeline import Parts
from assistant.reader import NO_QUESTION, OTHER_BUSINESS, Features, feature_values
from assistant.settings import DEFAULT_SETTINGS, Settings, load_settings
from training import bank

log = logging.getLogger(__name__)

FEATURES = 120_000
FEWEST = 2  # descriptions that a feature must occur in
FIRST_TYPE = 0.75  # share of the label that the first of several types gets
VECTOR_SHARE = 3.0
PENALTY = 2e-5
STEPS = 60
STYLE_LABELS = {"不成问题": NO_QUESTION, "别的事": OTHER_BUSINESS}


@dataclass(frozen=True, slots=True)
class Data:
    """n descriptions as numbers."""

    values: sparse.csr_matrix  # (n, features)
    vectors: np.ndarray  # (n, dimensions)
    types: np.ndarray  # (n, types), rows sum to 1
    risks: np.ndarray  # (n, risks), 0 or 1
    weights: np.ndarray  # (n,)


class Model(torch.nn.Module):
    def __init__(self, features: int, dimensions: int, labels: int) -> None:
        super().__init__()
        self.sparse = torch.nn.Parameter(torch.zeros(features, labels))
        self.dense = torch.nn.Parameter(torch.zeros(dimensions, labels))
        self.bias = torch.nn.Parameter(torch.zeros(labels))

    def forward(self, values: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
        return torch.sparse.mm(values, self.sparse) + VECTOR_SHARE * (vectors @ self.dense) + self.bias


def type_labels(row: bank.Description, labels: Sequence[str]) -> np.ndarray:
    """Most of the label for the quarrel underneath, the rest shared by the others."""
    target = np.zeros(len(labels), dtype=np.float32)
    if not row.types:
        target[labels.index(STYLE_LABELS[row.style])] = 1.0
        return target
    rest = (1.0 - FIRST_TYPE) / max(1, len(row.types) - 1)
    for position, type_id in enumerate(row.types):
        target[labels.index(type_id)] += (FIRST_TYPE if position == 0 else rest) if len(row.types) > 1 else 1.0
    return target


def prepare(
    rows: Sequence[bank.Description], names: Sequence[list[str]], vocabulary: dict[str, int], rarity: np.ndarray,
    vectors: np.ndarray, types: Sequence[str], risks: Sequence[str],
) -> Data:
    columns, data, starts = [], [], [0]
    for found in names:
        known = [vocabulary[name] for name in found if name in vocabulary]
        columns += known
        data += feature_values(rarity[known]).tolist()
        starts.append(len(columns))
    values = sparse.csr_matrix((np.array(data, np.float32), columns, starts), shape=(len(rows), len(vocabulary)))
    return Data(
        values, vectors,
        np.stack([type_labels(row, types) for row in rows]),
        np.array([[risk in row.risks for risk in risks] for row in rows], dtype=np.float32),
        np.ones(len(rows), np.float32),
    )


def fit(data: Data, types: int, risks: int, penalty: float = PENALTY, steps: int = STEPS) -> Model:
    model = Model(data.values.shape[1], data.vectors.shape[1], types + risks)
    values, vectors = as_tensor(data.values), torch.from_numpy(data.vectors)
    type_target, risk_target = torch.from_numpy(data.types), torch.from_numpy(data.risks)
    optimizer = torch.optim.LBFGS(model.parameters(), lr=1.0, max_iter=steps, history_size=8, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        logits = model(values, vectors)
        loss = functional.cross_entropy(logits[:, :types], type_target)
        loss = loss + functional.binary_cross_entropy_with_logits(logits[:, types:], risk_target) * risks / 3
        loss = loss + penalty * (model.sparse.square().sum() + model.dense.square().sum())
        loss.backward()
        return loss

    optimizer.step(closure)
    return model


def as_tensor(matrix: sparse.csr_matrix) -> torch.Tensor:
    return torch.sparse_csr_tensor(
        torch.from_numpy(matrix.indptr.astype(np.int64)), torch.from_numpy(matrix.indices.astype(np.int64)),
        torch.from_numpy(matrix.data), size=matrix.shape,
    )


def temperature(logits: np.ndarray, target: np.ndarray) -> float:
    """The divisor of the logits that makes the valid split likeliest."""
    candidates = np.linspace(0.3, 3.0, 28)
    losses = [
        float(functional.cross_entropy(torch.from_numpy(logits / t), torch.from_numpy(target))) for t in candidates
    ]
    return float(candidates[int(np.argmin(losses))])


def report(logits: np.ndarray, rows: Sequence[bank.Description], types: Sequence[str], risks: Sequence[str]) -> dict[str, float]:
    """First-type and three-type accuracy, refusals, and risk recall and precision at one half."""
    order = np.argsort(-logits[:, : len(types)], axis=1)
    first = [
        (types[order[i, 0]] == row.types[0], row.types[0] in [types[j] for j in order[i, :3]])
        for i, row in enumerate(rows) if row.types
    ]
    refused = [types[order[i, 0]] == STYLE_LABELS[row.style] for i, row in enumerate(rows) if not row.types]
    said = logits[:, len(types) :] > 0
    true = np.array([[risk in row.risks for risk in risks] for row in rows])
    return {
        "n": len(rows),
        "first": float(np.mean([a for a, _ in first])),
        "three": float(np.mean([b for _, b in first])),
        "refused": float(np.mean(refused)) if refused else float("nan"),
        "risk_recall": float((said & true).sum() / max(1, true.sum())),
        "risk_precision": float((said & true).sum() / max(1, said.sum())),
    }


def training_rows(settings: Settings, limit: int | None) -> list[bank.Description]:
    """The train split and the everyday wordings of the dispute files."""
    rows = bank.descriptions(split="train")
    if limit:
        order = np.random.default_rng(7).permutation(len(rows))[:limit]
        rows = [rows[i] for i in order]
    wordings = corpus.read_wordings(settings.corpus_dir / "disputes")
    rows += [
        bank.Description(f"{type_id}-w{n}", f"{type_id}-w{n}", text, [type_id], [], "第一人称", False, "通用", "train")
        for type_id, texts in wordings.items() for n, text in enumerate(texts)
    ]
    return rows


def main(argv: Sequence[str] | None = None) -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("models/reader"))
    parser.add_argument("--limit", type=int, help="train on so many descriptions only, for the learning curve")
    args = parser.parse_args(argv)
    torch.manual_seed(7)
    settings = load_settings(DEFAULT_SETTINGS)
    parts = Parts(settings)
    encoder = Encoder(settings.encoder_dir, parts.segmenter)
    features = Features(parts.segmenter, parts.lexicon.wordings, parts.lexicon.signs)
    train, valid, test = training_rows(settings, args.limit), bank.descriptions(split="valid"), bank.descriptions(split="test")
    types = [item.type_id for item in parts.types] + [NO_QUESTION, OTHER_BUSINESS]
    risks = list(bank.RISKS)
    names = {id(rows): [features.of(row.text) for row in rows] for rows in (train, valid, test)}
    counts = Counter(name for found in names[id(train)] for name in found)
    kept = [name for name, count in counts.most_common(FEATURES) if count >= FEWEST]
    vocabulary = {name: column for column, name in enumerate(kept)}
    rarity = np.log(len(train) / np.array([counts[name] for name in kept], dtype=np.float32)).astype(np.float32) + 1.0
    data = {
        id(rows): prepare(rows, names[id(rows)], vocabulary, rarity, encoder.encode([row.text for row in rows]), types, risks)
        for rows in (train, valid, test)
    }
    model = fit(data[id(train)], len(types), len(risks))

    def logits(rows: Sequence[bank.Description]) -> np.ndarray:
        with torch.no_grad():
            return model(as_tensor(data[id(rows)].values), torch.from_numpy(data[id(rows)].vectors)).numpy()

    heat = temperature(logits(valid)[:, : len(types)], data[id(valid)].types)
    for name, rows in (("train", train), ("valid", valid), ("test", test)):
        log.info("%s %s", name, json.dumps(report(logits(rows), rows, types, risks)))
    scale = np.array([1.0 / heat] * len(types) + [1.0] * len(risks), dtype=np.float32)
    weights = torch.cat([model.sparse, model.dense]).detach().numpy() * scale
    args.out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        args.out / "weights.npz", weights=weights.astype(np.float16), rarity=rarity.astype(np.float16),
        bias=model.bias.detach().numpy() * scale,
    )
    (args.out / "features.txt").write_text("\n".join(kept), encoding="utf-8")
    described = {"types": types, "risks": risks, "vector_share": VECTOR_SHARE, "temperature": heat, "descriptions": len(train)}
    (args.out / "reader.json").write_text(json.dumps(described), encoding="utf-8")
    log.info("temperature %.2f; written to %s", heat, args.out)


if __name__ == "__main__":
    main()
