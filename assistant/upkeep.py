"""A change of corpus/local and the assistant that follows from it: seconds, with readers undisturbed."""

import threading
from collections.abc import Callable
from typing import TypeVar

from assistant import index
from assistant.local import Local
from assistant.pipeline import Assistant

Changed = TypeVar("Changed")


class Upkeep:
    """One keeper at a time changes files; the index is renewed and swapped in before the change is called done."""

    def __init__(self, current: Callable[[], Assistant], swap: Callable[[Assistant], None]) -> None:
        self._current, self._swap = current, swap
        self._words: index.Words = {}
        self._turn = threading.Lock()

    @property
    def local(self) -> Local:
        return Local(self._current().settings)

    def change(self, act: Callable[[Local], Changed]) -> Changed:
        """Do something to corpus/local and answer from what is there now.

        Raises:
            CorpusInvalid: a file that was written by hand has a fault; nothing was changed.
        """
        with self._turn:
            assistant = self._current()
            if not index.is_current(assistant.settings):  # somebody else wrote there: is it sound?
                index.read_corpus(assistant.settings)
            done = act(Local(assistant.settings))
            self._swap(assistant.renewed(self._words))
            return done

    def reload(self) -> None:
        """Take in what was changed by hand, or by another program."""
        self.change(lambda local: None)

