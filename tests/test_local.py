"""What a station adds: checked, found within seconds, switched off, deleted everywhere; readers notice nothing."""

import threading
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import foreign
import pytest
import yaml
from conftest import ROOT

from assistant import index, pipeline, render, wording
from assistant.cleaning import clean
from assistant.corpus import read_knowledge
from assistant.errors import CorpusInvalid, EntryUnknown, PassageUnknown
from assistant.intake import Foreign
from assistant.local import Local, note_file
from assistant.pipeline import Assistant
from assistant.records import DISABLED, UNREVIEWED, Kind
from assistant.retriever import Filter
from assistant.settings import Settings
from assistant.upkeep import Upkeep

TODAY = "2026-11-22"
CUSTOM: dict[str, Any] = {
    "region": "东北", "source": "某所", "date": TODAY, "title": "井台轮着扫", "types": ["common_space", "quarrel"], "spread": "个别",
    "text": "屯口的老井还有几家在用，井台一家扫一个礼拜，轮牌挂在井边的柳树上。", "quarrel": "轮到的那家没扫，后头的人滑了一跤。",
    "use": "先去看轮牌今天轮到谁家，比争谁懒管用。", "binding": "只在这一个屯作数。", "law": "真有人摔伤了，按谁有过错说话。",
}
PHRASING = {
    "type": "leak", "type_name": "漏水渗水", "source": "某所", "date": TODAY, "stage": "倾听", "listener": "受害或受损方", "setting": "背靠背",
    "text": "被褥都泡透了，今晚先住哪儿，咱们头一件先安顿这个。", "avoid": "不就是床被子嘛。", "region": "",
}
SAYING = {
    "source": "某所", "date": TODAY, "text": "井要淘，理要掏", "form": "俗语", "meaning": "话不说开，心里总浑着", "use": "两边都憋着不说的时候",
    "hurt": "刚挨了打的人跟前别说", "types": ["quarrel"], "stages": ["倾听"], "region": "东北",
}
CASE = {"type": "leak", "type_name": "漏水渗水", "source": "某所", "date": TODAY, "title": "太阳能水箱冻裂",
        "text": "顶楼的太阳能水箱冻裂，水顺着墙流进楼下的柜子。卡在谁修防水。后来两家各出一半，先把水箱拆了，开春再说装不装。"}
NOTES = {Kind.CUSTOM: CUSTOM, Kind.PHRASING: PHRASING, Kind.SAYING: SAYING, Kind.CASE: CASE}


class Keeper:
    """An assistant that is swapped for a newer one, as the pages hold it."""

    def __init__(self, settings: Settings, shipped: Assistant) -> None:
        models = (shipped._encoder, shipped._reader, shipped._parts)  # seconds to load, and the same for every station
        self.assistant = Assistant(settings, index.open_index(settings), *models)
        self.upkeep = Upkeep(lambda: self.assistant, self._swap)

    def _swap(self, assistant: Assistant) -> None:
        self.assistant = assistant

    def write(self, kind: Kind, **changed: Any) -> str:
        values = NOTES[kind] | changed
        return self.upkeep.change(lambda local: (local.check_note(kind, values, self.assistant.passages()), local.save_note(kind, values))[1])

    def accept(self, text: str, state: str = "") -> str:
        article = clean(Foreign("来的.txt", text))
        return self.upkeep.change(lambda local: local.add_articles([(article, {})], state, TODAY))[0]

    def finds(self, words: str) -> bool:
        return any(words in hit.passage.text for hit in self.assistant.search(words, count=3))


@pytest.fixture
def keeper(station: Settings, assistant: Assistant) -> Keeper:
    return Keeper(station, assistant)


@pytest.mark.parametrize("kind", NOTES)
def test_a_note_of_every_kind_is_found_at_once_and_waits_for_a_second_look(keeper: Keeper, kind: Kind):
    entry_id = keeper.write(kind)
    passage, _ = keeper.assistant.source(entry_id)
    assert keeper.finds(passage.text) and passage.kind is kind and passage.meta["state"] == UNREVIEWED
    keeper.upkeep.change(lambda local: local.set_state(entry_id, ""))
    assert "state" not in keeper.assistant.source(entry_id)[0].meta


