"""From the bank of descriptions to models/reader: types and risks as linear models over the same features.

    python -m training.train_reader [--shared ../shared] [--out models/reader] [--limit N]

Two linear support vector machines a type (Fan et al., "LIBLINEAR", JMLR 2008, as kept in
scikit-learn): is this the quarrel underneath, is it told at all; a logistic regression a risk, and a network
over letters for all risks, which reads running text of the shared folder first (`training/network.py`).
Types get probabilities by one temperature for each of the two, risks by a straight line through what the
regression and the network score, fitted on the valid split (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017; Platt, 1999).
The test split and ../shared/dev are never looked at.
"""

import argparse
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import scipy.sparse as sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.svm import LinearSVC

from assistant.network import Network
from assistant.pipeline import Parts
from assistant.reader import REFUSALS, Features, blended
from assistant.segmenter import Segmented, Segmenter, fold
from assistant.settings import DEFAULT_SETTINGS, load_settings
from training import bank
from training.examples import (
    Example,
    clause_examples,
    cut_examples,
    example,
    judged,
    labelled,
    raised,
    training_examples,
)
from training.linear import Machines, Vectorizer, fitted
from training.network import Trunk, compiled, guessing, known_letters, train_network
from training.sources import running_text

log = logging.getLogger(__name__)

FIRST_COST = 0.3  # C of the machines for the quarrel underneath
TOLD_COST = 0.2  # C of those for what is told at all
RISK_COST = 40.0  # C of the logistic regressions
MOST_TOLD = 4  # quarrels in one description
RECALL_SHARE = 1.25  # beta of F: a red line missed is worse than one too many, as long as some .85 of those raised are right
FLOORS = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3)  # probabilities below which a rule alone is not believed
# A knife, a broken bone, a farewell, a child that is beaten: where a rule speaks of these, only a firm no outweighs it.
HIGHEST_FLOOR = dict.fromkeys(("injury", "weapon", "self_harm", "sexual", "minor_victim"), 0.1)


@dataclass(frozen=True, slots=True)
class Split:
    """Texts of one split as the machines see them."""

    examples: list[Example]
    texts: list[Segmented]
    values: sparse.csr_matrix  # (texts, features)
    matched: np.ndarray  # (texts, risks), whether a rule speaks for that red line

    @classmethod
    def of(cls, examples: list[Example], features: Features, segmenter: Segmenter, vectorizer: Vectorizer, risks: Sequence[str]) -> Self:
        texts = [segmenter.segment(item.text) for item in examples]
        seen = [features.look(text) for text in texts]
        matched = np.array([[risk in item.matched for risk in risks] for item in seen])
        return cls(examples, texts, vectorizer.matrix([sorted(item.names) for item in seen]), matched)


@dataclass(frozen=True, slots=True)
class TypeMachines:
    """Which quarrel is underneath, refusals last; which quarrels are told; from which told score on one counts as told."""

    first: Machines
    told: Machines
    present: float


@dataclass(frozen=True, slots=True)
class RiskMachines:
    """Red lines by what stands in a text and by the order of its letters; and how both are blended, see `reader.blended`."""

    whole: Machines
    network: Network
    blend: np.ndarray  # (risks, 4)
    thresholds: list[tuple[float, float]]  # see `risk_thresholds`


def fit_types(values: sparse.csr_matrix, examples: Sequence[Example], targets: np.ndarray, cost: float) -> Machines:
    """One machine a column of `targets`, shape (examples, machines)."""
    share = [item.weight for item in examples]
    return fitted([LinearSVC(C=cost, random_state=7).fit(values, target, sample_weight=share) for target in targets.T])


def fit_risks(values: sparse.csr_matrix, examples: Sequence[Example], risks: Sequence[str]) -> Machines:
    """One logistic regression a risk, from the examples of which it is known whether that risk stands."""
    machines, share = [], np.array([item.weight for item in examples])
    for target, known in zip(raised(examples, risks).T, judged(examples, risks).T, strict=True):
        machine = LogisticRegression(C=RISK_COST, solver="liblinear", random_state=7)
        machines.append(machine.fit(values[known], target[known], sample_weight=share[known]))
    return fitted(machines)


def type_temperature(scores: np.ndarray, examples: Sequence[Example], labels: Sequence[str]) -> float:
    """The divisor that makes the first labels of the valid split likeliest under a softmax."""
    gold = np.array([labels.index(item.labels[0]) for item in examples])

    def loss(divisor: float) -> float:
        scaled = scores / divisor
        top = scaled.max(axis=1, keepdims=True)
        log_sum = np.log(np.exp(scaled - top).sum(axis=1)) + top[:, 0]
        return float((log_sum - scaled[np.arange(len(gold)), gold]).mean())

    return float(min(np.geomspace(0.05, 3.0, 60), key=loss))


