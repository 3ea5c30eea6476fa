"""Foreign text becomes a clean article: the words stay, the rubbish goes, and the report says what became of it.

Everything works on lines. A line is kept, joined to its neighbour, or dropped with a reason; no
letter vanishes without standing in the report. What is uncertain is kept: a stray line of
navigation is a nuisance, a lost sentence is a loss.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import PurePosixPath

from assistant.intake import PAGE_BREAK, Foreign
from assistant.names import SURNAMES


@dataclass(frozen=True, slots=True)
class Dropped:
    """A piece of text that was left out, and why (a key of wording.keeper.DROPPED)."""

    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one file."""

    paragraphs: int
    chars: int
    dropped: tuple[Dropped, ...]
    joined: tuple[str, ...]  # the seams, a few characters of either side
    headings: tuple[str, ...]
    warnings: tuple[str, ...]  # keys of wording.keeper.WARNINGS


@dataclass(frozen=True, slots=True)
class Article:
    """The clean text of one file as Markdown below its title."""

    name: str
    title: str
    author: str
    date: str  # ISO, or "" when the file names none
    source: str
    byline: tuple[str, ...]  # lines about the text rather than of it: editor, clicks, place of publication
    body: str
    report: Report


@dataclass(slots=True)
class _Line:
    text: str
    indented: bool = False
    gap: bool = False  # an empty line stands before it
    page_start: bool = False
    width: int = 0  # of the last line on paper that was joined to it
    running: bool = False  # it is part of a text, not a title, a menu or a label


@dataclass(slots=True)
class _Sheet:
    """The work in progress on one file."""

    lines: list[_Line]
    markdown: bool
    dropped: list[Dropped] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)
    byline: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    scraped: bool = False  # a line of navigation or counters was seen

    def drop(self, line: _Line, reason: str) -> None:
        if line.text:
            self.dropped.append(Dropped(reason, line.text))

    def join(self, left: _Line, right: _Line) -> None:
        """Put `right` behind `left`."""
        self.joined.append(f"{left.text[-8:]}|{right.text[:8]}")
        between = " " if _LATIN_EDGE.search(left.text[-1:]) and _LATIN_EDGE.search(right.text[:1]) else ""
        left.text += between + right.text
        left.width = right.width


# --- what rubbish looks like -------------------------------------------------------------------

_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN_EDGE = re.compile(r"[A-Za-z0-9]")
_SENTENCE = re.compile(r"[。！？；]")
_BULLET = re.compile(r"^[•·●▪◆■◇□★☆►▶»>\-–*+]+\s*")
_SENTENCE_END = re.compile(r"[。！？!?…](?:[”’』」）)】\]]*)$")
_HALF_SENTENCE = re.compile(r"[，、,（(“‘《—]$")
_CANNOT_BEGIN = re.compile(r"^[，。、；：！？,;:!?）)”’』」》]")

_NAVIGATION = re.compile(
    r"^(?:站内搜索|设为首页|加入收藏|收藏本站|联系我们|关于我们|网站地图|返回\S{0,6}(?:首页|顶部|列表|上一页)|首页|手机版|电脑版|上一[篇页条]|下一[篇页条]"
    r"|打印(?:本页|本文|此页|文章)?|关闭(?:窗口|本页|页面)?|分享(?:到|至|本文|给)|字号|当前位置|您?(?:现在|当前)?所?在?的?位置|您现在的位置|浏览记录"
    r"|登[录陆]|注册|我的文库|搜索|更多>*|展开全文|阅读全文|举报|收藏|点赞|评论|复制链接|下载(?:文档|本文|APP|客户端)?|欢迎来到|欢迎访问|欢迎光临)"
    r"(?=$|[\s:：>|\[【(（,，!！\d]|专业|\S{0,20}(?:网|文库|平台|站))"
)
_CRUMB = re.compile(r"(?:>|»|›|/)\s*(?:正文|内容|详情)\s*$|^\S{1,12}(?:\s*(?:>|»|›)\s*\S{1,16}){2,}$")
_LEGAL = re.compile(
    r"版权所有|copyright|©|ICP备|公网安备|增值电信|技术支持\s*[:：]|未经(?:授权|许可|书面).{0,12}(?:转载|使用)|转载请(?:注明|联系)|(?:由会员|由用户).{0,8}(?:上传|分享)"
    r"|免费在线阅读|下载收益归|收益归作者|扫.{0,6}二维码|关注.{0,12}(?:公众号|微信号)|下载APP|点击下载|免责声明|侵权.{0,12}删除|本站(?:所有|仅|不)|仅供(?:学习|参考)?.{0,8}请勿商用"
    r"|查看更多|加载更多|最新范文|范文大全|文档下载|\d+人(?:阅读|浏览|看过|点赞)", re.IGNORECASE
)
_ADVERT = re.compile(r"^[【\[（(]?\s*(?:广告|推广|赞助商?)\s*[】\])）]?(?:$|[:：\s])")
_TAIL = re.compile(
    r"^[【\[（(■◆•·\s]*(?:推荐访问|推荐阅读|相关(?:阅读|文章|链接|图书|新闻|推荐|资料|文档|内容|专题|报道|范文)|本文链接|猜你(?:喜欢|想看)|热门(?:文章|推荐|标签|搜索|范文)"
    r"|您?可能(?:还|也)?(?:会)?(?:喜欢|感兴趣|关注)|大家都在看|延伸阅读|网友评论|发表评论|最新文章|最新评论|随机推荐|为您?你?推荐|友情链接|参与评论|上一[篇条]|下一[篇条])"
    r"(?=$|[\s:：】\])）>])"
)
_SITE_ALONE = re.compile(r"^[\u4e00-\u9fffA-Za-z0-9]{1,10}(?:网|文库|在线|论坛)$")
_TRANSLATION = re.compile(r"^[【\[（(]?(?:英文(?:翻译|译文|版)?|译文|翻译|英译|English(?: version| translation)?|Translation)[】\])）]?\s*[:：]?$", re.IGNORECASE)
_CUT_OFF = re.compile(r"(?:未完待续|剩余内容|余下全文|还有\d+页|试读(?:结束|已结束)|下载后可.{0,6}(?:查看|阅读))")

