"""A real server on a free port of this machine, for the tests that talk HTTP or drive a browser."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn

from assistant import pipeline
from assistant.settings import Settings
from assistant.ui.opening import Opening
from assistant.ui.server import create_app, create_kiosk_app


@contextmanager
def serving(settings: Settings, kiosk: bool = False, keeper_password: str = "") -> Iterator[str]:
    """The page's address while it is served."""
    opening = Opening(lambda: pipeline.open_assistant(settings))
    app = create_kiosk_app(settings, opening) if kiosk else create_app(settings, opening, keeper_password)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, access_log=False, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    opening.start()
    address = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            if httpx.get(f"{address}/health").text == "ready":
                break
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    yield address
    server.should_exit = True
    thread.join(10)
