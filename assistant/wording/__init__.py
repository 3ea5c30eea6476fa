"""The only Python folder with Chinese that a user can read: interface words, messages, explanations.

Here what every page shares and what the officer's page says; the other pages' words stand beside, a file each.
"""

from assistant import errors
from assistant.errors import AssistantError
from assistant.records import Fault, Kind
from assistant.wording import keeper

APP_TITLE = "调解助手"
APP_TAGLINE = "说说怎么回事，马上看到怎么劝、先别做什么、依据在哪儿。全部在本机，不联网、不留存。"

KIND_NAMES = {
    Kind.GRIEVANCE: "可能的心结",
    Kind.QUESTION: "先问清",
    Kind.PHRASING: "大白话",
    Kind.SAYING: "俗话说",
    Kind.PRINCIPLE: "调解原则·要点",
    Kind.CUSTOM: "习俗·村规民约",
    Kind.LAW: "法律依据",
    Kind.CASE: "示例",
    Kind.GUIDANCE: "指引文章",
    Kind.REDLINE: "红线",
}
RISKS_TITLE = "先别做"
SECTION_NAMES = {
    "grievances": "可能的心结",
    "questions": "先问清",
    "phrasing": "大白话",
    "principle": "调解原则·要点",
    "custom": "习俗",
    "law": "法律依据",
    "case": "案例（示例）",
    "guidance": "原文摘录",
}
SECTION_EMPTY = "语料里还没有合适的内容。"
NOTHING_FOUND = "没有找到相近的内容。换几个词，或者少加一个筛选，再试一次。"
SECTION_HINTS = {"phrasing": "照着说就行，括号里是对谁说、在哪儿说"}

STATUS_MESSAGES = {
    "": "",
    "empty": "请先写下纠纷的经过，再点“查找”。比如：三楼漏水把二楼泡了，两家在楼道骂起来。",
    "no_chinese": "这里头没有看到汉字。请用汉字写下是谁和谁、为了什么事闹起来的。",
    "no_question": "没看出是什么纠纷。请写清谁和谁、为了什么事、闹到什么程度，再查一次。",
    "pinyin": "看着像拼音。请改用汉字写，或者直接点下面的类型。",
    "other_script": "暂时只认得汉字。请用汉字写一遍，或者请会写汉字的人帮忙，也可以直接点下面的类型。",
    "other_business": "这看着不是邻里家庭纠纷，这里没有现成的依据。要是确有纠纷，请补一句是谁和谁、为了什么。",
    "unsure": "拿不准是哪类纠纷，下面这些最接近。请补一两句细节，或者直接点最像的那个。",
}

NO_RISKS = "没有看出红线。伤没伤着人、拿没拿家伙、放没放狠话，还请当面问一句。"
RISKS_DOUBTFUL = "还拿不准碰没碰红线：{names}。先照“先问清”头上的话问一声，问清了再谈别的。"
ASK_RISK = "问清红线：{name}"
RISK_MUST, RISK_NEVER, RISK_BASIS, RISK_MATCHED = "要做", "别做", "依据", "因为提到"
WITHHELD = "有红线在，劝受害一方让步、和解的话已经收起来，先办上面的事。"
CODE_TITLE, CODE_TYPES = "大厅触摸屏带来的条目", "点一下看整张卡片"
CODE_UNKNOWN = "码里有 {count} 条在这台机器上找不到，可能两边的语料不是同一版。"
SECTION_WITHHELD = "有红线在，这一段先收起来，先办最上面的事。"
MEDIABILITY_TITLE = "能不能治安调解"
JUMP_LABEL = "直接看"
REFERRALS_LABEL = "该找谁"
TERMS_LABEL = "听懂的说法"
TERMS_HINT = "点一下就不按这个意思理解，再点一下恢复"
TYPES_LABEL = "看着像"
NEAREST_TYPES = "最接近的类型"
# how sure, from so much probability on
SURENESS = ((0.6, "很像"), (0.3, "比较像"), (0.08, "有点像"), (0.0, ""))
WHY_LABEL = "命中"
NEAR_LABEL = "近义"
AVOID_LABEL = "忌说"
SOURCE_LINK = "查看原文"
COLLECT, COLLECTED, TO_DESK = "＋摘录", "已摘录", "去备课台"
COPY = "复制"
COPIED = "已复制"
PRINT = "打印"
LAW_CHECKED = "核对于"
LAW_IN_FORCE = "施行"
LAW_BADGE = "版本"
LAW_OLD = "可能已修订，用前请核对"
LAW_RENUMBERED = "旧条号"
SAY_TO = "对{side}说"
# whom a line is said to where the kind of quarrel has no name of its own for them; keys of the corpus format
LISTENER_NAMES = {
    "双方": "双方", "先动手或过错方": "被指有错的一方", "受害或受损方": "受害的一方", "老人": "老人", "年轻人": "年轻人",
    "围观亲友": "围观亲友",
}
META_LABELS = {
    "why": "为什么", "avoid": AVOID_LABEL, "meaning": "意思", "use": "怎么用", "hurt": "这时别说", "quarrel": "怎么闹起来的",
    "binding": "约束到哪儿", "law": "与法律冲突时", "note": "提醒", "who": "找谁", "spread": "流行",
}