# --- what lines about the text look like -------------------------------------------------------

_LABEL = (
    r"(?:发布|发表|上传|更新|创建|录入|成文)?(?:时间|日期)|(?:文章|信息|稿件|内容)?来源|稿源|出处|作者(?:单位)?|撰稿人?|撰文|通讯员|记者|(?:责任|网络|本期|执行)?编辑|责编|审核|校对|编审|供稿(?:单位)?"
    r"|发布(?:人|者|单位|机构)|点击(?:量|数|率|次数)?|浏览(?:量|数|次数)?|阅读(?:量|数|次数)?|访问(?:量|次数)?|人气|热度|字体|字数|评论数?|关键[词字]|标签|分类|栏目|ID|文件大小|大小|页数|格式|上传(?:者|人)|积分|编号"
)
_BYLINE = re.compile(rf"^[【\[（(]?\s*(?:{_LABEL})\s*[:：]", re.IGNORECASE)
_PAIR = re.compile(rf"({_LABEL})\s*[:：]\s*(.*?)(?=(?:[\s　|【\[（(]*(?:{_LABEL})\s*[:：])|$)", re.IGNORECASE)
_DAY = re.compile(r"((?:19|20)\d{2})\s*[-年/.]\s*(\d{1,2})\s*[-月/.]\s*(\d{1,2})")
_BARE_DAY = re.compile(rf"^(?:发布于|发表于|更新于|时间)?\s*{_DAY.pattern}\s*日?(?:\s*\d{{1,2}}:\d{{2}}(?::\d{{2}})?)?(?:\s+\S{{2,16}})?$")
_COUNT_ONLY = re.compile(r"^\d*\s*次?$")
_ORGANISATION = re.compile(
    r"(?:公安[局厅部]|派出所|分局|司法[局所厅]|法院|检察院|委员会|居委会|村委会|调委会|指挥中心|支队|大队|中队|中心|街道办?|办事处|办公室|学院|大学|警务室|政法委|综治办|人民政府|编写组|调解室)$"
)
_PERSON = re.compile(r"^(?:文|作者|撰文)?[:：/\s]*([\u4e00-\u9fff]\s?[\u4e00-\u9fff]{1,2}(?:\s[\u4e00-\u9fff]{2,3})*)$")
_SITE_SUFFIX = re.compile(r"\s*[-_|—–]+\s*[^-_|—–]{0,20}(?:网|文库|平台|论坛|博客|百科|频道|门户|首页|公众号|新闻|官网)[^-_|—–]{0,8}$")
_SHARED_BY = re.compile(r"^《(.{2,60}?)》由(?:会员|用户)")
_SITE_NAME = re.compile(r"(?:欢迎(?:来到|访问|光临)(?:专业的)?|更多.{0,12}在.{0,12}-)\s*([\u4e00-\u9fffA-Za-z0-9]{2,12}?(?:网|文库|图书馆))")

# --- structure ---------------------------------------------------------------------------------

_ENUMERATORS = {
    "chapter": re.compile(r"^第[一二三四五六七八九十百\d]+[章编篇部分节][\s、:：]*"),
    "han": re.compile(r"^[一二三四五六七八九十百]{1,4}\s*[、.．]\s*"),
    "han_bracket": re.compile(r"^[（(][一二三四五六七八九十百]{1,4}[)）]\s*、?"),
    "ordinal": re.compile(r"^第[一二三四五六七八九十]{1,2}[，,、:：]\s*|^第[一二三四五六七八九十]{1,2}(?=是)"),
    "one_is": re.compile(r"^[一二三四五六七八九十]{1,2}(?:是|要)(?=[\u4e00-\u9fff])"),
    "its": re.compile(r"^其[一二三四五六七八九十][，,、:：是]\s*"),
    "digit": re.compile(r"^\d{1,2}\s*[、.．](?!\d)\s*"),
    "digit_bracket": re.compile(r"^[（(]\d{1,2}[)）]\s*、?|^\d{1,2}[)）]\s*|^[①-⑳]\s*"),
}
_RUN_IN = frozenset({"one_is", "its"})  # these begin a sentence, and never stand alone as a heading
_INLINE_POINT = re.compile(
    r"(?<=[。！？；”])(?=(?:[一二三四五六七八九十]{1,3}[、.．]|[（(][一二三四五六七八九十]{1,3}[)）]|\d{1,2}[、.．](?=[\u4e00-\u9fff])))"
)
_GLUED_POINT = re.compile(r"(?<=[\u4e00-\u9fff])(?=1\s*[、.．][\u4e00-\u9fff])")
_PAGE_MARK = re.compile(r"^(\d{1,3})\s*[、.．]\s*(?=\S)")
_PAGE_NUMBER = re.compile(r"^(?:第\s*\d{1,4}\s*页(?:\s*[,，/／]?\s*共\s*\d{1,4}\s*页)?|[-—–－_]+\s*\d{1,4}\s*[-—–－_]+|\d{1,4}\s*[/／]\s*\d{1,4}|[Pp](?:age|\.)\s*\d{1,4})$")
_BARE_NUMBER = re.compile(r"^\d{1,4}$")
_MARKDOWN_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$")

