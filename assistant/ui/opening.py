"""The assistant while it is being opened in a thread of its own: the pages are there before it."""

import gc
import threading
from collections.abc import Callable

from assistant import wording
from assistant.errors import AssistantError
from assistant.pipeline import Assistant

OPENING_SECONDS = 120  # a slow disk may take a minute; nobody waits for longer


class Opening:
    """Shared by every page of one server."""

    def __init__(self, open_it: Callable[[], Assistant]) -> None:
        self._open_it = open_it
        self._done = threading.Event()
        self._assistant: Assistant | None = None
        self._problem = ""

    def start(self, after_s: float = 0.0) -> None:
        timer = threading.Timer(after_s, self._run)
        timer.daemon = True
        timer.start()

    def _run(self) -> None:
        try:
            self._assistant = self._open_it()
        except AssistantError as error:
            self._problem = wording.explain(error)
        finally:
            self._done.set()
        if self._assistant:
            self._assistant.warm()  # who asks meanwhile is answered, a little slower
            gc.freeze()  # what stays until the end need not be looked through for garbage

    @property
    def ready(self) -> bool:
        return self._done.is_set()

    def swap(self, assistant: Assistant) -> None:
        """From now on this one answers; who is being answered by the one before is not disturbed."""
        self._assistant = assistant
        threading.Thread(target=assistant.warm, daemon=True).start()

    def wait(self) -> Assistant | str:
        """The assistant, or a Chinese sentence that says why there is none."""
        self._done.wait(OPENING_SECONDS)
        return self._assistant or self._problem or wording.LOADING
