"""The type and risk reader: learned from the bank of descriptions, read here with numpy alone.

Three linear models over the same words, characters, standard terms, signs and red-line rules, trained
by `training/train_reader.py`: which quarrel is underneath, which quarrels are told, which red lines
stand. The underneath and the told need a model each: blows and insults are told loudest and are
seldom what it is about. For red lines a small network over letters listens as well, for words that are
only counted do not tell who hit whom, nor what one dangerous clause of a long story says. The files are
plain arrays and JSON, never a pickle. The encoder's vector is left out: it was measured to make unseen
situations worse (docs/benchmarks.md).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from assistant.corpus import Lexicon
from assistant.errors import ReaderDamaged, ReaderMissing
from assistant.network import Network
from assistant.records import Reading, Score
from assistant.redlines import DOUBTFUL, Rule
from assistant.segmenter import Segmented, Segmenter

NO_QUESTION = "no_question"  # label for greetings, noise, recipes, poems
OTHER_BUSINESS = "other_business"  # label for questions that are not about a dispute
REFUSALS = (NO_QUESTION, OTHER_BUSINESS)
NGRAM_LENGTHS = (1, 2, 3)
_LONG_NUMBER = re.compile(r"\d{5,}")  # of a phone, a card, an order: says nothing about a quarrel
_RUN = re.compile(r"[\u3400-\u9fffa-z0-9]+")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the reader looks at in one description."""

    names: set[str]  # of features
    matched: Mapping[str, tuple[str, ...]]  # red line to the words in which its signs were found, if any were


class Features:
    """What the reader looks at in descriptions, as named features."""

    def __init__(self, segmenter: Segmenter, lexicon: Lexicon, rules: Sequence[Rule]) -> None:
        self._segmenter = segmenter
        self._rules = rules
        self._lexicon = lexicon

    def of(self, text: str) -> list[str]:
        """The names of the features of a text, in order."""
        return sorted(self.look(self._segmenter.segment(text)).names)

    def look(self, text: Segmented, ignored: frozenset[str] = frozenset()) -> Seen:
        """Character n-grams, words, standard terms, what signs and rules point to.

        The everyday wordings in `ignored` are not taken for their standard terms.
        """
        if _LONG_NUMBER.search(text.text):
            text = self._segmenter.segment(_LONG_NUMBER.sub(" ", text.text))
        found = {f"w:{word}" for word in text.words}
        found |= letter_ngrams(text.folded)
        for item in self._lexicon.wordings_in(text.folded):
            if item.say not in ignored:
                found.update(f"m:{term}" for term in item.means)
        for item in self._lexicon.signs_in(text.folded):
            found.update(f"s:{label}{strength}" for label, strength in (*item.types.items(), *item.risks.items()))
        clauses = text.clauses
        all_matched = {rule.redline.risk_id: rule.signs.matches(text.folded, clauses) for rule in self._rules}
        matched = {risk_id: words for risk_id, words in all_matched.items() if words}
        found.update(f"r:{risk_id}" for risk_id in matched)
        return Seen(found, matched)