def risk_blend(scores: Sequence[np.ndarray], targets: np.ndarray) -> np.ndarray:
    """What `reader.blended` needs, calibrated on the valid split; scores and targets of shape (descriptions, risks)."""
    lines = [
        LogisticRegression(C=10.0).fit(np.stack([score[:, risk] for score in scores], axis=1), target)
        for risk, target in enumerate(targets.T)
    ]
    return np.array([[*line.coef_[0], line.intercept_[0]] for line in lines])


def risk_scores(split: Split, whole: Machines, network: Network) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the regressions, of the network, of its loudest clause; each of shape (texts, risks)."""
    heard = [network.hear(text.folded, text.clauses) for text in split.texts]
    return whole.scores(split.values), np.array([one.whole for one in heard]), np.array([one.loudest for one in heard])


def risk_thresholds(
    risks: Sequence[str], probabilities: np.ndarray, matched: np.ndarray, target: np.ndarray
) -> list[tuple[float, float]]:
    """Per risk (sure, not denied): a risk stands when its probability reaches the first, or the second
    where a rule speaks for it. The pair with the best F of `RECALL_SHARE` on the valid split
    (van Rijsbergen, "Information Retrieval", 1979).

    Args:
        probabilities, matched, target: shape (descriptions, risks).
    """
    grid = [(sure, floor) for sure in np.arange(0.06, 0.92, 0.02) for floor in FLOORS if floor <= sure]
    chosen = []
    for column, risk in enumerate(risks):
        chance, rule, true = probabilities[:, column], matched[:, column], target[:, column]

        def f_score(pair: tuple[float, float], chance=chance, rule=rule, true=true) -> float:
            said = (chance >= pair[0]) | (rule & (chance >= pair[1]))
            return (1 + RECALL_SHARE**2) * (said & true).sum() / max(1, said.sum() + RECALL_SHARE**2 * true.sum())

        sure, floor = max((pair for pair in grid if pair[1] <= HIGHEST_FLOOR.get(risk, 1.0)), key=f_score)
        chosen.append((round(float(sure), 2), floor))
    return chosen


def present_threshold(first: np.ndarray, told: np.ndarray, disputes: Sequence[Example], types: Sequence[str]) -> float:
    """The told score from which on a type counts as told: the best F1 over the disputes of the valid split.

    The quarrel underneath counts in any case, and no more than four are told.

    Args:
        first, told: shape (disputes, types).
    """
    true = labelled(disputes, types)
    underneath = np.arange(len(types)) == first.argmax(axis=1)[:, None]
    loudest = np.argsort(np.argsort(-told, axis=1), axis=1) < MOST_TOLD

    def f1(threshold: float) -> float:
        said = underneath | (loudest & (told >= threshold))
        return 2.0 * (said & true).sum() / (said.sum() + true.sum())

    return float(max(np.quantile(told, np.linspace(0.85, 0.995, 100)), key=f1))


def learn_types(values: sparse.csr_matrix, train: Sequence[Example], valid: Split, types: Sequence[str]) -> TypeMachines:
    labels = [*types, *REFUSALS]
    first = fit_types(values, train, np.array([[item.labels[0] == label for label in labels] for item in train]), FIRST_COST)
    first = first.on_line(1.0 / type_temperature(first.scores(valid.values), valid.examples, labels))
    told = fit_types(values, train, labelled(train, types), TOLD_COST)
    of_disputes = [i for i, item in enumerate(valid.examples) if item.labels[0] not in REFUSALS]
    disputes, checked = [valid.examples[i] for i in of_disputes], valid.values[of_disputes]
    told = told.on_line(1.0 / type_temperature(told.scores(checked), disputes, types))
    return TypeMachines(first, told, present_threshold(first.scores(checked)[:, : len(types)], told.scores(checked), disputes, types))


def learn_risks(
    values: sparse.csr_matrix, train: Sequence[Example], pieces: Sequence[Example], piece_values: sparse.csr_matrix,
    valid: Split, risks: Sequence[str], running: Sequence[str],
) -> RiskMachines:
    """`running`: folded paragraphs for the network to read first; may be none."""
    whole = fit_risks(sparse.vstack([values, piece_values], format="csr"), [*train, *pieces], risks)
    own = [fold(item.text) for item in (*train, *pieces)]
    letters = known_letters(running, own)
    trunk = Trunk(letters)
    if running:
        guessing(compiled(trunk), letters, running, own)
    network = train_network(trunk, letters, train, pieces, risks)
    scores, standing = risk_scores(valid, whole, network), raised(valid.examples, risks)
    blend = risk_blend(scores, standing)
    chances = 1.0 / (1.0 + np.exp(-blended(scores, blend)))
    return RiskMachines(whole, network, blend, risk_thresholds(risks, chances, valid.matched, standing))


def report(
    split: Split, types: TypeMachines, scores: Sequence[np.ndarray], blend: np.ndarray, names: Sequence[str], risks: Sequence[str]
) -> dict[str, float]:
    """Figures of one split, before rules and thresholds of red lines; `names` are the types, `scores` those of `risk_scores`."""
    labels, examples = [*names, *REFUSALS], split.examples
    best = [labels[i] for i in types.first.scores(split.values).argmax(axis=1)]
    order = np.argsort(-types.told.scores(split.values), axis=1)
    disputes = [i for i, item in enumerate(examples) if item.labels[0] not in REFUSALS]
    others = [i for i, item in enumerate(examples) if item.labels[0] in REFUSALS]
    logits, true = blended(scores, blend), raised(examples, risks)
    said = logits > 0
    return {
        "n": len(examples),
        "first": float(np.mean([best[i] == examples[i].labels[0] for i in disputes])),
        "told_four": float(np.mean([set(examples[i].labels) <= {names[j] for j in order[i, :4]} for i in disputes])),
        "refused": float(np.mean([best[i] == examples[i].labels[0] for i in others])),
        "risk_recall": float((said & true).sum() / max(1, true.sum())),
        "risk_precision": float((said & true).sum() / max(1, said.sum())),
    } | {
        f"risk_mean_average_precision_{name}": float(average_precision_score(true, found))
        for name, found in zip(("regressions", "network", "clause", "blended"), (*scores, logits), strict=True)
    }


def short_floats(weights: np.ndarray) -> np.ndarray:
    """As float16 with eight of its ten bits of mantissa: the rest is noise that does not pack (a tenth of the file)."""
    bits = weights.astype(np.float16).view(np.uint16)
    return ((bits + 2) & 0xFFFC).view(np.float16)


def store(folder: Path, vectorizer: Vectorizer, types: TypeMachines, risks: RiskMachines, described: Mapping[str, Any]) -> None:
    """Write what `assistant/reader.py` opens."""
    folder.mkdir(parents=True, exist_ok=True)
    of_all = (types.first, types.told, risks.whole)
    np.savez_compressed(
        folder / "weights.npz",
        weights=short_floats(np.hstack([machines.weights for machines in of_all])),
        rarity=vectorizer.rarity.astype(np.float16),
        bias=np.concatenate([machines.bias for machines in of_all]).astype(np.float32),
        blend=risks.blend.astype(np.float32),
    )
    np.savez_compressed(folder / "network.npz", **risks.network.arrays)
    (folder / "features.txt").write_text("\n".join(vectorizer.names), encoding="utf-8")
    (folder / "reader.json").write_text(json.dumps(described, ensure_ascii=False), encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--out", type=Path, default=Path("models/reader"))
    parser.add_argument("--limit", type=int, help="learn from so many descriptions and nothing else, for the learning curve")
    args = parser.parse_args(argv)
    settings = load_settings(DEFAULT_SETTINGS)
    parts = Parts(settings)
    names, risk_ids = [item.type_id for item in parts.types], list(bank.RISKS)
    train = training_examples(settings, args.limit)
    pieces = [] if args.limit else [*cut_examples(), *clause_examples()]
    running = [] if args.limit else [fold(text) for text in running_text(args.shared)]
    found = [parts.features.of(item.text) for item in train]
    vectorizer = Vectorizer(found)
    values, piece_values = vectorizer.matrix(found), vectorizer.matrix([parts.features.of(item.text) for item in pieces])
    splits = {
        name: Split.of(
            [example(row) for row in bank.descriptions(split=name)], parts.features, parts.segmenter, vectorizer, risk_ids
        )
        for name in ("valid", "test")
    }

    types = learn_types(values, train, splits["valid"], names)
    risks = learn_risks(values, train, pieces, piece_values, splits["valid"], risk_ids, running)
    for name, split in splits.items():
        scores = risk_scores(split, risks.whole, risks.network)
        log.info("%s %s", name, json.dumps(report(split, types, scores, risks.blend, names, risk_ids)))
    store(args.out, vectorizer, types, risks, {
        "types": names, "risks": risk_ids, "examples": len(train) + len(pieces), "present": round(types.present, 3),
        "thresholds": dict(zip(risk_ids, risks.thresholds, strict=True)), "letters": risks.network.letters,
    })
    log.info("learned from %d texts and %d pieces, %d features; written to %s", len(train), len(pieces), len(vectorizer.names), args.out)


if __name__ == "__main__":
    main()
