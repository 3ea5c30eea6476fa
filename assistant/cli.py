"""The command line: parse, call, print. Answers go to stdout, all else to stderr."""

import argparse
import datetime
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant import wording
from assistant.errors import (
    AssistantError,
    BatchLineInvalid,
    CorpusInvalid,
    CorpusThin,
    FileMissing,
    NothingToPrint,
    PaperUnwritable,
    TypeUnknown,
)
from assistant.records import FORM_IDS, STAGES, DisputeType, Kind
from assistant.settings import DEFAULT_SETTINGS, Settings, load_settings

KEEPER_PASSWORD = "ASSISTANT_KEEPER_PASSWORD"


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
        told = corpus.read_public(settings.corpus_dir)
        whole = corpus.Corpus(found.documents + told.documents, found.passages + told.passages)
        exercises = corpus.read_exercises(settings.corpus_dir)
        faults = [
            *proofing.proofread(whole, settings.corpus_dir, settings.lexicon_dir),
            *corpus.check_exercises(settings.corpus_dir, exercises, found.passages),
            *proofing.proofread_exercises(exercises, settings.corpus_dir, settings.lexicon_dir),
        ]
        papers = (settings.agreements_file, settings.checklist_file)
        if all(path.is_relative_to(settings.corpus_dir) for path in papers):  # not while another corpus is checked
            faults += corpus.paper_faults(*papers, found, [item.type_id for item in parts.types])
            faults += proofing.proofread_papers(
                corpus.read_agreements(papers[0]), corpus.read_checklist(papers[1]), papers, settings.lexicon_dir
            )
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
            _print_json(render.search_json(row["text"], hits, row["id"], _statute_message(assistant, row["text"])))
        return 0
    text = _given_text(args)
    hits = assistant.search(text, wanted, args.k, args.mode)
    message = _statute_message(assistant, text)
    if args.json:
        _print_json(render.search_json(text, hits, message=message))
    else:
        lines = render.hit_lines(hits) or ([] if message else [wording.NOTHING_FOUND])
        print("\n".join([*([message] if message else []), *lines]))
    return 0


def card(settings: Settings, args: argparse.Namespace) -> int:
    """Write the sheet to take along for one description, or (--agreement) a blank agreement, into a file."""
    content = _blank_agreement(settings, args) if args.agreement else _prepared_sheet(settings, args)
    from assistant.office import write_file
    from assistant.wording import sheets as words

    try:
        write_file(args.to, content)
    except OSError as error:
        raise PaperUnwritable(args.to, str(error)) from error
    print(words.CARD_WRITTEN.format(path=args.to), file=sys.stderr)
    return 0


def _prepared_sheet(settings: Settings, args: argparse.Namespace) -> bytes:
    from assistant import pipeline, render, sheets

    assistant = pipeline.open_assistant(settings)
    advice = assistant.ask(_given_text(args), args.region, type_id=_known_type(args, assistant.types))
    if advice.status != "ok" or render.is_statute_card(advice):
        raise NothingToPrint(advice.message)
    sheet = sheets.prepare(advice, assistant.checklist)
    return sheets.prepare_docx(sheet) if args.to.suffix == ".docx" else sheets.prepare_markdown(sheet).encode()


def _blank_agreement(settings: Settings, args: argparse.Namespace) -> bytes:
    from assistant import corpus, sheets

    types = corpus.read_taxonomy(settings.taxonomy_file)
    type_id = _known_type(args, types) or ""
    blank = sheets.agreement(corpus.read_agreements(settings.agreements_file), args.agreement, type_id)
    return sheets.agreement_docx(blank)


def _known_type(args: argparse.Namespace, types: Sequence[DisputeType]) -> str | None:
    if args.type and args.type not in {item.type_id for item in types}:
        raise TypeUnknown(args.type)
    return args.type


def evaluate(settings: Settings, args: argparse.Namespace) -> int:
    """Measure types, risks and refusals on labelled sets (--set may be given more than once); --keep shows the figures at /keeper/quality."""
    from assistant import evaluate as evaluation
    from assistant import pipeline, quality
    from assistant.wording import keeper

    assistant = pipeline.open_assistant(settings)
    if args.keep:
        quality.read(settings.worklist_dir)  # a damaged file is told before the sets are asked, which takes minutes
    reports = [evaluation.evaluate(assistant, path) for path in args.set]
    if args.keep:
        today, types = datetime.date.today().isoformat(), [item.type_id for item in assistant.types]
        kept = [quality.measured(report, settings, types, today) for report in reports if report["n"]]
        path = quality.keep(settings.worklist_dir, kept)
        print(keeper.CLI_MEASURED.format(count=len(kept), path=path), file=sys.stderr)
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
    made = lessons.resolve(basket, assistant.library.excerpt, settings.law_months, strict=not args.file)
    lessons.write(made, assistant.types, args.to)
    for listing, ids in ((words.GONE_LISTING, made.missing), (words.CHANGED_LISTING, made.changed)):
        if ids:
            print(listing.format(ids="、".join(ids)), file=sys.stderr)
    print(words.WRITTEN.format(path=args.to, count=len(made.excerpts)), file=sys.stderr)
    return 0


