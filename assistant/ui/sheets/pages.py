"""Sheets as HTML: templates with every value escaped; the words come from wording.sheets."""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from assistant import sheets
from assistant.records import AgreementForm, DisputeType, Passage
from assistant.sheets import Agreement, PrepareSheet
from assistant.wording import sheets as words

_HERE = Path(__file__).parent
_templates = Environment(loader=FileSystemLoader(_HERE), autoescape=True)


def style() -> str:
    return (_HERE / "sheet.css").read_text(encoding="utf-8")


def prepare_html(sheet: PrepareSheet) -> str:
    """The sheet before a mediation, without an empty line, at which the page's Markdown would end the HTML."""
    made = _templates.get_template("prepare.html").render(sheet=sheet, words=words)
    return "".join(line.strip() for line in made.splitlines())


def agreement_page(
    sheet: Agreement, forms: Sequence[AgreementForm], types: Sequence[DisputeType], laws: Sequence[Passage]
) -> str:
    """A page of its own with one blank agreement, to choose from and to print."""
    query = f"?{urlencode({'type': sheet.type_id})}" if sheet.type_id else ""
    return _templates.get_template("agreement.html").render(
        sheet=sheet, forms=forms, types=types, laws=laws, words=words, query=query, style=Markup(style()),
        date=sheets.pieces(words.DATE_BLANK),
    )
