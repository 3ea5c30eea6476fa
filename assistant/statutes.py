"""法名+条号: a statute named in a text, by full or short name and in either kind of numerals, finds its very passages.

An article that the corpus does not hold is said to be lacking; nothing near it is shown instead. Where a law
was renumbered, an old number finds the new article and says so, and where the old number of one article is
the new number of another, both are shown and told apart.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.corpus import FormerLaw
from assistant.records import Kind, Passage
from assistant.segmenter import fold
from assistant.wording import statutes as wording

_DIGITS = "零一二三四五六七八九"
_UNITS = {"十": 10, "百": 100, "千": 1000}
_VALUES = {letter: value for value, letter in enumerate(_DIGITS)} | {"〇": 0, "○": 0, "两": 2}
_NUMBER = r"(?:\d{1,4}|[〇○零一二两三四五六七八九十百千]{1,9})"
_MOST = 30  # articles that one reference may name; a longer range is a whole chapter

_ARTICLE = re.compile(rf"第?\s*({_NUMBER}(?:\s*[、,]\s*{_NUMBER})*)\s*条(?:\s*之\s*({_NUMBER}))?")
_PARAGRAPH = re.compile(rf"第?\s*({_NUMBER})\s*款")
_ITEM = re.compile(rf"第?\s*\(?\s*({_NUMBER})\s*\)?\s*项")
_RANGE = re.compile(rf"第?\s*({_NUMBER})\s*条?\s*(?:至|到|[-—–~])\s*第?\s*({_NUMBER})\s*条")
_BARE = re.compile(r"第?\s*(\d{1,4})(?=\s*(?:$|[,.;:?!。、)]))")  # 刑法234
_JOINT = re.compile(r"\s*(?:[、,和及与]|以及)\s*")
_FILLER = r"(?:\s|的|里|中|规定|条文|[,:])*"
_OLD, _NEW = r"旧|老|原来|原|以前|过去|修[订正]前|2005年?|2012年?|旧版|老版", r"新|现行|现在|修[订正]后|2025年?|2026年?|新版"
_EDITION = rf"(?:(?P<old{{0}}>{_OLD})|(?P<new{{0}}>{_NEW}))?(?:版)?的?"
_STATE = re.compile("中华人民共和国")
_MARKS = str.maketrans("〈〉", "《》")
_MAKER = r"(?:最高人民法院、?|最高人民检察院、?|最高法|公安部)*(?:关于)?"
_UNKNOWN_QUOTED = r"《(?P<quoted>[^《》]{2,60})》"
_UNKNOWN = re.compile(r"([\u4e00-\u9fff]{1,24}?(?:法典|条例|规定|办法|解释|细则|规则|法))" + _FILLER + r"(?=第|\d)")
# Words around a reference that ask for nothing more than the reference itself.
_ASKING = re.compile(
    r"请问|麻烦|帮我?|给我|想|查一?下|查询|查找|查|找一?下|找|看看|看一?下|看|说一?下|念一?下|是什么|什么内容|内容|具体|怎么说的?|怎么规定的?"
    r"|规定|说的|讲的|什么|是啥|啥|依据|根据|按照|依照|按|的|和|及|与|原文|条文|法条|全文|有没有|有吗|是|吗|呢|吧|呀|我"
)


@dataclass(frozen=True, slots=True)
class Article:
    """A place in a statute; 0 stands for "not said"."""

    number: int
    branch: int = 0  # 第二百九十一条之二
    paragraph: int = 0
    item: int = 0

    def meets(self, other: "Article") -> bool:
        """Whether one of the two stands inside the other."""
        pairs = ((self.paragraph, other.paragraph), (self.item, other.item))
        same = (self.number, self.branch) == (other.number, other.branch)
        return same and all(not mine or not theirs or mine == theirs for mine, theirs in pairs)

    def __str__(self) -> str:
        branch = wording.BRANCH.format(number=numeral(self.branch)) if self.branch else ""
        parts = [wording.ARTICLE.format(number=numeral(self.number), branch=branch)]
        parts += [wording.PARAGRAPH.format(number=numeral(self.paragraph))] if self.paragraph else []
        parts += [wording.ITEM.format(number=numeral(self.item))] if self.item else []
        return "".join(parts)


@dataclass(frozen=True, slots=True)
class Reference:
    """One article as a text names it."""

    law: str  # full name, or the name as said when the corpus does not know it
    article: Article
    edition: str = ""  # "old", "new" or not said


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the references of a text lead to."""

    passages: tuple[Passage, ...]  # in the order of the text; those asked for by number before renumbered ones
    named: Mapping[str, str]  # passage id to the article by which it was found, as told to a reader
    told: str  # what a reader must know: renumbered, ambiguous, lacking
    only: bool  # the text is nothing but references


