"""Cleaning keeps the words and loses the rubbish; no letter vanishes without standing in the report."""

import hashlib
import re
from collections import Counter
from pathlib import Path

import foreign
import pytest
from conftest import ROOT, shared

from assistant.articles import read_articles
from assistant.cleaning import Article, clean
from assistant.corpus import Corpus
from assistant.intake import Foreign, decode
from benchmarks import retrieval

A = "村东头的井台一到冬天就结冰，谁家挑水都怕滑，队里定下来轮着撒炉灰，轮到谁家谁就早起一会儿。"
B = "有一年轮到的那家出门走亲戚，没人撒，后头挑水的摔了一跤，两家站在井边就吵起来了。"


def cleaned(text: str, name: str = "文.txt") -> Article:
    return clean(Foreign(name, text))


def letters(text: str) -> Counter[str]:
    return Counter(re.sub(r"[\W_]", "", text))


# --- nothing vanishes --------------------------------------------------------------------------

SAMPLES = {
    "scraped": foreign.scraped_gbk, "marks": foreign.page_marks, "list": foreign.real_list, "translated": foreign.translated,
    "big5": foreign.big5,
}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_letter_is_kept_or_stands_in_the_report(name: str):
    text, _ = decode(SAMPLES[name]())
    article = cleaned(text)
    told = [article.title, article.body, *article.byline, *(item.text for item in article.report.dropped)]
    assert letters(text) - letters("\n".join(told)) == Counter()


@pytest.mark.parametrize("path", sorted((ROOT / "corpus" / "guidance").glob("*.md")), ids=lambda path: path.stem)
def test_a_clean_article_goes_through_unharmed(path: Path):
    text = path.read_text(encoding="utf-8")
    article = cleaned(text, path.name)
    assert article.report.dropped == () and article.report.joined == ()
    body = text.split("---\n", 2)[2]
    assert letters(body) - letters(article.title + article.body) == Counter()


# --- single habits -----------------------------------------------------------------------------


def test_a_time_that_is_part_of_the_text_is_no_byline():
    article = cleaned(f"腰鼓队的约定\n时间：晚上七点到八点半，过了点就收\n地点：小广场东头\n{A}\n")
    assert "晚上七点到八点半" in article.body and "小广场东头" in article.body


@pytest.mark.parametrize(
    "line",
    ["当前位置：首页 > 文章 > 正文", "上一篇：没有了", "点击下载本文", "版权所有 某某网", "扫一扫二维码关注我们", "【广告】", "返回顶部", "打印本页 关闭窗口",
     "责任编辑：小李", "相关阅读：", "本站所有资源仅供学习参考", "阅读量：3021"],
)
def test_lines_of_a_site_stand_in_no_passage(line: str):
    article = cleaned(f"井台的老规矩\n{A}\n{B}\n{line}\n")
    assert line not in article.body and A in article.body and B in article.body


@pytest.mark.parametrize(
    "line",
    ["他指着那块广告牌说，风一刮就往下掉，砸着人算谁的？", "首页上写得明明白白，他偏说没看见，这才吵起来。", "两家的地址都写在上一篇调解书里，一查就知道。",
     "关注老人的冷暖，比关注谁出多少钱要紧，这句话他听进去了。"],
)
def test_sentences_that_only_sound_like_a_site_stay(line: str):
    assert line in cleaned(f"井台的老规矩\n{A}\n{line}\n{B}\n").body


def test_lines_broken_by_hand_are_joined_and_paragraphs_stay_apart():
    wrapped = "\n".join(A[start : start + 18] for start in range(0, len(A), 18))
    second = "\n".join(B[start : start + 18] for start in range(0, len(B), 18))
    article = cleaned(f"井台的老规矩\n\n{wrapped}\n\n{second}\n")
    assert article.body.split() == [A, B] and article.title == "井台的老规矩"


def test_a_poem_of_short_lines_is_not_joined():
    lines = ["井水不犯河水", "远亲不如近邻", "低头不见抬头见", "让他三尺又何妨"]
    assert cleaned("\n".join(lines)).body.split() == lines or cleaned("\n".join(lines)).title == lines[0]


def test_headings_of_every_style_become_sections_and_lists_stay_lists():
    article = cleaned(
        f"井台的老规矩\n一、先说缘由\n{A}\n二、再说规矩\n（一）轮着来\n{B}\n（二）轮空的补上\n{A}\n三、几样东西\n1、炉灰\n2、铁锹\n3、轮牌\n"
    )
    assert article.report.headings == ("一、先说缘由", "二、再说规矩", "（一）轮着来", "（二）轮空的补上", "三、几样东西")
    assert "### （一）轮着来" in article.body and "2、铁锹" in article.body.split("\n")


def test_the_first_words_of_a_numbered_paragraph_name_its_section_and_stay_in_it():
    article = cleaned(f"井台的老规矩\n一是轮着来：{A}\n二是记下来：{B}\n")
    assert article.report.headings == ("轮着来", "记下来") and f"一是轮着来：{A}" in article.body


