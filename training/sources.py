"""What the encoder learns from: public text and pairs, read in place from the shared folder, and our own questions.

Nothing of the shared folder is copied into the project; the model card names every source and licence.
`training/questions` is ours: everyday questions, each with the articles or corpus entries that answer it.
"""

import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Long dialogues repeat one another: these shares keep the running text near 50 M characters.
TEXT_FILES = {
    "smile_dialogues": 0.45,
    "local_regulations": 0.5,
    "court_cases_rmfyalk": 0.6,
    "cpsycoun_emollm": 0.5,
    "kdconv": 1.0,
    "fairy_tales": 1.0,
    "cmrc_contexts": 1.0,
}
PAIR_FILES = ("counsel_dialogue", "court_case", "general_qa", "legal_qa", "post_title_body")


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and a text that answers it; `group` names where it came from."""

    query: str
    positive: str
    group: str


@dataclass(frozen=True, slots=True)
class Question:
    """One STARD question with the ids of the articles that answer it."""

    question_id: int
    text: str
    gold: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Article:
    article_id: int
    name: str
    content: str


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """An everyday question written for this project, with what answers it."""

    text: str
    articles: tuple[int, ...] = ()  # ids of the shared statutory articles
    passages: tuple[str, ...] = ()  # ids of corpus entries
    answer: str = ""  # a paragraph that was written with it


OWN_QUESTIONS = Path(__file__).parent / "questions"


def running_text(shared: Path) -> Iterator[str]:
    """Paragraphs of running text, the same share of each file every time."""
    for name, share in TEXT_FILES.items():
        kept = 0.0
        with lzma.open(shared / "train" / "text" / f"{name}.txt.xz", "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                if (number + 1) * share >= kept + 1:
                    kept += 1
                    if line.strip():
                        yield line.strip()


def public_pairs(shared: Path) -> Iterator[Pair]:
    for name in PAIR_FILES:
        with lzma.open(shared / "train" / "pairs" / f"{name}.jsonl.xz", "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                yield Pair(row["query"], row["positive"], name)


def articles(shared: Path) -> list[Article]:
    with lzma.open(shared / "bench" / "stard" / "articles.jsonl.xz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [Article(row["id"], row["name"], row["content"]) for row in rows]


def questions(shared: Path) -> list[Question]:
    with open(shared / "bench" / "stard" / "train.jsonl", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [Question(row["id"], row["text"], tuple(row["gold"])) for row in rows]


def own_questions(articles: list[Article], folder: Path = OWN_QUESTIONS) -> list[OwnQuestion]:
    """Our own questions; a line may hold several (`texts`) that one answer answers.

    Raises:
        ValueError: a question names an article that the shared file has under another number.
    """
    names = {article.article_id: article.name for article in articles}
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            row = json.loads(line)
            told = {int(article_id): name for article_id, name in row.get("articles", {}).items()}
            for article_id, name in told.items():
                if names.get(article_id) != name:
                    raise ValueError(f"{path.name}:{number}: article {article_id} is not {name}")
            answered = tuple(told), tuple(row.get("passages", ())), row.get("answer", "")
            found += [OwnQuestion(text, *answered) for text in row.get("texts") or [row["text"]]]
    return found