@dataclass(frozen=True, slots=True)
class _Moved:
    """An article of an old edition and where it stands now."""

    old: Article
    new: tuple[Article, ...]
    passage: Passage
    edition: str
    new_law: str


class Statutes:
    """Every statute of an index by name and number."""

    def __init__(self, passages: Sequence[Passage], former: Sequence[FormerLaw] = ()) -> None:
        self._held: dict[str, list[tuple[Article, bool, Passage]]] = {}  # law to (article, is its own, passage)
        self._moved: dict[str, list[_Moved]] = {}
        self._former = {item.law: item for item in former}
        self._in_force: dict[str, str] = {}
        self._short: dict[str, str] = {}
        laws = [passage for passage in passages if passage.kind is Kind.LAW and "law" in passage.meta]
        self._names = _names(laws, former) if laws else {}
        self._pattern = re.compile(self._pattern_text()) if laws else None
        for passage in laws:
            self._hold(passage)
        for passage in laws:
            if "old_article" in passage.meta:
                self._move(passage)

    def resolve(self, text: str) -> Resolution | None:
        """The passages that the text names; None when it names no statute, or the index holds none at all."""
        if self._pattern is None or not re.search(r"[条條\d]", text):
            return None
        folded = _STATE.sub("", fold(text).translate(_MARKS))
        references, rest = self._references(folded)
        only = not re.search(r"\w", _ASKING.sub("", rest))
        if not references and only is False:
            references, only = _unknown_alone(folded)
        if not references:
            return None
        found: dict[str, Passage] = {}
        named: dict[str, str] = {}
        told: dict[str, None] = {}
        for reference in dict.fromkeys(references):
            for passage, name in self._find(reference, told):
                found.setdefault(passage.passage_id, passage)
                named.setdefault(passage.passage_id, name)
        return Resolution(tuple(found.values()), named, "".join(told), only)

    # --- reading a text -----------------------------------------------------------------------

    def _pattern_text(self) -> str:
        """Any known name, longest first, or a name in book-title marks."""
        names = "|".join(_flexible(name) for name in sorted(self._names, key=len, reverse=True))
        return (
            _EDITION.format("") + rf"(?:《?{_MAKER}(?P<known>{names})(?:》|\([^()]{{0,16}}\)|\s)*|{_UNKNOWN_QUOTED})"
            + r"(?:\([^()]{0,16}\))?" + _FILLER + _EDITION.format("2") + _FILLER
        )

    def _references(self, folded: str) -> tuple[list[Reference], str]:
        """The references of a text, and the text without them."""
        found: list[Reference] = []
        rest, position = [], 0
        for match in self._pattern.finditer(folded):
            if match.start() < position:
                continue
            articles, end = _articles(folded, match.end())
            if not articles:
                continue
            rest.append(folded[position : match.start()])
            position = end
            known = match["known"]
            law = self._names[re.sub("[《》]", "", known)] if known else match["quoted"]
            edition = "old" if match["old"] or match["old2"] else "new" if match["new"] or match["new2"] else ""
            found += [Reference(law, article, edition) for article in articles]
        return found, "".join([*rest, folded[position:]])

    # --- what the corpus holds ----------------------------------------------------------------

    def _hold(self, passage: Passage) -> None:
        law = passage.meta["law"]
        self._in_force.setdefault(law, passage.meta.get("in_force", ""))
        self._short.setdefault(law, passage.meta["short"][0])
        for article in written_articles(passage.meta["article"]):
            self._held.setdefault(law, []).append((article, True, passage))
        for other, article in self._also(passage):
            self._held.setdefault(other, []).append((article, False, passage))

    def _also(self, passage: Passage) -> Iterator[tuple[str, Article]]:
        """(law, article) of the further articles that a sentence rests on."""
        for item in passage.meta.get("also", ()):
            name, _, place = item.rpartition("》")
            law = self._names.get(_plain(name))
            for article in written_articles(place) if law else ():
                yield law, article

    def _move(self, passage: Passage) -> None:
        """Note where the old articles that a passage tells of stand now."""
        told = passage.meta["old_article"]
        law = next((self._names[name] for name in sorted(self._names, key=len, reverse=True) if name in told), passage.meta["law"])
        now = self._former[law].now if law in self._former else law
        here = written_articles(passage.meta["article"]) if passage.meta["law"] == now else []
        here += [] if here else [article for other, article in self._also(passage) if other == now]
        edition = re.search(r"\d{4}年(?:修正)?版?", told)
        for old, new in _old_articles(told):
            self._moved.setdefault(law, []).append(
                _Moved(old, tuple(new or here), passage, edition[0] if edition else wording.FORMER_EDITION, now)
            )

    # --- finding ------------------------------------------------------------------------------

    def _find(self, reference: Reference, told: dict[str, None]) -> Iterator[tuple[Passage, str]]:
        """(passage, the article by which it is found); adds to `told` what a reader must know."""
        law, article = reference.law, reference.article
        current = [] if reference.edition == "old" else self._current(law, article)
        moved = [] if reference.edition == "new" else [
            item for item in self._moved.get(law, ())
            if item.old.meets(article) and (reference.edition == "old" or law in self._former or not _same_place(item, article))
        ]
        for sentence in self._sentences(reference, current, moved):
            told.setdefault(sentence)
        shown = self._title(law)
        for passage in current:
            yield passage, f"《{shown}》{article}"
        for item in moved:
            yield item.passage, f"《{self._title(item.new_law)}》{_joined(item.new)}"

    def _current(self, law: str, article: Article) -> list[Passage]:
        """Passages of the article itself before those that only rest on it."""
        held = [(own, passage) for place, own, passage in self._held.get(law, ()) if place.meets(article)]
        return [passage for own, passage in held if own] + [passage for own, passage in held if not own]

    def _sentences(self, reference: Reference, current: list[Passage], moved: list[_Moved]) -> Iterator[str]:
        law, article = reference.law, reference.article
        title = self._title(law)
        now = _joined(dict.fromkeys(new for item in moved for new in item.new))
        if law not in self._held:
            yield from self._former_sentences(reference, moved, now)
            return
        if current and not moved and self._is_renumbered(law):
            yield wording.CURRENT.format(law=title, article=article, in_force=self._in_force[law])
        if moved:
            yield from self._moved_sentences(reference, current, moved, now)
        elif not current and reference.edition == "old":
            yield wording.LACKING_OLD_NUMBER.format(law=title, article=article)
        elif not current:
            yield self._lacking(law, article)
        if current:
            yield from self._held_how(law, article)

    def _moved_sentences(
        self, reference: Reference, current: list[Passage], moved: list[_Moved], now: str
    ) -> Iterator[str]:
        """Of a number that the old edition used for what stands elsewhere now."""
        told = {"law": self._title(reference.law), "article": reference.article, "edition": moved[0].edition, "now": now}
        in_force = self._in_force[reference.law]
        if current:
            yield wording.BOTH.format(**told, in_force=in_force)
            return
        if not reference.edition:
            yield wording.LACKING_CURRENT.format(**told)
        yield wording.MOVED.format(**told, since=wording.SINCE.format(in_force=in_force) if in_force else "")

    def _former_sentences(self, reference: Reference, moved: list[_Moved], now: str) -> Iterator[str]:
        """Of a law that is no longer in force, or that the corpus does not know."""
        law, article = reference.law, reference.article
        if moved:
            new_law = moved[0].new_law
            yield wording.MOVED_TO.format(
                law=law, article=article, edition=moved[0].edition, new_law=self._title(new_law), now=now,
                in_force=self._in_force.get(new_law, ""),
            )
        elif law in self._former:
            yield wording.LACKING_OLD.format(law=law, article=article, now=self._title(self._former[law].now))
        else:
            yield wording.LACKING_LAW.format(law=law, article=article)

    def _held_how(self, law: str, article: Article) -> Iterator[str]:
        held = [(place, own) for place, own, _ in self._held[law] if place.meets(article)]
        if not any(own for _, own in held):
            yield wording.SHARED.format(law=self._title(law), article=article)
        elif article.paragraph and not any(place.paragraph for place, own in held if own):
            yield wording.WHOLE.format(law=self._title(law), article=Article(article.number, article.branch))

    def _lacking(self, law: str, article: Article) -> str:
        parts = [place for place, own, _ in self._held[law] if own and place.meets(Article(article.number, article.branch))]
        if not parts:
            return wording.LACKING_ARTICLE.format(law=self._title(law), article=article)
        return wording.LACKING_PART.format(law=self._title(law), article=article, have=_joined(dict.fromkeys(parts)))

    def _is_renumbered(self, law: str) -> bool:
        return bool(self._in_force.get(law)) and any(
            item.new_law == law and not _same_place(item, item.old) for item in self._moved.get(law, ())
        )

    def _title(self, law: str) -> str:
        return self._short.get(law, law)


