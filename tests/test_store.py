"""A corpus answers alike from whichever store it is searched, and readers never see half of a build."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assistant import index, milvus, pipeline, wording
from assistant.encoder import Encoder
from assistant.errors import IndexMissing, StoreMoved
from assistant.pipeline import Assistant
from assistant.records import Advice, Filter, Hit
from assistant.retriever import Retriever
from assistant.settings import Settings, load_settings

ASKED = (
    "楼上漏水把我家天花板泡了，找他他不认账", "停车占位", "红白喜事民俗", "背靠背怎么谈", "彩礼退不退", "小区狗咬人",
    "他欺负人", "借钱不还", "老人赡养几个子女推来推去", "广场舞太吵",
)
FILTERS = (
    Filter(), Filter(kind="phrasing"), Filter(type_id="leak"), Filter(stage="降温"), Filter(region="东北"),
    Filter(listener="老人"), Filter(kind="principle", type_id="noise"),
)


def shown(hits: list[Hit]) -> list[tuple[str, tuple[str, ...]]]:
    return [(hit.passage.passage_id, hit.why) for hit in hits]


def card(advice: Advice) -> dict[str, list[str]]:
    return {name: [hit.passage.passage_id for hit in hits] for name, hits in advice.sections.items()}


@pytest.mark.parametrize("mode", ["hybrid", "lexical", "dense"])
@pytest.mark.parametrize("wanted", FILTERS, ids=str)
def test_a_search_of_milvus_gives_the_hits_of_the_embedded_store(
    opened: Callable[[str], Assistant], wanted: Filter, mode: str
):
    for text in ASKED:
        ours, theirs = (opened(store).search(text, wanted, 10, mode) for store in ("embedded", "milvus"))
        assert shown(theirs) == shown(ours), text
        assert [hit.score for hit in theirs] == pytest.approx([hit.score for hit in ours], abs=2e-4)
        assert [(hit.passage, hit.document) for hit in theirs] == [(hit.passage, hit.document) for hit in ours]


def test_a_card_from_milvus_is_the_card_of_the_embedded_store(opened: Callable[[str], Assistant]):
    for text in ASKED:
        assert card(opened("milvus").ask(text)) == card(opened("embedded").ask(text)), text


def test_a_filter_cannot_be_written_so_that_it_ends_early(opened: Callable[[str], Assistant]):
    assert opened("milvus").search("漏水", Filter(type_id='leak") or row >= 0 or ARRAY_CONTAINS(types, "leak')) == []


@pytest.fixture
def small(settings: Settings, tmp_path: Path) -> Settings:
    """Settings for thirty short articles of the first edition, in Milvus."""
    folder = tmp_path / "文章"
    folder.mkdir()
    write_edition(folder, 1)
    return replace(settings, corpus_dir=folder, index_dir=tmp_path / "索引", store="milvus", uri=str(tmp_path / "库.db"))


def write_edition(folder: Path, edition: int) -> None:
    for number in range(30):
        (folder / f"{number}.txt").write_text(f"第{edition}版，楼上漏水第{number}种情形先关阀门。\n", encoding="utf-8")


def test_nothing_built_is_told_with_the_command_that_builds(small: Settings):
    with pytest.raises(IndexMissing) as caught:
        index.open_index(small)
    assert "python -m assistant build" in wording.explain(caught.value)


def test_an_index_in_milvus_is_current_until_the_corpus_changes(small: Settings):
    pipeline.build(small)
    assert index.is_current(small)
    write_edition(small.corpus_dir, 2)
    assert not index.is_current(small)


def test_a_long_document_comes_back_as_it_was(small: Settings):
    text = "".join(f"第{number}条，邻里之间要互相让一让。" for number in range(4000))
    (small.corpus_dir / "长.txt").write_text(text, encoding="utf-8")
    found = pipeline.build(small)
    (document,) = [item for item in found.documents.values() if item.file == "长.txt"]
    assert text in document.text and len(document.text) > 3 * milvus.PART_CHARS


def test_a_build_that_breaks_off_leaves_nothing_behind(small: Settings, monkeypatch: pytest.MonkeyPatch):
    pipeline.build(small)
    before = milvus.Reader(small).generation
    write_edition(small.corpus_dir, 2)
    monkeypatch.setattr(milvus.Writer, "publish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        pipeline.build(small)
    reader = milvus.Reader(small)
    assert reader.generation == before
    assert sorted(reader._client.list_collections()) == sorted([before.passages, before.documents])


def test_twenty_readers_see_one_edition_or_the_next_while_collections_are_swapped(small: Settings):
    parts = pipeline.Parts(small)
    encoder = Encoder(small.encoder_dir, parts.segmenter)
    assistant = pipeline.build(small) and pipeline.open_assistant(small)
    query = assistant._understand("楼上漏水")
    stop, faults, seen = threading.Event(), [], [set() for _ in range(20)]

    def read(number: int) -> None:
        try:
            reader = milvus.Reader(small)
            found = index.open_milvus(reader)
            while not stop.is_set():
                if not reader.is_latest():
                    reader = milvus.Reader(small)
                    found = index.open_milvus(reader)
                hits = Retriever(found, parts.segmenter).search(query, Filter(), 10)
                editions = {hit.passage.text[:3] for hit in hits}
                assert len(hits) == 10 and len(editions) == 1, editions
                seen[number] |= editions
        except BaseException as error:  # told by the main thread
            faults.append(error)

    readers = [threading.Thread(target=read, args=(number,)) for number in range(20)]
    for reader in readers:
        reader.start()
    for edition in (2, 3):
        write_edition(small.corpus_dir, edition)
        index.build_index(small, parts.segmenter, encoder)
    last_seen = threading.Event()
    for _ in range(600):
        if faults or all("第3版" in editions for editions in seen):
            break
        last_seen.wait(0.1)
    stop.set()
    for reader in readers:
        reader.join()
    assert faults == []
    assert all("第3版" in editions for editions in seen)
    assert set().union(*seen) == {"第1版", "第2版", "第3版"}


def test_a_reader_that_missed_two_builds_is_told_to_open_again(small: Settings):
    pipeline.build(small)
    late = pipeline.open_assistant(small)
    for edition in (2, 3):
        write_edition(small.corpus_dir, edition)
        pipeline.build(small)
    with pytest.raises(StoreMoved) as caught:
        late.search("漏水")
    assert "重新打开" in wording.explain(caught.value)


def test_the_settings_name_a_milvus_file_beside_them(tmp_path: Path):
    (tmp_path / "settings.yaml").write_text("store: milvus\nuri: 库.db\n", encoding="utf-8")
    assert load_settings(tmp_path / "settings.yaml").uri == str(tmp_path / "库.db")
