"""From the bank of descriptions to models/reader: types and risks as linear models over the same features.

    python -m training.train_reader [--out models/reader] [--limit N]

Two linear support vector machines a type (Fan et al., "LIBLINEAR", JMLR 2008, as kept in
scikit-learn): is this the quarrel underneath, is it told at all; and a logistic regression a risk.
Types get probabilities by one temperature for each of the two, risks by a straight line, fitted on the
valid split (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017; Platt, 1999).
The test split and ../shared/dev are never looked at.
"""

import argparse
import json
import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sparse
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from assistant import corpus
from assistant.index import read_corpus
from assistant.pipeline import Parts
from assistant.reader import NO_QUESTION, OTHER_BUSINESS, REFUSALS, feature_values
from assistant.records import Kind
from assistant.settings import DEFAULT_SETTINGS, Settings, load_settings
from training import bank

log = logging.getLogger(__name__)

FEATURES = 150_000
FEWEST = 2  # texts that a feature must occur in
ENTRY_WEIGHT = 0.5  # weight of a corpus entry, which speaks of the type but not as a caller does
FIRST_COST = 0.3  # C of the machines for the quarrel underneath
TOLD_COST = 0.2  # C of those for what is told at all
RISK_COST = 40.0  # C of the logistic regressions
CUT_WEIGHT = 0.2  # weight of a description cut down to the words that carry a red line, or to the rest
MOST_TOLD = 4  # quarrels in one description
FLOORS = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3)  # probabilities below which a rule alone is not believed
# A knife, a broken bone, a farewell, a child that is beaten: where a rule speaks of these, only a firm no outweighs it.
HIGHEST_FLOOR = dict.fromkeys(("injury", "weapon", "self_harm", "sexual", "minor_victim"), 0.1)
SHORTEST_CUT = 4  # letters: less says nothing
STYLE_LABELS = {"不成问题": NO_QUESTION, "别的事": OTHER_BUSINESS}
_GAP = re.compile(r"\W*\0\W*")  # what was cut out, with the marks around it
ENTRY_KINDS = frozenset({Kind.GRIEVANCE, Kind.QUESTION, Kind.PHRASING, Kind.PRINCIPLE, Kind.CASE, Kind.LAW})


@dataclass(frozen=True, slots=True)
class Example:
    """One text to learn from. `risks` is None where nobody judged its risks."""

    text: str
    labels: tuple[str, ...]  # best first
    risks: tuple[str, ...] | None
    weight: float = 1.0
    unsure: frozenset[str] = frozenset()  # risks of which nobody can tell whether they stand in this text


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


def cut_examples() -> list[Example]:
    """The marked descriptions of the train split, cut; they teach red lines and nothing else."""
    marked = bank.marks()
    return [piece for row in bank.descriptions(split="train") if row.id in marked for piece in cuts(row, marked[row.id].words)]


def cuts(row: bank.Description, marked: Mapping[str, Sequence[str]]) -> Iterator[Example]:
    """For each marked red line what carries it, by itself, and the description without that.

    The nearest thing to a long story with one dangerous clause, and to the same story without danger
    (Zaidan, Eisner and Piatko, "Using Annotator Rationales to Improve Machine Learning", NAACL 2007).
    """
    places = {risk: frozenset(_places(row.text, words)) for risk, words in marked.items()}
    whole = frozenset(range(len(row.text)))
    for kept in dict.fromkeys(part for place in places.values() for part in (place, whole - place)):
        text = _GAP.sub("，", "".join(letter if i in kept else "\0" for i, letter in enumerate(row.text))).strip("，")
        unsure = {risk for risk in row.risks if risk not in places or (places[risk] & kept and not places[risk] <= kept)}
        standing = tuple(risk for risk in row.risks if risk not in unsure and places[risk] <= kept)
        if len(text) >= SHORTEST_CUT:
            yield Example(text, (), standing, CUT_WEIGHT, frozenset(unsure))


def _places(text: str, words: Sequence[str]) -> Iterator[int]:
    """Where in the text any of these words stand, letter by letter."""
    for item in words:
        for found in re.finditer(re.escape(item), text):
            yield from range(*found.span())


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


@dataclass(frozen=True, slots=True)
class Machines:
    """Linear machines side by side."""

    weights: np.ndarray  # (features, machines)
    bias: np.ndarray  # (machines,)

    def scores(self, values: sparse.csr_matrix) -> np.ndarray:
        return values @ self.weights + self.bias

    def on_line(self, slope: np.ndarray | float, offset: np.ndarray | float = 0.0) -> "Machines":
        """The same machines, their scores drawn out and moved."""
        return Machines(self.weights * slope, self.bias * slope + offset)


def fitted(machines: Sequence[LinearSVC | LogisticRegression]) -> Machines:
    return Machines(
        np.stack([machine.coef_[0] for machine in machines], axis=1), np.array([machine.intercept_[0] for machine in machines])
    )


def fit_types(values: sparse.csr_matrix, examples: Sequence[Example], targets: np.ndarray, cost: float) -> Machines:
    """One machine a column of `targets`, shape (examples, machines)."""
    share = [item.weight for item in examples]
    return fitted([LinearSVC(C=cost, random_state=7).fit(values, target, sample_weight=share) for target in targets.T])