def test_a_custom_stands_on_the_card_of_its_region_and_says_that_it_is_new(keeper: Keeper):
    keeper.write(Kind.CUSTOM)
    advice = keeper.assistant.ask("井台没人扫，滑了一跤，两家骂起来", region="东北")
    assert advice.sections["custom"][0].passage.title == "井台轮着扫"
    assert "待审核" in render.card(advice)
    hits = keeper.assistant.search("井台", Filter(region="粤语区"), 20)
    assert all(hit.passage.title != "井台轮着扫" for hit in hits)


def test_a_swap_takes_seconds(keeper: Keeper):
    keeper.write(Kind.SAYING)
    began = time.monotonic()
    keeper.write(Kind.CUSTOM)
    assert time.monotonic() - began < 10  # 2 to 4 on two shared cores


def test_switched_off_is_found_no_more_until_it_is_switched_on(keeper: Keeper):
    entry_id = keeper.accept(f"{foreign.TITLE}\n{foreign.BODY}")
    assert keeper.finds(foreign.SECOND)
    keeper.upkeep.change(lambda local: local.set_state(entry_id, DISABLED))
    assert not keeper.finds(foreign.SECOND)
    keeper.upkeep.change(lambda local: local.set_state(entry_id, ""))
    assert keeper.finds(foreign.SECOND)


def test_deleted_text_is_gone_from_every_result_and_from_the_disk(keeper: Keeper, station: Settings):
    entry_id = keeper.accept(f"{foreign.TITLE}\n{foreign.BODY}")
    passages = [passage.passage_id for passage in keeper.assistant.passages() if passage.passage_id.startswith(entry_id)]
    assert passages
    keeper.upkeep.change(lambda local: local.delete(entry_id))
    assert not keeper.finds(foreign.FIRST)
    with pytest.raises(PassageUnknown):
        keeper.assistant.source(passages[0])
    left = [path for path in station.corpus_dir.parent.rglob("*") if path.is_file() and foreign.FIRST[:12].encode() in path.read_bytes()]
    assert left == [] and list((station.corpus_dir / "local" / "imports").iterdir()) == []


def test_readers_are_answered_all_along_by_the_old_one_or_the_new(keeper: Keeper):
    answers, stop = [], threading.Event()

    def read() -> None:
        while not stop.is_set():
            held = keeper.assistant
            advice = held.ask("楼上漏水把我家天花板泡了")
            answers.append((advice.status, all(held.source(hit.passage.passage_id) for hit in advice.sections["phrasing"])))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(2):
        entry_id = keeper.write(Kind.CUSTOM)
        keeper.upkeep.change(lambda local, entry_id=entry_id: local.delete(entry_id))
    stop.set()
    reader.join()
    assert len(answers) > 4 and set(answers) == {("ok", True)}


def test_a_note_is_held_to_the_same_check_as_the_shipped_files(keeper: Keeper, station: Settings):
    wrong = {"text": "有事打13800138000，各单位要高度重视。", "spread": "哪儿都有", "types": ["nosuch"], "law": ""}
    with pytest.raises(CorpusInvalid):
        keeper.write(Kind.CUSTOM, **wrong)
    with pytest.raises(CorpusInvalid) as caught:
        keeper.write(Kind.CUSTOM, text=wrong["text"], types=["nosuch"])
    assert {fault.problem for fault in caught.value.faults} >= {"type_unknown"}
    with pytest.raises(CorpusInvalid) as caught:
        keeper.write(Kind.CUSTOM, text=wrong["text"])
    assert {fault.problem for fault in caught.value.faults} == {"officialese", "phone"}
    assert keeper.upkeep.local.entries() == ([], [])


