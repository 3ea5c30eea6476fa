"""What the keeper's page and `import` say."""

TITLE = "管内容"
APP = "调解助手"
NAV = {"entries": "本单位的内容", "import": "导入文章", "note": "写一条", "test": "检索测试", "worklist": "待补清单", "quality": "答得怎么样"}
LOGOUT = "退出"
YES, NO = "是", "不是"

# --- login ---
LOGIN_TITLE = "管内容，先对个口令"
LOGIN_LABEL = "口令"
LOGIN = "进去"
LOGIN_HINT = "口令是打开程序的人定的。忘了就问他，或者请他换一个重新打开。"
LOGIN_WRONG = "口令不对，请再看看。"
LOGIN_WAIT = "试的次数太多了。歇 {minutes} 分钟再来。"
LOGIN_AGAIN = "放着太久，为了稳妥已经退出。请重新对口令。"
FOREIGN_REQUEST = "这个请求不是从本页面来的，没有照办。请回到页面重新点一次。"
OPENING = "还在准备词典和语料。等几秒钟，再刷新一下。"
NOT_FOUND = "没有这一页。它可能已经删了，请回到“本单位的内容”看看。"
BROKEN = "没弄成，原来的内容没动。多半是磁盘满了或者不让写，请装机器的人看一眼。"

# --- entries ---
ENTRIES_TITLE = "本单位的内容"
ENTRIES_HINT = "你们自己加的都在这儿。改了、停了、删了，几秒钟就见效，正在用的人不受打扰。"
ENTRIES_NONE = "还没有加过东西。可以导入一篇文章，也可以写一条本地的习俗。"
ARTICLES, NOTES, BY_HAND = "导入的文章", "写下的条目", "手工放进来的文件"
BY_HAND_HINT = "这些是用编辑器放进 corpus/local 的，要改还得用编辑器。改完点“重新载入”。"
FAULTS_HINT = "有手工放的文件写得不对。改好之前，这一页的改动都先不做："
RELOAD = "重新载入"
RELOADED = "已经按磁盘上的内容重新载入。"
EDIT, APPROVE, DISABLE, ENABLE, DELETE = "修改", "看过了，通过", "停用", "启用", "删除"
DELETE_SURE = "确定删掉，找不回来"
STATE_NAMES = {"": "在用", "待审核": "待审核", "停用": "停用"}
APPROVED, DISABLED, ENABLED, DELETED, SAVED = (
    "已通过。", "已停用，查不到它了。", "又能查到了。", "已删掉，查不到它了。", "已存好，现在就能查到。"
)
SAVED_UNREVIEWED = "已存好，现在就能查到。卡片上会标着“待审核”，请另一个人再看一眼，点“通过”。"
MANY_CHARS = "{chars} 字"

# --- import ---
IMPORT_TITLE = "导入文章"
IMPORT_HINT = "网页、Word、PDF、记事本都行，老机器上的 GBK 也认得。可以一次选好几个，也可以放一个 zip。先看看理成什么样，点“收下”才算数。"
IMPORT_FORMATS = ".txt .md .html .docx .doc .wps .rtf .pdf .zip，单个不超过 20 MB，一次合起来不超过 {megabytes} MB"
IMPORT_CHOOSE, IMPORT_SEND = "选文件", "看看理成什么样"
IMPORT_NONE = "还没有选文件。"
IMPORT_TOO_LARGE = "选的文件太大了，一次合起来不能超过 {megabytes} MB。请分几次。"
PENDING_TITLE = "等你点头的"
PENDING_HINT = "这些还没有存下来，关了程序就没了。"
PENDING_FULL = "等着点头的太多了，请先收下或丢掉几份。"
READ_REPORT, ACCEPT, DISCARD = "看报告", "收下", "不要了"
ACCEPTED, DISCARDED = "收下了，现在就能查到。", "没有收，什么都没留下。"
REPORT_TITLE = "理成了这样"
REPORT_KEPT, REPORT_DROPPED, REPORT_JOINED, REPORT_HEADINGS, REPORT_WARNINGS, REPORT_BYLINE = (
    "留下的正文", "拿掉的", "接上的断行", "认出的小标题", "请留意", "记作出处的"
)
REPORT_SUMMARY = "留下 {paragraphs} 段 {chars} 字，拿掉 {dropped} 处，接上 {joined} 处断行，认出 {headings} 个小标题"
REPORT_NOTHING_DROPPED = "什么也没拿掉。"
CORRECT_HINT = "认得不对的，在这儿改过来再收下。"
FIELD_TITLE, FIELD_AUTHOR, FIELD_DATE, FIELD_SOURCE, FIELD_TYPES, FIELD_REGION, FIELD_TEXT = (
    "题目", "作者", "日期", "来源", "和哪类纠纷有关（可以不选）", "哪个地区（可以不选）", "正文"
)
FIELD_DATE_HINT = "写成 2026-11-22 这样；不知道就空着，记今天"
SAME_AS = "和已有的《{title}》一模一样，不用再收。"
NEAR = "和已有的《{title}》大半相同，请比一比再收。"
REFUSED = "没收"

