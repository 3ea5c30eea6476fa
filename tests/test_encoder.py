"""The shipped model read as a table gives what sentence-transformers gives; every other model goes through the latter."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

from assistant.encoder import Encoder, TableModel, TransformerModel, open_model
from assistant.errors import EncoderDamaged
from assistant.segmenter import Segmenter, load_segmenter

SHIPPED = ROOT / "models" / "encoder"
TEXTS = [
    "楼上漏水，泡了我家天花板，他家还不认账", "樓上漏水", "㎡ ABC 123", "", "😀😀", "龘龘龘", "的", "\n\t ", "彩礼" * 500, "他打我🤕，\u3000我还手了",
]


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return load_segmenter(ROOT / "corpus" / "lexicon")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "模型"))


def test_both_ways_of_reading_the_shipped_model_agree(segmenter: Segmenter):
    table, transformer = TableModel(SHIPPED, segmenter), TransformerModel(SHIPPED, segmenter)

    assert table.dimensions == transformer.dimensions == 256
    np.testing.assert_allclose(table.encode(TEXTS, False), transformer.encode(TEXTS, False), atol=1e-5)


def test_vectors_have_unit_length_or_are_zero(segmenter: Segmenter):
    lengths = np.linalg.norm(Encoder(SHIPPED, segmenter).encode(["楼上漏水", "", "\n"]), axis=1)

    np.testing.assert_allclose(lengths, [1.0, 0.0, 0.0], atol=1e-6)


def test_the_shipped_model_is_read_as_a_table(segmenter: Segmenter):
    assert isinstance(open_model(SHIPPED, segmenter), TableModel)


def test_a_model_that_is_more_than_a_table_goes_through_sentence_transformers(segmenter: Segmenter, copied: Path):
    tokenizer = json.loads((copied / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer["normalizer"] = {"type": "Lowercase"}
    (copied / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")

    assert isinstance(open_model(copied, segmenter), TransformerModel)


def test_without_the_marker_the_model_reads_plain_text(segmenter: Segmenter, copied: Path):
    (copied / "tokens.json").unlink()
    model = open_model(copied, segmenter)

    assert isinstance(model, TransformerModel)
    np.testing.assert_allclose(model.encode(["楼上漏水"], False), model.encode([" 楼上漏水 "], False), atol=1e-6)


def test_a_table_shorter_than_its_vocabulary_is_damaged(segmenter: Segmenter, copied: Path):
    tokenizer = json.loads((copied / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer["model"]["vocab"]["多出来的词"] = len(tokenizer["model"]["vocab"])
    (copied / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")

    with pytest.raises(EncoderDamaged):
        Encoder(copied, segmenter)


def test_opening_the_shipped_model_imports_neither_torch_nor_sentence_transformers():
    program = (
        "import sys; from pathlib import Path; from assistant.encoder import Encoder; from assistant.segmenter import Segmenter;"
        f"Encoder(Path({str(SHIPPED)!r}), Segmenter([], frozenset())).encode(['楼上漏水']);"
        "print(sorted({'torch', 'sentence_transformers', 'transformers'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"
