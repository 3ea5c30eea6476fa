"""Foreign files become text: bytes in, `Foreign` out, one reader per format, strict limits.

Nothing in a file is run or followed: macros, scripts, links to pictures or templates elsewhere are
passed over and told as warnings. What is rubbish in the text is not decided here: see cleaning.
"""

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import charset_normalizer

from assistant.errors import FileRefused

FILE_BYTES = 20 * 1024 * 1024  # of one foreign file
TEXT_CHARS = 2_000_000  # of its text: a long book
PAGES = 500  # of a PDF
UNPACKED_BYTES = 100 * 1024 * 1024  # of all that one zip or Word file holds
ENTRIES = 2_000  # files inside a Word file
ZIP_ENTRIES = 200  # files inside a zip
SCAN_CHARS = 10  # a page with fewer characters is a picture
OFFICE_SECONDS = 90

CHINESE_ENCODINGS = ["utf_8", "gb18030", "big5"]
_BYTE_ORDER_MARKS = [  # the longer ones first: UTF-32's begins like UTF-16's
    (b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"),
]
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Word 97 and WPS
_ENTRY = b"PK\x01\x02"  # begins each entry of a zip's directory: counted before the directory is read
PAGE_BREAK = "\f"
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Foreign:
    """The text of one foreign file, and what the file says about itself."""

    name: str
    text: str  # lines as they stood; PAGE_BREAK between the pages of a PDF
    title: str = ""
    author: str = ""
    date: str = ""  # ISO, or ""
    source: str = ""
    outside: tuple[str, ...] = ()  # lines that the page showed around its article
    warnings: tuple[str, ...] = ()  # keys of wording.keeper.WARNINGS


# --- which reader ------------------------------------------------------------------------------


def read(name: str, content: bytes) -> Foreign:
    """The text of one file that is neither an archive nor old Word; for those see `unzip` and `convert_old`.

    The content decides where it contradicts the ending: a page saved as .doc is read as a page.

    Raises:
        FileRefused: too large, damaged, locked, a scan, empty, or in no format that is read here.
    """
    if len(content) > FILE_BYTES:
        raise FileRefused(name, "too_large")
    if not content.strip():
        raise FileRefused(name, "empty")
    kind = sniff(name, content)
    if kind not in _READERS:
        raise FileRefused(name, "format")
    found = _READERS[kind](name, content)
    if len(found.text) > TEXT_CHARS:
        raise FileRefused(name, "too_long")
    if not re.search(r"\w", found.text):
        raise FileRefused(name, "empty")
    return found


def sniff(name: str, content: bytes) -> str:
    """The format as a file ending: what the content shows, or else what the name says."""
    ending = PurePosixPath(name.replace("\\", "/")).suffix.lower()
    head = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if content.startswith(b"%PDF-"):
        return ".pdf"
    if content.startswith(_OLE) or content.startswith(b"{\\rtf"):
        return ".doc"
    if content.startswith(b"PK\x03\x04") and b"word/document.xml" in content:
        return ".docx"
    if content.startswith(b"PK\x03\x04") and ending not in (".docx", ".docm"):
        return ".zip" if ending == ".zip" else ""
    if head.startswith((b"<!doctype html", b"<html")) and ending in (".doc", ".wps", ".docx", ".htm", ".html"):
        return ".html"
    if ending in (".doc", ".wps", ".docx", ".docm", ".pdf", ".zip", ".rtf"):
        raise FileRefused(name, "damaged")  # it is not what its ending says
    return ".html" if ending in (".htm", ".xhtml") else ".txt" if ending == ".text" else ending


# --- plain text --------------------------------------------------------------------------------


def decode(content: bytes) -> tuple[str, tuple[str, ...]]:
    """Bytes in UTF-8, GB18030, Big5 or with a byte order mark become text, with warnings.

    A detector is only asked where the bytes themselves do not tell: short texts fool detectors.

    Raises:
        ValueError: no Chinese encoding fits.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return content.decode(encoding), ()
    for encoding in ("utf-8", "gb2312"):  # GB2312 needs a high bit in both bytes, which Big5 rarely has twice
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        if encoding == "utf-8" and not text.isascii() and not _HAN.search(text):
            continue  # 漏水 in GBK is two letters in UTF-8 as well
        return text, ()
    with contextlib.suppress(UnicodeDecodeError):
        if "\0" not in (text := content.decode("utf-8")):
            return text, ()
    if (wide := _without_mark(content)) is not None:
        return wide, ()
    if b"\0" in content:
        raise ValueError("binary")
    mended = content.decode("utf-8", "replace")
    if mended.count("\ufffd") <= max(3, len(mended) / 100) < len(_HAN.findall(mended)):  # a few broken bytes in good UTF-8
        return mended, ("bytes_lost",)
    best = charset_normalizer.from_bytes(content, cp_isolation=CHINESE_ENCODINGS).best()
    if best is not None:
        return str(best), ()
    for encoding in ("gb18030", "big5"):
        mended = content.decode(encoding, "replace")
        if mended.count("\ufffd") <= len(mended) / 100:
            return mended, ("bytes_lost",)
    raise ValueError("no Chinese encoding fits")


def _without_mark(content: bytes) -> str | None:
    """UTF-16 text whose mark was lost: every second byte of its line ends and Latin letters is zero."""
    if len(content) % 2 or b"\0" not in content:
        return None
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        han = sum("\u3400" <= letter <= "\u9fff" or letter in "\r\n \t，。：；、" or letter.isascii() for letter in text)
        if "\0" not in text and han > 0.95 * len(text):
            return text
    return None


def _read_plain(name: str, content: bytes) -> Foreign:
    try:
        text, warnings = decode(content)
    except (ValueError, UnicodeError):
        raise FileRefused(name, "encoding") from None
    controls = sum(unicodedata.category(letter) == "Cc" and letter not in "\n\r\t\f" for letter in text[:10_000])
    if controls > len(text[:10_000]) / 50:
        raise FileRefused(name, "encoding")
    return Foreign(name, text, warnings=warnings)


# --- pages -------------------------------------------------------------------------------------

_DECLARED = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w-]{2,20})", re.IGNORECASE)
_BLOCKS = frozenset(["p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "br", "table", "ul", "ol", "section", "article", "header", "footer", "nav", "td", "title", "dt", "dd"])
_UNSHOWN = frozenset(["script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "head"])


def _read_html(name: str, content: bytes) -> Foreign:
    import trafilatura  # a second to import, and only pages need it
    from lxml import etree

    text, warnings = _decode_page(name, content)
    try:
        root = trafilatura.load_html(text)
        found = trafilatura.bare_extraction(text, with_metadata=True, include_comments=False, include_tables=True, favor_recall=True)
    except (ValueError, TypeError, AttributeError, etree.LxmlError) as error:
        raise FileRefused(name, "damaged", str(error)) from error
    body = (found.text if found else "") or ""
    shown = list(_shown_lines(root)) if root is not None else []
    if not body.strip():
        body, shown = "\n".join(shown), []
    if not body.strip():
        raise FileRefused(name, "empty")
    inside = re.sub(r"\s", "", body)
    outside = tuple(line for line in shown if re.sub(r"\s", "", line) not in inside)
    if re.search(rb"<script|<iframe|<object|<embed", content, re.IGNORECASE):
        warnings = (*warnings, "scripts")
    told = found.as_dict() if found else {}
    return Foreign(
        name, body, title=told.get("title") or "", author=told.get("author") or "", source=told.get("sitename") or "",
        outside=outside, warnings=warnings,
    )


def _decode_page(name: str, content: bytes) -> tuple[str, tuple[str, ...]]:
    """What the page declares counts where the bytes agree; old pages often declare the wrong one."""
    declared = _DECLARED.search(content[:4096])
    encoding = declared.group(1).decode("ascii", "ignore").lower() if declared else ""
    encoding = "gb18030" if encoding in ("gbk", "gb2312") else encoding
    if encoding in ("gb18030", "big5", "utf-8", "utf8"):
        try:
            return content.decode(encoding), ()
        except UnicodeDecodeError:
            pass
    try:
        return decode(content)
    except (ValueError, UnicodeError):
        raise FileRefused(name, "encoding") from None


def _shown_lines(root) -> Iterator[str]:
    """The text of a page as lines, one for each block, scripts and styles left out; no recursion."""
    pieces: list[str] = []

    def line() -> Iterator[str]:
        text = re.sub(r"\s+", " ", "".join(pieces)).strip()
        pieces.clear()
        if text:
            yield text

    from lxml import etree

    hidden = 0
    for event, node in etree.iterwalk(root, events=("start", "end")):
        tag = node.tag if isinstance(node.tag, str) else ""
        if event == "start":
            hidden += tag in _UNSHOWN
            if tag in _BLOCKS:
                yield from line()
            if not hidden and tag:
                pieces.append(node.text or "")
        else:
            hidden -= tag in _UNSHOWN
            if tag in _BLOCKS:
                yield from line()
            if not hidden:
                pieces.append(node.tail or "")
    yield from line()


# --- Word --------------------------------------------------------------------------------------


_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # the same text once more


def _read_docx(name: str, content: bytes) -> Foreign:
    import docx
    from lxml import etree

    members = _check_archive(name, content)
    try:
        opened = docx.Document(io.BytesIO(content))
        lines = list(_word_lines(opened))
    except (ValueError, KeyError, AttributeError, TypeError, IndexError, OSError, zipfile.BadZipFile, etree.LxmlError,
            docx.opc.exceptions.OpcError) as error:
        raise FileRefused(name, "damaged", str(error)) from error
    warnings = []
    if any(member.lower().endswith("vbaproject.bin") for member in members):
        warnings.append("macros")
    if any(link.is_external for part in opened.part.package.iter_parts() for link in part.rels.values()):
        warnings.append("links")
    if any(member.startswith(("word/media/", "word/embeddings/")) for member in members):
        warnings.append("pictures")
    return Foreign(name, "\n".join(lines), title=(opened.core_properties.title or "").strip(), warnings=tuple(warnings))


def _check_archive(name: str, content: bytes) -> list[str]:
    """The names inside a zip that keeps the limits; sizes are counted while unpacking, a header may lie."""
    if content.count(_ENTRY) > ENTRIES:
        raise FileRefused(name, "bomb")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if any(member.flag_bits & 1 for member in members):
                raise FileRefused(name, "locked")
            unpacked = 0
            for member in members:
                with archive.open(member) as stream:
                    while piece := stream.read(1 << 20):
                        unpacked += len(piece)
                        if unpacked > UNPACKED_BYTES:
                            raise FileRefused(name, "bomb")
            return [member.filename for member in members]
    except FileRefused:
        raise
    except Exception as error:  # zipfile, zlib, lzma and bz2 each raise their own
        raise FileRefused(name, "damaged", str(error)) from error


def _word_lines(opened) -> Iterator[str]:
    """Paragraphs and table rows in their order; headings as Markdown; deleted text stays deleted."""
    from docx.oxml.ns import qn

    levels = {style.style_id: _heading_level(style.name) for style in opened.styles}
    for block in opened.element.body:
        if block.tag == qn("w:p"):
            yield from _word_paragraph(block, levels)
        elif block.tag == qn("w:tbl"):
            for row in block.iter(qn("w:tr")):
                cells = [" ".join(filter(None, (_word_text(p) for p in cell.iter(qn("w:p"))))) for cell in row.iter(qn("w:tc"))]
                if any(cells):
                    yield " | ".join(cells)
        elif block.tag == qn("w:sdt"):
            for paragraph in block.iter(qn("w:p")):
                yield from _word_paragraph(paragraph, levels)


def _word_paragraph(paragraph, levels: dict[str, int]) -> Iterator[str]:
    from docx.oxml.ns import qn

    text = _word_text(paragraph)
    style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
    level = levels.get(style.get(qn("w:val")), 0) if style is not None else 0
    yield f"{'#' * level} {text}" if level and text.strip() else text


def _word_text(paragraph) -> str:
    from docx.oxml.ns import qn

    skipped = {qn("w:del"), qn("w:moveFrom"), qn("w:txbxContent"), _FALLBACK}
    shown = {qn("w:t"): None, qn("w:tab"): " ", qn("w:br"): "\n", qn("w:cr"): "\n"}
    found = []
    for node in paragraph.iter(*shown):
        if node.tag == qn("w:tab") and node.getparent().tag != qn("w:r"):
            continue  # the definition of a tab stop
        if not any(above.tag in skipped for above in node.iterancestors()):
            found.append(shown[node.tag] or node.text or "")
    return "".join(found).strip()


def _heading_level(style: str | None) -> int:
    match = re.fullmatch(r"(?:heading|标题)\s*([1-6])", (style or "").lower())
    return int(match.group(1)) if match else 1 if (style or "").lower() == "title" else 0


# --- PDF ---------------------------------------------------------------------------------------


def _read_pdf(name: str, content: bytes) -> Foreign:
    import pypdf

    try:
        reader = pypdf.PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise FileRefused(name, "locked")
        if len(reader.pages) > PAGES:
            raise FileRefused(name, "too_long")
        pages, chars = [], 0
        for page in reader.pages:
            pages.append(page.extract_text() or "")
            chars += len(pages[-1])
            if chars > TEXT_CHARS:
                raise FileRefused(name, "too_long")
        root = reader.trailer["/Root"]
        active = any(key in root for key in ("/OpenAction", "/AA")) or any(
            key in (root.get("/Names") or {}) for key in ("/JavaScript", "/EmbeddedFiles")
        )
        title = str((reader.metadata or {}).get("/Title") or "")
    except FileRefused:
        raise
    except pypdf.errors.DependencyError as error:  # AES without the package for it
        raise FileRefused(name, "locked", str(error)) from error
    except Exception as error:  # a broken PDF makes pypdf raise whatever its parts raise
        raise FileRefused(name, "damaged", str(error)) from error
    if not pages or chars < SCAN_CHARS * len(pages):
        raise FileRefused(name, "scan")
    warnings = ["scripts"] if active else []
    if any(len(page.strip()) < SCAN_CHARS for page in pages):
        warnings.append("pages_without_text")
    return Foreign(name, PAGE_BREAK.join(pages), title=title if _HAN.search(title) else "", warnings=tuple(warnings))


def _not_here(name: str, content: bytes) -> Foreign:
    raise FileRefused(name, "format")


_READERS: dict[str, Callable[[str, bytes], Foreign]] = {
    ".txt": _read_plain,
    ".md": _read_plain,
    ".html": _read_html,
    ".docx": _read_docx,
    ".pdf": _read_pdf,
    ".doc": _not_here,
}
ARTICLES = (".txt", ".md", ".html", ".htm", ".docx", ".pdf")  # what a plain folder may hold
IMPORTED = (*ARTICLES, ".doc", ".wps", ".docm", ".rtf", ".zip")  # what `import` takes


# --- old Word ----------------------------------------------------------------------------------

# No macro runs, no link is updated, no picture is fetched, whatever the document asks for.
_OFFICE_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableActiveContent" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


def convert_old(name: str, content: bytes) -> bytes:
    """Word 97, WPS or RTF as .docx, through LibreOffice in a profile of its own.

    Raises:
        FileRefused: LibreOffice is not installed, or cannot read the file.
    """
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        raise FileRefused(name, "office_missing")
    if len(content) > FILE_BYTES:
        raise FileRefused(name, "too_large")
    ending = ".rtf" if content.startswith(b"{\\rtf") else ".doc"
    with tempfile.TemporaryDirectory(prefix="assistant-office-") as folder:
        profile = Path(folder) / "profile"
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(_OFFICE_PROFILE, encoding="utf-8")
        given = Path(folder) / f"given{ending}"
        given.write_bytes(content)
        command = [office, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", "--nolockcheck",
                   "--convert-to", "docx:MS Word 2007 XML", "--outdir", str(Path(folder) / "out"), str(given)]
        nowhere = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")}
        try:
            subprocess.run(command, timeout=OFFICE_SECONDS, capture_output=True, env={**os.environ, **nowhere}, check=True)
            return (Path(folder) / "out" / "given.docx").read_bytes()
        except (subprocess.SubprocessError, OSError) as error:
            raise FileRefused(name, "damaged", type(error).__name__) from error


# --- archives ----------------------------------------------------------------------------------


def unzip(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """(name, content) of the documents in a zip; nothing is written to disk, an archive inside is passed over.

    Raises:
        FileRefused: the archive breaks a limit, is locked, or names a place outside itself.
    """
    if len(content) > FILE_BYTES:
        raise FileRefused(name, "too_large")
    if content.count(_ENTRY) > ZIP_ENTRIES:
        raise FileRefused(name, "bomb")
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise FileRefused(name, "damaged", str(error)) from error
    with archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if any(member.flag_bits & 1 for member in members):
            raise FileRefused(name, "locked")
        if any(_escapes(member.filename) or (member.external_attr >> 16) & 0o170000 == 0o120000 for member in members):
            raise FileRefused(name, "traversal")
        left = UNPACKED_BYTES
        for member in members:
            inside = member_name(member)
            if PurePosixPath(inside).name.startswith((".", "__MACOSX")) or inside.startswith("__MACOSX"):
                continue
            try:
                with archive.open(member) as stream:
                    unpacked = stream.read(min(FILE_BYTES, left) + 1)
            except Exception as error:  # zlib, lzma and bz2 each raise their own
                raise FileRefused(name, "damaged", str(error)) from error
            left -= len(unpacked)
            if left < 0 or len(unpacked) > FILE_BYTES:
                raise FileRefused(name, "bomb")
            yield inside, unpacked


def _escapes(member: str) -> bool:
    plain = member.replace("\\", "/")
    return plain.startswith("/") or ".." in plain.split("/") or bool(re.match(r"[A-Za-z]:", plain)) or "\0" in plain


def member_name(member: zipfile.ZipInfo) -> str:
    """The name inside an archive; Chinese Windows writes it in GBK and zipfile takes it for cp437."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member.filename


# --- between processes -------------------------------------------------------------------------


def to_json(found: Foreign) -> str:
    return json.dumps({field: getattr(found, field) for field in Foreign.__slots__}, ensure_ascii=True)


def from_json(line: str) -> Foreign:
    told = json.loads(line)
    return replace(Foreign(**told), outside=tuple(told["outside"]), warnings=tuple(told["warnings"]))