# --- names ------------------------------------------------------------------------------------


def _plain(name: str) -> str:
    """A law's name as it is looked up: folded, without the state's name and book-title marks."""
    return _STATE.sub("", fold(name)).replace("《", "").replace("》", "").replace(" ", "")


def _names(laws: Sequence[Passage], former: Sequence[FormerLaw]) -> dict[str, str]:
    """Every plain name to the law's full name; a law in force wins over one that is not."""
    found: dict[str, str] = {}
    for item in former:
        found |= dict.fromkeys(map(_plain, (item.law, *item.short)), item.law)
    for passage in laws:
        law = passage.meta["law"]
        names = map(_plain, (law, *passage.meta["short"]))
        found |= {shorter: law for name in names for shorter in (name, re.sub(rf"^{_MAKER}", "", name)) if shorter}
    return found


def _flexible(name: str) -> str:
    """A pattern for a name that may be written with book-title marks inside."""
    return "[《》]?".join(map(re.escape, name)) if "解释" in name or "规定" in name else re.escape(name)


def _unknown_alone(folded: str) -> tuple[list[Reference], bool]:
    """A text that is nothing but a reference to a law of which no corpus file tells: 公司法第二十条."""
    bare = _ASKING.sub("", folded) if not _UNKNOWN.match(folded) else folded
    match = _UNKNOWN.match(bare.strip())
    articles, end = _articles(bare.strip(), match.end()) if match else ((), 0)
    if not articles or re.search(r"\w", _ASKING.sub("", bare.strip()[end:])):
        return [], False
    return [Reference(match[1], article) for article in articles], True


