"""Names of persons and numbers in Chinese text: found so that they can be masked, too many rather than too few."""

import re

from assistant.segmenter import Segmenter

MASK = "某"
DIGIT_MASK = "□"

SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方"
    "白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施樊兰殷庄章鲁常尤俞翟倪葛安霍颜左齐牛裴柳尚耿祁庞路詹管舒祝涂甘"
    "欧包关梅阮辛骆瞿焦柴费阎冉岳盛聂童连成戚娄柯宁滕褚麦奚佟卞鄢芦隋季简屈邢项柏冀蒲邬卫佘苗仇井岑游冷鲍靳郁解司华傅吉车谷申习单苟丛古桂"
)
COMPOUND_SURNAMES = ("欧阳", "上官", "司马", "诸葛", "司徒", "夏侯", "皇甫", "尉迟", "公孙", "令狐", "慕容", "东方", "宇文", "长孙", "南宫")

_TITLES = "先生|女士|同志|警官|民警|法官|律师|老师|大爷|大妈|大娘|大叔|大婶|大哥|大姐|大嫂|叔叔|阿姨|老汉|老太|奶奶|爷爷|师傅|老板|经理|主任|书记|村长|队长|医生|某"
_SURNAME = f"(?:{'|'.join(COMPOUND_SURNAMES)}|[{''.join(sorted(SURNAMES))}])"
_HAN = r"[\u4e00-\u9fff]"
_TOLD = re.compile(rf"(?:名叫|叫做|姓名[是为:：]?|我叫|他叫|她叫|本人|户主|当事人|报警人|邻居叫|丈夫叫|妻子叫|儿子叫|女儿叫)\s*({_SURNAME}{_HAN}{{1,2}})")
_TITLED = re.compile(rf"({_SURNAME}{_HAN}{{0,2}}?)(?={_TITLES})")
_NICKNAME = re.compile(rf"(?:[小老阿大]({_SURNAME})(?!{_HAN}?(?:家庭|事|的话))|({_SURNAME})(?=家(?!庭|里人|长|属|暴|务|具|电)|[哥姐叔婶嫂伯姨爷奶妈爸]))")
_COMPOUND = re.compile(rf"((?:{'|'.join(COMPOUND_SURNAMES)}){_HAN}{{1,2}})")
_VILLAGER = re.compile(rf"([{''.join(sorted(SURNAMES))}][大二三四五六小]{_HAN})(?![家的])")
_PLACE = re.compile(
    rf"{_HAN}{{2,4}}(?=(?:小区|花园|家园|公寓|大厦|新村|大院|花苑|胡同|弄堂)|(?:路|街|巷|弄)(?=\s*[\d□号]))"
)
_NUMBER = re.compile(r"[0-9０-９]+")
_CHINESE_NUMBER = re.compile(r"[零〇○一二两三四五六七八九幺洞拐]{5,}")
_LATIN = re.compile(r"[A-Za-zＡ-Ｚａ-ｚ][\w.@-]{3,}", re.ASCII)
_PLATE = re.compile(r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼](?=[A-Za-z][·• ]?\w{4})")


def mask(text: str, segmenter: Segmenter) -> str:
    """The text with every digit, and everything that looks like a person's name or an address, blotted out."""
    covered = [False] * len(text)
    for start, end in _names(text, segmenter):
        covered[start:end] = [True] * (end - start)
    hidden = "".join(MASK if hide else letter for letter, hide in zip(text, covered, strict=True))
    hidden = _PLATE.sub(MASK, hidden)
    hidden = _LATIN.sub(lambda found: DIGIT_MASK * len(found.group()), hidden)
    hidden = _CHINESE_NUMBER.sub(lambda found: DIGIT_MASK * len(found.group()), hidden)
    return _NUMBER.sub(lambda found: DIGIT_MASK * len(found.group()), hidden)


def _names(text: str, segmenter: Segmenter) -> list[tuple[int, int]]:
    """Spans of names: what the tagger takes for one, and what stands where a name stands."""
    spans = [
        found.span(group) for pattern in (_TOLD, _TITLED, _NICKNAME, _COMPOUND, _VILLAGER) for found in pattern.finditer(text)
        for group in range(1, pattern.groups + 1) if found.group(group)
    ]
    spans += [found.span() for found in _PLACE.finditer(text)]
    return spans + segmenter.person_names(text, SURNAMES)
