"""Figures of a ranking against the answers that were judged right."""

from collections.abc import Sequence

import numpy as np


def ranking_figures(found: Sequence[list[int]], gold: Sequence[set[int]]) -> dict[str, float]:
    """Recall as the share of a question's answers found, averaged over questions."""
    both = list(zip(found, gold, strict=True))
    first = [next((1 / rank for rank, item in enumerate(row[:10], start=1) if item in right), 0.0) for row, right in both]
    return {
        "recall@10": round(float(np.mean([len(right & set(row[:10])) / len(right) for row, right in both])), 4),
        "recall@100": round(float(np.mean([len(right & set(row)) / len(right) for row, right in both])), 4),
        "mrr@10": round(float(np.mean(first)), 4),
        "n": len(both),
    }
