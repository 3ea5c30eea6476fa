"""Fifteen and more nasty files: each comes in right, or is refused with the sentence that says why."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import foreign
import pytest

from assistant import articles, wording
from assistant.articles import import_files, read_one
from assistant.cleaning import Article
from assistant.errors import FileRefused
from assistant.importing import Comparison, examine
from assistant.intake import FILE_BYTES, decode
from assistant.quarantine import Quarantine


@pytest.fixture(scope="module")
def quarantine() -> Iterator[Quarantine]:
    with Quarantine() as opened:
        yield opened


def refused(quarantine: Quarantine, name: str, content: bytes) -> str:
    with pytest.raises(FileRefused) as caught:
        read_one(quarantine, name, content)
    assert name in wording.explain(caught.value)
    return caught.value.reason


def dropped(article: Article) -> str:
    return "\n".join(item.text for item in article.report.dropped)


def holds_the_article(article: Article) -> bool:
    return all(paragraph in article.body for paragraph in (foreign.FIRST, foreign.SECOND, foreign.THIRD))


# --- what comes in right -----------------------------------------------------------------------


def test_a_scraped_gbk_text_keeps_its_words_and_loses_the_site(quarantine: Quarantine):
    article = read_one(quarantine, "老机器上的 文章.txt", foreign.scraped_gbk())
    assert holds_the_article(article)
    assert (article.title, article.author, article.date, article.source) == (foreign.TITLE, "老耿", "2019-03-05", "柳河乡调委会")
    for rubbish in ("网站首页", "设为首页", "位置", "猜你喜欢", "笑话", "版权", "上一篇", "点击", "编辑"):
        assert rubbish not in article.body, rubbish
    assert "笑话" in dropped(article) and "（责任编辑：小宋）" in article.byline


def test_big5_is_told_from_gbk(quarantine: Quarantine):
    article = read_one(quarantine, "巷口.txt", foreign.big5())
    assert article.title == "巷口擺攤怎麼勸" and "里長先請兩邊各說各的" in article.body


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "utf-32"])
def test_every_usual_encoding_is_read(encoding: str):
    assert decode(f"第一行\r\n{foreign.BODY}".encode(encoding))[0].replace("\r", "").endswith(foreign.BODY)


@pytest.mark.parametrize("text", ["调解", "漏水", "和气生财。", "先关阀门", "他家狗咬人"])
def test_even_a_few_letters_of_gbk_are_not_taken_for_big5(text: str):
    assert decode(text.encode("gb18030"))[0] == text


def test_a_few_broken_bytes_are_told_and_do_not_spoil_the_rest(quarantine: Quarantine):
    whole = (foreign.BODY * 6).encode()
    article = read_one(quarantine, "坏了几个字.txt", whole[:40] + b"\xff" + whole[41:])
    assert "bytes_lost" in article.report.warnings and foreign.SECOND in article.body


def test_page_marks_that_cut_sentences_are_mended_and_real_points_stay(quarantine: Quarantine):
    article = read_one(quarantine, "文库.txt", foreign.page_marks())
    assert article.title == "村口小卖部门前的事" and article.date == "2017-06-01" and article.source == "好多文库"
    assert "劝架的人一多半的活就在这门前头" in article.body and "尺子不会偏心" in article.body
    for point in ("一、先听全。", "二、再看现场。", "三、后说话。"):
        assert point in article.body
    assert not any(mark in article.body for mark in ("1、", "2、", "3、", "收益", "会员"))


def test_the_points_of_a_real_list_are_left_alone(quarantine: Quarantine):
    article = read_one(quarantine, "停车.txt", foreign.real_list())
    assert article.title == "邻居停车怎么商量" and all(f"{number}、" in article.body for number in (1, 2, 3))
    assert article.report.dropped == ()


def test_a_translation_is_left_out_between_the_lines_and_below(quarantine: Quarantine):
    article = read_one(quarantine, "双语.txt", foreign.translated())
    assert holds_the_article(article) and article.title == foreign.TITLE
    assert not any(word in article.body for word in ("market", "stall", "Calm", "翻译"))


def test_a_page_with_the_wrong_charset_and_scripts_gives_its_article(quarantine: Quarantine):
    article = read_one(quarantine, "网页 保存.html", foreign.wrong_charset_page())
    assert holds_the_article(article) and article.title == foreign.TITLE
    assert article.date == "2021-03-04" and article.source == "柳河乡司法所"
    assert article.report.headings == ("一、先顺气", "二、再算账")
    for rubbish in ("广告词", "alert", "猜你喜欢", "笑话", "首页", "版权", "浏览"):
        assert rubbish not in article.body, rubbish
    assert "scripts" in article.report.warnings


def test_a_word_file_keeps_headings_and_tables(quarantine: Quarantine):
    article = read_one(quarantine, "经验.docx", foreign.word())
    assert holds_the_article(article) and article.title == foreign.TITLE
    assert (article.author, article.date) == ("老耿", "2020-05-06")
    assert "## 一、先顺气" in article.body and "西红柿 | 两家各认一半" in article.body


def test_macros_and_links_of_a_word_file_are_told_and_left(quarantine: Quarantine):
    article = read_one(quarantine, "带宏.docm", foreign.macro_word())
    assert holds_the_article(article) and {"macros", "links"} <= set(article.report.warnings)
    assert "删掉的话" not in article.body and "evil" not in article.body


def test_a_pdf_is_joined_over_its_pages_and_its_scripts_stay_asleep(quarantine: Quarantine):
    article = read_one(quarantine, "通讯.pdf", foreign.pdf())
    assert foreign.FIRST + foreign.SECOND + foreign.THIRD in article.body.replace("\n", "")
    assert "调解通讯" not in article.body and "—" not in article.body
    assert article.title == foreign.TITLE and "scripts" in article.report.warnings


@pytest.mark.parametrize("name", ["老文件.doc", "表格.wps"])
def test_old_word_comes_in_through_libreoffice(quarantine: Quarantine, name: str, tmp_path: Path):
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice is not installed")
    article = read_one(quarantine, name, as_old_word(tmp_path))
    assert holds_the_article(article) and article.title == foreign.TITLE


def as_old_word(folder: Path) -> bytes:
    import subprocess

    (folder / "a.docx").write_bytes(foreign.word())
    subprocess.run(["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "doc:MS Word 97",
                    "--outdir", str(folder), str(folder / "a.docx")], check=True, capture_output=True, timeout=120)
    return (folder / "a.doc").read_bytes()


def test_without_libreoffice_old_word_is_refused_with_the_way_out(quarantine: Quarantine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert refused(quarantine, "老文件.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600) == "office_missing"


def test_a_page_saved_as_doc_is_read_as_the_page_it_is(quarantine: Quarantine):
    assert holds_the_article(read_one(quarantine, "其实是网页.doc", foreign.wrong_charset_page()))


def test_a_zip_is_opened_and_names_in_gbk_are_read():
    ((name, content),) = articles.unpacked("一包.zip", foreign.gbk_named_zip())
    assert name == "一包.zip/赶集 经验.txt" and content == foreign.BODY.encode("gb18030")


# --- what is refused, with the right sentence --------------------------------------------------


def test_a_scan_is_refused_as_a_scan(quarantine: Quarantine):
    assert refused(quarantine, "扫描.pdf", foreign.scan()) == "scan"


def test_a_locked_file_is_refused_as_locked(quarantine: Quarantine):
    assert refused(quarantine, "加密.pdf", foreign.locked_pdf()) == "locked"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("空.txt", b" \r\n ", "empty"),
        ("程序.txt", bytes(range(256)) * 40, "encoding"),
        ("图片.docx", b"\x89PNG\r\n\x1a\n" + b"\0" * 500, "damaged"),
        ("截断.docx", foreign.word()[:3000], "damaged"),
        ("半截.pdf", b"%PDF-1.4\n1 0 obj\n<<", "damaged"),
        ("表.xlsx", foreign.zipped({"xl/workbook.xml": b"<x/>"}), "format"),
        ("英文.txt", b"Only English words stand here, and there is nothing for a Chinese index. " * 4, "no_chinese"),
    ],
)
def test_what_cannot_be_read_says_why(quarantine: Quarantine, name: str, content: bytes, reason: str):
    assert refused(quarantine, name, content) == reason


def test_a_decompression_bomb_in_word_is_not_unpacked(quarantine: Quarantine):
    began = time.monotonic()
    assert refused(quarantine, "炸弹.docx", foreign.bomb_word()) == "bomb"
    assert time.monotonic() - began < 20


def test_entities_do_not_multiply(quarantine: Quarantine):
    assert refused(quarantine, "实体.docx", foreign.entity_bomb()) in ("damaged", "too_heavy", "too_long", "empty")


def test_a_page_of_a_gigabyte_in_a_pdf_is_given_up(quarantine: Quarantine):
    assert refused(quarantine, "大.pdf", foreign.bomb_pdf()) in ("damaged", "too_heavy", "scan")


def test_a_page_nested_beyond_reason_does_not_take_the_program_down(quarantine: Quarantine):
    try:
        read_one(quarantine, "深.html", foreign.deep_page())
    except FileRefused as refusal:
        assert refusal.reason in ("damaged", "too_heavy", "empty", "no_chinese")
    assert holds_the_article(read_one(quarantine, "之后.html", foreign.wrong_charset_page()))


@pytest.mark.parametrize(("content", "reason"), [(foreign.bomb_zip, "bomb"), (foreign.lying_zip, "bomb")])
def test_a_zip_bomb_is_refused_whole(content, reason: str):
    ((_, refusal),) = articles.unpacked("炸弹.zip", content())
    assert isinstance(refusal, FileRefused) and refusal.reason in (reason, "damaged")


@pytest.mark.parametrize("inside", ["../../etc/cron.d/x.txt", "/etc/x.txt", "C:\\windows\\x.txt", "a/..\\..\\x.txt"])
def test_a_zip_that_reaches_outside_is_refused_whole(inside: str, tmp_path: Path):
    (tmp_path / "包.zip").write_bytes(foreign.zipped({"好.txt": foreign.BODY.encode(), inside: b"x"}))
    ((_, refusal),) = import_files([tmp_path / "包.zip"])
    assert isinstance(refusal, FileRefused) and refusal.reason == "traversal"
    assert [path.name for path in tmp_path.iterdir()] == ["包.zip"]


def test_a_zip_in_a_zip_stays_shut():
    ((_, refusal),) = articles.unpacked("套.zip", foreign.zipped({"里.zip": foreign.zipped({"a.txt": b"x"})}))
    assert refusal.reason == "nested"


def test_a_file_of_200_megabytes_is_refused_before_it_is_read(tmp_path: Path):
    path = tmp_path / "巨大.txt"
    with open(path, "wb") as out:
        out.truncate(200 << 20)
    began = time.monotonic()
    ((_, refusal),) = import_files([path])
    assert refusal.reason == "too_large" and time.monotonic() - began < 1
    assert path.stat().st_size > FILE_BYTES


def test_a_parser_that_hangs_is_ended_and_the_next_file_is_read(monkeypatch: pytest.MonkeyPatch):
    with Quarantine(seconds=0.01) as hasty:
        assert refused(hasty, "慢.html", foreign.wrong_charset_page()) == "too_heavy"
        hasty._seconds = 60
        assert holds_the_article(read_one(hasty, "快.html", foreign.wrong_charset_page()))


# --- doubles -----------------------------------------------------------------------------------


def test_the_same_text_in_another_file_and_nearly_the_same_text_are_named(quarantine: Quarantine):
    nearly = foreign.BODY.replace("先把看热闹的劝开", "头一件，把看热闹的劝开")
    files = [("甲.txt", foreign.BODY.encode()), ("乙.txt", foreign.BODY.encode("gb18030")), ("丙.txt", nearly.encode())]
    first, same, near = examine(files, quarantine, Comparison([]))
    assert not first.same_as and not first.near
    assert same.same_as == "甲" and not near.same_as and near.near == "甲"


def test_names_and_numbers_of_persons_in_a_foreign_text_are_pointed_out(quarantine: Quarantine):
    text = foreign.BODY + "有事找王建国同志，电话13800138000，他管这一片。\n"
    (incoming,) = examine([("带人名.txt", text.encode())], quarantine, Comparison([]))
    assert set(incoming.warnings) == {"phone", "person"}


def test_every_refusal_drop_and_warning_has_its_words():
    import re

    from assistant.wording import keeper

    read = {name: (Path(articles.__file__).parent / f"{name}.py").read_text(encoding="utf-8") for name in ("intake", "cleaning", "quarantine", "articles")}
    refusals = {key for text in read.values() for key in re.findall(r'FileRefused\(\w+, "(\w+)"', text)} | {"nested", "format"}
    drops = set(re.findall(r'(?:Dropped\(|drop\([^()]*(?:\([^()]*\))?[^()]*?, )"(\w+)"', read["cleaning"]))
    warnings = set(re.findall(r'warnings\.append\("(\w+)"\)', read["cleaning"] + read["intake"]))
    assert len(refusals) > 10 and len(drops) > 5 and len(warnings) > 7
    assert refusals <= keeper.REFUSALS.keys() and drops <= keeper.DROPPED.keys() and warnings <= keeper.WARNINGS.keys()
