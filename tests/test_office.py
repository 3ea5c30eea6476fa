"""Word and slide files of our own making: Chinese fonts, page numbers, contents, and nothing half written."""

import io
import zipfile

import docx
import pptx
import pytest
from docx.oxml.ns import qn
from lxml import etree

from assistant.office import PRINT_FONTS, SlideFile, WordFile, write_file

DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


@pytest.fixture(scope="module")
def handout() -> bytes:
    file = WordFile("讲义", header="页眉", footer="页脚")
    file.title("讲义", "副题")
    file.contents()
    file.heading("一、开场")
    file.paragraph("正文\x0b里混进了控制字符")
    file.heading("要点", 2)
    line = file.paragraph("见出处")
    file.reference(line, "[1]", "ref1")
    file.table(["问", "答"], [["甲", "乙"]], [5, 11])
    file.target(file.paragraph("[1] 出处"), "ref1")
    return file.to_bytes()


@pytest.fixture(scope="module")
def slides() -> bytes:
    file = SlideFile("讲稿", footer="页脚")
    file.title("讲稿", "副题")
    file.idea("一个意思", ["一句话"], notes="出处写在这里", under="小字")
    return file.to_bytes()


def xml(content: bytes, name: str) -> etree._Element:
    return etree.fromstring(zipfile.ZipFile(io.BytesIO(content)).read(name))


def themes(content: bytes) -> list[str]:
    return [name for name in zipfile.ZipFile(io.BytesIO(content)).namelist() if "/theme/theme" in name]


def test_every_style_of_a_word_file_names_the_chinese_font(handout):
    fonts = list(xml(handout, "word/styles.xml").iter(qn("w:rFonts")))
    styles = [s for s in docx.Document(io.BytesIO(handout)).styles if s.type != 4]  # 4: list styles hold no text

    assert {font.get(qn("w:eastAsia")) for font in fonts} == {PRINT_FONTS.body, PRINT_FONTS.heading}
    assert not any("Theme" in name for font in fonts for name in font.attrib)
    assert all(style.element.rPr.rFonts.get(qn("w:eastAsia")) for style in styles)


def test_the_themes_name_the_chinese_font(handout, slides):
    for content in (handout, slides):
        assert themes(content)
        for name in themes(content):
            for which in ("majorFont", "minorFont"):
                font = next(xml(content, name).iter(DRAWING + which))
                hans = [item.get("typeface") for item in font.findall(DRAWING + "font") if item.get("script") == "Hans"]
                assert font.find(DRAWING + "ea").get("typeface") in hans or not hans
                assert font.find(DRAWING + "ea").get("typeface")


def test_a_word_file_is_a4_with_header_footer_and_page_numbers(handout):
    section = docx.Document(io.BytesIO(handout)).sections[0]

    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)
    assert section.header.paragraphs[0].text == "页眉"
    assert section.footer.paragraphs[0].text.startswith("页脚")
    assert [code.text for code in section.footer._element.iter(qn("w:instrText"))] == ["PAGE", "NUMPAGES"]


def test_the_contents_list_every_heading_and_every_link_has_its_target(handout):
    body = xml(handout, "word/document.xml")
    marks = {mark.get(qn("w:name")) for mark in body.iter(qn("w:bookmarkStart"))}
    links = [link.get(qn("w:anchor")) for link in body.iter(qn("w:hyperlink"))]
    contents = [p.text for p in docx.Document(io.BytesIO(handout)).paragraphs if p.style.name.startswith("toc")]

    assert [line.strip() for line in contents] == ["一、开场", "要点"]
    assert len(links) == 3 and set(links) <= marks
    kinds = [mark.get(qn("w:fldCharType")) for mark in body.iter(qn("w:fldChar"))]
    assert kinds.count("begin") == kinds.count("end") == 2


def test_characters_that_no_file_may_hold_are_left_out(handout):
    assert "正文里混进了控制字符" in [p.text for p in docx.Document(io.BytesIO(handout)).paragraphs]


def test_every_run_of_a_slide_and_its_notes_names_the_chinese_font(slides):
    show = pptx.Presentation(io.BytesIO(slides))
    notes = [slide.notes_slide.notes_text_frame.text for slide in show.slides if slide.has_notes_slide]
    runs = [run for slide in show.slides for page in (slide, *([slide.notes_slide] if slide.has_notes_slide else []))
            for run in page._element.iter(DRAWING + "r")]

    assert notes == ["出处写在这里"]
    assert len(runs) >= 6 and all(run.find(DRAWING + "rPr").find(DRAWING + "ea") is not None for run in runs)


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path):
    target = tmp_path / "讲义.docx"
    write_file(target, b"old")
    with pytest.raises(OSError):
        write_file(tmp_path / "没有这个文件夹" / "讲义.docx", b"new")
    write_file(target, b"new")

    assert [path.name for path in tmp_path.iterdir()] == ["讲义.docx"]
    assert target.read_bytes() == b"new"