DROPPED = {
    "navigation": "网站的导航", "frame": "网页的边边角角", "advert": "广告、版权和下载提示", "tail": "文章后头的推荐和链接",
    "translation": "外文翻译", "page_mark": "页码页眉", "repeated_title": "重复的题目", "title_suffix": "题目后头网站加的尾巴",
}
WARNINGS = {
    "no_title": "没认出题目，先用了文件名。", "no_date": "没认出日期，不填就记今天。", "cut_off": "结尾像是没完，原文可能被截断了。",
    "short": "正文很短，请看看是不是漏了。", "not_chinese": "里头大多不是汉字。", "bytes_lost": "有几个字坏了，显示成 �，请对着原件补上。",
    "macros": "文件里有宏，没有运行，也没有收进来。", "links": "文件里有指向外面的链接，没有去打开。",
    "scripts": "文件里有脚本或自动动作，没有运行。", "pictures": "文件里有图片，图片里的字没有认。",
    "pages_without_text": "有几页是扫描的图，那几页的字没有认。", "phone": "正文里有电话或证件号码，收下前请删掉。",
    "person": "正文里像有真人姓名，收下前请改成“某某”。",
}
REFUSALS = {
    "too_large": "文件超过 20 MB。请拆开，或者另存成纯文字再来。",
    "too_long": "太长了，不像一篇文章。请拆成几篇再来。",
    "too_heavy": "打开它太费劲，中途停下了，可能是坏文件。请另存成纯文字再来。",
    "empty": "里面没有文字。请换一份有字的。",
    "format": "不认得这种文件。能收的有：.txt .md .html .docx .doc .wps .rtf .pdf .zip。请另存成其中一种。",
    "damaged": "打不开，文件坏了，或者不是它的后缀说的那种。请用原来的软件打开，另存一份再来。",
    "encoding": "认不出是什么编码，像是乱码或者不是文字。请用记事本打开，另存为 UTF-8 再来。",
    "scan": "这是扫描件，每一页都是图，没有可以取的文字。请先用文字识别软件转成文字再来。",
    "locked": "文件加了密码，打不开。请先去掉密码再来。",
    "bomb": "压缩包解开会大得出奇，没有打开。请把要的文件挑出来单独放。",
    "traversal": "压缩包里有想写到别处去的路径，整个没有打开。请问问给你文件的人。",
    "nested": "压缩包里又套着压缩包，里层没有打开。请先解开再来。",
    "office_missing": "这是老版 Word 或 WPS 文件，要装了 LibreOffice 才能读。请在 Word 或 WPS 里另存为 .docx，或者请人装上 LibreOffice。",
    "no_chinese": "里面差不多没有汉字，查不到它。请换一份中文的。",
}

