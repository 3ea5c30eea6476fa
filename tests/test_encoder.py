"""The shipped model read as a table gives what sentence-transformers gives; every other model goes through the latter."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
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


def change_tokenizer(model: Path, change: Callable[[dict], None]) -> None:
    (path,) = model.rglob("tokenizer.json")
    tokenizer = json.loads(path.read_text(encoding="utf-8"))
    change(tokenizer)
    path.write_text(json.dumps(tokenizer), encoding="utf-8")


def test_both_ways_of_reading_the_shipped_model_agree(segmenter: Segmenter):
    table, transformer = TableModel(SHIPPED), TransformerModel(SHIPPED)
    tokens = [" ".join(segmenter.encoder_tokens(text)) for text in TEXTS]

    assert table.dimensions == transformer.dimensions == 256
    np.testing.assert_allclose(table.encode(tokens, False), transformer.encode(tokens, False), atol=1e-5)
    for text in tokens:
        np.testing.assert_allclose(table.encode_question(text), transformer.encode_question(text), atol=1e-5)


def test_a_question_that_is_cut_already_is_cut_as_a_passage_is(segmenter: Segmenter):
    encoder, table = Encoder(SHIPPED, segmenter), TableModel(SHIPPED)

    for text in TEXTS:
        tokens = " ".join(segmenter.encoder_tokens(text))
        np.testing.assert_array_equal(encoder.encode_question(segmenter.segment(text)), table.encode_question(tokens))


def test_what_is_asked_is_encoded_in_another_way_than_what_answers(segmenter: Segmenter):
    encoder, said = Encoder(SHIPPED, segmenter), "楼上漏水，泡了我家天花板"

    assert 0.5 < float(encoder.encode_question(segmenter.segment(said)) @ encoder.encode([said])[0]) < 0.999


def test_vectors_have_unit_length_or_are_zero(segmenter: Segmenter):
    encoder, texts = Encoder(SHIPPED, segmenter), ["楼上漏水", "", "\n"]

    for vectors in (encoder.encode(texts), np.stack([encoder.encode_question(segmenter.segment(text)) for text in texts])):
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1.0, 0.0, 0.0], atol=1e-6)


def test_the_shipped_model_is_read_as_a_table():
    assert isinstance(open_model(SHIPPED), TableModel)


def test_a_model_that_is_more_than_a_table_goes_through_sentence_transformers(copied: Path):
    change_tokenizer(copied, lambda tokenizer: tokenizer.update(normalizer={"type": "Lowercase"}))

    assert isinstance(open_model(copied), TransformerModel)


def test_without_the_marker_the_model_reads_plain_text(segmenter: Segmenter, copied: Path):
    said = "楼上 漏水"  # two words of its vocabulary; our own tokens would be bigrams as well
    with_tokens = Encoder(copied, segmenter).encode([said])
    (copied / "tokens.json").unlink()
    plain = Encoder(copied, segmenter)

    assert not np.allclose(plain.encode([said]), with_tokens)
    np.testing.assert_allclose(
        plain.encode_question(segmenter.segment(said)), TransformerModel(copied).encode_question(said), atol=1e-6
    )


def test_a_table_shorter_than_its_vocabulary_is_damaged(segmenter: Segmenter, copied: Path):
    change_tokenizer(copied, lambda tokenizer: tokenizer["model"]["vocab"].update(多出来的词=len(tokenizer["model"]["vocab"])))

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


def test_a_foreign_model_reads_a_question_with_its_own_prompt(tiny_transformer: Path, segmenter: Segmenter, tmp_path: Path):
    prompted = Path(shutil.copytree(tiny_transformer, tmp_path / "模型"))
    (config,) = prompted.glob("config_sentence_transformers.json")
    stored = json.loads(config.read_text(encoding="utf-8"))
    said = "楼上漏水"
    question = segmenter.segment(said)
    np.testing.assert_allclose(Encoder(prompted, segmenter).encode_question(question), Encoder(prompted, segmenter).encode([said])[0], atol=1e-5)

    config.write_text(json.dumps({**stored, "prompts": {"query": "问的是", "document": ""}}), encoding="utf-8")

    encoder = Encoder(prompted, segmenter)
    np.testing.assert_allclose(encoder.encode_question(question), encoder.encode([f"问的是{said}"])[0], atol=1e-5)
