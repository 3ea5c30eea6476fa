"""One FastAPI, a mount per role, a gate in front; the page is there first, the models come after."""

import inspect
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse

from assistant import corpus, pipeline, wording
from assistant.errors import PortTaken
from assistant.settings import Settings
from assistant.ui.gate import Gate
from assistant.ui.lesson.routes import trainer
from assistant.ui.officer.handlers import Handlers
from assistant.ui.opening import Opening
from assistant.ui.role import Role
from assistant.worklist import Worklist

OFFICER = "/officer"
SESSIONS_KEPT = 200  # Gradio keeps each visitor's last values; ten thousand by default
PAGE_FIRST_SECONDS = 1.5  # the models' imports would fight the first page for the interpreter
WAITING = 64  # requests in the queue, as a backstop
# The event loop gives the interpreter away at every packet it sends; by default it waits 5 ms to get it back from a
# thread that computes.
SWITCH_SECONDS = 0.0005

# Set before Gradio is imported: no telemetry, no hub, no history of runs in the browser.
QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_RUN_HISTORY": "False",
    "GRADIO_SHARE": "False",
    "GRADIO_MCP_SERVER": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "NO_PROXY": "127.0.0.1,localhost",
    # Gradio would make a table of its last ten thousand events after each one, for a page that is switched off.
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": str(10**9),
    "GRADIO_ANALYTICS_MAX_EVENTS": "1",
    "MPLBACKEND": "agg",  # Gradio asks for it at each event, and looking for a screen would load all of pyplot
}


@contextmanager
def without_stubs() -> Iterator[None]:
    """Import Gradio without its writing a type stub beside each of its components: half of the time, and no server's business.

    It passes over a component whose source file cannot be found, so in here none can.
    """
    found = inspect.getfile

    def getfile(thing: object) -> str:
        if type(thing).__name__ == "ComponentMeta":
            raise OSError("no stub wanted")
        return found(thing)

    inspect.getfile = getfile
    try:
        yield
    finally:
        inspect.getfile = found


def create_app(settings: Settings, opening: Opening, keeper_password: str = ""):
    """The whole web application; `opening` may still be opening. Without a password there is no keeper's page.

    Raises:
        PasswordWeak
    """
    os.environ.update(QUIET)
    os.environ["GRADIO_TEMP_DIR"] = tempfile.mkdtemp(prefix="assistant-")
    with without_stubs():
        import gradio as gr  # after the environment, before the heavy models
    from fastapi import FastAPI
    from starlette.middleware.cors import CORSMiddleware

    from assistant.ui.officer import page
    from assistant.ui.sheets.routes import sheets_role

    worklist = Worklist(settings.worklist_dir) if keeper_password else None
    handlers = Handlers(opening, worklist)
    roles = [_shared(opening, handlers), sheets_role(settings, opening, handlers.advise), trainer(opening, settings)]
    if worklist is not None:
        from assistant.ui.keeper.routes import keeper_role, vote_role

        roles += [keeper_role(settings, opening, worklist, keeper_password), vote_role(handlers)]
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for role in roles:
        app.include_router(role.router)
    blocks = page.build_page(handlers, list(corpus.read_regions(settings.lexicon_dir)))
    blocks.has_launched = True  # or Gradio copies any local file that a crafted body names
    blocks.state_session_capacity = SESSIONS_KEPT
    blocks.queue(api_open=False, max_size=WAITING)
    gr.mount_gradio_app(
        app, blocks, path=OFFICER, theme=page.theme(), head=page.head(), footer_links=[], run_history=False,
        show_error=False, enable_monitoring=False, pwa=False, mcp_server=False, ssr_mode=False, max_file_size=1,
        app_kwargs={"openapi_url": None, "docs_url": None, "redoc_url": None},
    )
    app.add_middleware(CORSMiddleware, allow_origins=[])
    return Gate(
        app, gets=[path for role in roles for path in role.gets], mounts=[OFFICER],
        posts={path: limit for role in roles for path, limit in role.posts.items()},
    )


def create_kiosk_app(settings: Settings, opening: Opening):
    """The screen of the station hall and nothing else: no Gradio, no source pages, no other role.

    Raises:
        AssistantError: the corpus cannot be read.
    """
    os.environ.update(QUIET)
    from fastapi import FastAPI

    from assistant.ui.kiosk.routes import kiosk_role

    role = kiosk_role(settings, opening, pipeline.read_book(settings))
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(role.router)
    return Gate(app, gets=role.gets, posts=role.posts)


def _shared(opening: Opening, handlers: Handlers) -> Role:
    """What every visitor of the station's own pages may read: home, health, sources."""
    router = APIRouter()

    @router.get("/")
    def home() -> RedirectResponse:
        return RedirectResponse(OFFICER + "/")

    @router.get("/health")
    def health() -> PlainTextResponse:
        return PlainTextResponse("ready" if opening.ready else "opening")

    @router.get("/source/{passage_id}")
    def source(passage_id: str) -> HTMLResponse:
        found = handlers.source(passage_id)
        return HTMLResponse(found or "", status_code=200 if found else 404)

    return Role(router, gets=("/", "/health", r"/source/[\w%#.-]+", OFFICER))


def serve(settings: Settings, kiosk: bool = False, keeper_password: str = "") -> None:
    """Serve until interrupted; with `kiosk` the screen of the station hall and nothing else.

    Raises:
        PortTaken: something else listens there.
        PasswordWeak: the keeper's password is too short to be one.
    """
    _check_port(settings.host, settings.port)
    opening = Opening(lambda: pipeline.open_assistant(settings))
    app = create_kiosk_app(settings, opening) if kiosk else create_app(settings, opening, keeper_password)
    opening.start(after_s=PAGE_FIRST_SECONDS)
    sys.setswitchinterval(SWITCH_SECONDS)
    import uvicorn

    print(wording.SERVING.format(url=f"http://{settings.host}:{settings.port}/"), file=sys.stderr, flush=True)
    uvicorn.run(
        app, host=settings.host, port=settings.port, access_log=False, server_header=False, proxy_headers=False,
        log_level="warning",
    )


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise PortTaken(host, port) from None


