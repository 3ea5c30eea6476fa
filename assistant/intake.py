"""Foreign documents become text: plain text in any usual Chinese encoding, Markdown, HTML, Word, PDF.

Only reading happens here. The text is kept as it was written; a passage is a span of it.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import charset_normalizer

from assistant.corpus import Corpus, split_article
from assistant.errors import CorpusEmpty, FileDamaged, FileMissing
from assistant.records import Document, Passage

CHINESE_ENCODINGS = ["utf_8", "gb18030", "big5"]
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def read_articles(folder: Path, passage_chars: int) -> Corpus:
    """Read every article below a plain folder, in the order of their paths.

    Raises:
        FileMissing: there is no such folder.
        FileDamaged: a file is not what its ending says.
        CorpusEmpty: no file holds any text.
    """
    if not folder.exists():
        raise FileMissing(folder)
    documents: list[Document] = []
    passages: list[Passage] = []
    for path in article_files(folder):
        text = read_text(path)
        file = path.relative_to(folder).as_posix()
        doc_id = hashlib.sha256(file.encode()).hexdigest()[:12]
        document = Document(doc_id, file, path.stem, text, path.name, "")
        documents.append(document)
        passages += split_article(document, 0, passage_chars, {})
    if not passages:
        raise CorpusEmpty(folder)
    return Corpus(tuple(documents), tuple(passages))


def article_files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in _READERS and path.is_file()]


def read_text(path: Path) -> str:
    """The text of one foreign document.

    Raises:
        FileDamaged: the file cannot be read as what its ending says, or holds no text.
    """
    try:
        return _READERS[path.suffix.lower()](path)
    except (OSError, ValueError, KeyError, LookupError) as error:
        raise FileDamaged(path, str(error)) from error


def decode(content: bytes) -> str:
    """Bytes in UTF-8, GB18030, Big5 or with a byte order mark become text.

    A detector is only asked when the text is no valid UTF-8: short UTF-8 files fool detectors.
    """
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return content.decode(encoding)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        best = charset_normalizer.from_bytes(content, cp_isolation=CHINESE_ENCODINGS).best()
        if best is None:
            raise ValueError("no Chinese encoding fits") from None
        return str(best)


def _read_plain(path: Path) -> str:
    return decode(path.read_bytes())


def _read_html(path: Path) -> str:
    import trafilatura  # a second to import, and only HTML needs it

    text = trafilatura.extract(decode(path.read_bytes()), include_comments=False, favor_recall=True)
    if not text:
        raise ValueError("no article text in this page")
    return text


def _read_docx(path: Path) -> str:
    import docx

    try:
        return "\n".join(paragraph.text for paragraph in docx.Document(str(path)).paragraphs)
    except Exception as error:  # python-docx raises what zipfile, lxml and opc raise
        raise ValueError(str(error)) from error


def _read_pdf(path: Path) -> str:
    import pypdf

    try:
        text = "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    except pypdf.errors.PyPdfError as error:
        raise ValueError(str(error)) from error
    if not text.strip():
        raise ValueError("no text layer: a scan")
    return text


_READERS: dict[str, Callable[[Path], str]] = {
    ".txt": _read_plain,
    ".md": _read_plain,
    ".html": _read_html,
    ".htm": _read_html,
    ".docx": _read_docx,
    ".pdf": _read_pdf,
}