DISPUTE_LABEL = "纠纷简要情况"
DISPUTE_HINT = "怎么说都行，比如：三楼漏水把二楼泡了，两家在楼道骂起来，老太太气得直哆嗦"
REGION_LABEL = "地区"
REGION_ANY = "不限"
TAP_BLOWS, TAP_INJURY, TAP_ELDER_CHILD = "动手了吗", "有人受伤吗", "涉及老人孩子吗"
TAP_UNKNOWN, TAP_YES, TAP_NO = "没问", "有", "没有"
ASK = "查找"
CLEAR = "清空"
EXAMPLES_LABEL = "试试这些"
BUSY = "这会儿问的人多，这一问还没有排上。您写的还在框里，请过几秒钟再点一次“查找”。"
LOADING = "正在准备词典和语料，第一次打开要几秒钟。您可以先写着。"
EXAMPLES = (
    "三楼漏水把二楼泡了，两家在楼道骂起来",
    "楼上小孩天天晚上跑来跑去，咚咚咚的，上去说了两回还摔门",
    "回家就跟我动手，昨晚又喝了酒，孩子吓得直哭",
    "俺家地头的水让上边截了，苗都打蔫了，他还说先到先得",
    "隔壁盖三层把俺家院子挡得一天见不着日头",
    "订婚花了十八万，现在说不嫁就不嫁，钱也不退",
    "老娘轮到老二家，老二锁了门说没空，老人在门口坐了半天",
    "他车天天横我门口，挪车电话打了不接，我把他轮胎气放了",
    "包工头说工程款没下来，我们七个人的工钱拖了半年",
    "为一只鸡吵起来，他抄起铁锹拍了我一下，胳膊肿得抬不起来",
)

SERVING = "调解助手已经打开：{url}\n在浏览器里输入这个地址就能用。关掉请按 Ctrl+C。"
BUILT = "索引已建好：{documents} 份文件，{passages} 条。下一步：python -m assistant serve"
BUILD_PROGRESS = "{bar} {share:.0%}，{passages} 条，每秒 {rate:.0f} 条，还要约 {minutes:.0f} 分钟"
INDEX_CURRENT = "索引是最新的，不用重建。"
CHECK_PASSED = "语料没有发现问题：{documents} 份文件，{passages} 条。下一步：python -m assistant build"
COVERAGE_SHORT = "语料还不够：\n{listing}"
COVERAGE_LINE = "{type_id} 的 {what} 有 {have} 条，应有 {least} 条"

SOURCE_BACK = "关上这一页就回到卡片"
SOURCE_META = "出自 {file} · {source} · {date}"
PRINT_FOOT = "本卡由人写的语料检索而来，每一行都注明出处；法条为转述，引用前请核对官方文本。"