PARAGRAPH = 40  # Chinese characters, from which on a line with a comma in it is running text
SENTENCE = 12  # the same for a line with a full stop in it
HEADING = 40  # characters at most
SUBTITLE = 22  # Chinese characters at most, of a heading that has no number
RUN_ON = 300  # characters, from which on numbered points are looked for inside a paragraph
WIDEST_WRAP = 120  # characters: lines longer than this were not broken by hand


def clean(foreign: Foreign) -> Article:
    """The article in a foreign file, and the report on it."""
    sheet = _Sheet(_split(foreign.text), foreign.name.lower().endswith(".md"), warnings=list(foreign.warnings))
    told = _front_matter(sheet) if sheet.markdown else {}
    _leave_page_frames(sheet)
    _mend_page_marks(sheet)
    _mark_running_text(sheet.lines)
    for text in foreign.outside:
        _drop_outside(sheet, text)
    _leave_navigation(sheet)
    _leave_foreign_text(sheet)
    _leave_tail(sheet)
    title = _take_title(sheet, told.get("title") or _without_site(foreign.title))
    author = _take_author(sheet, title)
    _join_broken(sheet)
    _close_spaces(sheet)
    title = _leave_repeated_title(sheet, title)
    _split_run_on(sheet)
    body, headings, paragraphs = _structured(sheet)
    facts = _facts(sheet)
    if not title:
        title = _title_of_name(foreign.name)
        sheet.warnings.append("no_title")
    date = told.get("date") or foreign.date or facts["date"]
    if not date:
        sheet.warnings.append("no_date")
    if (paragraphs and len(paragraphs[-1]) > 30 and not re.search(r"[。！？!?…”）)；;.：:》]$", paragraphs[-1])) or _cut_off(sheet):
        sheet.warnings.append("cut_off")
    if len(_HAN.findall(body)) < 60:
        sheet.warnings.append("short")
    report = Report(
        len(paragraphs), sum(map(len, paragraphs)), tuple(sheet.dropped), tuple(sheet.joined), tuple(headings),
        tuple(dict.fromkeys(sheet.warnings)),
    )
    return Article(
        foreign.name, title, told.get("author") or author or facts["author"] or foreign.author, date,
        told.get("source") or facts["source"] or foreign.source, tuple(sheet.byline), body, report,
    )


# --- lines -------------------------------------------------------------------------------------

_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ue000-\uf8ff]")
_SPACE = re.compile(r"[ \t\u00a0\u2000-\u200a\u3000]+")


def _split(text: str) -> list[_Line]:
    """Lines without what cannot be seen; indentation, gaps and page starts are remembered."""
    lines: list[_Line] = []
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")
    for number, page in enumerate(text.split(PAGE_BREAK)):
        gap, begins = False, number > 0
        for raw in page.split("\n"):
            raw = _INVISIBLE.sub("", raw)
            shown = _SPACE.sub(" ", raw).strip()
            if not shown:
                gap = True
                continue
            lead = raw[: len(raw) - len(raw.lstrip())]
            lines.append(_Line(shown, len(lead) >= 2 or "\u3000" in lead or "\t" in lead, gap, begins, len(shown)))
            gap = begins = False
    return lines


def _letters(text: str) -> str:
    return re.sub(r"\W", "", text)


def _han(text: str) -> int:
    return len(_HAN.findall(text))


def _is_running_text(text: str) -> bool:
    long = _han(text) >= PARAGRAPH and re.search(r"[，。；,;]", text) is not None
    return long or (_han(text) >= SENTENCE and re.search(r"[。！？]", text) is not None)


