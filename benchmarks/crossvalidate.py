"""How well the retriever finds statutes for questions that it has never seen: five folds of STARD.

    python -m benchmarks.crossvalidate [--shared ../shared] [--no-stard] [--keep-first models/encoder]

For each fold the encoder is refined anew on our own questions and the other four folds, from vectors
that have seen no question at all, and the fold is searched among all 60,733 articles. With --no-stard
there is one refinement, on our own questions alone. The encoder of the first fold is the shipped one
(`training.train_encoder --hold-out 0` makes the same), so it can be kept on the way. The first two stages of
`training.train_encoder` are made where training/cache lacks them; each fold then takes five to ten minutes.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from assistant.segmenter import load_segmenter
from assistant.settings import DEFAULT_SETTINGS, load_settings
from benchmarks.retrieval import MODES, ArticleSearch, with_interval
from training import contrast
from training.ranking import per_question
from training.train_encoder import CACHE, EPOCHS, FOLDS, held_out, prepare, refined, save


def main(argv: Sequence[str] | None = None) -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("gensim").setLevel(logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--no-stard", action="store_true", help="refine on our own questions alone")
    parser.add_argument("--keep-first", type=Path, help="write the encoder of the first fold to this folder")
    args = parser.parse_args(argv)
    prepared = prepare(args.shared, args.cache, EPOCHS)
    material, numbered = prepared.material, prepared.numbered
    search = ArticleSearch(
        [(article.name, article.content) for article in material.articles],
        load_segmenter(load_settings(DEFAULT_SETTINGS).lexicon_dir),
    )
    everyone = range(len(material.questions))
    folds = [list(everyone)] if args.no_stard else [held_out(material, fold) for fold in range(FOLDS)]
    found: dict[str, list[dict[str, float]]] = {mode: [] for mode in MODES}
    for held in folds:
        taught = refined(prepared, sorted(set(everyone) - set(held)))
        if args.keep_first and held is folds[0]:
            save(taught, prepared.vocabulary, args.keep_first)
        search.set_vectors(contrast.embed(taught.weights, numbered.articles))
        for number, vector in zip(held, contrast.embed_questions(taught, [numbered.questions[i] for i in held]), strict=True):
            question = material.questions[number]
            for mode, ranked in search.rankings(question.text, vector).items():
                found[mode].append(per_question(ranked, set(question.gold)))
        for mode in MODES:
            print(f"after {len(found[mode])} questions  {mode:<8} {with_interval(found[mode])}", flush=True)


if __name__ == "__main__":
    main()