# --- notes ---
NOTE_TITLE, NOTE_EDIT_TITLE = "写一条", "修改"
NOTE_KINDS = {"custom": "习俗", "saying": "俗话", "phrasing": "大白话", "case": "案例"}
NOTE_HINTS = {
    "custom": "老辈人怎么做，怎么就闹起来，劝的时候怎么借它说话。",
    "saying": "一句俗话，什么意思，什么时候说出来管用，什么时候伤人。",
    "phrasing": "直接能念出口的话，一到三句；再写上这个当口不能说的那句。",
    "case": "编一个典型的，别写真人真地名：起因、卡在哪、怎么松动、怎么收尾。",
}
NOTE_LABELS = {
    "title": "短标题", "types": "和哪类纠纷有关", "type": "哪类纠纷", "spread": "有多普遍", "text": "正文", "quarrel": "怎么闹起来的",
    "use": "怎么用", "binding": "约束到哪儿", "law": "和法律碰上时", "form": "是哪种", "meaning": "什么意思", "hurt": "什么时候伤人",
    "stages": "什么阶段说", "stage": "什么阶段说", "listener": "对谁说", "setting": "在哪儿说", "avoid": "忌说", "region": "地区",
    "source": "谁写的", "date": "日期", "---": "开头", "id": "编号", "name": "名称",
}
NOTE_TEXT_HINTS = {
    "custom": "哪里的人怎么做，60 到 160 字", "saying": "就写那句话", "phrasing": "能念出口的话", "case": "80 到 200 字",
}
NOTE_SAVE = "存下"
NOTE_WRONG = "还差一点，改好再存："
TYPE_FIXED = "换类型的话，请删了重写一条。"
SOURCE_DEFAULT = "本单位"
SPREADS = ("普遍", "部分地区", "个别")
FORMS = ("谚语", "俗语", "歇后语", "典故")
FAULT_FIELD = "“{field}”：{text}"

# --- search test ---
TEST_TITLE = "检索测试"
TEST_HINT = "写一句话，看看它听懂了什么，三种排法各把什么排在前头，什么没上卡片、为什么。这里写的不存。"
TEST_LABEL, TEST_RUN, TEST_REGION, TEST_REGION_ANY = "说一件事", "测一下", "地区", "不限"
TEST_OUTCOME, TEST_WORDS, TEST_TERMS, TEST_TYPES, TEST_RISKS, TEST_RANKS = (
    "结果", "认出的词", "土话当成了什么", "类型把握", "红线", "三种排法"
)
TEST_NO_TERMS = "没有换过说法。"
TEST_NO_RISKS = "十条红线一条也没沾上。"
TEST_COLUMNS = ("合起来", "按字面", "按意思", "内容", "命中的词", "去向")
TEST_CHECKS = {"dispute": "像不像一件纠纷", "off_topic": "像不像问别的事", "sure": "是纠纷有没有把握（有红线就不看这一条）", "type": "最像的三类合起来有几分把握"}
CHECK_PASSED, CHECK_FAILED = "过了", "没过"
STATUS_NAMES = {"ok": "出卡片", "low_confidence": "拿不准，不出卡片", "rejected": "不像问事，不出卡片"}
GATES = {
    "card": "在卡片上", "refused": "整张卡片没出", "withheld": "有红线，收起来了", "type": "类型对不上",
    "quota": "那一栏已经满了", "redline": "红线，另外判",
}
RISK_STANDS, RISK_NOT = "亮", "没亮"
RISK_COLUMNS = ("红线", "读出来的把握", "多少就亮", "有字眼时多少就亮", "字眼", "亮没亮")

# --- worklist ---
WORKLIST_TITLE = "待补清单"
WORKLIST_HINT = "打开以后，卡片上每一行多出“有用”“没用”两个按钮；点了的，还有没答上来的话，记在这里，给写内容的人看。数字和人名先抹掉才落盘。平时关着。"
WORKLIST_ON, WORKLIST_OFF = "现在开着", "现在关着"
SWITCH_ON, SWITCH_OFF = "打开", "关上"
SWITCHED_ON, SWITCHED_OFF = "已打开。请告诉用的人一声：点了的和没答上来的话会抹掉数字人名记下来。", "已关上，不再记。"
WORKLIST_EXPORT, WORKLIST_CLEAR = "导出清单", "全部清掉"
WORKLIST_CLEARED = "清掉了。"
WORKLIST_NONE = "清单是空的。"
ROW_KINDS = {"useful": "有用", "useless": "没用", "unanswered": "没答上来"}
WORKLIST_COLUMNS = ("日期", "哪一种", "说了什么（已抹）", "哪一条")
COUNTS_TITLE, COUNTS_HINT, COUNTS_NONE = "各类纠纷查了多少次", "只记次数，不记一个字。", "还没有次数。"
TIMES = "{count} 次"
USEFUL, USELESS, VOTED = "有用", "没用", "记下了"

