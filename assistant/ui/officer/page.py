"""The officer's page: components and wiring; what is shown comes from render, the words from wording."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from assistant import lesson, render, wording
from assistant.ui.admission import Admission
from assistant.ui.officer.handlers import Handlers
from assistant.ui.sheets import pages
from assistant.wording import keeper, sheets

_HERE = Path(__file__).parent
FONTS = ["Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "sans-serif"]
ASK_AT_ONCE = 2  # answers computed at the same time: one a core
ASK_WAITING = 30  # together with those fewer than the 40 events that Gradio runs at once


def theme() -> gr.themes.Base:
    """Local fonts only: a web font would be the page's one request to another host."""
    return gr.themes.Base(font=FONTS, font_mono=["Noto Sans Mono CJK SC", "monospace"])


def head() -> str:
    """Style and script for the page's head; Gradio rewrites what is passed as css."""
    told = {"copy": wording.COPY, "copied": wording.COPIED, "voted": keeper.VOTED, "failed": sheets.WORD_FAILED,
            "prepare": sheets.FILE_PREPARE, "collected": wording.COLLECTED, "toDesk": wording.TO_DESK}
    words = json.dumps(told | {"basketFormat": lesson.FORMAT}, ensure_ascii=False)
    style = (_HERE / "officer.css").read_text(encoding="utf-8") + pages.style()
    script = (_HERE / "officer.js").read_text(encoding="utf-8")
    return f"<style>{style}</style><script>const WORDS = {words};\n{script}</script>"


def build_page(handlers: Handlers, regions: Sequence[str]) -> gr.Blocks:
    with gr.Blocks(title=wording.APP_TITLE, analytics_enabled=False, delete_cache=(300, 900)) as page:
        gr.Markdown(f"# {wording.APP_TITLE}\n{wording.APP_TAGLINE}", elem_id="title")
        status = gr.Markdown(elem_id="status", latex_delimiters=[])
        text = gr.Textbox(
            label=wording.DISPUTE_LABEL, placeholder=wording.DISPUTE_HINT, lines=1, max_lines=8, max_length=2000,
            elem_id="dispute", autofocus=True,
        )
        with gr.Row(elem_id="choices"):
            region = gr.Dropdown(
                [wording.REGION_ANY, *regions], value=wording.REGION_ANY, label=wording.REGION_LABEL, elem_id="region",
                filterable=False,
            )
            taps = [
                gr.Radio([wording.TAP_UNKNOWN, wording.TAP_YES, wording.TAP_NO], value=wording.TAP_UNKNOWN, label=label,
                         elem_id=name, elem_classes="tap")
                for name, label in (
                    ("tap-blows", wording.TAP_BLOWS),
                    ("tap-injury", wording.TAP_INJURY),
                    ("tap-elder-child", wording.TAP_ELDER_CHILD),
                )
            ]
        with gr.Row(elem_id="actions"):
            ask = gr.Button(wording.ASK, variant="primary", elem_id="ask")
            clear = gr.Button(wording.CLEAR, elem_id="clear")
            gr.Button(wording.PRINT, elem_id="print")
            gr.Button(sheets.PREPARE_WORD, elem_id="prepare-word")
            gr.Button(sheets.PAGE_TITLE, elem_id="agreements")
        gr.Markdown(render.examples(wording.EXAMPLES), elem_id="examples", latex_delimiters=[])
        card = gr.Markdown(elem_id="card", latex_delimiters=[])
        sheet = gr.Markdown(elem_id="sheet", latex_delimiters=[])
        picked = gr.Textbox(elem_id="picked-type", elem_classes="offstage", label="")
        ignored = gr.Textbox(elem_id="ignored-terms", elem_classes="offstage", label="", lines=2)
        refine = gr.Button(elem_id="refine", elem_classes="offstage")

        admission = Admission(ASK_AT_ONCE, ASK_WAITING)
        busy = render.notice(wording.BUSY)

        async def ask_anew(*given: Any) -> tuple[str, ...]:
            return await admission.run(handlers.ask_anew, *map(_text, given)) or (busy, "", "", "")

        async def refined_card(*given: Any) -> tuple[str, ...]:
            return await admission.run(handlers.refine, *map(_text, given)) or (busy, "")

        # The line is `admission`. Gradio would prepare each value in a thread of its own, nine of them a question, and
        # each waits for the interpreter behind those that compute; `_text` does what the handlers need of it.
        asked = {"api_visibility": "private", "concurrency_limit": None, "concurrency_id": "ask",
                 "preprocess": False, "postprocess": False}
        gr.on([ask.click, text.submit], ask_anew, inputs=[text, region, *taps], api_name="ask",
              outputs=[card, sheet, picked, ignored], **asked)
        refined = {"inputs": [text, region, *taps, picked, ignored], "outputs": [card, sheet]}
        refine.click(refined_card, api_name="refine", **refined, **asked)
        for number, tap in enumerate([region, *taps]):
            tap.input(refined_card, api_name=f"refine{number}", **refined, **asked)
        clear.click(handlers.clear, outputs=[text, card, sheet, *taps, picked, ignored], api_name="clear", api_visibility="private",
                    concurrency_limit=ASK_AT_ONCE, concurrency_id="clear")
        page.load(handlers.greet, outputs=status, api_name="greet", api_visibility="private", concurrency_limit=20,
                  concurrency_id="greet")
    return page


def _text(sent: Any) -> str:
    """A value as a browser sent it (the gate lets only plain ones pass), as the text that the handlers expect."""
    return "" if sent is None else str(sent)
