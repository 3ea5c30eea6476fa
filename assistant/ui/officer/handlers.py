"""What the page's buttons do: plain values in, plain values out, no Gradio, so a test calls it directly."""

from collections.abc import Iterator

from assistant import names, public, render, sheets, wording
from assistant.errors import AssistantError
from assistant.records import Advice, Taps
from assistant.ui.opening import Opening
from assistant.ui.sheets import pages
from assistant.worklist import Worklist

IGNORED = 50  # wordings that one card can have switched off


class Handlers:
    """Answers for every visitor, so nothing here may change after it is made."""

    def __init__(self, opening: Opening, worklist: Worklist | None = None) -> None:
        """`worklist` is there when the station has a keeper; it says itself whether it is switched on."""
        self._opening = opening
        self._worklist = worklist

    def greet(self) -> Iterator[str]:
        """The line under the title: first that things are being prepared, then nothing or what is wrong."""
        if not self._opening.ready:
            yield render.notice(wording.LOADING)
        found = self._opening.wait()
        yield render.notice(found) if isinstance(found, str) else ""

    def ask(
        self, text: str, region: str, blows: str, injury: str, elder_child: str, type_id: str = "", ignored: str = ""
    ) -> tuple[str, str]:
        """The card, and the sheet to take along that is printed in its stead; `ignored` holds switched-off wordings, a line each."""
        if ids := public.read_code(str(text or "")):
            return self._carried(ids, Taps(_answer(blows), _answer(injury), _answer(elder_child)), type_id)
        advice = self.advise(text, region, blows, injury, elder_child, type_id, ignored)
        if isinstance(advice, str):
            return render.notice(advice), ""
        self._note(advice)
        return render.card(advice, self._votes), self._paper(advice)

    @property
    def _votes(self) -> bool:
        return self._worklist is not None and self._worklist.on

    def advise(
        self, text: str, region: str, blows: str, injury: str, elder_child: str, type_id: str = "", ignored: str = ""
    ) -> Advice | str:
        """The advice itself, or a sentence that says why there is none."""
        assistant = self._opening.wait()
        if isinstance(assistant, str):
            return assistant
        taps = Taps(_answer(blows), _answer(injury), _answer(elder_child))
        known = {item.type_id for item in assistant.types}
        try:
            return assistant.ask(
                str(text or ""), region if region and region != wording.REGION_ANY else None, taps,
                type_id if type_id in known else None, frozenset(str(ignored or "").split("\n")[:IGNORED]) - {""},
            )
        except AssistantError as error:
            return wording.explain(error)

    def _note(self, advice: Advice) -> None:
        """Count the type; put what was not answered on the worklist, if that is switched on."""
        assistant = self._opening.wait()
        if self._worklist is None or isinstance(assistant, str):
            return
        if advice.status == "ok" and advice.types:
            self._worklist.count(advice.types[0][0].type_id)
        if advice.status == "low_confidence":
            self._worklist.add("unanswered", "", advice.query, lambda text: names.mask(text, assistant.segmenter))

    def vote(self, passage_id: str, useful: bool, text: str) -> bool:
        """Put a vote on the worklist; False when it is switched off or there is no such passage."""
        assistant = self._opening.wait()
        if self._worklist is None or isinstance(assistant, str):
            return False
        try:
            assistant.source(passage_id)
        except AssistantError:
            return False
        kind = "useful" if useful else "useless"
        return self._worklist.add(kind, passage_id, text, lambda given: names.mask(given, assistant.segmenter))

    def _paper(self, advice: Advice) -> str:
        """The one page to take along; an article that was asked for by number prints as the card shows it."""
        if render.is_statute_card(advice):
            return render.statute_sheet(advice)
        if advice.status != "ok":
            return ""
        return pages.prepare_html(sheets.prepare(advice, self._opening.wait().checklist))

    def _carried(self, ids: tuple[str, ...], taps: Taps, type_id: str) -> tuple[str, str]:
        """What a visitor brought from the hall's screen as a code: its entries, or the card of their type."""
        assistant = self._opening.wait()
        if isinstance(assistant, str):
            return render.notice(assistant), ""
        hits = assistant.entries(ids)
        if type_id in {item.type_id for item in assistant.types}:
            said = " ".join(hit.passage.meta["chip"] for hit in hits if "chip" in hit.passage.meta)
            advice = assistant.ask(said, None, taps, type_id)
            return render.card(advice, self._votes), self._paper(advice)
        named = {type_id for hit in hits if hit.document.doc_id.startswith("public-") for type_id in hit.passage.types}
        return render.entries(hits, [item for item in assistant.types if item.type_id in named], len(ids) - len(hits)), ""

    def ask_anew(self, text: str, region: str, blows: str, injury: str, elder_child: str) -> tuple[str, str, str, str]:
        """The card for a new description: no type is picked and no wording switched off any more."""
        return *self.ask(text, region, blows, injury, elder_child), "", ""

    def refine(
        self, text: str, region: str, blows: str, injury: str, elder_child: str, type_id: str, ignored: str
    ) -> tuple[str, str]:
        """A tap changes the card that is there, and asks nothing when there is no description yet."""
        if not (text or "").strip():
            return "", ""
        return self.ask(text, region, blows, injury, elder_child, type_id, ignored)

    def clear(self) -> tuple[str, ...]:
        """Empty box, empty card, unanswered taps, nothing picked or switched off."""
        return "", "", "", wording.TAP_UNKNOWN, wording.TAP_UNKNOWN, wording.TAP_UNKNOWN, "", ""

    def source(self, passage_id: str) -> str | None:
        """The page of a source, or None when there is no such passage."""
        assistant = self._opening.wait()
        if isinstance(assistant, str):
            return None
        try:
            return render.source_page(*assistant.source(passage_id))
        except AssistantError:
            return None


def _answer(choice: str) -> bool | None:
    return {wording.TAP_YES: True, wording.TAP_NO: False}.get(choice)