FAULTS = {
    "yaml": "格式读不懂（{detail}）。多半是缩进没对齐，或者用了英文冒号加空格，请对照 corpus/README.md 改。",
    "empty": "文件是空的。请写上内容，或者删掉它。",
    "encoding": "不是 UTF-8 编码。请用编辑器另存为 UTF-8。",
    "folded": "这段话折了行或加了引号转义。请写成一整行，不要加引号。",
    "front_matter": "开头少了用 --- 围起来的题目、日期等信息。请对照 corpus/README.md 补上。",
    "id_not_file": "编号要和文件名一样，这里应是 {detail}。",
    "id_twice": "编号 {detail} 别处已经用过。请换一个没用过的。",
    "type_unknown": "没有“{detail}”这个纠纷类型。类型编号见 corpus/taxonomy.yaml。",
    "risk_unknown": "没有编号为“{detail}”的红线。红线编号见 corpus/redlines.yaml。",
    "forbidden_clause": "“{detail}”不能写进协议：谁也不能用一张纸让人不报警、不起诉，或者把违法的事说成合法。请删掉。",
    "law_unknown": "法律文件里没有编号为 {detail} 的条目。请先在 corpus/law/ 里补上，或者改对编号。",
    "law_not_of_type": "法条 {detail} 没有标上这个类型。请在 corpus/law/ 里这一条的 types 里补上，或者换一条。",
    "passage_unknown": "语料里没有编号为 {detail} 的条目。请换成现有的编号，查找页和“查看原文”里都能看到。",
    "step_order": "步骤要按这个次序写全：{detail}。",
    "too_short": "这一项写得太少，请再补几条。",
    "too_long": "这一项写得太多，请删几条。一类最多五个情形，练习正好四步。",
    "string_too_long": "写得太长了。按钮上的字最多十六个。",
    "missing": "缺了这一项。请补上。",
    "extra_forbidden": "不认识这一项，多半是写错了字。请对照 corpus/README.md 改。",
    "literal_error": "只能写这几种之一：{detail}。",
    "string_too_short": "这一项是空的。请写上内容，或者删掉整条。",
    "string_pattern_mismatch": "写法不对：编号只用小写字母、数字和连字符；正文要写成一行。",
    "date_from_datetime_parsing": "日期请写成 2026-11-22 这样。",
    "date_type": "日期请写成 2026-11-22 这样。",
    "officialese": "有官腔“{detail}”。请换成平常说话的样子。",
    "harsh": "“{detail}”听着像命令、吓唬或羞辱。请改成问着说。",
    "phone": "出现了电话或证件号码 {detail}。请删掉。",
    "person": "像是真人姓名“{detail}”。请改成“某某”或称呼。",
    "near_duplicate": "和 {detail} 说的几乎是一句话。请留一条，或改出不同的意思。",
    "regex": "这条规则写得不对（{detail}），请检查括号。",
}
FAULT_OTHER = "这一项的写法不对（{problem}）。请对照 corpus/README.md 改。"
FAULT_LINE = "{path} 第 {line} 行“{field}”：{text}"

