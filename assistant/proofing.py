"""What a careful editor would strike out: officialese, orders, near-duplicates, names and numbers of persons."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from assistant.corpus import Corpus
from assistant.records import Agreements, Checklist, Document, Exercise, Fault, Kind, Passage
from assistant.segmenter import read_word_list

NEAR = 0.7  # Jaccard overlap of character bigrams from which two lines say the same
COMMON = 400  # a bigram in more texts than this never decides
FOREIGN = "local/imports/"  # articles of others are quoted as they are, officialese and all
SPOKEN = frozenset({Kind.PHRASING})
QUOTED = frozenset({Kind.LAW, Kind.SAYING, Kind.REDLINE})  # statutes, proverbs and prohibitions speak for themselves

_QUOTATION = re.compile(r"“[^”]*”|「[^」]*」|《[^》]*》")
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx]|(?<!\d)0\d{2,3}-\d{7,8}")
# What no agreement may waive: reports, lawsuits, punishment, support of parents and children, unlawful building.
_WAIVER = re.compile(
    r"(不得|不再|不许|不准|放弃)(再)?(去)?(报警|起诉|上访|追究|举报|投诉|控告)|永不追究|互不追究|一次性了结|承认.{0,6}合法|断绝.{0,4}关系|不用赡养|放弃抚养|不予(报案|立案)"
)
_PERSON = re.compile(r"[张王李赵刘陈杨黄周吴徐孙马朱胡林郭何高罗](?!某|家|村|姓|老|大|小|嫂|婶|叔|伯|师)[\u4e00-\u9fff]{1,2}(?:先生|女士|同志|警官|民警|法官)")


def proofread(corpus: Corpus, corpus_dir: Path, lexicon_dir: Path) -> list[Fault]:
    """Every place that must be rewritten before the text is published."""
    officialese = read_word_list(lexicon_dir / "officialese.txt")
    harsh = [re.compile(pattern) for pattern in read_word_list(lexicon_dir / "harsh.txt")]
    documents = {document.doc_id: document for document in corpus.documents}
    faults = []
    written = [passage for passage in corpus.passages if not documents[passage.doc_id].file.startswith(FOREIGN)]
    for passage in written:
        for problem, detail in _problems(passage, officialese, harsh):
            faults.append(_fault(corpus_dir, documents[passage.doc_id], passage, problem, detail))
    for first, second in _alike(corpus.passages):
        faults.append(_fault(corpus_dir, documents[second.doc_id], second, "near_duplicate", first.passage_id))
    return faults


def proofread_exercises(exercises: Sequence[Exercise], corpus_dir: Path, lexicon_dir: Path) -> list[Fault]:
    """The same eye over the stories of a class; what their people shout may be harsh."""
    officialese = read_word_list(lexicon_dir / "officialese.txt")
    faults = []
    for exercise in exercises:
        lines = (corpus_dir / exercise.file).read_text(encoding="utf-8-sig").splitlines()
        for number, line in enumerate(lines, start=1):
            for problem, detail in _unfit(line, officialese):
                faults.append(Fault(corpus_dir / exercise.file, number, exercise.exercise_id, problem, detail))
    return faults


def proofread_papers(agreements: Agreements, checklist: Checklist, files: tuple[Path, Path], lexicon_dir: Path) -> list[Fault]:
    """What must not stand on an agreement or a checklist: officialese, orders, names, and what no paper can waive."""
    officialese = read_word_list(lexicon_dir / "officialese.txt")
    harsh = [re.compile(pattern) for pattern in read_word_list(lexicon_dir / "harsh.txt")]
    lines = [(files[0], clause.clause_id, clause.text) for clause in agreements.clauses]
    lines += [(files[1], item.item_id, item.text) for item in (*checklist.bring, *checklist.next)]
    faults = []
    for path, entry_id, text in lines:
        said = [("officialese", phrase) for phrase in officialese if phrase in text]
        said += [("harsh", found.group()) for pattern in harsh if (found := pattern.search(text))]
        said += [("person", found.group()) for found in [_PERSON.search(text)] if found]
        said += [("forbidden_clause", found.group()) for found in [_WAIVER.search(text)] if found]
        number = path.read_text(encoding="utf-8").split(f"id: {entry_id}")[0].count("\n") + 1
        faults += [Fault(path, number, entry_id, problem, detail) for problem, detail in said]
    return faults


def proofread_added(added: Corpus, others: Sequence[Passage], corpus_dir: Path, lexicon_dir: Path) -> list[Fault]:
    """The same for what is about to be added: on its own, and beside what is there."""
    faults = proofread(added, corpus_dir, lexicon_dir)
    documents = {document.doc_id: document for document in added.documents}
    own = {passage.passage_id for passage in added.passages}
    kinds = {passage.kind for passage in added.passages}
    alike = _alike([passage for passage in others if passage.kind in kinds] + list(added.passages))
    return faults + [
        _fault(corpus_dir, documents[second.doc_id], second, "near_duplicate", first.passage_id) for first, second in alike
        if second.passage_id in own and first.passage_id not in own
    ]


def personal(text: str) -> tuple[str, ...]:
    """Which marks of real persons stand in a text: "phone", "person"."""
    return tuple(name for name, pattern in (("phone", _PHONE), ("person", _PERSON)) if pattern.search(text))


def _problems(passage: Passage, officialese: Sequence[str], harsh: Sequence[re.Pattern[str]]) -> Iterator[tuple[str, str]]:
    plain = _QUOTATION.sub("", passage.text)
    if passage.kind in SPOKEN:
        yield from (("harsh", found.group()) for pattern in harsh if (found := pattern.search(plain)))
    yield from _unfit(passage.text, () if passage.kind in QUOTED else officialese)


def _unfit(text: str, officialese: Sequence[str]) -> Iterator[tuple[str, str]]:
    plain = _QUOTATION.sub("", text)
    yield from (("officialese", phrase) for phrase in officialese if phrase in plain)
    if found := _PHONE.search(text):
        yield "phone", found.group()
    if found := _PERSON.search(plain):
        yield "person", found.group()


def _alike(passages: Sequence[Passage]) -> Iterator[tuple[Passage, Passage]]:
    """Pairs of one kind that nearly say the same; running text and statutes may repeat themselves."""
    by_kind = defaultdict(list)
    for passage in passages:
        if passage.kind not in (Kind.LAW, Kind.GUIDANCE):
            by_kind[passage.kind].append(passage)
    for group in by_kind.values():
        for left, right in near_duplicates([passage.text for passage in group], NEAR):
            yield group[left], group[right]


def bigrams(text: str) -> frozenset[str]:
    letters = re.sub(r"\W", "", text)
    return frozenset(letters[start : start + 2] for start in range(len(letters) - 1))


def near_duplicates(texts: Sequence[str], limit: float) -> list[tuple[int, int]]:
    """Pairs of texts whose character bigrams overlap by more than `limit` (Jaccard), by position."""
    sets = [bigrams(text) for text in texts]
    holders: dict[str, list[int]] = defaultdict(list)
    found = []
    for number, own in enumerate(sets):
        shared: Counter[int] = Counter()
        for pair in own:
            if len(holders[pair]) < COMMON:
                shared.update(holders[pair])
            holders[pair].append(number)
        for other, count in shared.items():
            if 2 * count >= len(own) * limit and len(own & sets[other]) > limit * len(own | sets[other]):
                found.append((other, number))
    return found


def _fault(corpus_dir: Path, document: Document, passage: Passage, problem: str, detail: str) -> Fault:
    line = document.text.count("\n", 0, passage.start) + 1
    return Fault(corpus_dir / document.file, line, passage.passage_id, problem, detail)