def _mark_running_text(lines: Sequence[_Line]) -> None:
    """Also the lines of a text that was broken by hand, of which most hold no full stop."""
    wrap = _wrap_width(lines)
    for line in lines:
        line.running = _is_running_text(line.text)
    for line, after in pairwise(lines) if wrap >= SENTENCE else ():
        full = line.width >= wrap - max(3, wrap // 8) and _han(line.text) >= SENTENCE
        rubbish = _BULLET.match(line.text) or _is_byline(line.text) or _is_navigation(line.text)
        goes_on = not after.gap and not after.indented and not _is_byline(after.text)
        line.running = line.running or bool(full and goes_on and not rubbish)


def _first_running(sheet: _Sheet) -> int:
    """Where the text begins; the number of lines when there is none."""
    return next((number for number, line in enumerate(sheet.lines) if line.running), len(sheet.lines))


def _front_matter(sheet: _Sheet) -> dict[str, str]:
    """What a Markdown file says about itself between two lines of `---`."""
    if not sheet.lines or sheet.lines[0].text != "---":
        return {}
    closing = next((number for number, line in enumerate(sheet.lines[1:40], 1) if line.text == "---"), None)
    if closing is None:
        return {}
    told = {}
    for line in sheet.lines[1:closing]:
        key, _, value = line.text.partition(":")
        told[key.strip().lower()] = value.strip().strip("'\"")
        sheet.byline.append(line.text)
    del sheet.lines[: closing + 1]
    told["date"] = _iso_day(told.get("date", ""))
    return told


# --- pages -------------------------------------------------------------------------------------


def _leave_page_frames(sheet: _Sheet) -> None:
    """Running heads, running feet and page numbers of a paged file; page numbers of any file."""
    pages: list[list[_Line]] = [[]]
    for line in sheet.lines:
        if line.page_start:
            pages.append([])
        pages[-1].append(line)
    frames: Counter[str] = Counter()
    for page in pages:
        frames.update({_frame_key(line) for line in page[:2] + page[-2:]})
    repeated = {key for key, count in frames.items() if key and count >= 3 and count > len(pages) / 2}
    kept = []
    for page in pages:
        for number, line in enumerate(page):
            edge = number < 2 or number >= len(page) - 2
            framed = len(pages) > 1 and edge and (_frame_key(line) in repeated or _BARE_NUMBER.match(line.text))
            if not framed and not _PAGE_NUMBER.match(line.text):
                kept.append(line)
                continue
            sheet.drop(line, "page_mark")
            if not framed and number + 1 < len(page):
                page[number + 1].page_start = True
    _carry_page_starts(pages, kept)
    sheet.lines = kept


def _carry_page_starts(pages: Sequence[Sequence[_Line]], kept: Iterable[_Line]) -> None:
    """The first line that is left of a page begins it."""
    left = {id(line) for line in kept}
    for page in pages[1:]:
        first = next((line for line in page if id(line) in left), None)
        if first is not None:
            first.page_start = True


def _frame_key(line: _Line) -> str:
    return re.sub(r"\d+", "0", line.text) if len(line.text) <= 60 and not _SENTENCE.search(line.text) else ""


def _mend_page_marks(sheet: _Sheet) -> None:
    """Page numbers written as "2、" before the text of a page, in the middle of a sentence.

    They count 1, 2, 3 through the file, and most of them cut a sentence of a long line; the points
    of a real list each end before the next begins.
    """
    lines = sheet.lines
    candidates = [(number, int(found.group(1))) for number, line in enumerate(lines) if (found := _PAGE_MARK.match(line.text))]
    chain: list[int] = []
    cuts = 0
    for number, mark in candidates:
        wanted = len(chain) + 1
        if mark != wanted:
            continue
        cut = number > 0 and bool(chain) and _is_cut(lines[number - 1].text, lines[number].text)
        if not chain or cut or (_long(lines[number]) and _long(lines[number - 1]) and number == chain[-1] + 1):
            chain.append(number)
            cuts += cut
    if len(chain) < 2 or cuts < max(1, (len(chain) - 1) / 2):
        return
    for number in reversed(chain):
        line = lines[number]
        mark = _PAGE_MARK.match(line.text).group()
        line.text = line.text[len(mark) :]
        sheet.dropped.insert(0, Dropped("page_mark", mark.strip()))
        if number > 0 and number != chain[0]:
            line.page_start = True
            if not _SENTENCE_END.search(lines[number - 1].text):
                sheet.join(lines[number - 1], line)
                del lines[number]
    sheet.joined.reverse()  # they were mended from the last to the first
    sheet.scraped = True


def _long(line: _Line) -> bool:
    return len(line.text) >= 150


def _is_cut(before: str, after: str) -> bool:
    """Whether a page mark between these lines stands in the middle of a sentence."""
    return len(before) >= 40 and _SENTENCE_END.search(before) is None and not before.endswith(("：", ":", "；", ";"))


# --- rubbish -----------------------------------------------------------------------------------


def _drop_outside(sheet: _Sheet, text: str) -> None:
    """A line that a page showed around its article: what it tells about the text is kept as byline."""
    (sheet.byline.append(text) if _is_byline(text) else sheet.drop(_Line(text), "frame"))
    sheet.scraped = True


def _leave_navigation(sheet: _Sheet) -> None:
    """Lines of a site rather than of a text, wherever they stand; and lines about the text at either end."""
    first = _first_running(sheet)
    last = max((number for number, line in enumerate(sheet.lines) if line.running), default=0)
    kept = []
    for number, line in enumerate(sheet.lines):
        plain = _BULLET.sub("", line.text)
        at_edge = number < first or number > last or (len(sheet.lines) > 12 and number >= len(sheet.lines) - 3)
        shared = _SHARED_BY.match(plain)
        if _is_byline(plain) and (at_edge or re.match(r"^[【\[（(]?\s*(?:责任)?(?:编辑|责编|点击|浏览量)", plain)):
            sheet.byline.append(plain)
            sheet.scraped = sheet.scraped or re.search(r"点击|浏览|阅读|访问|来源|上传|ID", plain) is not None
        elif _is_navigation(plain) or (shared and len(plain) < 200):
            sheet.scraped = True
            sheet.drop(line, "advert" if _LEGAL.search(plain) or _ADVERT.match(plain) else "navigation")
        else:
            kept.append(line)
    sheet.lines = kept
    if sheet.scraped:
        _leave_lists_of_links(sheet)


def _is_byline(text: str) -> bool:
    if len(text) > 160 or _SENTENCE.search(text):
        return False
    if _BARE_DAY.match(text):
        return True
    if not _BYLINE.match(text):
        return False
    return all(_is_value(label, value.strip(" 　|】])）")) for label, value in _PAIR.findall(text))


def _is_value(label: str, value: str) -> bool:
    """Whether this can be the value of such a label: 时间：晚上八点以后别装修 is a sentence, not a byline."""
    if re.search(r"时间|日期", label):
        return not value or (bool(_DAY.search(value)) and len(value) <= 24)
    if re.search(r"点击|浏览|阅读|访问|人气|热度|评论", label):
        return len(value) <= 12
    return len(value) <= 40 and not re.search(r"[，；]", value)


def _is_navigation(text: str) -> bool:
    if len(text) > 90 and not (_LEGAL.search(text) and len(text) <= 200 and _han(text) < 100):
        return bool(re.match(r"欢迎(?:来到|访问)\S{2,20}(?:网|文库|平台)", text)) and not _SENTENCE.search(text)
    if _SHARED_BY.match(text):
        return True
    if _LEGAL.search(text):
        return _han(text) <= 60 or "上传" in text
    if _ADVERT.match(text) or _CRUMB.search(text):
        return True
    if _SENTENCE.search(text):
        return False
    if _NAVIGATION.match(text) and len(text) <= 60:
        return True
    chunks = text.split(" ")
    return _han(text) > 8 and (text.count("网") >= 3 or len(chunks) >= 5) and all(len(chunk) <= 10 for chunk in chunks[1:]) and (
        not re.search(r"[，。,、：:|\d]", text)
    )


def _leave_lists_of_links(sheet: _Sheet) -> None:
    """Three or more bulleted scraps in a row before the text begins are a menu."""
    first = _first_running(sheet)
    menu: list[int] = []
    leave: set[int] = set()
    for number in range(first + 1):
        line = sheet.lines[number] if number < first else None
        if line is not None and _BULLET.match(line.text) and len(line.text) <= 14 and not re.search(r"[，。；]", line.text):
            menu.append(number)
            continue
        leave |= set(menu) if len(menu) >= 3 else set()
        menu = []
    for number in sorted(leave):
        sheet.drop(sheet.lines[number], "navigation")
    sheet.lines = [line for number, line in enumerate(sheet.lines) if number not in leave]


def _leave_tail(sheet: _Sheet) -> None:
    """From "猜你喜欢" on, until running text comes again."""
    first = _first_running(sheet)
    kept, in_tail = [], False
    for number, line in enumerate(sheet.lines):
        if number > first and _TAIL.match(line.text) and len(line.text) <= 80:
            in_tail = True
        elif in_tail and line.running and _han(line.text) >= PARAGRAPH and _SENTENCE.search(line.text):
            in_tail = False
        if number > first and sheet.scraped and _SITE_ALONE.match(line.text):
            sheet.drop(line, "tail")
            continue
        (sheet.drop(line, "tail") if in_tail else kept.append(line))
        sheet.scraped = sheet.scraped or in_tail
    sheet.lines = kept


def _leave_foreign_text(sheet: _Sheet) -> None:
    """A translation that follows the original, and other paragraphs in a language other than Chinese."""
    if sum(_han(line.text) for line in sheet.lines) < 30 and _is_foreign(" ".join(line.text for line in sheet.lines)):
        sheet.warnings.append("not_chinese")
        return
    kept: list[_Line] = []
    left = False
    for number, line in enumerate(sheet.lines):
        following = sheet.lines[number + 1 : number + 3]
        label = _TRANSLATION.match(line.text) and (not following or any(_is_foreign(later.text) for later in following))
        between = left and _han(line.text) == 0 and not _BARE_NUMBER.match(line.text)
        if label or _is_foreign(line.text) or between:
            sheet.drop(line, "translation")
            left = True
        else:
            kept.append(line)
            left = False
    sheet.lines = kept


def _is_foreign(text: str, least: int = 12) -> bool:
    """Whether most letters belong to another script: Latin words, kana, Hangul, Cyrillic and others."""
    letters = re.findall(r"[^\W\d_]", text)
    if len(letters) < max(least, 1):
        return False
    kana = sum("\u3040" <= letter <= "\u30ff" for letter in letters)
    return sum(map(bool, map(_HAN.match, letters))) < 0.3 * len(letters) or kana > 0.15 * len(letters)


# --- title, author, date, source ---------------------------------------------------------------


def _take_title(sheet: _Sheet, told: str) -> str:
    """The title; its line leaves the text, and so does what stands above it in a scraped page."""
    shared = next((found.group(1) for item in sheet.dropped if (found := _SHARED_BY.match(item.text))), "")
    first = _first_running(sheet)
    head = sheet.lines[: min(first, 40)]
    place = _title_line(sheet, head, shared or told, whole=first == len(sheet.lines))
    if place is None:
        if sheet.scraped and first < len(sheet.lines) and (shared or told):
            for line in head:
                if not _is_heading_like(line.text):
                    sheet.drop(line, "frame")
            sheet.lines = [line for number, line in enumerate(sheet.lines) if number >= len(head) or _is_heading_like(line.text)]
        return shared or told
    line = sheet.lines[place]
    above = sheet.lines[:place]
    if sheet.scraped:
        for item in above:
            sheet.drop(item, "frame")
        above = []
    sheet.lines = above + sheet.lines[place + 1 :]
    heading = _MARKDOWN_HEADING.match(line.text)
    title = _without_site(heading.group(2) if heading else line.text)
    known = shared or told
    if known and _letters(known) in _letters(title) and len(_letters(known)) >= 4:
        title = known
    if _letters(title) != _letters(line.text):
        sheet.dropped.append(Dropped("title_suffix", line.text))
    return title.strip("《》 ") if title.startswith("《") and title.endswith("》") else title


def _title_line(sheet: _Sheet, head: Sequence[_Line], known: str, whole: bool) -> int | None:
    """Which of the lines before the running text is the title."""
    for number, line in enumerate(head):
        if sheet.markdown and line.text.startswith("# "):
            return number
        if known and len(_letters(line.text)) >= 4 and _same_title(line.text, known):
            return number
    if known:
        return None
    for number, line in enumerate(head):
        if line.text.startswith("# "):  # a Word file's title style
            return number
    possible = [number for number, line in enumerate(head) if _may_be_title(line.text)]
    if not possible or (whole and len(head) < 3):
        return None
    if whole and not sheet.scraped and possible[0] != 0:
        return None
    return possible[0]


def _may_be_title(text: str) -> bool:
    return (
        4 <= len(text) <= 60 and _han(text) >= 3 and not re.search(r"[。；;，,：:、！!]$", text) and not _is_byline(text)
        and not _is_heading_like(text) and not _BULLET.match(text) and not _ORGANISATION.search(text) and " | " not in text
    )


def _same_title(line: str, known: str) -> bool:
    one, other = _letters(line), _letters(known)
    return one == other or (len(one) <= 60 and min(len(one), len(other)) >= 4 and (one in other or other in one)
                            and min(len(one), len(other)) >= 0.5 * max(len(one), len(other)))


def _without_site(title: str) -> str:
    while (shorter := _SITE_SUFFIX.sub("", title.strip())) != title.strip() and len(shorter) >= 4:
        title = shorter
    return title.strip()


def _title_of_name(name: str) -> str:
    stem = PurePosixPath(name.replace("\\", "/")).stem
    return re.sub(r"^[\d\s._-]+(?=[\u3400-\u9fff])", "", stem) or stem or name


def _take_author(sheet: _Sheet, title: str) -> str:
    """A short line below the title that names an office or a person."""
    for number, line in enumerate(sheet.lines[:3] if title else []):
        plain = line.text.strip("（）()【】 ")
        person = _PERSON.match(plain)
        named = person and person.group(1)[0] in SURNAMES and len(plain) <= 12
        if len(plain) <= 30 and not re.search(r"[。，；：]", plain) and (_ORGANISATION.search(plain) or named) and not _is_heading_like(plain):
            if number + 1 >= len(sheet.lines):
                return ""  # nothing would be left
            sheet.byline.append(line.text)
            del sheet.lines[number]
            return (person.group(1) if named else plain).strip()
        if line.running:
            break
    return ""


def _facts(sheet: _Sheet) -> dict[str, str]:
    """What the bylines tell."""
    found = {"date": "", "author": "", "source": ""}
    for line in sheet.byline:
        pairs = _PAIR.findall(line)
        for label, value in pairs:
            value = value.strip(" 　|】])）")
            if re.search(r"时间|日期", label):
                found["date"] = found["date"] or _iso_day(value)
            elif re.search(r"来源|出处|稿源|供稿|发布(?:单位|机构)", label):
                found["source"] = found["source"] or ("" if _COUNT_ONLY.match(value) else value)
            elif re.search(r"作者|撰|通讯员|记者", label) and "单位" not in label:
                found["author"] = found["author"] or value
        if not pairs:
            found["date"] = found["date"] or _iso_day(line)
    if not found["source"]:
        texts = [item.text for item in sheet.dropped if item.reason in ("navigation", "advert", "frame")]
        found["source"] = next((name.group(1) for text in texts if (name := _SITE_NAME.search(text))), "")
    if not found["date"]:
        ending = [line.text for line in sheet.lines[-3:] if len(line.text) <= 20]
        found["date"] = next((day for text in ending if _DAY.match(text) and (day := _iso_day(text))), "")
    return found


def _iso_day(text: str) -> str:
    found = _DAY.search(text)
    if not found:
        return ""
    year, month, day = map(int, found.groups())
    return f"{year}-{month:02}-{day:02}" if 1 <= month <= 12 and 1 <= day <= 31 else ""


def _cut_off(sheet: _Sheet) -> bool:
    return any(_CUT_OFF.search(item.text) for item in sheet.dropped)


# --- joining and splitting ---------------------------------------------------------------------


def _join_broken(sheet: _Sheet) -> None:
    """Lines that were broken in the middle of a sentence, by hand, by a mail program or by a page."""
    wrap = _wrap_width(sheet.lines)
    indents = any(line.indented for line in sheet.lines) and not all(line.indented for line in sheet.lines)
    joined: list[_Line] = []
    for line in sheet.lines:
        if joined and _continues(joined[-1], line, wrap, indents):
            sheet.join(joined[-1], line)
        else:
            joined.append(line)
    sheet.lines = joined


def _wrap_width(lines: Sequence[_Line]) -> int:
    """The width at which lines were broken, or 0 when each line is a paragraph."""
    long = sorted(line.width for line in lines if line.width >= 12)
    if len(long) < 3:
        return 0
    width = long[int(0.9 * (len(long) - 1))]
    full = [line for line in lines if abs(line.width - width) <= max(3, width // 10)]
    unfinished = [line for line in full if not _SENTENCE_END.search(line.text)]
    if width > WIDEST_WRAP or len(full) < 0.35 * len(long) or len(unfinished) < 0.4 * len(full):
        return 0
    return width


def _continues(before: _Line, line: _Line, wrap: int, indents: bool) -> bool:
    """Whether a line goes on with the sentence of the one before it."""
    if _MARKDOWN_HEADING.match(before.text) or _MARKDOWN_HEADING.match(line.text) or " | " in line.text or " | " in before.text:
        return False
    style = enumerator(line.text)
    if _BULLET.match(line.text) or (style and style not in _RUN_IN and style != "ordinal"):
        return False
    if _CANNOT_BEGIN.match(line.text) and not _SENTENCE_END.search(before.text):
        return True
    if _HALF_SENTENCE.search(before.text):
        return not (style and before.text.endswith("：")) and _han(before.text) >= 2
    if style:
        return False
    full = wrap and before.width >= wrap - max(3, wrap // 8)
    if _SENTENCE_END.search(before.text) or before.text.endswith(("；", ";", "：", ":")):
        return bool(full and indents and not line.indented and not line.gap and not line.page_start)
    if _is_heading_like(before.text) and before.width < 0.8 * (wrap or HEADING):
        return False
    if line.indented and not before.indented and indents and not line.page_start:
        return False
    if line.page_start:
        return len(before.text) >= 12
    if line.gap:
        return False
    return bool(full)


_SPACE_IN_TEXT = re.compile(r"(?<=[\u3400-\u9fff，。；：、！？“”‘’（）《》…]) (?=[\u3400-\u9fff，。；：、！？“”‘’（）《》…])")
_SPACE_AFTER_STOP = re.compile(r"(?<=[\u3400-\u9fff][,;:!?]) (?=[\u3400-\u9fff“（《])|(?<=[，。；：、！？,]) (?=\S)|(?<=\S) (?=[，。；：、！？])")


def _close_spaces(sheet: _Sheet) -> None:
    """Spaces that a page left where it broke a line; in a short line a space may part two words."""
    for line in sheet.lines:
        if len(line.text) < 60 or " | " in line.text or line.text.count(" ") > len(line.text) / 12:
            continue
        closed = _SPACE_AFTER_STOP.sub("", _SPACE_IN_TEXT.sub("", line.text))
        if closed != line.text:
            for seam in _SPACE_IN_TEXT.finditer(line.text):
                sheet.joined.append(f"{line.text[max(0, seam.start() - 8) : seam.start()]}|{line.text[seam.end() : seam.end() + 8]}")
            line.text = closed


def _leave_repeated_title(sheet: _Sheet, title: str) -> str:
    """The title once more above the text, perhaps over two lines, or glued to the first sentence.

    Returns the title, without what a site hung on to it where the text repeats only the title itself.
    """
    wanted, shorter = _letters(title), re.split(r"\s*[:：_|—]\s*", title)[0]
    if len(wanted) < 4 or not sheet.lines:
        return title
    taken = ""
    for number, line in enumerate(sheet.lines[:4]):
        taken += _letters(line.text)
        if taken in (wanted, _letters(shorter)) and len(taken) >= 4 and not _is_running_text(line.text):
            for repeated in sheet.lines[: number + 1]:
                sheet.drop(repeated, "repeated_title")
            del sheet.lines[: number + 1]
            if taken != wanted:
                sheet.dropped.append(Dropped("title_suffix", title[len(shorter) :]))
            return title if taken == wanted else shorter
        if not wanted.startswith(taken):
            break
    first = sheet.lines[0]
    if first.text.startswith(title) and len(first.text) > len(title) + 20:
        sheet.dropped.append(Dropped("repeated_title", title))
        first.text = first.text[len(title) :].lstrip(" 　:：")
    return title


def _split_run_on(sheet: _Sheet) -> None:
    """Numbered points inside a paragraph that runs over pages become paragraphs of their own."""
    lines = []
    for line in sheet.lines:
        pieces = [line.text]
        if len(line.text) >= RUN_ON and len(_INLINE_POINT.findall(line.text)) >= 2:
            pieces = [piece for piece in _INLINE_POINT.split(line.text) if piece]
            pieces = [part for piece in pieces for part in _unglued(piece)]
        lines += [replace(line, text=piece) for piece in pieces]
    sheet.lines = lines


def _unglued(piece: str) -> list[str]:
    """"一.主要问题1.认识不明……": the heading and its first point."""
    found = _GLUED_POINT.search(piece)
    if found and found.start() <= HEADING and enumerator(piece) in ("han", "han_bracket", "chapter"):
        return [piece[: found.start()], piece[found.start() :]]
    return [piece]


# --- structure ---------------------------------------------------------------------------------


def enumerator(text: str) -> str:
    """The style in which a line is numbered, or ""."""
    return next((style for style, pattern in _ENUMERATORS.items() if pattern.match(text)), "")


def _is_heading_like(text: str) -> bool:
    style = enumerator(text)
    return bool(_MARKDOWN_HEADING.match(text)) or (bool(style) and style not in _RUN_IN and len(text) <= HEADING)


def _structured(sheet: _Sheet) -> tuple[str, list[str], list[str]]:
    """The lines as Markdown; its headings; its paragraphs."""
    texts = [line.text for line in sheet.lines]
    levels: dict[str, int] = {}
    blocks, headings, paragraphs = [], [], []

    counted: dict[str, int] = {}  # style to its last number

    def level(style: str, text: str) -> int:
        number = _number(text)
        if style not in levels and number > 1:  # 三、 after 二是: the writer changed the style, not the depth
            same = [other for other, last in counted.items() if last == number - 1]
            levels[style] = levels[same[-1]] if same else min(2 + len(set(levels.values())), 4)
        counted[style] = number
        return levels.setdefault(style, min(2 + len(set(levels.values())), 4))

    for number, text in enumerate(texts):
        after = texts[number + 1] if number + 1 < len(texts) else ""
        marked = _MARKDOWN_HEADING.match(text)
        style = enumerator(text)
        if (marked and after and not _MARKDOWN_HEADING.match(after)) or (marked and sheet.markdown):
            headings.append(marked.group(2))
            blocks.append(f"{'#' * max(2, len(marked.group(1)))} {marked.group(2)}")
            continue
        if _stands_alone(text, style, after, texts[number - 1] if number else ""):
            heading = text.rstrip("。：:")
            headings.append(heading)
            blocks.append(f"{'#' * level(style or 'plain', text)} {heading}")
            continue
        if run_in := _run_in_heading(text, style):
            headings.append(run_in)
            blocks.append(f"{'#' * level(style, text)} {run_in}")
        plain = re.sub(r"^#+(?=\s)", lambda found: "＃" * len(found.group()), text)  # not a heading of ours
        paragraphs.append(plain)
        blocks.append(plain)
    return "\n\n".join(blocks) + "\n" if blocks else "", headings, paragraphs


_DIGITS = {letter: number for number, letter in enumerate("一二三四五六七八九十", 1)}


def _number(text: str) -> int:
    """The number at the head of a line, as far as ten; 0 when there is none."""
    found = re.match(r"\D{0,2}?(\d{1,2})|[^一二三四五六七八九十]{0,1}([一二三四五六七八九十])(?![一二三四五六七八九十])", text)
    return int(found.group(1)) if found and found.group(1) else _DIGITS[found.group(2)] if found else 0


def _stands_alone(text: str, style: str, after: str, before: str) -> bool:
    """Whether a line is a heading with text of its own below it."""
    if not after or len(text) > HEADING or re.search(r"[，,；;、]$", text) or " | " in text:
        return False
    if style:
        if style in _RUN_IN or len(_SENTENCE.findall(text)) > 1 or _SENTENCE.search(text[:-1]):
            return False
        if enumerator(after) == style:  # the next point of a list, or a heading without text: words must not be lost
            return False
        return style in ("chapter", "han", "han_bracket", "ordinal") or not text.endswith(("。", "！", "？"))
    if _SENTENCE.search(text) or re.search(r"[，,：:!！?？.…”\d]", text) or not 4 <= _han(text) <= SUBTITLE or _BULLET.match(text):
        return False
    sentence_before = not before or bool(_SENTENCE_END.search(before)) or bool(_MARKDOWN_HEADING.match(before))
    return sentence_before and (bool(enumerator(after)) or _is_running_text(after))


def _run_in_heading(text: str, style: str) -> str:
    """The first words of a numbered paragraph that name its point: 一是走访面要广：…"""
    if not style or len(text) < 30:
        return ""
    number = _ENUMERATORS[style].match(text)
    found = re.match(r"([^。：:；;！？]{3,30})[。：:]", text[number.end() :])
    return found.group(1).strip() if found and len(text) - found.end() > 15 else ""


