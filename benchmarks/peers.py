"""Side by side on one machine: what finds the judged articles of STARD, how fast, how big.

    pip install -e '.[peers]'
    python -m benchmarks.peers --shared ../shared [--articles 60733] [--questions 247] [--picture docs/images/peers.png]

Everybody gets the same text, the same words (jieba, search mode) and, who takes vectors, the same encoder, and
is set up as its own manual says. Each runs in a process of its own, one after another, with one question
at a time; cutting and encoding the question is part of its time. Questions are the fold that
the shipped encoder was not trained on. Memory is what the process grew by while building and answering.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant.encoder import Encoder
from assistant.segmenter import Segmenter, load_segmenter
from assistant.settings import DEFAULT_SETTINGS, load_settings
from benchmarks.retrieval import read_rows
from benchmarks.serving import resident_mb
from training.ranking import ranking_figures

DEPTH = 100  # hits asked for
FOLDS = 5  # every fifth question was kept from the shipped encoder: training.train_encoder --hold-out 0
Search = Callable[[str], list[int]]


class Tools:
    """What everybody is given."""

    def __init__(self, segmenter: Segmenter, encoder: Encoder) -> None:
        self.segmenter, self.encoder = segmenter, encoder

    def words(self, text: str) -> str:
        return " ".join(self.segmenter.search_words(text))

    def question_vector(self, question: str) -> np.ndarray:
        return self.encoder.encode_question(self.segmenter.segment(question))


def ours(texts: Sequence[str], tools: Tools, folder: Path) -> Search:
    """The two halves with which a folder of this size is searched (`large`), their best candidates fused as the retriever does."""
    from assistant import postings
    from assistant.dense import Codes, exact_nearest
    from assistant.fusion import full_match, fuse
    from assistant.large import PROBED
    from assistant.retriever import DEPTH as CANDIDATES

    postings.write(folder / "words", [tools.segmenter.search_words(text) for text in texts])
    vectors = tools.encoder.encode(texts)
    dense = Codes.build(vectors)
    dense.add(vectors)
    probes = vectors[np.random.default_rng(0).choice(len(vectors), min(PROBED, len(vectors)), replace=False)]
    dense.choose_read_again(probes, exact_nearest([vectors], probes, 10))
    dense.save(folder / "dense.faiss")
    words = postings.Postings([folder / "words"])

    def search(question: str) -> list[int]:
        cut = tools.segmenter.segment(question)
        weights, vector = Counter(cut.search_words), tools.encoder.encode_question(cut)
        asked = words.ask(weights)
        rows = np.union1d(asked.best(CANDIDATES), dense.best(vector, CANDIDATES))
        scores = fuse(asked.of_rows(rows), dense.of_rows(vector, rows), full_match(weights, len(texts)))
        return rows[best(scores)].tolist()

    return search


def bm25s_alone(texts: Sequence[str], tools: Tools, folder: Path) -> Search:
    from assistant.lexical import Lexical

    engine = Lexical.build([tools.segmenter.search_words(text) for text in texts])
    engine.save(folder / "lexical")
    return lambda question: best(engine.scores(tools.segmenter.search_words(question)))


def faiss_alone(texts: Sequence[str], tools: Tools, folder: Path) -> Search:
    import faiss

    vectors = tools.encoder.encode(texts)
    engine = faiss.IndexFlatIP(vectors.shape[1])
    engine.add(vectors)
    faiss.write_index(engine, str(folder / "dense.faiss"))
    return lambda question: engine.search(tools.question_vector(question)[None], DEPTH)[1][0].tolist()


def txtai_hybrid(texts: Sequence[str], tools: Tools, folder: Path) -> Search:
    """Its hybrid index (BM25 with a terms index, FAISS, convex combination), as its documentation shows it."""
    from txtai import Embeddings

    words = {tools.words(text): text for text in texts}  # it takes one text for both: words for BM25, and the text behind them
    asked: dict[str, str] = {}  # the same of questions, whose vectors are of another kind

    def transform(given: Sequence[str]) -> np.ndarray:
        if all(item in asked for item in given):
            return np.array([tools.question_vector(asked[item]) for item in given])
        return tools.encoder.encode([words[item] for item in given])

    engine = Embeddings(
        method="external", transform=transform, hybrid=True, content=False, backend="faiss",
        scoring={"method": "bm25", "terms": True, "normalize": True, "tokenizer": {"alphanum": False, "stopwords": False, "whitespace": True}},
    )
    engine.index((row, tools.words(text), None) for row, text in enumerate(texts))
    engine.save(str(folder / "index"))

    def search(question: str) -> list[int]:
        cut = tools.words(question)
        asked[cut] = question
        return [row for row, _ in engine.search(cut, DEPTH)]

    return search


def sqlite_fts5(texts: Sequence[str], tools: Tools, folder: Path) -> Search:
    import sqlite3

    base = sqlite3.connect(folder / "fts.db")
    base.execute("CREATE VIRTUAL TABLE articles USING fts5(words, tokenize = 'unicode61', content = '')")
    base.executemany("INSERT INTO articles(rowid, words) VALUES (?, ?)", ((row, tools.words(text)) for row, text in enumerate(texts)))
    base.execute("INSERT INTO articles(articles) VALUES ('optimize')")
    base.commit()

    def search(question: str) -> list[int]:
        wanted = " OR ".join(f'"{word}"' for word in dict.fromkeys(tools.segmenter.search_words(question)))
        return [row for row, in base.execute(
            "SELECT rowid FROM articles WHERE articles MATCH ? ORDER BY rank LIMIT ?", (wanted, DEPTH)
        )] if wanted else []

    return search


def tantivy_words(texts: Sequence[str], tools: Tools, folder: Path) -> Search:
    import tantivy

    schema = tantivy.SchemaBuilder().add_integer_field("row", stored=True).add_text_field("words", tokenizer_name="whitespace").build()
    (folder / "index").mkdir()
    engine = tantivy.Index(schema, path=str(folder / "index"))
    writer = engine.writer(heap_size=128_000_000, num_threads=1)
    for row, text in enumerate(texts):
        writer.add_document(tantivy.Document(row=row, words=tools.words(text)))
    writer.commit()
    writer.wait_merging_threads()
    engine.reload()
    searcher = engine.searcher()

    def search(question: str) -> list[int]:
        terms = [
            (tantivy.Occur.Should, tantivy.Query.term_query(schema, "words", word)) for word in tools.segmenter.search_words(question)
        ]
        hits = searcher.search(tantivy.Query.boolean_query(terms), DEPTH).hits if terms else []
        return [searcher.doc(address)["row"][0] for _, address in hits]

    return search


def milvus_lite(texts: Sequence[str], tools: Tools, folder: Path) -> Search:
    """Full-text (its BM25 function over its own jieba) and dense search in one hybrid request, ranked by RRF, as its manual shows it."""
    from pymilvus import AnnSearchRequest, DataType, Function, FunctionType, MilvusClient, RRFRanker

    client = MilvusClient(str(folder / "milvus.db"))
    schema = client.create_schema()
    schema.add_field("row", DataType.INT64, is_primary=True)
    schema.add_field("text", DataType.VARCHAR, max_length=65535, enable_analyzer=True, analyzer_params={"tokenizer": "jieba"})
    schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
    schema.add_field("dense", DataType.FLOAT_VECTOR, dim=tools.encoder.dimensions)
    schema.add_function(Function("bm25", FunctionType.BM25, input_field_names=["text"], output_field_names=["sparse"]))
    indexes = client.prepare_index_params()
    indexes.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25")
    indexes.add_index("dense", index_type="FLAT", metric_type="IP")
    client.create_collection("articles", schema=schema, index_params=indexes)
    vectors = tools.encoder.encode(texts)
    for start in range(0, len(texts), 1000):
        rows = range(start, min(start + 1000, len(texts)))
        client.insert("articles", [{"row": row, "text": texts[row][:20000], "dense": vectors[row].tolist()} for row in rows])
    client.flush("articles")  # without it every search copies what is held in memory
    client.load_collection("articles")

    def search(question: str) -> list[int]:
        by_word = AnnSearchRequest([question], "sparse", {"metric_type": "BM25"}, limit=DEPTH)
        by_vector = AnnSearchRequest([tools.question_vector(question).tolist()], "dense", {"metric_type": "IP"}, limit=DEPTH)
        found = client.hybrid_search("articles", [by_word, by_vector], RRFRanker(), limit=DEPTH)
        return [hit["row"] for hit in found[0]]

    return search


PEERS: dict[str, Callable[[Sequence[str], Tools, Path], Search]] = {
    "调解助手": ours, "txtai hybrid": txtai_hybrid, "Milvus Lite hybrid": milvus_lite, "SQLite FTS5": sqlite_fts5,
    "tantivy": tantivy_words, "bm25s alone": bm25s_alone, "FAISS alone": faiss_alone,
}


def best(scores: np.ndarray) -> list[int]:
    """The first DEPTH rows, best first."""
    first = np.argpartition(-scores, min(DEPTH, len(scores) - 1))[:DEPTH]
    return first[np.argsort(-scores[first], kind="stable")].tolist()


def measured(name: str, shared: Path, articles: int, count: int) -> dict[str, Any]:
    """One system, in this process."""
    rows = read_rows(shared / "bench" / "stard" / "articles.jsonl.xz")[:articles]
    ids, texts = [row["id"] for row in rows], [f"{row['name']} {row['content']}" for row in rows]
    held = set(ids)
    questions = [row for row in read_rows(shared / "bench" / "stard" / "train.jsonl")[::FOLDS] if held.issuperset(row["gold"])][:count]
    settings = load_settings(DEFAULT_SETTINGS)
    segmenter = load_segmenter(settings.lexicon_dir)
    tools = Tools(segmenter, Encoder(settings.encoder_dir, segmenter))
    before = resident_mb(os.getpid())
    with tempfile.TemporaryDirectory() as place:
        began = time.perf_counter()
        search = PEERS[name](texts, tools, Path(place))
        build_s = time.perf_counter() - began
        disk_mb = sum(path.stat().st_size for path in Path(place).rglob("*") if path.is_file()) / 1e6
        for row in questions[:20]:
            search(row["text"])
        found, spent = [], []
        for row in questions:
            began = time.perf_counter()
            hits = search(row["text"])
            spent.append(1000 * (time.perf_counter() - began))
            found.append([ids[hit] for hit in hits])
    figures = ranking_figures(found, [set(row["gold"]) for row in questions])
    p50, p95 = np.percentile(spent, [50, 95])
    return {"name": name, "p50_ms": p50, "p95_ms": p95, "build_s": build_s, "disk_mb": disk_mb, "memory_mb": resident_mb(os.getpid()) - before, **figures}


def picture(results: Sequence[dict[str, Any]], path: Path) -> None:
    """Recall against time, one point a system."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    pyplot.rcParams["font.sans-serif"] = ["Noto Sans CJK SC", "Microsoft YaHei", "DejaVu Sans"]
    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    for row in results:
        axes.scatter(row["p50_ms"], row["recall@10"], s=60, color="#b03a2e" if row["name"] == "调解助手" else "#2c5f8a")
        axes.annotate(row["name"], (row["p50_ms"], row["recall@10"]), xytext=(6, 5), textcoords="offset points")
    axes.set(xscale="log", xlabel="每问毫秒（p50，对数）", ylabel="前十条召回", title=f"STARD，{results[0]['n']} 个没见过的问题")
    axes.margins(x=0.25, y=0.15)
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=150)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--articles", type=int, default=60_733)
    parser.add_argument("--questions", type=int, default=247)
    parser.add_argument("--only", choices=PEERS, action="append")
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--one", choices=PEERS, help="measure this one in this process and print JSON")
    args = parser.parse_args(argv)
    if args.one:
        print(json.dumps(measured(args.one, args.shared, args.articles, args.questions), ensure_ascii=False))
        return
    results = []
    print("| system | p50 ms | p95 ms | build s | disk MB | memory MB | recall@10 | recall@100 | MRR@10 |\n|---|---|---|---|---|---|---|---|---|")
    for name in args.only or PEERS:
        given = ["--one", name, "--shared", args.shared, "--articles", args.articles, "--questions", args.questions]
        told = subprocess.run([sys.executable, "-m", "benchmarks.peers", *map(str, given)], stdout=subprocess.PIPE, text=True)
        if told.returncode:
            print(f"| {name} | did not run |", flush=True)
            continue
        row = json.loads(told.stdout.splitlines()[-1])
        results.append(row)
        print(
            "| {name} | {p50_ms:.2f} | {p95_ms:.2f} | {build_s:.0f} | {disk_mb:.0f} | {memory_mb:.0f} "
            "| {recall@10:.3f} | {recall@100:.3f} | {mrr@10:.3f} |".format(**row), flush=True,
        )
    if args.picture and results:
        picture(results, args.picture)


if __name__ == "__main__":
    main()
