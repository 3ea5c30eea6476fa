"""Numbers, names and addresses are blotted out before anything touches the disk."""

import pytest
from conftest import ROOT

from assistant.names import mask
from assistant.segmenter import Segmenter, load_segmenter


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return load_segmenter(ROOT / "corpus" / "lexicon")


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("张伟和李秀英为了楼道堆东西吵架", ["张伟", "秀英"]),
        ("我叫王建国，住幸福里小区3栋502，电话13812345678", ["建国", "幸福里", "3", "502", "138"]),
        ("欧阳明月借了我五万块不还，诸葛亮平作的保", ["欧阳", "明月", "亮平"]),
        ("报警人赵铁柱称其妻孙桂花离家出走", ["铁柱", "桂花"]),
        ("房东周志强不退押金", ["志强"]),
        ("老刘跟小王家的孩子打架，李大爷嫌吵", ["刘", "王", "李"]),
        ("车牌鲁A12345挡了路，加我微信abc_12345说", ["鲁", "A", "12345", "abc"]),
        ("打一三八零零一三八零零零找我", ["三八零"]),
        ("中山路18号的马金凤跟隔壁杨二狗", ["中山", "18", "金凤", "二狗"]),
        ("身份证３７０１０１１９９００１０１００１１", ["３７", "００１１"]),
        ("俺村的田二妮说她公公偷鸡", ["田二妮"]),
    ],
)
def test_what_points_to_a_person_is_masked(segmenter: Segmenter, text: str, secrets: list[str]):
    masked = mask(text, segmenter)
    assert len(masked) == len(text) and [secret for secret in secrets if secret in masked] == []


@pytest.mark.parametrize(
    "text",
    ["三楼漏水把二楼泡了，两家在楼道骂起来，老太太气得直哆嗦", "于是两家在白天又吵起来，黄瓜地被踩了", "方便的时候来一趟，马上就到，高兴得很", "钱不还，江边地里的水被截"],
)
def test_what_does_not_is_left_for_the_editor_to_read(segmenter: Segmenter, text: str):
    assert mask(text, segmenter) == text