EXPLANATIONS: dict[type[AssistantError], str] = {
    errors.FileMissing: "找不到 {path}。请检查路径有没有写错。",
    errors.FileDamaged: "读不了文件 {path}：不是它的后缀说的那种文件，或者里面没有文字（扫描件要先识别成文字）。请换一份再试。",
    errors.FileRefused: "{name}：{sentence}",
    errors.EntryUnknown: "本单位的内容里没有编号为 {entry_id} 的条目，可能已经删掉，或者是手工放的文件。请刷新页面看看。",
    errors.PasswordWeak: "管内容的口令太短，至少要 {least} 个字符。请换一个长的再打开。",
    errors.CorpusInvalid: "语料有 {count} 处要改，改好后再运行 python -m assistant check：\n{listing}",
    errors.CorpusThin: COVERAGE_SHORT + "\n请补写后再运行 python -m assistant check --coverage",
    errors.CorpusEmpty: "{path} 里没有可以读的文章（.md .txt .html .docx .pdf）。请放进文章再运行 python -m assistant build。",
    errors.EncoderMissing: "找不到编码模型 {path}。请从安装包里恢复这个文件夹，或者在 settings.yaml 里改 encoder_dir。",
    errors.EncoderDamaged: "编码模型 {path} 坏了，打不开。请从安装包里恢复这个文件夹（git checkout models/encoder）。",
    errors.ReaderMissing: "找不到类型判读模型 {path}。请从安装包里恢复这个文件夹（git checkout models/reader）。",
    errors.ReaderDamaged: "类型判读模型 {path} 坏了，打不开。请从安装包里恢复这个文件夹（git checkout models/reader）。",
    errors.IndexMissing: "还没有建立检索索引（{path}）。请先运行：python -m assistant build",
    errors.IndexDamaged: "检索索引 {path} 坏了。请重新运行：python -m assistant build",
    errors.IndexStale: "检索索引 {path} 和现在的语料或模型对不上了。请重新运行：python -m assistant build",
    errors.StoreUnreachable: "连不上 Milvus（{uri}）：{reason}。请看 settings.yaml 里的 uri 对不对、服务开着没有；.db 文件同一时间只能有一个程序打开。",
    errors.StoreMoved: "Milvus（{uri}）里的资料已经换成新的一版。请重新打开程序，再查一次。",
    errors.StoreExtraMissing: "设置里写了 store: milvus，但没有装它的客户端。请先运行：pip install -e '.[milvus]'",
    errors.SettingsInvalid: "设置文件 {path} 里的“{key}”不认识或写法不对。能用的有：{accepted}",
    errors.BatchLineInvalid: "{path} 第 {line} 行读不懂（{reason}）。每行要是一个 JSON，至少有 id 和 text。",
    errors.PassageUnknown: "没有编号为 {passage_id} 的条目，可能已经改名或删除。请重新查找。",
    errors.BasketInvalid: "这不是备课台存的篮子文件（{reason}）。请打开用“存成文件”存下来的那一个。",
    errors.LessonEmpty: "这一课里还没有摘录，或者编号都找不到了。请先放进几条再导出。",
    errors.FormatUnknown: "不会写 {path} 这种文件。文件名请以这些结尾：{accepted}",
    errors.PaperUnwritable: "写不了文件 {path}。请看看文件夹在不在、有没有写的权限，文件是不是正开着，再试一次。",
    errors.QualityDamaged: "记成绩的文件 {path} 坏了，读不懂。请删掉它，再运行一次：python -m assistant evaluate --set 样例.jsonl --keep",
    errors.NothingToPrint: "没有可以打印的卡片：{reason}",
    errors.TypeUnknown: "没有“{type_id}”这个纠纷类型。类型编号见 corpus/taxonomy.yaml。",
    errors.PortTaken: "{host}:{port} 已经被别的程序占用。请关掉它，或者换一个端口：python -m assistant serve --port 7861",
}


def explain_fault(fault: Fault) -> str:
    """One fault of a corpus file: where it is, what is wrong, what to do."""
    text = FAULTS.get(fault.problem, FAULT_OTHER).format(detail=fault.detail, problem=fault.problem)
    return FAULT_LINE.format(path=fault.path, line=fault.line, field=fault.field, text=text)


def explain(error: AssistantError) -> str:
    """Say in Chinese what happened and what to do next."""
    facts = dict(vars(error))
    if isinstance(error, errors.CorpusInvalid):
        facts["count"] = len(error.faults)
        facts["listing"] = "\n".join(map(explain_fault, error.faults))
    if isinstance(error, errors.FileRefused):
        facts["sentence"] = keeper.REFUSALS.get(error.reason, keeper.REFUSALS["damaged"])
    if isinstance(error, errors.CorpusThin):
        lines = [COVERAGE_LINE.format(type_id=t or "全库", what=w, have=h, least=n) for t, w, h, n in error.shortfalls]
        facts["listing"] = "\n".join(lines)
    return EXPLANATIONS[type(error)].format(**facts)