class Reader:
    """Probabilities for dispute types and risks."""

    def __init__(
        self, features: Features, vocabulary: Mapping[str, int], arrays: Mapping[str, np.ndarray],
        network: Network, described: Mapping[str, Any],
    ) -> None:
        self._features = features
        self._vocabulary = vocabulary
        self._rarity = arrays["rarity"].astype(np.float32)  # (features,), inverse document frequency
        # Columns: underneath (types and refusals), told (types), risks.
        self._weights = arrays["weights"]  # (features, columns), float16
        self._bias = arrays["bias"].astype(np.float32)  # (columns,)
        self._blend = arrays["blend"].astype(np.float32)  # (risks, 4), see `blended`
        self._network = network
        self._types, self._risks = list(described["types"]), list(described["risks"])
        self._present = float(described["present"])  # a type whose told logit reaches this is told
        # Risk to (sure, not denied): it stands from the first on, or from the second where a rule speaks for it.
        self.thresholds = {
            risk: (float(sure), float(floor)) for risk, (sure, floor) in described["thresholds"].items()
        }

    def read(self, text: Segmented, ignored: frozenset[str] = frozenset()) -> Reading:
        """Read one description."""
        seen = self._features.look(text, ignored)
        rows = sorted(self._vocabulary[name] for name in seen.names if name in self._vocabulary)  # sums come out the same each time
        values = feature_values(self._rarity[rows])
        logits = values @ self._weights[rows].astype(np.float32) + self._bias
        underneath, told, whole = np.split(logits, np.cumsum([len(self._types) + len(REFUSALS), len(self._types)]))
        chances = softmax(underneath)
        clauses = text.clauses
        heard = self._network.hear(text.folded, clauses)
        risks = blended((whole, heard.whole, heard.loudest), self._blend)
        risk_chances = dict(zip(self._risks, (1.0 / (1.0 + np.exp(-risks))).tolist(), strict=True))
        unexplained = [risk for risk, chance in risk_chances.items() if chance >= DOUBTFUL and risk not in seen.matched]
        no_question, other = chances[len(self._types) :].tolist()
        dispute = 1.0 - no_question - other
        return Reading(
            types=self._in_order(int(chances[: len(self._types)].argmax()), softmax(told)),
            present=frozenset(label for label, logit in zip(self._types, told, strict=True) if logit >= self._present),
            risks=_ranked(risk_chances),
            matched=seen.matched,
            loudest={} if len(clauses) < 2 else {
                risk: text.folded[slice(*clauses[heard.clauses[:, self._risks.index(risk)].argmax()])] for risk in unexplained
            },
            dispute=dispute,
            off_topic=other,
        )

    def _in_order(self, underneath: int, told: np.ndarray) -> tuple[Score, ...]:
        """The quarrel underneath, then the others from plainly told to not told at all.

        Only the order changes: the quarrel underneath takes the highest of the scores, and those
        that were told more plainly each take the next one.
        """
        order = [underneath, *(i for i in np.argsort(-told, kind="stable") if i != underneath)]
        return tuple(Score(self._types[i], score) for i, score in zip(order, (-np.sort(-told)).tolist(), strict=True))


def blended(scores: Sequence[np.ndarray], blend: np.ndarray) -> np.ndarray:
    """Calibrated logits of the red lines: `blend` is (risks, len(scores) + 1), a share of each of the scores and an offset.

    The scores, each of shape (..., risks): of the linear machines, of the network for the whole text and for its loudest clause.
    """
    return sum(blend[:, place] * score for place, score in enumerate(scores)) + blend[:, -1]


def letter_ngrams(folded: str) -> set[str]:
    """Every one, two and three letters that stand together in folded text."""
    return {
        run[start : start + length]
        for run in _RUN.findall(folded) for length in NGRAM_LENGTHS for start in range(len(run) - length + 1)
    }


def feature_values(rarity: np.ndarray) -> np.ndarray:
    """Binary term frequency times rarity, made unit length; shape (features present,)."""
    length = float(np.linalg.norm(rarity))
    return rarity / length if length > 0 else rarity


def softmax(logits: np.ndarray) -> np.ndarray:
    shifted = np.exp(logits - logits.max())
    return shifted / shifted.sum()


def _ranked(scores: Mapping[str, float]) -> tuple[Score, ...]:
    ordered = sorted(scores.items(), key=lambda item: -item[1])
    return tuple(Score(label, probability) for label, probability in ordered)


def load_reader(reader_dir: Path, features: Features) -> Reader:
    """Open what `training/train_reader.py` wrote.

    Raises:
        ReaderMissing, ReaderDamaged
    """
    if not (reader_dir / "reader.json").exists():
        raise ReaderMissing(reader_dir)
    try:
        described = json.loads((reader_dir / "reader.json").read_text(encoding="utf-8"))
        names = (reader_dir / "features.txt").read_text(encoding="utf-8").splitlines()
        with np.load(reader_dir / "weights.npz", allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        if len(names) != len(arrays["rarity"]):
            raise ValueError("features and weights differ in number")
        if arrays["weights"].shape[1] != 2 * len(described["types"]) + len(REFUSALS) + len(described["risks"]):
            raise ValueError("labels and weights differ in number")
        with np.load(reader_dir / "network.npz", allow_pickle=False) as stored:
            network = Network(described["letters"], {name: stored[name] for name in stored.files})
        vocabulary = {name: row for row, name in enumerate(names)}
        return Reader(features, vocabulary, arrays, network, described)
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise ReaderDamaged(reader_dir, str(error)) from error
