"""Words of what is taken along on paper: the sheet before a mediation, the blank agreements, their pages."""

PREPARE_TITLE = "调前准备单"
FILL_IN = ("日期", "地点", "警情编号", "主持人")
TYPES = "看着像"
SIDES = "双方"
SIDE_BLANK = "姓名由您手写"
RISKS = "先别做"
ASK_RISK = "问清红线"
NO_RISKS = "没有看出红线。伤没伤着人、拿没拿家伙、放没放狠话，到了先问一句。"
VERDICT = "能不能治安调解"
MUST, NEVER, BASIS = "要做", "别做", "依据"
MORE_RISKS = "还有：{names}，要做的事看卡片。"
WITHHELD = "有红线在，劝受害一方让步、和解的话没有印上来。"
QUESTIONS = "先问清"
QUESTIONS_HINT = "问过打勾，答的写在线上"
GRIEVANCES = "可能的心结"
PHRASING = "大白话"
PHRASING_HINT = "照着说，括号里是对谁、在哪儿说"
SAY_TO = "对{side}，{setting}"
AVOID = "忌说"
CUSTOM = "习俗"
LAW = "法律依据"
BRING = "带上"
NEXT = "下一步"
NOTES = "随手记"
SOURCE = "〔{source}〕"
FOOT = "每行末尾是出处编号，在系统里能查到原文；法条是转述，引用前请核对官方文本。姓名和经过由您手写，本机不留。"
STATUTE_TITLE = "法律依据"

PARTS = {
    "do": "要做的事", "refrain": "往后不做的事", "money": "给钱", "instalments": "分期", "deadline": "期限",
    "apology": "道歉", "later": "往后的费用", "proof": "办完的凭据", "breach": "没照办怎么办", "confirm": "司法确认",
    "revisit": "回访",
}
PARTY_NAMES = ("甲方", "乙方")
OTHER_CLAUSE = "其他约定"
DATE_BLANK = "【年月日】"
BLANK_OF_TYPE = "空白样张 · {name}"
ANY_TYPE = "不分类型"

# the page of blank agreements
PAGE_TITLE = "空白协议书"
CHOOSE_KIND, CHOOSE_TYPE = "哪一种", "什么纠纷"
SHOW = "换一张"
PRINT, WORD = "打印", "下载 Word"
CHOOSE_CLAUSES = "勾掉用不着的条款，就不印出来。姓名和经过印出来手写，这里不填、不留。"
WHEN, NEVER_FOR = "用在", "不能用在"
LAW_OF_FORM = "依据"
BACK = "回到卡片"

# beside the officer's card
TAKE_ALONG = "带走"
PREPARE_WORD = "准备单 Word"
WORD_FAILED = "没做成，请先查出卡片再点"
FILE_PREPARE = "调前准备单.docx"
FILE_AGREEMENT = "{name}（空白）.docx"

# the command
CARD_WRITTEN = "已写好 {path}。"