# --- numbers ----------------------------------------------------------------------------------


def number(text: str) -> int:
    """A number in Arabic or Chinese numerals: 89, 八十九, 一千零六十二, 一〇六二."""
    if text.isdigit() and text.isascii():
        return int(text)
    if not any(unit in text for unit in _UNITS):
        return int("".join(str(_VALUES[letter]) for letter in text))
    total, digit = 0, 0
    for letter in text:
        if letter in _UNITS:
            total, digit = total + (digit or 1) * _UNITS[letter], 0
        else:
            digit = _VALUES[letter]
    return total + digit


def numeral(value: int) -> str:
    """A number below ten thousand as statutes write it: 十二, 一百零八, 一千零六十二."""
    text, gap = "", False
    for unit, size in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit, value = divmod(value, size)
        if digit:
            text += ("零" if gap and text else "") + _DIGITS[digit] + unit
        gap = not digit
    return text.removeprefix("一") if text.startswith("一十") else text


def _articles(text: str, position: int) -> tuple[list[Article], int]:
    """The articles named from a position on, with their paragraphs and items, and where they end."""
    found: list[Article] = []
    end = position
    while True:
        at = end
        if found and (joint := _JOINT.match(text, end)):
            at = joint.end()
        named, stop = _one(text, at, found[-1] if found else None, joined=at > end)
        if not named:
            break
        found, end = [*found, *named], stop
    if not found and (bare := _BARE.match(text, position)):
        return [Article(int(bare[1]))], bare.end()
    return found[:_MOST], end


