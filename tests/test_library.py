"""The trainer's reading room: counts that hold what they promise, trees, neighbours."""

from dataclasses import replace

import pytest

from assistant.library import FACETS, Library
from assistant.pipeline import Assistant
from assistant.retriever import Filter


@pytest.fixture(scope="module")
def library(assistant: Assistant) -> Library:
    return assistant.library


@pytest.mark.parametrize("text", ["", "漏水"])
@pytest.mark.parametrize("wanted", [Filter(), Filter(kind="phrasing"), Filter(type_id="leak", stage="降温"), Filter(region="山东")])
def test_a_count_is_what_the_filter_leaves_when_it_is_chosen(assistant: Assistant, text: str, wanted: Filter):
    counts = assistant.explore(text, wanted).counts
    for facet in FACETS:
        for value, count in list(counts[facet].items())[:4]:
            assert assistant.explore(text, replace(wanted, **{facet: value})).total == count, (facet, value)


def test_pages_of_a_search_do_not_overlap_and_none_is_left_out(assistant: Assistant):
    whole = assistant.explore("背靠背怎么谈", Filter(kind="guidance"), 1000)
    pages = [assistant.explore("背靠背怎么谈", Filter(kind="guidance"), 10, skip).hits for skip in range(0, whole.total, 10)]
    ids = [hit.passage.passage_id for page in pages for hit in page]
    assert ids == [hit.passage.passage_id for hit in whole.hits]
    assert len(ids) == len(set(ids)) == whole.total


def test_a_types_tree_holds_every_passage_of_the_type_once(assistant: Assistant, library: Library):
    leaves = [p.passage_id for branches in library.tree("leak").values() for passages in branches.values() for p in passages]
    assert len(leaves) == len(set(leaves)) == assistant.explore("", Filter(type_id="leak")).total


def test_neighbours_lead_through_a_whole_file_and_back(library: Library):
    here, seen = library.place("noise-g1"), []
    while here:
        seen.append(here.passage)
        here = library.place(here.after.passage_id) if here.after else None
    assert [p.start for p in seen] == sorted(p.start for p in seen) and len(seen) > 50
    assert library.place(seen[-1].passage_id).before == seen[-2]
    assert library.place("no-such-id") is None


def test_coverage_agrees_with_the_filters_that_its_cells_open(assistant: Assistant, library: Library):
    counts = library.coverage()
    assert counts["noise"]["law"] == assistant.explore("", Filter(type_id="noise", kind="law")).total
    assert counts["debt"]["换位"] == assistant.explore("", Filter(type_id="debt", kind="phrasing", stage="换位")).total


def test_no_score_rises_down_the_list(assistant: Assistant):
    scores = [hit.score for hit in assistant.search("红白喜事民俗", count=3000)]
    assert scores == sorted(scores, reverse=True)


def test_a_search_shows_more_than_one_document(assistant: Assistant):
    hits = assistant.search("红白喜事民俗", count=10)
    assert len({hit.passage.doc_id for hit in hits}) >= 4
