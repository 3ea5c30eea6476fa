"""From the bank of descriptions to models/reader: types and risks as one linear model.

    python -m training.train_reader [--out models/reader] [--limit N]

Linear support vector machines, one a type (Fan et al., "LIBLINEAR", JMLR 2008, as kept in
scikit-learn), and a logistic regression a risk. Types become probabilities by one temperature,
risks by a straight line, both fitted on the valid split (Guo et al., "On Calibration of Modern
Neural Networks", ICML 2017; Platt, 1999). The test split and ../shared/dev are never looked at.
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
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from assistant import corpus
from assistant.index import read_corpus
from assistant.pipeline import Parts
from assistant.reader import NO_QUESTION, OTHER_BUSINESS, feature_values
from assistant.records import Kind
from assistant.settings import DEFAULT_SETTINGS, Settings, load_settings
from training import bank

log = logging.getLogger(__name__)

FEATURES = 150_000
FEWEST = 2  # texts that a feature must occur in
SECOND_TYPE = 0.5  # weight of a text for its further types: .8 finds more of these (.830 against .825) and fewer first ones (.721, .727)
ENTRY_WEIGHT = 0.5  # weight of a corpus entry, which speaks of the type but not as a caller does
TYPE_COST = 0.3  # C of the support vector machines
RISK_COST = 20.0  # C of the logistic regressions
MOST_TOLD = 4  # quarrels in one description
FLOORS = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3)  # probabilities below which a rule alone is not believed
# A knife, a broken bone, a farewell, a child that is beaten: where a rule speaks of these, only a firm no outweighs it.
HIGHEST_FLOOR = dict.fromkeys(("injury", "weapon", "self_harm", "sexual", "minor_victim"), 0.1)
STYLE_LABELS = {"不成问题": NO_QUESTION, "别的事": OTHER_BUSINESS}
ENTRY_KINDS = frozenset({Kind.GRIEVANCE, Kind.QUESTION, Kind.PHRASING, Kind.PRINCIPLE, Kind.CASE, Kind.LAW})


@dataclass(frozen=True, slots=True)
class Example:
    """One text to learn from. `risks` is None where nobody judged its risks."""

    text: str
    labels: tuple[str, ...]  # best first
    risks: tuple[str, ...] | None
    weight: float = 1.0


def example(row: bank.Description) -> Example:
    return Example(row.text, tuple(row.types) or (STYLE_LABELS[row.style],), tuple(row.risks))


def training_examples(settings: Settings, limit: int | None) -> list[Example]:
    """The bank's train split, its traps, the everyday wordings and the entries of the corpus.

    With a limit: so many descriptions of the bank and nothing else.
    """
    rows = bank.descriptions(split="train")
    if limit:
        return [example(rows[i]) for i in np.random.default_rng(7).permutation(len(rows))[:limit]]
    examples = [example(row) for row in rows]
    for trap in bank.traps(split="train"):
        examples += [Example(text, (trap.type_ab,), None) for text in (trap.a, trap.b)]
        examples.append(Example(trap.c, (trap.type_c,), None))
    wordings = corpus.read_wordings(settings.corpus_dir / "disputes")
    examples += [Example(text, (type_id,), None) for type_id, texts in wordings.items() for text in texts]
    examples += [
        Example(passage.text + passage.meta.get("avoid", "") + passage.meta.get("why", ""), passage.types, None, ENTRY_WEIGHT)
        for passage in read_corpus(settings).passages if passage.kind in ENTRY_KINDS and len(passage.types) == 1
    ]
    return examples


class Vectorizer:
    """Features of texts as rows of a sparse matrix."""

    def __init__(self, names: Sequence[list[str]]) -> None:
        counts = Counter(name for found in names for name in found)
        self.names = [name for name, count in counts.most_common(FEATURES) if count >= FEWEST]
        self._columns = {name: column for column, name in enumerate(self.names)}
        held = np.array([counts[name] for name in self.names], dtype=np.float32)
        self.rarity = (np.log(len(names) / held) + 1.0).astype(np.float16).astype(np.float32)

    def matrix(self, names: Sequence[list[str]]) -> sparse.csr_matrix:
        columns, data, starts = [], [], [0]
        for found in names:
            known = [self._columns[name] for name in found if name in self._columns]
            columns += known
            data += feature_values(self.rarity[known]).tolist()
            starts.append(len(columns))
        return sparse.csr_matrix((np.array(data), columns, starts), shape=(len(names), len(self.names)))


def fit_types(values: sparse.csr_matrix, examples: Sequence[Example], types: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """One machine a type; returns weights (features, types) and bias (types,)."""
    weights, bias = [], []
    for type_id in types:
        places = [item.labels.index(type_id) if type_id in item.labels else -1 for item in examples]
        target = np.array([place >= 0 for place in places])
        share = np.array([SECOND_TYPE if place > 0 else 1.0 for place in places])
        machine = LinearSVC(C=TYPE_COST, random_state=7)
        machine.fit(values, target, sample_weight=share * [item.weight for item in examples])
        weights.append(machine.coef_[0])
        bias.append(machine.intercept_[0])
    return np.stack(weights, axis=1), np.array(bias)


def fit_risks(values: sparse.csr_matrix, examples: Sequence[Example], risks: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """One logistic regression a risk; returns weights (features, risks) and bias (risks,)."""
    judged = [i for i, item in enumerate(examples) if item.risks is not None]
    weights, bias = [], []
    for risk in risks:
        target = np.array([risk in examples[i].risks for i in judged])
        machine = LogisticRegression(C=RISK_COST, solver="liblinear", random_state=7)
        machine.fit(values[judged], target)
        weights.append(machine.coef_[0])
        bias.append(machine.intercept_[0])
    return np.stack(weights, axis=1), np.array(bias)


def type_temperature(scores: np.ndarray, examples: Sequence[Example], types: Sequence[str]) -> float:
    """The divisor that makes the first types of the valid split likeliest under a softmax."""
    gold = np.array([types.index(item.labels[0]) for item in examples])

    def loss(divisor: float) -> float:
        scaled = scores / divisor
        top = scaled.max(axis=1, keepdims=True)
        log_sum = np.log(np.exp(scaled - top).sum(axis=1)) + top[:, 0]
        return float((log_sum - scaled[np.arange(len(gold)), gold]).mean())

    return float(min(np.geomspace(0.05, 3.0, 60), key=loss))


def risk_line(scores: np.ndarray, target: np.ndarray) -> tuple[float, float]:
    """Slope and offset that turn a score into a calibrated one on the valid split."""
    line = LogisticRegression(C=10.0).fit(scores[:, None], target)
    return float(line.coef_[0, 0]), float(line.intercept_[0])


def risk_thresholds(
    risks: Sequence[str], probabilities: np.ndarray, matched: np.ndarray, target: np.ndarray
) -> list[tuple[float, float]]:
    """Per risk (sure, not denied): a risk stands when its probability reaches the first, or the second
    where a rule speaks for it. The pair with the best F1 on the valid split.

    Args:
        probabilities, matched, target: shape (descriptions, risks).
    """
    grid = [(sure, floor) for sure in np.arange(0.06, 0.92, 0.02) for floor in FLOORS if floor <= sure]
    chosen = []
    for column, risk in enumerate(risks):
        chance, rule, true = probabilities[:, column], matched[:, column], target[:, column]

        def f1(pair: tuple[float, float], chance=chance, rule=rule, true=true) -> float:
            said = (chance >= pair[0]) | (rule & (chance >= pair[1]))
            return 2.0 * (said & true).sum() / max(1, said.sum() + true.sum())

        sure, floor = max((pair for pair in grid if pair[1] <= HIGHEST_FLOOR.get(risk, 1.0)), key=f1)
        chosen.append((round(float(sure), 2), floor))
    return chosen


def present_threshold(logits: np.ndarray, examples: Sequence[Example], types: Sequence[str]) -> float:
    """The logit from which on a type counts as told: the best F1 over the disputes of the valid split.

    The first type counts in any case, and no more than four are told.
    """
    disputes = [i for i, item in enumerate(examples) if item.labels[0] not in STYLE_LABELS.values()]
    scores = logits[disputes]
    true = np.array([[type_id in examples[i].labels for type_id in types] for i in disputes])
    order = np.argsort(-scores, axis=1)
    rank = np.argsort(order, axis=1)

    def f1(threshold: float) -> float:
        said = (rank == 0) | ((rank < MOST_TOLD) & (scores >= threshold))
        return 2.0 * (said & true).sum() / (said.sum() + true.sum())

    return float(max(np.quantile(scores, np.linspace(0.85, 0.995, 100)), key=f1))


def report(logits: np.ndarray, examples: Sequence[Example], types: Sequence[str], risks: Sequence[str]) -> dict[str, float]:
    order = np.argsort(-logits[:, : len(types)], axis=1)
    disputes = [i for i, item in enumerate(examples) if item.labels[0] not in STYLE_LABELS.values()]
    others = [i for i in range(len(examples)) if i not in set(disputes)]
    said = logits[:, len(types) :] > 0
    true = np.array([[risk in (item.risks or ()) for risk in risks] for item in examples])
    return {
        "n": len(examples),
        "first": float(np.mean([types[order[i, 0]] == examples[i].labels[0] for i in disputes])),
        "three": float(np.mean([examples[i].labels[0] in [types[j] for j in order[i, :3]] for i in disputes])),
        "refused": float(np.mean([types[order[i, 0]] == examples[i].labels[0] for i in others])),
        "risk_recall": float((said & true).sum() / max(1, true.sum())),
        "risk_precision": float((said & true).sum() / max(1, said.sum())),
    }


def main(argv: Sequence[str] | None = None) -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("models/reader"))
    parser.add_argument("--limit", type=int, help="learn from so many descriptions only, for the learning curve")
    args = parser.parse_args(argv)
    settings = load_settings(DEFAULT_SETTINGS)
    parts = Parts(settings)
    types = [item.type_id for item in parts.types] + [NO_QUESTION, OTHER_BUSINESS]
    risks = list(bank.RISKS)
    train = training_examples(settings, args.limit)
    valid, test = ([example(row) for row in bank.descriptions(split=split)] for split in ("valid", "test"))
    names = [parts.features.of(item.text) for item in train]
    vectorizer = Vectorizer(names)
    values = vectorizer.matrix(names)
    type_weights, type_bias = fit_types(values, train, types)
    risk_weights, risk_bias = fit_risks(values, train, risks)
    weights, bias = np.hstack([type_weights, risk_weights]), np.concatenate([type_bias, risk_bias])

    judged = {"valid": valid, "test": test}
    judged_names = {split: [parts.features.of(item.text) for item in examples] for split, examples in judged.items()}
    judged_values = {split: vectorizer.matrix(found) for split, found in judged_names.items()}
    checked = judged_values["valid"] @ weights + bias
    scale = np.full(len(bias), 1.0 / type_temperature(checked[:, : len(types)], valid, types))
    offset = np.zeros(len(bias))
    for column, risk in enumerate(risks, start=len(types)):
        scale[column], offset[column] = risk_line(checked[:, column], np.array([risk in item.risks for item in valid]))
    weights, bias = weights * scale, bias * scale + offset
    chances = 1.0 / (1.0 + np.exp(-(judged_values["valid"] @ weights + bias)[:, len(types) :]))
    thresholds = risk_thresholds(
        risks,
        chances,
        np.array([[f"r:{risk}" in names for risk in risks] for names in judged_names["valid"]]),
        np.array([[risk in item.risks for risk in risks] for item in valid]),
    )
    present = present_threshold((judged_values["valid"] @ weights + bias)[:, : len(types)], valid, types)
    for split, examples in judged.items():
        figures = report(judged_values[split] @ weights + bias, examples, types, risks)
        log.info("%s %s", split, json.dumps(figures))

    args.out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        args.out / "weights.npz", weights=weights.astype(np.float16), rarity=vectorizer.rarity.astype(np.float16),
        bias=bias.astype(np.float32),
    )
    (args.out / "features.txt").write_text("\n".join(vectorizer.names), encoding="utf-8")
    described = {
        "types": types, "risks": risks, "examples": len(train), "thresholds": dict(zip(risks, thresholds, strict=True)),
        "present": round(present, 3),
    }
    (args.out / "reader.json").write_text(json.dumps(described), encoding="utf-8")
    log.info("learned from %d texts, %d features; written to %s", len(train), len(vectorizer.names), args.out)


if __name__ == "__main__":
    main()