def test_a_note_that_says_what_another_says_is_named(keeper: Keeper):
    first = keeper.write(Kind.CUSTOM)
    with pytest.raises(CorpusInvalid) as caught:
        keeper.write(Kind.CUSTOM, title="换个题目")
    assert [(fault.problem, fault.detail) for fault in caught.value.faults] == [("near_duplicate", first)]


def test_an_edited_note_keeps_its_id_and_waits_again(keeper: Keeper):
    entry_id = keeper.write(Kind.PHRASING)
    keeper.upkeep.change(lambda local: local.set_state(entry_id, ""))
    values = keeper.upkeep.local.note_values(keeper.upkeep.local.entry(entry_id)) | {"text": "柜子先搬出来晾上，别的一样一样说。", "date": TODAY}
    keeper.upkeep.change(lambda local: local.save_note(Kind.PHRASING, values, entry_id))
    passage, _ = keeper.assistant.source(entry_id)
    assert passage.text.startswith("柜子先搬出来") and passage.meta["state"] == UNREVIEWED and passage.types == ("leak",)


def test_an_article_can_be_put_right_after_it_was_taken_in(keeper: Keeper):
    entry_id = keeper.accept(f"{foreign.TITLE}\n{foreign.BODY}")
    local = keeper.upkeep.local
    values = local.article_values(local.entry(entry_id)) | {"title": "换了题目", "text": f"{foreign.FIRST}\n\n## 小节\n\n{foreign.THIRD}", "types": ["quarrel"]}
    keeper.upkeep.change(lambda local: local.save_article(entry_id, values))
    passage, document = keeper.assistant.source(f"{entry_id}#2")
    assert (document.title, passage.section, passage.types) == ("换了题目", "小节", ("quarrel",)) and not keeper.finds(foreign.SECOND)


@pytest.mark.parametrize(
    "value",
    ["他说: 不行", "# 开头是井号", "- 开头是横线", "'单引号'和\"双引号\"", "[方括号]", "是", "no", "12", "2026-11-22", "a: b: c", "百分号 % 和 & 和 *", "{花括号}",
     "反斜杠\\n不是换行", "末尾冒号:", "！！str 感叹", "@某", "`反引号`", "| 竖线", "> 尖括号", "emoji 😀 也行", "~"],
)
def test_whatever_stands_in_a_field_comes_back_letter_by_letter(value: str, station: Settings):
    file, text = note_file(Kind.SAYING, "0a0b0c0d", SAYING | {"text": value, "meaning": value, "source": value}, UNREVIEWED)
    path = station.corpus_dir / "local" / file
    path.write_text(text, encoding="utf-8")
    record = yaml.safe_load(text)
    assert record["sayings"][0]["meaning"] == value and record["source"] == value
    passages = {passage.passage_id: passage for passage in read_knowledge(station.corpus_dir, 300).passages}
    assert passages["local-0a0b0c0d"].text == value


def test_line_breaks_and_control_letters_become_spaces():
    _, text = note_file(Kind.SAYING, "0a0b0c0d", SAYING | {"text": "上一行\r\n下一行\x00\u2028\x85尾"}, "")
    assert yaml.safe_load(text)["sayings"][0]["text"] == "上一行 下一行 尾"


def test_files_written_by_hand_are_shown_and_not_touched(keeper: Keeper, station: Settings):
    folder = station.corpus_dir / "local" / "customs"
    folder.mkdir()
    shipped = (ROOT / "corpus" / "customs" / "东北.yaml").read_text(encoding="utf-8")
    (folder / "本县.yaml").write_text(shipped.replace("dongbei-", "benxian-"), encoding="utf-8")
    keeper.upkeep.reload()
    (entry, *_), _ = keeper.upkeep.local.entries()
    assert entry.entry_id.startswith("benxian-") and not entry.editable
    with pytest.raises(EntryUnknown):
        keeper.upkeep.change(lambda local: local.delete(entry.entry_id))


