"""Foreign files are opened in a process of their own, with little memory and time.

Whatever a crafted file does to a parser (hang, crash, fill the memory), it does there: that process
is ended, the file is refused, and nothing else notices. Plain text is harmless and stays here.
"""

import json
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType

from assistant import intake
from assistant.errors import FileRefused
from assistant.intake import Foreign

SECONDS = 60  # for one file
MEMORY_BYTES = 2 << 30  # address space, most of it libraries


class Quarantine:
    """Reads foreign files, one after another, in one child process that is replaced when it fails."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()

    def read(self, name: str, content: bytes) -> Foreign:
        """The text of one file.

        Raises:
            FileRefused
        """
        if len(content) > intake.FILE_BYTES:
            raise FileRefused(name, "too_large")
        if not content.strip():
            raise FileRefused(name, "empty")
        kind = intake.sniff(name, content)
        if kind in (".txt", ".md"):
            return intake.read(name, content)
        if kind == ".doc":
            content = intake.convert_old(name, content)
        with self._turn:
            return self._ask(name, content)

    def _ask(self, name: str, content: bytes) -> Foreign:
        child = self._started()
        header = json.dumps({"name": name, "bytes": len(content)}).encode() + b"\n"
        late = threading.Timer(self._seconds, child.kill)
        late.start()
        try:
            child.stdin.write(header + content)
            child.stdin.flush()
            line = child.stdout.readline()
        except OSError:  # it died while it was being written to
            line = b""
        finally:
            late.cancel()
        if not line.endswith(b"\n"):
            self.close()
            raise FileRefused(name, "too_heavy")
        answer = json.loads(line)
        if "refused" in answer:
            raise FileRefused(name, answer["refused"], answer["detail"])
        return intake.from_json(json.dumps(answer))

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "assistant.quarantine"], cwd=Path(__file__).parent.parent,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )
        return self._child

    def close(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None

    def __enter__(self) -> "Quarantine":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows: only the time limit holds there
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _serve() -> None:
    """Answer each file on standard input with one line of JSON, until the input ends."""
    _limit_memory()
    given, answers = sys.stdin.buffer, sys.stdout
    sys.stdout = sys.stderr  # a parser that prints must not break the lines of answers
    while header := given.readline():
        told = json.loads(header)
        content = given.read(told["bytes"])
        try:
            line = intake.to_json(intake.read(told["name"], content))
        except FileRefused as refusal:
            line = json.dumps({"refused": refusal.reason, "detail": refusal.detail})
        except (MemoryError, RecursionError):
            line = json.dumps({"refused": "too_heavy", "detail": ""})
        answers.write(line + "\n")
        answers.flush()


if __name__ == "__main__":
    _serve()