# --- quality ---
QUALITY_TITLE = "答得怎么样"
QUALITY_HINT = "拿一批事先标好答案的话去问它，数它答对多少。这里只记数，不记一句话。换了模型、改了内容，再量一次，就知道是好了还是差了。"
QUALITY_COMMAND = "python -m assistant evaluate --set 样例.jsonl --keep"
QUALITY_NONE = "还没有量过。请装机器的人运行下面这一句，量完刷新本页："
QUALITY_AGAIN = "要再量一次，请装机器的人运行："
QUALITY_WHEN = "{day} 量的，问了 {rows} 句。编码模型 {encoder}，判读模型 {reader}。"
QUALITY_COLUMNS = ("看什么", "多少", "换一批差不多的话再量", "什么意思")
QUALITY_FIGURES = {
    "first": ("头一个就对", "排在最前的那一类，正是该有的那一类"),
    "three": ("前三个里有", "该有的那一类，在排头的三个里"),
    "every_in_four": ("几件事都听出来", "一段话里不止一种纠纷，前四个里全有了"),
    "answered": ("给了卡片", "确实是纠纷，没有说拿不准、也没有打回去"),
    "risk_recall": ("红线没漏", "该亮的红线，亮了多少"),
    "risk_precision": ("红线没乱亮", "亮了的红线，有多少是该亮的"),
    "risk_recall_asked": ("红线亮了或先问了", "该亮的红线，亮了的，加上让人先问一声的"),
    "topics": ("要点在卡片上", "该讲到的要点讲到了多少，只比字面，是个大概"),
    "expected": ("不该答的没乱答", "不是纠纷的话，照该有的样子挡回去了"),
    "p50_ms": ("一般多快", "一半的话，这么久就答完"),
    "p95_ms": ("慢的时候", "一百句里有九十五句，不超过这么久"),
}
QUALITY_SHARE, QUALITY_BETWEEN, QUALITY_MS, QUALITY_RIGHT = "{share:.1%}", "大约在 {low:.1%} 到 {high:.1%} 之间", "{ms:.0f} 毫秒", "{right}/{total}"
QUALITY_SAME = "这一批句句一个样，估不出来"
QUALITY_PICTURES = {
    "figures": ("一眼看过去", "蓝条是这次的数，黄线是换一批话再量大约会落在哪儿"),
    "by_type": ("各类纠纷", "头一个就对的有几句；差的排在上头，句数少的别太当真"),
    "by_style": ("各种说法", "话是怎么说的，答对几句；差的排在上头"),
}
QUALITY_NUMBERS = "不看图，看数"

# --- on the card ---
UNREVIEWED_TAG = "待审核"

# --- command line ---
CLI_KEPT = "■ {name}\n  题目：{title}\n  作者：{author}　日期：{date}　来源：{source}\n  {summary}"
CLI_UNKNOWN = "没认出"
CLI_DROPPED = "  拿掉（{reason}）：{text}"
CLI_JOINED = "  接上：{seams}"
CLI_HEADINGS = "  小标题：{headings}"
CLI_WARNING = "  请留意：{warning}"
CLI_REFUSED = "✕ {name}\n  没收：{reason}"
CLI_SAME = "＝ {name}\n  {same}"
CLI_DONE = "收下 {accepted} 份，标为“待审核”；重复 {same} 份，没收 {refused} 份。页面开着的话，在“管内容”里点“重新载入”。"
CLI_DRY = "只看不收：能收 {accepted} 份，重复 {same} 份，没收 {refused} 份。要收下，去掉 --dry-run 再运行一次。"
CLI_MEASURED = "记下 {count} 份成绩，只有数，没有一句话：{path}。在“管内容”的“答得怎么样”里看。"
CLI_NOTHING = "没有找到可以导入的文件。"
