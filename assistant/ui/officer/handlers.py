"""What the page's buttons do: plain values in, plain values out, no Gradio, so a test calls it directly."""

from collections.abc import Iterator

from assistant import names, render, wording
from assistant.errors import AssistantError
from assistant.pipeline import Assistant
from assistant.records import Advice, Taps
from assistant.ui.opening import Opening
from assistant.worklist import Worklist


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
        self, text: str, region: str, blows: str, injury: str, elder_child: str, type_id: str = ""
    ) -> tuple[str, str]:
        """The card, and the same card as a print sheet."""
        assistant = self._opening.wait()
        if isinstance(assistant, str):
            return render.notice(assistant), ""
        taps = Taps(_answer(blows), _answer(injury), _answer(elder_child))
        known = {item.type_id for item in assistant.types}
        try:
            advice = assistant.ask(
                str(text or ""), region if region != wording.REGION_ANY else None, taps,
                type_id if type_id in known else None,
            )
        except AssistantError as error:
            return render.notice(wording.explain(error)), ""
        self._note(assistant, advice)
        votes = self._worklist is not None and self._worklist.on
        return render.card(advice, votes), render.print_sheet(advice)

    def _note(self, assistant: Assistant, advice: Advice) -> None:
        """Count the type; put what was not answered on the worklist, if that is switched on."""
        if self._worklist is None:
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

    def refine(self, text: str, region: str, blows: str, injury: str, elder_child: str) -> tuple[str, str]:
        """A tap changes the card that is there, and asks nothing when there is no description yet."""
        return self.ask(text, region, blows, injury, elder_child) if (text or "").strip() else ("", "")

    def clear(self) -> tuple[str, str, str, str, str, str]:
        """Empty box, empty card, unanswered taps."""
        return "", "", "", wording.TAP_UNKNOWN, wording.TAP_UNKNOWN, wording.TAP_UNKNOWN

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
