"""Templates filled in: addresses, sizes and the code; what is shown comes from `public`, the words from wording."""

import io
import json
from functools import lru_cache
from pathlib import Path

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assistant import public, render
from assistant.public import Book, Sheet
from assistant.records import DisputeType
from assistant.wording import SECTION_NAMES
from assistant.wording import kiosk as words

_HERE = Path(__file__).parent
SIZES = (18, 24, 30)  # px of running text at the least: normal, large, very large
GROWTH = (2.0, 2.5, 3.0)  # and of the screen's shorter side in percent, for a panel that people stand before
IDLE_SECONDS, COUNTDOWN_SECONDS = 60, 20
CHOICES = 7  # on one screen
TEXT_CHARS = 500  # of the box; the server reads no more than settings.query_chars


class Pages:
    """Every page as a function of what was chosen; shared by all visitors, so nothing here may change."""

    def __init__(self, book: Book, paper: str, law_months: int) -> None:
        self._book, self._law_months = book, law_months
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {
            "words": words, "sizes": SIZES, "vmin": GROWTH, "idle": IDLE_SECONDS, "countdown": COUNTDOWN_SECONDS, "paper": paper,
            "text_chars": TEXT_CHARS, "url": address, "section_names": SECTION_NAMES,
            "style": (_HERE / "kiosk.css").read_text(encoding="utf-8"),
            "script": _script(),
        }

    def home(self, size: int, attract: bool) -> str:
        return self._fill("home.html", size, here="/groups", back="" if attract else "/", groups=self._book.groups, attract=attract)

    def group(self, size: int, number: int) -> str | None:
        found = next((group for group in self._book.groups if group.number == number), None)
        return found and self._fill("group.html", size, here=f"/group/{number}", back="/groups", group=found)

    def type(self, size: int, type_id: str) -> str | None:
        item = self._book.type(type_id)
        return item and self._fill(
            "type.html", size, here=f"/type/{type_id}", back=f"/group/{self._book.group_of(type_id)}", item=item,
            situations=self._book.situations(type_id)[: CHOICES - 1],
        )

    def say(
        self, size: int, message: str = "", types: tuple[DisputeType, ...] = (), redlines: tuple[public.Line, ...] = (),
    ) -> str:
        return self._fill(
            "say.html", size, here="/say", back="/groups", message=message, types=types[: CHOICES - 1], redlines=redlines,
        )

    def result(self, size: int, sheet: Sheet, here: str, others: tuple[DisputeType, ...] = ()) -> str:
        day = sheet.checked_on()
        return self._fill(
            "result.html", size, here=here, back=f"/type/{sheet.type.type_id}" if here != "/say" else "/say", sheet=sheet,
            others=others[:3], code=picture(public.code(sheet)), entries=public.cited(sheet.lines()), day=day,
            old=bool(day) and render.months_since(day) > self._law_months,
            withheld=bool(sheet.redlines) and "helps" not in sheet.parts,
        )

    def notice(self, size: int, message: str) -> str:
        return self._fill("notice.html", size, here="/", back="/groups", message=message)

    def _fill(self, template: str, size: int, here: str, back: str, **more: object) -> str:
        return self._templates.get_template(template).render(size=size, here=here, back=back, **more)


def address(path: str, size: int) -> str:
    """A page's address; the chosen size of type travels in it because there is no cookie to keep it."""
    return f"{path}?size={size}" if size else path


@lru_cache(maxsize=256)
def picture(text: str) -> str:
    """A QR code as inline SVG, black on white."""
    out = io.BytesIO()
    segno.make_qr(text, error="m").save(
        out, kind="svg", xmldecl=False, svgns=False, border=4, omitsize=True, light="#fff", nl=False,
    )
    return out.getvalue().decode()


def _script() -> str:
    spoken = {"wait": words.WAIT, "left": words.SECONDS_LEFT, "with": words.WITH_TYPED, "without": words.WITHOUT_TYPED}
    told = json.dumps(spoken, ensure_ascii=False)
    return f"const WORDS = {told};\n" + (_HERE / "kiosk.js").read_text(encoding="utf-8")
