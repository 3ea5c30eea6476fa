"""The shipped model read as a table gives what sentence-transformers gives; every other model goes through the latter."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import ROOT

from assistant import pipeline
from assistant.encoder import Encoder, TableModel, TransformerModel, open_model
from assistant.errors import EncoderDamaged
from assistant.segmenter import Segmenter, load_segmenter
from assistant.settings import Settings

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
    table, transformer = TableModel(SHIPPED), TransformerModel(SHIPPED)
    tokens = [" ".join(segmenter.encoder_tokens(text)) for text in TEXTS]

    assert table.dimensions == transformer.dimensions == 256
    np.testing.assert_allclose(table.encode(tokens, False), transformer.encode(tokens, False), atol=1e-5)


def test_a_text_that_is_cut_already_gets_the_same_vector(segmenter: Segmenter):
    encoder = Encoder(SHIPPED, segmenter)

    for text, vector in zip(TEXTS, encoder.encode(TEXTS), strict=True):
        np.testing.assert_array_equal(encoder.encode_segmented(segmenter.segment(text)), vector)


def test_vectors_have_unit_length_or_are_zero(segmenter: Segmenter):
    lengths = np.linalg.norm(Encoder(SHIPPED, segmenter).encode(["楼上漏水", "", "\n"]), axis=1)

    np.testing.assert_allclose(lengths, [1.0, 0.0, 0.0], atol=1e-6)


def test_the_shipped_model_is_read_as_a_table():
    assert isinstance(open_model(SHIPPED), TableModel)


def test_a_model_that_is_more_than_a_table_goes_through_sentence_transformers(copied: Path):
    tokenizer = json.loads((copied / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer["normalizer"] = {"type": "Lowercase"}
    (copied / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")

    assert isinstance(open_model(copied), TransformerModel)


def test_without_the_marker_the_model_reads_plain_text(segmenter: Segmenter, copied: Path):
    said = "楼上 漏水"  # two words of its vocabulary; our own tokens would be bigrams as well
    with_tokens = Encoder(copied, segmenter).encode([said])
    (copied / "tokens.json").unlink()
    plain = Encoder(copied, segmenter)

    assert not np.allclose(plain.encode([said]), with_tokens)
    np.testing.assert_allclose(plain.encode_segmented(segmenter.segment(said)), plain.encode([said])[0], atol=1e-6)


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


@pytest.fixture(scope="module")
def tiny_transformer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A transformer with random weights, one layer deep, as a sentence-transformers folder."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("transformer")
    letters = sorted({letter for path in (ROOT / "corpus" / "disputes").glob("*.yaml") for letter in path.read_text("utf-8")})
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(letter for letter in letters if letter.strip())]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=128,
    )
    BertModel(config).save_pretrained(folder / "bert")
    BertTokenizerFast(vocab_file=str(folder / "vocab.txt"), model_max_length=128).save_pretrained(folder / "bert")
    words = Transformer(str(folder / "bert"))
    model = SentenceTransformer(modules=[words, Pooling(32)], device="cpu")
    model.save(str(folder / "model"), create_model_card=False)
    return folder / "model"


def test_any_sentence_transformers_folder_can_be_the_encoder(tiny_transformer: Path, settings: Settings, tmp_path: Path):
    """A transformer reads running text, gives vectors of its own width, and build and ask go through it."""
    own = replace(settings, encoder_dir=tiny_transformer, index_dir=tmp_path / "index")
    pipeline.build(own)
    assistant = pipeline.open_assistant(own)
    advice = assistant.ask("楼上漏水把我家天花板泡了，上门说了几次都不理")
    assert advice.types[0][0].type_id == "leak"
    assert advice.sections
    dense = assistant.search("楼上漏水", mode="dense")
    assert dense and all(-1.0 <= hit.score <= 1.0001 for hit in dense)
    assert Encoder(tiny_transformer, load_segmenter(settings.lexicon_dir)).dimensions == 32
