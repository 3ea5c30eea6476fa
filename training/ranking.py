"""Figures of a ranking against the answers that were judged right."""

from collections.abc import Sequence

import numpy as np


def per_question(found: Sequence[int], gold: set[int]) -> dict[str, float]:
    """Recall as the share of the answers found, and the reciprocal rank of the first within ten."""
    return {
        "recall@10": len(gold & set(found[:10])) / len(gold),
        "recall@100": len(gold & set(found[:100])) / len(gold),
        "mrr@10": next((1 / rank for rank, item in enumerate(found[:10], start=1) if item in gold), 0.0),
    }


def ranking_figures(found: Sequence[Sequence[int]], gold: Sequence[set[int]]) -> dict[str, float]:
    """The means over questions."""
    rows = [per_question(row, right) for row, right in zip(found, gold, strict=True)]
    means = {name: round(float(np.mean([row[name] for row in rows])), 4) for name in rows[0]}
    return means | {"n": len(rows)}
