"""An ASGI gate in front of Gradio: what a page needs passes, everything else is not found.

Gradio mounted on FastAPI reads any local file that a crafted body names, stores uploads of anyone
and takes unlimited input. So requests pass by an allow-list, bodies are small and plain, and what
leaves carries a policy that lets the browser talk to this host only.
"""

import json
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_BYTES = 64 * 1024
TEXT_CHARS = 8_000  # of one string in a body; the handlers read less
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline'",  # Gradio's own page starts from inline scripts
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'self'",
        "object-src 'none'",
    ]
)
_PAGE_GET = r"/(assets|static)/[\w./@-]+|/theme\.css|/gradio_api/(queue/data|startup-events|app_id|heartbeat/\w+)|/"
_PAGE_POST = r"/gradio_api/(queue/join|cancel|reset)"
_JOIN_KEYS = frozenset({"data", "event_data", "fn_index", "trigger_id", "session_hash", "batched", "simple_format"})


class Gate:
    """Lets through Gradio pages mounted at `mounts`, and what else is named by regular expressions of whole paths."""

    def __init__(
        self, app: ASGIApp, gets: Iterable[str], mounts: Iterable[str] = (), posts: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        """`posts` maps paths of our own that may be sent to, to how many bytes they take; they check the body themselves."""
        self._app = app
        pages = "|".join(map(re.escape, mounts))
        self._get = re.compile("|".join([*gets, *([rf"(?:{pages})(?:{_PAGE_GET})"] if pages else [])]))
        self._gradio_post = re.compile(rf"(?:{pages})(?:{_PAGE_POST})" if pages else r"(?!)")
        self._own_posts = [(re.compile(path), limit) for path, limit in posts.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http" or not self._allowed(scope):
            await _refuse(scope, receive, send, 404)
        elif scope["method"] == "POST":
            await self._post_body(scope, receive, send)
        else:
            await self._app(_without_forwarding(scope), receive, _guarded(send))

    def _allowed(self, scope: Scope) -> bool:
        path = scope["path"]
        if ".." in path or "//" in path:
            return False
        if scope["method"] == "POST":
            return self._limit(path) is not None
        return scope["method"] in ("GET", "HEAD") and self._get.fullmatch(path) is not None

    def _limit(self, path: str) -> int | None:
        """How many bytes may be sent to this path; None when nothing may."""
        if self._gradio_post.fullmatch(path):
            return BODY_BYTES
        return next((limit for pattern, limit in self._own_posts if pattern.fullmatch(path)), None)

    async def _post_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = self._limit(scope["path"])
        declared = Headers(scope=scope).get("content-length", "")
        if not declared.isdigit():
            await _refuse(scope, receive, send, 411)
            return
        body = await _read(receive, limit) if int(declared) <= limit else None
        if body is None:
            await _refuse(scope, receive, send, 413)
        elif self._gradio_post.fullmatch(scope["path"]) and not is_plain(body):
            await _refuse(scope, receive, send, 400)
        else:
            await self._app(_without_forwarding(scope), _replay(body, receive), _guarded(send))


def is_plain(body: bytes) -> bool:
    """Whether a body is a flat JSON object of short plain values: nothing that Gradio takes for a file."""
    try:
        given = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return False
    if not isinstance(given, dict) or not _JOIN_KEYS.issuperset(given):
        return False
    items = given.get("data")
    flat = [value for key, value in given.items() if key != "data"] + (items if isinstance(items, list) else [items])
    return all(_is_short(value) for value in flat)


def _is_short(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= TEXT_CHARS
    return value is None or isinstance(value, (bool, int, float))


async def _read(receive: Receive, limit: int) -> bytes | None:
    """The whole body, or None when it is longer than `limit` or the client went away."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body"):
            return body


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _without_forwarding(scope: Scope) -> Scope:
    """Forwarding headers would be reflected into the page's own addresses."""
    kept = [(name, value) for name, value in scope["headers"] if not name.startswith(b"x-forwarded") and name != b"forwarded"]
    return {**scope, "headers": kept}


def _guarded(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Referrer-Policy"] = "no-referrer"
            headers["Cache-Control"] = headers.get("Cache-Control", "no-store")
        await send(message)

    return guarded


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await PlainTextResponse("", status)(scope, receive, send)