def test_a_fault_in_a_file_written_by_hand_stops_changes_and_says_where(keeper: Keeper, station: Settings):
    (station.corpus_dir / "local" / "sayings.yaml").write_text("source: 某所\ndate: 昨天\nsayings: []\n", encoding="utf-8")
    with pytest.raises(CorpusInvalid) as caught:
        keeper.write(Kind.CUSTOM)
    assert "sayings.yaml 第 2 行" in wording.explain(caught.value)
    assert not (station.corpus_dir / "local" / "customs").exists()


def test_an_index_that_only_misses_local_files_is_brought_up_to_date_when_opened(station: Settings):
    Local(station).save_note(Kind.CUSTOM, CUSTOM)  # as if the program had ended before the index followed
    assert not index.is_current(station)
    assistant = pipeline.open_assistant(station)
    assert assistant.search("井台轮着扫", count=1)[0].passage.title == "井台轮着扫" and index.is_current(station)


def test_what_an_interrupted_write_left_behind_is_not_read_and_is_swept(station: Settings):
    local = Local(station)
    left = local.folder / ".incoming-20200101-x" / "a.md"
    left.parent.mkdir()
    left.write_text("half", encoding="utf-8")
    half = local.folder / "customs" / ".note-1.yaml.ab.tmp"
    half.parent.mkdir()
    half.write_text("half", encoding="utf-8")
    assert local.entries() == ([], []) and index.is_current(station)
    import os

    for path in (left.parent, half):
        os.utime(path, (1, 1))
    local.sweep()
    assert not left.parent.exists() and not half.exists()


def test_titles_make_safe_file_names(station: Settings):
    article = clean(Foreign("x.txt", f"../../{foreign.TITLE}<b>\n{foreign.BODY}"))
    Local(station).add_articles([(article, {})], "", TODAY)
    (path,) = (station.corpus_dir / "local" / "imports").rglob("*.md")
    assert path.is_relative_to(station.corpus_dir / "local" / "imports") and ".." not in path.name and "/" not in path.name


def test_the_whole_corpus_with_imports_passes_check(keeper: Keeper, station: Settings):
    from assistant.proofing import proofread

    keeper.accept("各级要高度重视的通知\n" + "各单位要高度重视，切实把这件事进一步抓好，妥善处理，构建和谐的乡里乡亲。\n" * 3)
    assert proofread(index.read_corpus(station), station.corpus_dir, station.lexicon_dir) == []


def test_folders_and_spaced_names_reach_the_store(station: Settings, tmp_path: Path):
    from assistant.cli import main

    folder = tmp_path / "下发 材料" / "二〇一九 年"
    folder.mkdir(parents=True)
    (folder / "赶 集.txt").write_bytes(foreign.scraped_gbk())
    (folder / "扫描.pdf").write_bytes(foreign.scan())
    (tmp_path / "settings.yaml").write_text("\n".join(
        f"{field.name}: {getattr(station, field.name)}" for field in fields(station) if field.type is Path
    ), encoding="utf-8")
    command = ["import", "--settings", str(tmp_path / "settings.yaml"), str(tmp_path / "下发 材料")]
    assert main([*command, "--dry-run"]) == 1  # one file was refused
    assert Local(station).entries() == ([], [])
    assert main(command) == 1
    (entry,), _ = Local(station).entries()
    assert (entry.title, entry.state) == (foreign.TITLE, UNREVIEWED) and index.is_current(station)
    main(command)
    assert len(Local(station).entries()[0]) == 1  # the second time it is there already


def test_a_swap_never_mixes_shipped_text_of_before_with_what_is_there_now(keeper: Keeper, station: Settings):
    """Somebody edits a shipped file and builds while the page is open: the next change takes both in."""
    path = station.corpus_dir / "sayings.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("远亲不如近邻", "远亲可不如近邻", 1), encoding="utf-8")
    pipeline.build(station)
    keeper.write(Kind.CUSTOM)
    assert keeper.finds("远亲可不如近邻") and keeper.finds("井台")
    assert not any(passage.text == "远亲不如近邻" for passage in keeper.assistant.passages())