def fit_risks(values: sparse.csr_matrix, examples: Sequence[Example], risks: Sequence[str]) -> Machines:
    """One logistic regression a risk, from the examples of which it is known whether that risk stands."""
    machines, share, targets = [], np.array([item.weight for item in examples]), raised(examples, risks)
    for risk, target in zip(risks, targets.T, strict=True):
        judged = [i for i, item in enumerate(examples) if item.risks is not None and risk not in item.unsure]
        machine = LogisticRegression(C=RISK_COST, solver="liblinear", random_state=7)
        machines.append(machine.fit(values[judged], target[judged], sample_weight=share[judged]))
    return fitted(machines)


def labelled(examples: Sequence[Example], types: Sequence[str]) -> np.ndarray:
    """Which types are told in each example; shape (examples, types)."""
    return np.array([[type_id in item.labels for type_id in types] for item in examples])


def raised(examples: Sequence[Example], risks: Sequence[str]) -> np.ndarray:
    """Which red lines each example is labelled with; shape (examples, risks)."""
    return np.array([[risk in (item.risks or ()) for risk in risks] for item in examples])


def type_temperature(scores: np.ndarray, examples: Sequence[Example], labels: Sequence[str]) -> float:
    """The divisor that makes the first labels of the valid split likeliest under a softmax."""
    gold = np.array([labels.index(item.labels[0]) for item in examples])

    def loss(divisor: float) -> float:
        scaled = scores / divisor
        top = scaled.max(axis=1, keepdims=True)
        log_sum = np.log(np.exp(scaled - top).sum(axis=1)) + top[:, 0]
        return float((log_sum - scaled[np.arange(len(gold)), gold]).mean())

    return float(min(np.geomspace(0.05, 3.0, 60), key=loss))


def risk_lines(scores: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slopes and offsets, shape (risks,), that turn scores into calibrated ones on the valid split."""
    lines = [LogisticRegression(C=10.0).fit(score[:, None], target) for score, target in zip(scores.T, targets.T, strict=True)]
    return np.array([line.coef_[0, 0] for line in lines]), np.array([line.intercept_[0] for line in lines])


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


def report(
    first: np.ndarray, told: np.ndarray, risk: np.ndarray, examples: Sequence[Example], types: Sequence[str], risks: Sequence[str]
) -> dict[str, float]:
    """Figures of one split, before rules and thresholds of red lines."""
    labels = [*types, *REFUSALS]
    best = [labels[i] for i in first.argmax(axis=1)]
    order = np.argsort(-told, axis=1)
    disputes = [i for i, item in enumerate(examples) if item.labels[0] not in REFUSALS]
    others = [i for i, item in enumerate(examples) if item.labels[0] in REFUSALS]
    said, true = risk > 0, raised(examples, risks)
    return {
        "n": len(examples),
        "first": float(np.mean([best[i] == examples[i].labels[0] for i in disputes])),
        "told_four": float(np.mean([set(examples[i].labels) <= {types[j] for j in order[i, :4]} for i in disputes])),
        "refused": float(np.mean([best[i] == examples[i].labels[0] for i in others])),
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
    types, risks = [item.type_id for item in parts.types], list(bank.RISKS)
    train = training_examples(settings, args.limit)
    valid, test = ([example(row) for row in bank.descriptions(split=split)] for split in ("valid", "test"))
    names = [parts.features.of(item.text) for item in train]
    vectorizer = Vectorizer(names)
    values = vectorizer.matrix(names)
    valid_names = [parts.features.of(item.text) for item in valid]
    checked = vectorizer.matrix(valid_names)

    labels = [*types, *REFUSALS]
    first = fit_types(values, train, np.array([[item.labels[0] == label for label in labels] for item in train]), FIRST_COST)
    first = first.on_line(1.0 / type_temperature(first.scores(checked), valid, labels))
    told = fit_types(values, train, labelled(train, types), TOLD_COST)
    of_disputes = [i for i, item in enumerate(valid) if item.labels[0] not in REFUSALS]
    disputes, checked_disputes = [valid[i] for i in of_disputes], checked[of_disputes]
    told = told.on_line(1.0 / type_temperature(told.scores(checked_disputes), disputes, types))
    present = present_threshold(first.scores(checked_disputes)[:, : len(types)], told.scores(checked_disputes), disputes, types)
    pieces = [] if args.limit else cut_examples()
    cut_values = vectorizer.matrix([parts.features.of(item.text) for item in pieces])
    risk, standing = fit_risks(sparse.vstack([values, cut_values], format="csr"), [*train, *pieces], risks), raised(valid, risks)
    risk = risk.on_line(*risk_lines(risk.scores(checked), standing))
    thresholds = risk_thresholds(
        risks,
        1.0 / (1.0 + np.exp(-risk.scores(checked))),
        np.array([[f"r:{risk_id}" in found for risk_id in risks] for found in valid_names]),
        standing,
    )
    judged = {"valid": (valid, checked), "test": (test, vectorizer.matrix([parts.features.of(item.text) for item in test]))}
    for split, (examples, rows) in judged.items():
        figures = report(first.scores(rows), told.scores(rows), risk.scores(rows), examples, types, risks)
        log.info("%s %s", split, json.dumps(figures))

    args.out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        args.out / "weights.npz",
        weights=np.hstack([first.weights, told.weights, risk.weights]).astype(np.float16),
        rarity=vectorizer.rarity.astype(np.float16),
        bias=np.concatenate([first.bias, told.bias, risk.bias]).astype(np.float32),
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