def test_what_is_found_out_about_a_text():
    article = cleaned(f"井台的老规矩\n柳河乡司法所 \n发布日期：2018年07月09日  来源：柳河通讯\n{A}\n{B}\n")
    assert (article.title, article.author, article.date, article.source) == ("井台的老规矩", "柳河乡司法所", "2018-07-09", "柳河通讯")


def test_what_is_not_found_is_warned_about_and_not_invented():
    article = cleaned(f"{A}\n{B}\n", "03-井台.txt")
    assert (article.title, article.author, article.date) == ("井台", "", "") and {"no_title", "no_date"} <= set(article.report.warnings)


def test_an_end_that_was_cut_off_is_noticed():
    assert "cut_off" in cleaned(f"井台的老规矩\n{A}\n{B}四是轮到谁家谁就得在天亮之前把井台撒上炉灰再回家吃饭然后\n").report.warnings


def test_a_text_of_one_line_stays_as_it_is():
    assert cleaned("停车占位先看物业怎么定。\n").body.strip() == "停车占位先看物业怎么定。"


# --- the five scraped articles -----------------------------------------------------------------

RUBBISH = ["首页", "站内搜索", "设为", "加入收藏", "点击", "浏览", "猜你喜欢", "推荐访问", "相关", "本文链接", "范文大全", "范文网", "文库", "会员", "下载", "收益",
           "编辑", "法制网", "翻译", "Contents", "心得体会", "ID:", "KB", "正文"]
HEADS = {  # title by its first letters, date, author by its first letters
    "000": ("浅议如何做好对民警", "2014-08-05", "王"), "001": ("走访基层群众十大", "2021-12-23", ""), "002": ("实现“五个转变”努力", "2020-03-06", ""),
    "003": ("浅析如何提高派出所", "", "阿荣旗"), "004": ("浅谈社区警务室民警", "2019-08-04", ""),
}


@pytest.fixture(scope="module")
def scraped() -> Corpus:
    return read_articles(shared("seeds"), 300)


@pytest.mark.parametrize("seed", HEADS)
def test_every_paragraph_of_substance_of_a_seed_is_there_and_page_marks_are_mended(scraped: Corpus, seed: str):
    documents = {document.doc_id: document for document in scraped.documents if document.file.startswith(seed)}
    texts = [passage.section + passage.text for passage in scraped.passages if passage.doc_id in documents]
    joined = re.sub(r"\W", "", "".join(texts))
    windows = {  # two headings are shorter than ten letters
        hashlib.blake2s(joined[start : start + length].encode(), digest_size=4).hexdigest()
        for length in (6, 8, 10) for start in range(len(joined))
    }
    wanted = [line.split()[1] for line in (ROOT / "tests/data/seed_phrases.txt").read_text().splitlines() if line.startswith(seed)]
    found = {key for key in wanted if key in windows}
    assert len(wanted) >= 24 and [key for key in wanted if key not in found] == []


@pytest.mark.parametrize("seed", HEADS)
def test_title_date_and_author_of_a_seed_are_right(scraped: Corpus, seed: str):
    (path,) = shared("seeds").glob(f"{seed}*")
    article = clean(Foreign(path.name, decode(path.read_bytes())[0]))
    title, date, author = HEADS[seed]
    assert article.title.startswith(title) and len(article.title) <= len(title) + 14
    assert article.date == date and article.author.startswith(author) and bool(article.author) == bool(author)


def test_no_navigation_counter_advertisement_or_english_stands_in_a_passage_of_the_seeds(scraped: Corpus):
    for passage in scraped.passages:
        assert not re.search(r"[A-Za-z]{3}", passage.text), passage.text
        for rubbish in RUBBISH:
            assert rubbish not in passage.text, (rubbish, passage.text)


def test_the_seeds_are_found_no_worse_than_before_the_cleaning():
    """Before: .071 and .286 (first, among five), by meaning .357 among five, which the encoder moves too: see docs/benchmarks.md."""
    from assistant.settings import DEFAULT_SETTINGS, load_settings

    settings = load_settings(DEFAULT_SETTINGS)
    found = retrieval.seeds(settings, shared("seeds"), shared("dev", "seeds_probe.jsonl"))
    by_words, by_meaning = retrieval.means(found["lexical"]), retrieval.means(found["dense"])
    assert by_words["first"] >= 0.071 and by_words["five"] >= 0.286
    assert by_meaning["five"] >= 0.357


def test_the_seeds_are_found_by_questions_in_other_words_better_than_by_words_alone():
    from assistant.settings import DEFAULT_SETTINGS, load_settings

    found = retrieval.seeds(load_settings(DEFAULT_SETTINGS), shared("seeds"), retrieval.SEEDS_PROBE)
    figures = {mode: retrieval.means(rows) for mode, rows in found.items()}
    assert figures["hybrid"]["first"] > figures["lexical"]["first"]
    assert figures["hybrid"]["five"] > figures["lexical"]["five"]
