"""Word and slide files, written so that Chinese shows in the right font everywhere: the home of python-pptx
and of python-docx as a writer (reading foreign Word files is intake's business).

Word picks a Chinese letter's font from `w:eastAsia`, slides from `a:ea`; both libraries set only the
Latin one. So every style, the document's defaults and the theme are told here, once. Text goes in as it
is; characters that no XML may hold are left out. What the files say is up to the callers.
"""

import datetime
import io
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docx
import pptx
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from lxml import etree
from pptx.dml.color import RGBColor as SlideColor
from pptx.enum.text import MSO_ANCHOR
from pptx.oxml.ns import qn as slide_qn
from pptx.util import Cm as SlideCm
from pptx.util import Pt as SlidePt

A4_CM = (21.0, 29.7)
MARGINS_CM = (2.5, 2.2)  # top and bottom, left and right
SLIDE_CM = (33.867, 19.05)  # 16:9
INK, GREY, ACCENT, HINT, WARNING = "1C2733", "5A6572", "1F4E79", "A0A8B0", "A3161A"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"

_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Fonts:
    """The names by which Word, WPS and PowerPoint know fonts that come with every Chinese system."""

    body: str
    heading: str
    latin: str  # letters and digits


PRINT_FONTS = Fonts("宋体", "黑体", "Times New Roman")
SCREEN_FONTS = Fonts("微软雅黑", "微软雅黑", "微软雅黑")


