"""A server of our own on a free port, its memory, and a client that asks the officer's page as its browser does."""

import json
import re
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx

from assistant import wording

START_SECONDS = 120
QUEUE = "/officer/gradio_api/queue"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_server(port: int, *flags: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-m", "assistant", "serve", "--port", str(port), *flags])


def wait_until_ready(address: str) -> None:
    """Until the page answers questions; raises TimeoutError."""
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends:
        try:
            if httpx.get(f"{address}/health").text == "ready":
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise TimeoutError(address)


@contextmanager
def served(*flags: str) -> Iterator[tuple[str, int]]:
    """The address and process id of a server that is ready."""
    port = free_port()
    process = start_server(port, *flags)
    try:
        wait_until_ready(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(20)


def resident_mb(pid: int) -> float:
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def ask_event(page: str) -> int:
    """The number under which the page's 查找 button is answered, from the page itself."""
    return int(re.search(r'"id":(\d+),"targets":\[\[\d+,"click"\]', page).group(1))


class Refused(Exception):
    """An answer that a visitor would take for an error."""


class Asker:
    """One visitor of the officer's page."""

    def __init__(self, client: httpx.AsyncClient, event: int) -> None:
        self._client, self._event = client, event
        self._session = uuid.uuid4().hex[:12]

    async def ask(self, text: str) -> str:
        """The card, as HTML; raises Refused or httpx.HTTPError."""
        told = [text, wording.REGION_ANY, *([wording.TAP_UNKNOWN] * 3)]
        body = {"data": told, "fn_index": self._event, "session_hash": self._session, "event_data": None, "trigger_id": None}
        joined = await self._client.post(f"{QUEUE}/join", json=body)
        if joined.status_code != 200:
            raise Refused(f"join: {joined.status_code}")
        async with self._client.stream("GET", f"{QUEUE}/data", params={"session_hash": self._session}) as lines:
            async for line in lines.aiter_lines():
                message = json.loads(line[5:]) if line.startswith("data:") else {}
                if message.get("msg") == "process_completed":
                    if not message["success"]:
                        raise Refused("process_completed without success")
                    return message["output"]["data"][0]
        raise Refused("the stream ended without an answer")


def percentiles(seconds: Sequence[float]) -> str:
    """p50, p95, p99 and the slowest, in milliseconds."""
    ordered = sorted(seconds)
    places = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.95, 0.99)]
    return "p50 {:.0f} ms, p95 {:.0f} ms, p99 {:.0f} ms, slowest {:.0f} ms".format(*(1000 * item for item in (*places, ordered[-1])))
