"""The command line: parse, call, print. Answers go to stdout, all else to stderr."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant import wording
from assistant.errors import AssistantError, BatchLineInvalid, CorpusInvalid, CorpusThin, FileMissing
from assistant.records import STAGES, Kind
from assistant.settings import DEFAULT_SETTINGS, Settings, load_settings


def build(settings: Settings, args: argparse.Namespace) -> int:
    """Index the corpus, or a plain folder of articles; does nothing when the index is current."""
    from assistant import index, pipeline

    if not args.force and index.is_current(settings):
        print(wording.INDEX_CURRENT, file=sys.stderr)
        return 0
    found = pipeline.build(settings, show_progress=sys.stderr.isatty())
    print(wording.BUILT.format(documents=len(found.documents), passages=len(found.passages)), file=sys.stderr)
    return 0


def check(settings: Settings, args: argparse.Namespace) -> int:
    """Validate every corpus file; with --coverage also print how much there is of what, and fail where it is too little."""
    from assistant import corpus, coverage, index, pipeline, proofing

    found = index.read_corpus(settings)
    parts = pipeline.Parts(settings)
    if corpus.is_knowledge(settings.corpus_dir):
        exercises = corpus.read_exercises(settings.corpus_dir)
        faults = [
            *proofing.proofread(found, settings.corpus_dir, settings.lexicon_dir),
            *corpus.check_exercises(settings.corpus_dir, exercises, found.passages),
            *proofing.proofread_exercises(exercises, settings.corpus_dir, settings.lexicon_dir),
        ]
        if faults:
            raise CorpusInvalid(faults)
    if args.coverage:
        print(coverage.table(found.passages, parts.types))
        if short := coverage.shortfalls(found.passages, parts.types):
            raise CorpusThin(short)
    print(wording.CHECK_PASSED.format(documents=len(found.documents), passages=len(found.passages)), file=sys.stderr)
    return 0


def ask(settings: Settings, args: argparse.Namespace) -> int:
    """Print the card for one description (`-` reads it from standard input), or for each line of --batch."""
    from assistant import pipeline, render

    assistant = pipeline.open_assistant(settings)
    if args.batch:
        for row in _rows(args.batch):
            _print_json(render.as_json(assistant.ask(row["text"], row.get("region")), row["id"]))
        return 0
    advice = assistant.ask(_given_text(args), args.region)
    if args.json:
        _print_json(render.as_json(advice))
    else:
        print(render.as_text(advice))
    return 0


def search(settings: Settings, args: argparse.Namespace) -> int:
    """Print the passages nearest to a text, or to each line of --batch."""
    from assistant import pipeline, render
    from assistant.retriever import Filter

    assistant = pipeline.open_assistant(settings)
    wanted = Filter(args.kind, args.type, args.stage, args.region)
    if args.batch:
        for row in _rows(args.batch):
            hits = assistant.search(row["text"], wanted, args.k, args.mode)
            _print_json(render.search_json(row["text"], hits, row["id"]))
        return 0
    text = _given_text(args)
    hits = assistant.search(text, wanted, args.k, args.mode)
    if args.json:
        _print_json(render.search_json(text, hits))
    else:
        print("\n".join(render.hit_lines(hits)))
    return 0


def evaluate(settings: Settings, args: argparse.Namespace) -> int:
    """Measure types, risks and refusals on labelled sets (--set may be given more than once)."""
    from assistant import evaluate as evaluation
    from assistant import pipeline

    assistant = pipeline.open_assistant(settings)
    reports = [evaluation.evaluate(assistant, path) for path in args.set]
    if args.json:
        for report in reports:
            _print_json(report)
    else:
        print(evaluation.as_table(reports))
    return 0


def lesson(settings: Settings, args: argparse.Namespace) -> int:
    """Write a lesson (.docx, .md or .pptx) from ids, or from a basket that the trainer's desk saved."""
    from assistant import lesson as lessons
    from assistant import pipeline
    from assistant.wording import lesson as words

    assistant = pipeline.open_assistant(settings)
    if args.file:
        basket = lessons.read_basket_file(args.file)
        basket = replace(basket, title=args.title or basket.title)
    else:
        ids = [item.strip() for item in args.ids.split(",") if item.strip()]
        basket = lessons.basket_of(ids, args.title or words.UNTITLED)
    made = lessons.resolve(basket, assistant.library.excerpt, strict=not args.file)
    lessons.write(made, assistant.types, args.to)
    for listing, ids in ((words.GONE_LISTING, made.missing), (words.CHANGED_LISTING, made.changed)):
        if ids:
            print(listing.format(ids="、".join(ids)), file=sys.stderr)
    print(words.WRITTEN.format(path=args.to, count=len(made.excerpts)), file=sys.stderr)
    return 0


