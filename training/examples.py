"""What the reader learns from: descriptions, traps, everyday wordings, corpus entries, clauses, and marked descriptions cut apart."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assistant import corpus
from assistant.index import read_corpus
from assistant.reader import NO_QUESTION, OTHER_BUSINESS
from assistant.records import Kind
from assistant.settings import Settings
from training import bank

ENTRY_WEIGHT = 0.5  # weight of a corpus entry, which speaks of the type but not as a caller does
CLAUSE_WEIGHT = 0.3  # weight of a clause by itself
CUT_WEIGHT = 0.2  # weight of a description cut down to the words that carry a red line, or to the rest
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


def clause_examples() -> list[Example]:
    """The clauses of the bank; they teach red lines and nothing else."""
    return [Example(item.text, (), tuple(item.risks), CLAUSE_WEIGHT) for item in bank.clauses()]


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


def labelled(examples: Sequence[Example], types: Sequence[str]) -> np.ndarray:
    """Which types are told in each example; shape (examples, types)."""
    return np.array([[type_id in item.labels for type_id in types] for item in examples])


def judged(examples: Sequence[Example], risks: Sequence[str]) -> np.ndarray:
    """Of which red lines it is known whether they stand in each example; shape (examples, risks)."""
    return np.array([[item.risks is not None and risk not in item.unsure for risk in risks] for item in examples])


def raised(examples: Sequence[Example], risks: Sequence[str]) -> np.ndarray:
    """Which red lines each example is labelled with; shape (examples, risks)."""
    return np.array([[risk in (item.risks or ()) for risk in risks] for item in examples])