def import_(settings: Settings, args: argparse.Namespace) -> int:
    """Take foreign documents into corpus/local/, cleaned, with a report on each; --dry-run only reports."""
    from assistant import articles, importing, pipeline
    from assistant.local import Local
    from assistant.quarantine import Quarantine
    from assistant.records import UNREVIEWED
    from assistant.wording import keeper

    local = Local(settings)
    with Quarantine() as quarantine:
        comparison = importing.Comparison(local.entries()[0])
        found = []
        for incoming in importing.examine(articles.import_files(args.paths), quarantine, comparison):
            found.append(incoming)
            print(_report(incoming), flush=True)
    if not found:
        print(keeper.CLI_NOTHING, file=sys.stderr)
        return 1
    taken = [(item.article, {}) for item in found if item.article and not item.same_as]
    refused = sum(item.refusal is not None for item in found)
    if taken and not args.dry_run:
        local.add_articles(taken, UNREVIEWED, datetime.date.today().isoformat())
        pipeline.open_assistant(settings)  # brings the index up to date
    told = keeper.CLI_DRY if args.dry_run else keeper.CLI_DONE
    print(told.format(accepted=len(taken), same=len(found) - len(taken) - refused, refused=refused), file=sys.stderr)
    return 1 if refused else 0


def _report(incoming: "Incoming") -> str:  # noqa: F821 (imported where it is needed: its modules are heavy)
    """What became of one file, for a terminal."""
    from assistant.wording import keeper

    if incoming.refusal:
        return keeper.CLI_REFUSED.format(name=incoming.name, reason=keeper.REFUSALS[incoming.refusal.reason])
    if incoming.same_as:
        return keeper.CLI_SAME.format(name=incoming.name, same=keeper.SAME_AS.format(title=incoming.same_as))
    article, report = incoming.article, incoming.article.report
    summary = keeper.REPORT_SUMMARY.format(
        paragraphs=report.paragraphs, chars=report.chars, dropped=len(report.dropped), joined=len(report.joined),
        headings=len(report.headings),
    )
    lines = [keeper.CLI_KEPT.format(
        name=incoming.name, title=article.title, summary=summary, author=article.author or keeper.CLI_UNKNOWN,
        date=article.date or keeper.CLI_UNKNOWN, source=article.source or keeper.CLI_UNKNOWN,
    )]
    lines += [keeper.CLI_DROPPED.format(reason=keeper.DROPPED[item.reason], text=item.text) for item in report.dropped]
    if report.joined:
        lines.append(keeper.CLI_JOINED.format(seams="  ".join(report.joined)))
    if report.headings:
        lines.append(keeper.CLI_HEADINGS.format(headings=" / ".join(report.headings)))
    lines += [keeper.CLI_WARNING.format(warning=keeper.WARNINGS[key]) for key in (*report.warnings, *incoming.warnings)]
    if incoming.near:
        lines.append(keeper.CLI_WARNING.format(warning=keeper.NEAR.format(title=incoming.near)))
    return "\n".join(lines)


def serve(settings: Settings, args: argparse.Namespace) -> int:
    """Open the page, with a password also the keeper's (/keeper); with --kiosk the screen of the station hall and nothing else."""
    from assistant.ui import server

    chosen = replace(settings, host=args.host or settings.host, port=args.port or settings.port)
    server.serve(chosen, kiosk=args.kiosk, keeper_password=_keeper_password(args.keeper_password_file))
    return 0


def _keeper_password(path: Path | None) -> str:
    """The first line of the file, or what the environment says; "" when there is no keeper."""
    if path is None:
        return os.environ.get(KEEPER_PASSWORD, "")
    if not path.is_file():
        raise FileMissing(path)
    return path.read_text(encoding="utf-8-sig", errors="replace").split("\n")[0].strip()


def _statute_message(assistant: "Assistant", text: str) -> str:  # noqa: F821 (imported where a command needs it)
    """What to know about an article of law that a text names: renumbered, ambiguous, lacking."""
    named = assistant.statute(text)
    return named.told if named else ""


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
    added = command("card", card)
    given = added.add_mutually_exclusive_group(required=True)
    given.add_argument("text", nargs="?", metavar="TEXT|-")
    given.add_argument("--agreement", choices=FORM_IDS)
    added.add_argument("--type", metavar="TYPE")
    added.add_argument("--region")
    added.add_argument("--to", type=_paper, metavar="FILE.docx|.md", required=True)
    added = command("evaluate", evaluate)
    added.add_argument("--set", type=Path, metavar="FILE.jsonl", action="append", required=True)
    added.add_argument("--json", action="store_true")
    added.add_argument("--keep", action="store_true")
    added = command("lesson", lesson)
    given = added.add_mutually_exclusive_group(required=True)
    given.add_argument("--ids", metavar="ID,ID")
    given.add_argument("--file", type=Path, metavar="BASKET.json")
    added.add_argument("--title")
    added.add_argument("--to", type=Path, metavar="FILE.docx|.md|.pptx", required=True)
    added = command("import", import_)
    added.add_argument("paths", nargs="+", type=Path, metavar="FILE|DIR")
    added.add_argument("--dry-run", action="store_true")
    added = command("serve", serve)
    added.add_argument("--host")
    added.add_argument("--port", type=int)
    added.add_argument("--kiosk", action="store_true")
    added.add_argument("--keeper-password-file", type=Path, metavar="FILE", help=f"or the environment variable {KEEPER_PASSWORD}")
    return top


def _paper(given: str) -> Path:
    """A file that the card can be written as."""
    path = Path(given)
    if path.suffix not in (".docx", ".md"):
        raise argparse.ArgumentTypeError(".docx or .md")
    return path


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
    if getattr(args, "agreement", None) and args.to.suffix != ".docx":
        parser().error("--agreement: --to FILE.docx")
    try:
        return args.run(chosen_settings(args), args)
    except AssistantError as error:
        print(wording.explain(error), file=sys.stderr)
        return 1