def _one(text: str, at: int, last: Article | None, joined: bool) -> tuple[list[Article], int]:
    """The next article, or a further paragraph or item of the last one."""
    if (match := _RANGE.match(text, at)) and number(match[1]) < number(match[2]) <= number(match[1]) + _MOST:
        return [Article(n) for n in range(number(match[1]), number(match[2]) + 1)], match.end()
    if match := _ARTICLE.match(text, at):
        *more, own = [Article(number(part)) for part in re.split(r"\s*[、,]\s*", match[1])]
        own = Article(own.number, number(match[2]) if match[2] else 0)
    elif last and joined and (_PARAGRAPH.match(text, at) or _ITEM.match(text, at)):
        more, own, match = [], Article(last.number, last.branch, 0 if _PARAGRAPH.match(text, at) else last.paragraph), None
    else:
        return [], at
    end = match.end() if match else at
    paragraph, item = own.paragraph, 0
    if part := _PARAGRAPH.match(text, end):
        paragraph, end = number(part[1]), part.end()
    if part := _ITEM.match(text, end):
        item, end = number(part[1]), part.end()
    return [*more, Article(own.number, own.branch, paragraph, item)], end


def written_articles(text: str) -> list[Article]:
    """The articles of a corpus field such as 第五十条第一款第五项、第二款; nothing where no number is given."""
    folded = fold(text)
    start = re.match(r"第", folded)
    return _articles(folded, 0)[0] if start else []


def _old_articles(told: str) -> Iterator[tuple[Article, list[Article]]]:
    """(old article, the new one where it is told) of a corpus field such as 旧第三十条（现第三十六条）、第三十七条."""
    folded = fold(told)
    if re.match(r"无|旧法无|封存", folded):
        return
    start = re.search(rf"第{_NUMBER}(?:、{_NUMBER})*条", folded)
    position = start.start() if start else len(folded)
    last: Article | None = None
    while position < len(folded):
        named, end = _one(folded, position, last, joined=last is not None)
        if not named:
            return
        new, position = [], end
        if bracket := re.match(r"\(([^()]*)\)", folded[end:]):
            position = end + bracket.end()
            new = _articles(bracket[1], 1)[0] if bracket[1].startswith("现") else []
        for article in named:
            yield article, new
        last = named[-1]
        joint = _JOINT.match(folded, position)
        position = joint.end() if joint else len(folded)


def _same_place(moved: _Moved, article: Article) -> bool:
    """Whether the article kept its number: 第九条 became 第九条第一款."""
    return any((new.number, new.branch) == (article.number, article.branch) for new in moved.new)


def _joined(articles: Iterable[Article]) -> str:
    """第五十条第一款第五项、第二款: what two neighbours share is said once."""
    told: list[str] = []
    last = Article(0)
    for article in articles:
        shared = str(Article(article.number, article.branch))
        same = (last.number, last.branch) == (article.number, article.branch) and article.paragraph
        told.append(str(article).removeprefix(shared) if same else str(article))
        last = article
    return "、".join(told)