def writable(text: str) -> str:
    """The text without characters that XML cannot hold; line ends are `\\n`."""
    return _UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def write_file(path: Path, content: bytes) -> None:
    """Put a whole file in place in one step; an old one stays when anything goes wrong.

    Raises:
        OSError: the folder is missing, full or not ours to write, or another program holds the file.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


# --- Word -------------------------------------------------------------------------------------


class WordFile:
    """A4 document under construction; paragraphs come in the order of the calls."""

    def __init__(self, title: str, header: str = "", footer: str = "", fonts: Fonts = PRINT_FONTS, landscape: bool = False) -> None:
        """`header` stands on top of every page; below stand `footer` and "page / pages"."""
        self.document = docx.Document()
        self.fonts = fonts
        self._marks = 0
        self._headings: list[tuple[int, str, str]] = []  # level, text, bookmark
        self._contents: Any = None
        _dress_word(self.document, fonts)
        _lay_out(self.document.sections[0], landscape)
        properties = self.document.core_properties
        properties.title, properties.author, properties.comments = writable(title), "", ""
        properties.language = "zh-CN"
        properties.created = properties.modified = datetime.datetime.now(datetime.UTC).replace(microsecond=0, tzinfo=None)
        self._head_and_foot(writable(header), writable(footer))

    def title(self, text: str, subtitle: str = "") -> None:
        self.document.add_paragraph(writable(text), style="Title")
        if subtitle:
            self.document.add_paragraph(writable(subtitle), style="Subtitle")

    def heading(self, text: str, level: int = 1) -> None:
        """A heading that the table of contents lists."""
        paragraph = self.document.add_heading(writable(text), level)
        self._headings.append((level, writable(text), self._bookmark(paragraph, f"_Toc{len(self._headings) + 1:06d}")))

    def contents(self) -> None:
        """The place of the table of contents: filled in when the file is finished."""
        self._contents = self.document.add_paragraph()

    def paragraph(self, text: str = "", style: str | None = None, bold: bool = False, small: bool = False, keep: bool = False) -> Any:
        """One paragraph; a `\\n` inside becomes a line break. `keep` holds it on the next one's page."""
        paragraph = self.document.add_paragraph(style=style)
        if text:
            self.run(paragraph, text, bold, small)
        paragraph.paragraph_format.keep_with_next = keep or None
        return paragraph

    def paragraph_led(self, name: str, text: str, strong: bool = False) -> Any:
        """A note that begins with its name in bold, on one page with what follows it; a `strong` one is coloured."""
        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        paragraph.paragraph_format.left_indent = Cm(0.6)
        self.run(paragraph, f"{name}：", bold=True, color=ACCENT if strong else "")
        self.run(paragraph, text, color=ACCENT if strong else "")
        return paragraph

    def run(self, paragraph: Any, text: str, bold: bool = False, small: bool = False, color: str = "", points: float = 0) -> Any:
        """More text at the end of a paragraph."""
        run = paragraph.add_run(writable(text))
        run.bold = bold or None
        if small or points:
            run.font.size = Pt(points or 9)
        if color or small:
            run.font.color.rgb = RGBColor.from_string(color or GREY)
        return run

    def bullet(self, text: str, bold: str = "") -> Any:
        """A list item, led by `bold` words if any."""
        paragraph = self.document.add_paragraph(style="List Bullet")
        if bold:
            self.run(paragraph, bold, bold=True)
        self.run(paragraph, text)
        return paragraph

    def quote(self, text: str) -> Any:
        """A quotation; it stays on one page with what follows it, its source."""
        return self.paragraph(text, style="Quote", keep=True)

    def target(self, paragraph: Any, name: str) -> None:
        """Make a paragraph the place that `reference` jumps to."""
        self._bookmark(paragraph, name)

    def reference(self, paragraph: Any, text: str, name: str) -> None:
        """Raised text that jumps to the target of that name."""
        run = self.run(paragraph, text, color=ACCENT)
        run.font.superscript = True
        run.bold = True
        link = OxmlElement("w:hyperlink")
        link.set(qn("w:anchor"), name)
        link.append(run._r)
        paragraph._p.append(link)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], widths_cm: Sequence[float] = ()) -> Any:
        """A ruled table; its head row repeats on every page and no row breaks over two."""
        table = self.document.add_table(rows=0, cols=len(head or rows[0]), style="Table Grid")
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        for number, cells in enumerate([head, *rows] if head else rows):
            row = table.add_row()
            _flag_row(row, "w:cantSplit")
            for cell, text in zip(row.cells, cells, strict=True):
                self.run(cell.paragraphs[0], text, bold=bool(head) and number == 0)
                cell.paragraphs[0].paragraph_format.space_after = Pt(0)
        if head:
            _flag_row(table.rows[0], "w:tblHeader")
            for cell in table.rows[0].cells:
                _shade(cell, "E8EDF3")
        table.autofit = not widths_cm
        for column, width in zip(table.columns, widths_cm, strict=False):
            column.width = Cm(width)
            for cell in column.cells:
                cell.width = Cm(width)
        return table

    def picture(self, png: bytes, width_cm: float, told: str) -> None:
        """A picture with the words that say what it shows, for those who cannot see it."""
        shape = self.document.add_picture(io.BytesIO(png), width=Cm(width_cm))
        shape._inline.docPr.set("descr", writable(told))

    def page_break(self) -> None:
        self.document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)

    # Forms: a page that must stay one page, with spaces to write on by hand.

    def compact(self, points: float, leading: float, margins_cm: tuple[float, float]) -> None:
        """Small print with lines of a fixed height, so that every program breaks the page alike; no header, no footer."""
        section = self.document.sections[0]
        section.top_margin = section.bottom_margin = Cm(margins_cm[0])
        section.left_margin = section.right_margin = Cm(margins_cm[1])
        section.header_distance = section.footer_distance = Cm(0.4)
        for part in (section.header, section.footer):
            part.is_linked_to_previous = True
        normal = self.document.styles["Normal"]
        normal.font.size = Pt(points)
        normal.paragraph_format.line_spacing = Pt(leading)
        normal.paragraph_format.space_before = normal.paragraph_format.space_after = Pt(0)

    def grid(self, widths_cm: Sequence[float], rows: int, ruled: bool = True) -> list[list[Any]]:
        """Empty cells in rows; text goes into them with `line`."""
        table = self.document.add_table(rows=rows, cols=len(widths_cm), style="Table Grid" if ruled else None)
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        for column, width in zip(table.columns, widths_cm, strict=True):
            column.width = Cm(width)
        for row in table.rows:
            for cell, width in zip(row.cells, widths_cm, strict=True):
                cell.width = Cm(width)
        return [list(row.cells) for row in table.rows]

    def line(
        self, text: str, cell: Any = None, first: bool = False, points: float = 0, leading: float = 0, bold: bool = False,
        before: float = 0, after: float = 0, centre: bool = False, grey: bool = False,
    ) -> Any:
        """A paragraph of the page or of a cell, whose `first` one is there already; `leading` is the height of a line."""
        if cell is None:
            paragraph = self.document.add_paragraph()
        else:
            paragraph = cell.paragraphs[0] if first else cell.add_paragraph()
        looks = paragraph.paragraph_format
        looks.space_before, looks.space_after = Pt(before), Pt(after)
        if leading:
            looks.line_spacing = Pt(leading)
        if centre:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        if text:
            self.run(paragraph, text, bold, points=points, color=GREY if grey else "")
        return paragraph

    def blank(self, paragraph: Any, hint: str, letters: float) -> None:
        """A space to write on by hand, with a small grey hint in its middle."""
        side = "\u3000" * max(1, round((letters - 0.7 * len(hint)) / 2))
        for text, points in ((side, 0.0), (hint, 6.5), (side, 0.0)):
            if text:
                self.run(paragraph, text, color=HINT if text is hint else "", points=points).font.underline = True

    def rule(self, cell: Any = None, leading: float = 0) -> None:
        """An empty line to write on, from margin to margin."""
        properties = self.line("", cell=cell, leading=leading)._p.get_or_add_pPr()
        borders = OxmlElement("w:pBdr")
        for side in ("bottom", "between"):  # without the second, Word rules only the last of several such lines
            border = OxmlElement(f"w:{side}")
            for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", "777777")):
                border.set(qn(f"w:{name}"), value)
            borders.append(border)
        properties.insert_element_before(borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr")

    def labelled_rule(self, label: str, width_cm: float, cell: Any = None, leading: float = 0) -> None:
        """A label, and a line to write on up to the right margin."""
        self.rule_to(self.line(label, cell=cell, leading=leading), width_cm)

    def rule_to(self, paragraph: Any, width_cm: float) -> None:
        """A line to write on from the end of a paragraph's text to `width_cm`."""
        paragraph.paragraph_format.tab_stops.add_tab_stop(Cm(width_cm), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.LINES)
        paragraph.add_run("\t")

    def to_bytes(self) -> bytes:
        self._fill_contents()
        out = io.BytesIO()
        self.document.save(out)
        return out.getvalue()

    def _bookmark(self, paragraph: Any, name: str) -> str:
        self._marks += 1
        start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        start.set(qn("w:id"), str(self._marks))
        start.set(qn("w:name"), name)
        end.set(qn("w:id"), str(self._marks))
        first = 1 if paragraph._p.pPr is not None else 0
        paragraph._p.insert(first, start)
        paragraph._p.append(end)
        return name

    def _fill_contents(self) -> None:
        """A line a heading, linked, with its page as a field: no TOC field, whose lines only Word's user could refresh."""
        if self._contents is None:
            return
        place, self._contents = self._contents, None
        listed = [item for item in self._headings if item[0] <= 2]
        for level, text, mark in listed:
            line = place.insert_paragraph_before(style=f"toc {level}")
            link = OxmlElement("w:hyperlink")
            link.set(qn("w:anchor"), mark)
            for run in (line.add_run(text), line.add_run("\t"), *_field_runs(line, f"PAGEREF {mark}", dirty=True)):
                link.append(run._r)
            line._p.append(link)
        place._p.getparent().remove(place._p)

    def _head_and_foot(self, header: str, footer: str) -> None:
        section = self.document.sections[0]
        head = section.header.paragraphs[0]
        self.run(head, header, small=True)
        head.alignment = WD_ALIGN_PARAGRAPH.LEFT
        foot = section.footer.paragraphs[0]
        foot.paragraph_format.tab_stops.add_tab_stop(_text_width(section), WD_TAB_ALIGNMENT.RIGHT)
        self.run(foot, f"{footer}\t", small=True)
        for code in ("PAGE", "NUMPAGES"):
            for run in _field_runs(foot, code):
                run.font.size = Pt(9)
            if code == "PAGE":
                self.run(foot, " / ", small=True)


def _lay_out(section: Any, landscape: bool) -> None:
    width, height = map(Cm, reversed(A4_CM) if landscape else A4_CM)
    section.page_width, section.page_height = width, height
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.top_margin = section.bottom_margin = Cm(MARGINS_CM[0])
    section.left_margin = section.right_margin = Cm(MARGINS_CM[1])
    section.header_distance = section.footer_distance = Cm(1.2)


def _text_width(section: Any) -> int:
    return section.page_width - section.left_margin - section.right_margin


def _dress_word(document: Any, fonts: Fonts) -> None:
    """Every style, the defaults and the theme name the Chinese font."""
    _add_contents_styles(document)
    defaults = document.styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    _set_word_fonts(defaults, fonts.latin, fonts.body)
    defaults.find(qn("w:lang")).set(qn("w:eastAsia"), "zh-CN")
    for style in document.styles:
        if style.type == WD_STYLE_TYPE.LIST:
            continue
        heading = style.name.startswith(("Heading", "Title", "Subtitle", "TOC"))
        _set_word_fonts(style.element.get_or_add_rPr(), fonts.latin, fonts.heading if heading else fonts.body)
    _set_looks(document)
    for font in document.styles.element.iter(qn("w:rFonts")):
        if any("Theme" in name for name in font.attrib):  # head rows and the like inside table styles
            _set_word_fonts(font.getparent(), fonts.latin, fonts.body)
    _dress_themes(document.part.package, fonts)


def _add_contents_styles(document: Any) -> None:
    for level in (1, 2):
        style = document.styles.add_style(f"toc {level}", WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = document.styles["Normal"]
        style.paragraph_format.left_indent = Cm(0.8 * (level - 1))
        style.paragraph_format.space_after = Pt(2)
        style.paragraph_format.tab_stops.add_tab_stop(
            Cm(A4_CM[0] - 2 * MARGINS_CM[1]), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS
        )


def _set_word_fonts(properties: Any, latin: str, chinese: str) -> None:
    fonts = properties.get_or_add_rFonts()
    for name in list(fonts.attrib):
        del fonts.attrib[name]  # references to the theme would win over the names
    for name, value in (("ascii", latin), ("hAnsi", latin), ("eastAsia", chinese), ("cs", latin)):
        fonts.set(qn(f"w:{name}"), value)


def _set_looks(document: Any) -> None:
    styles = document.styles
    normal = styles["Normal"]
    normal.font.size = Pt(11)
    normal.paragraph_format.line_spacing = 1.3
    normal.paragraph_format.space_after = Pt(5)
    for name in ("Header", "Footer"):  # the template's tab stops are those of another page width
        properties = styles[name].element.pPr
        if properties.tabs is not None:
            properties.remove(properties.tabs)
    for name, size, color, before in (
        ("Title", 24, INK, 0), ("Subtitle", 11, GREY, 0), ("Heading 1", 16, ACCENT, 16), ("Heading 2", 13, INK, 12),
        ("Heading 3", 11.5, INK, 8),
    ):
        style = styles[name]
        style.font.size, style.font.italic, style.font.bold = Pt(size), False, name != "Subtitle"
        style.font.color.rgb = RGBColor.from_string(color)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(6)
    quote = styles["Quote"]
    quote.font.italic = False  # slanted Chinese letters are hard to read
    quote.font.color.rgb = RGBColor.from_string(INK)
    quote.paragraph_format.left_indent = Cm(0.6)
    quote.element.get_or_add_pPr().insert_element_before(_left_rule(), "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr")


def _left_rule() -> Any:
    borders, left = OxmlElement("w:pBdr"), OxmlElement("w:left")
    for name, value in (("val", "single"), ("sz", "18"), ("space", "8"), ("color", ACCENT)):
        left.set(qn(f"w:{name}"), value)
    borders.append(left)
    return borders


def _flag_row(row: Any, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))


def _shade(cell: Any, color: str) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", color)):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)


def _field_mark(kind: str, dirty: bool = False) -> Any:
    run, mark = OxmlElement("w:r"), OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    if dirty:
        mark.set(qn("w:dirty"), "true")  # Word fills it in when it opens the file
    run.append(mark)
    return run


def _field_start(code: str) -> list[Any]:
    run, told = OxmlElement("w:r"), OxmlElement("w:instrText")
    told.set(qn("xml:space"), "preserve")
    told.text = code
    run.append(told)
    return [_field_mark("begin"), run, _field_mark("separate")]


def _field_runs(paragraph: Any, code: str, dirty: bool = False) -> list[Any]:
    """The runs of one field at the end of a paragraph; the program that opens the file computes it."""
    start, told, apart = _field_start(code)
    marks = [_field_mark("begin", dirty) if dirty else start, told, apart, None, _field_mark("end")]
    runs = [paragraph.add_run("" if mark is not None else " ") for mark in marks]
    for run, mark in zip(runs, marks, strict=True):
        if mark is not None:
            run._r.append(mark[0])
    return runs


def _dress_themes(package: Any, fonts: Fonts) -> None:
    for part in package.iter_parts():
        if part.content_type.endswith("theme+xml"):
            themed = _themed(part.blob, fonts)
            if hasattr(part, "_element"):  # the theme of the notes is kept as a tree, the others as bytes
                part._element = etree.fromstring(themed)
            else:
                part._blob = themed


def _themed(blob: bytes, fonts: Fonts) -> bytes:
    """A theme whose heading and body fonts name the Chinese one, also under the script Hans."""
    root = etree.fromstring(blob)
    for which, chinese in (("majorFont", fonts.heading), ("minorFont", fonts.body)):
        for font in root.iter(f"{DRAWING}{which}"):
            font.find(f"{DRAWING}latin").set("typeface", fonts.latin)
            font.find(f"{DRAWING}ea").set("typeface", chinese)
            for script in font.findall(f"{DRAWING}font"):
                if script.get("script") == "Hans":
                    script.set("typeface", chinese)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


# --- slides -----------------------------------------------------------------------------------

BODY_PT = ((40, 48), (90, 38), (150, 32), (230, 27), (330, 23), (10**9, 18))  # up to so many characters: this size


class SlideFile:
    """16:9 slides under construction, one idea a slide; what is said aloud goes into the notes."""

    def __init__(self, title: str, footer: str = "", fonts: Fonts = SCREEN_FONTS) -> None:
        self.presentation = pptx.Presentation()
        self.fonts = fonts
        self._footer = writable(footer)
        _widen(self.presentation)
        properties = self.presentation.core_properties
        properties.title, properties.author, properties.language = writable(title), "", "zh-CN"

    def title(self, text: str, subtitle: str = "", notes: str = "") -> None:
        """An opening slide, of the file or of a section."""
        slide = self._slide(notes)
        self._text(slide, (2.5, 6.0, 28.8, 4.2), [text], 44, bold=True)
        self._rule(slide, (2.6, 10.3, 6.0))
        if subtitle:
            self._text(slide, (2.5, 10.7, 28.8, 4.0), subtitle.split("\n"), 20, color=GREY)

    def idea(self, title: str, lines: Sequence[str], notes: str = "", under: str = "") -> None:
        """A heading, a few lines in the size that fits, and a small line `under` them."""
        slide = self._slide(notes)
        self._text(slide, (2.0, 1.1, 29.8, 2.0), [title], 28, bold=True, color=ACCENT)
        self._rule(slide, (2.1, 3.2, 3.0))
        length = sum(map(len, lines)) + 12 * (len(lines) - 1)  # a new line costs about half a row
        size = next(points for upto, points in BODY_PT if length <= upto)
        self._text(slide, (2.0, 3.8, 29.8, 11.2), lines, size, middle=True)
        if under:
            self._text(slide, (2.0, 15.2, 29.8, 2.2), [under], 18, color=WARNING)

    def to_bytes(self) -> bytes:
        _dress_slides(self.presentation, self.fonts)
        out = io.BytesIO()
        self.presentation.save(out)
        return out.getvalue()

    def _slide(self, notes: str) -> Any:
        slide = self.presentation.slides.add_slide(self.presentation.slide_layouts[6])
        number = self._text(slide, (28.9, 17.6, 3.0, 0.9), [""], 12, color=GREY)
        number.alignment = 3  # right
        number._p.append(_slide_number(len(self.presentation.slides)))
        if self._footer:
            self._text(slide, (2.0, 17.6, 24.0, 0.9), [self._footer], 12, color=GREY)
        if notes:
            slide.notes_slide.notes_text_frame.text = writable(notes)
        return slide

    def _text(self, slide: Any, place_cm: tuple[float, ...], lines: Sequence[str], size: int, bold: bool = False, color: str = INK, middle: bool = False) -> Any:
        """A text box; returns its last paragraph."""
        frame = slide.shapes.add_textbox(*map(SlideCm, place_cm)).text_frame
        frame.word_wrap = True
        frame.vertical_anchor = MSO_ANCHOR.MIDDLE if middle else MSO_ANCHOR.TOP
        for number, line in enumerate(lines):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            paragraph.space_after, paragraph.line_spacing = SlidePt(size / 3), 1.2
            run = paragraph.add_run()
            run.text = writable(line)
            run.font.size, run.font.bold = SlidePt(size), bold
            run.font.color.rgb = SlideColor.from_string(color)
        return frame.paragraphs[-1]

    def _rule(self, slide: Any, place_cm: tuple[float, float, float]) -> None:
        left, top, width = map(SlideCm, place_cm)
        bar = slide.shapes.add_shape(1, left, top, width, SlideCm(0.12))  # 1 is a rectangle
        bar.fill.solid()
        bar.fill.fore_color.rgb = SlideColor.from_string(ACCENT)
        bar.line.fill.background()


def _widen(presentation: Any) -> None:
    """The library's template is 4:3; its master and layouts are stretched with the slide."""
    share = SlideCm(SLIDE_CM[0]) / presentation.slide_width
    presentation.slide_width, presentation.slide_height = SlideCm(SLIDE_CM[0]), SlideCm(SLIDE_CM[1])
    for page in [presentation.slide_master, *presentation.slide_layouts]:
        for shape in page.placeholders:
            if shape._element.spPr.xfrm is not None:
                shape.left, shape.width = int(shape.left * share), int(shape.width * share)


def _slide_number(number: int) -> Any:
    field = etree.SubElement(etree.Element("none"), slide_qn("a:fld"), id="{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}", type="slidenum")
    properties = etree.SubElement(field, slide_qn("a:rPr"), lang="zh-CN", sz="1200")
    fill = etree.SubElement(properties, slide_qn("a:solidFill"))
    etree.SubElement(fill, slide_qn("a:srgbClr"), val=GREY)
    etree.SubElement(field, slide_qn("a:t")).text = str(number)
    return field


def _dress_slides(presentation: Any, fonts: Fonts) -> None:
    """Themes (of slides and of notes) and every run name the Chinese font."""
    _dress_themes(presentation.part.package, fonts)
    for run_properties in _slide_runs(presentation):
        for kind in ("latin", "ea"):
            for old in run_properties.findall(slide_qn(f"a:{kind}")):
                run_properties.remove(old)
        fill = run_properties.find(slide_qn("a:solidFill"))
        at = 0 if fill is None else list(run_properties).index(fill) + 1
        for offset, (kind, name) in enumerate((("latin", fonts.latin), ("ea", fonts.body))):
            element = etree.Element(slide_qn(f"a:{kind}"), typeface=name)
            run_properties.insert(at + offset, element)
        run_properties.set("lang", "zh-CN")


def _slide_runs(presentation: Any) -> Iterator[Any]:
    for slide in presentation.slides:
        pages = [slide, *([slide.notes_slide] if slide.has_notes_slide else [])]
        for page in pages:
            for run in page._element.iter(slide_qn("a:r"), slide_qn("a:fld")):
                properties = run.find(slide_qn("a:rPr"))
                if properties is None:
                    properties = etree.Element(slide_qn("a:rPr"))
                    run.insert(0, properties)
                yield properties