def serve(settings: Settings, args: argparse.Namespace) -> int:
    """Open the page."""
    from assistant.ui import server

    server.serve(replace(settings, host=args.host or settings.host, port=args.port or settings.port))
    return 0


def _given_text(args: argparse.Namespace) -> str:
    return sys.stdin.buffer.read().decode("utf-8", "replace") if args.text == "-" else args.text


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a batch file, one JSON object each; `question` may stand for `text`."""
    if not path.exists():
        raise FileMissing(path)
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                yield {"id": row["id"], "text": str(row.get("text", row.get("question"))), "region": row.get("region")}
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise BatchLineInvalid(path, number, str(error)) from error


def _print_json(answer: dict[str, Any]) -> None:
    """One object on one line; a lone surrogate in the input is escaped, so any terminal can print it."""
    text = json.dumps(answer, ensure_ascii=False)
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode() + "\n")


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="assistant", description=wording.APP_TITLE)
    commands = top.add_subparsers(dest="command", required=True)

    def command(name: str, run: Callable[[Settings, argparse.Namespace], int]) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
        added.add_argument("--settings", type=Path, help="settings.yaml")
        added.add_argument("--corpus", type=Path, metavar="DIR")
        added.add_argument("--index", type=Path, metavar="DIR")
        added.set_defaults(run=run)
        return added

    command("build", build).add_argument("--force", action="store_true")
    command("check", check).add_argument("--coverage", action="store_true")
    for name, run in (("ask", ask), ("search", search)):
        added = command(name, run)
        given = added.add_mutually_exclusive_group(required=True)
        given.add_argument("text", nargs="?", metavar="TEXT|-")
        given.add_argument("--batch", type=Path, metavar="FILE.jsonl")
        added.add_argument("--region")
        added.add_argument("--json", action="store_true")
        if name == "search":
            added.add_argument("--kind", choices=[kind.value for kind in Kind])
            added.add_argument("--type")
            added.add_argument("--stage", choices=STAGES)
            added.add_argument("-k", type=int, default=10)
            added.add_argument("--mode", choices=("hybrid", "lexical", "dense"), default="hybrid")
    added = command("evaluate", evaluate)
    added.add_argument("--set", type=Path, metavar="FILE.jsonl", action="append", required=True)
    added.add_argument("--json", action="store_true")
    added = command("lesson", lesson)
    given = added.add_mutually_exclusive_group(required=True)
    given.add_argument("--ids", metavar="ID,ID")
    given.add_argument("--file", type=Path, metavar="BASKET.json")
    added.add_argument("--title")
    added.add_argument("--to", type=Path, metavar="FILE.docx|.md|.pptx", required=True)
    added = command("serve", serve)
    added.add_argument("--host")
    added.add_argument("--port", type=int)
    return top


def chosen_settings(args: argparse.Namespace) -> Settings:

    settings = load_settings(args.settings or DEFAULT_SETTINGS)
    if args.corpus:
        settings = replace(settings, corpus_dir=args.corpus)
    if args.index:
        settings = replace(settings, index_dir=args.index)
    return settings


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 an explained error, 2 wrong usage."""
    args = parser().parse_args(argv)
    try:
        return args.run(chosen_settings(args), args)
    except AssistantError as error:
        print(wording.explain(error), file=sys.stderr)
        return 1
