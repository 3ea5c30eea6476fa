"""Figures as a picture: bars drawn on this machine, text left as text so that the reader's own fonts show Chinese."""

import base64
import io
import logging
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

FONTS = ["Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "sans-serif"]
INK, SOFT, BAR, WASH = "#1c2733", "#4a5763", "#1f5f8b", "#eef4f8"
WIDTH, LINE, HEAD = 7.6, 0.24, 0.5  # inches; of the picture, of one bar, of what stands above and below the bars
LEFT, RIGHT = 0.26, 0.86  # share of the width where the bars begin and end: labels are not measured, the fonts may be lacking here
_turn = threading.Lock()  # one picture at a time: matplotlib promises nothing about threads


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    share: float  # 0 to 1
    told: str  # what stands behind the bar
    interval: tuple[float, float] | None = None  # shares


@lru_cache(maxsize=64)
def bars(rows: tuple[Bar, ...]) -> str:
    """Horizontal bars from 0 to 100 %, the first on top, as the address of an SVG picture (data:)."""
    with _turn, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph", UserWarning)  # no Chinese font on this machine: the browser has one
        return "data:image/svg+xml;base64," + base64.b64encode(_svg(rows)).decode()


def _svg(rows: Sequence[Bar]) -> bytes:
    import matplotlib  # when a picture is drawn, not when the program starts
    from matplotlib.figure import Figure

    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # fonts that are not here are told at length
    height = HEAD + LINE * len(rows)
    settings = {"svg.fonttype": "none", "svg.hashsalt": "", "font.family": FONTS, "font.size": 9.5, "text.parse_math": False}
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=(WIDTH, height))
        axes = figure.add_axes((LEFT, 0.34 / height, RIGHT - LEFT, LINE * len(rows) / height))
        places = range(len(rows))
        axes.barh(places, [1.0] * len(rows), 0.72, color=WASH)
        axes.barh(places, [row.share for row in rows], 0.72, color=BAR)
        for place, row in zip(places, rows, strict=True):
            axes.text(-0.015, place, row.label, ha="right", va="center", color=INK)
            axes.text(1.015, place, row.told, ha="left", va="center", color=INK)
            if row.interval:
                axes.plot(row.interval, (place, place), color="#f0a500", linewidth=2.2, marker="|", markersize=7)
        axes.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5), yticks=[])
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"], color=SOFT)
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
        out = io.BytesIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return out.getvalue()
