"""Nothing leaves the machine: a guard around every socket of the server process finds no other host."""

import json
import subprocess
import sys
from pathlib import Path

from conftest import ROOT

from assistant.settings import Settings

GUARD = '''
import json, socket, sys
seen = []
real_connect, real_lookup = socket.socket.connect, socket.getaddrinfo
def connect(self, address):
    if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "localhost", "::1"):
        seen.append(str(address)); raise OSError("blocked")
    return real_connect(self, address)
def lookup(host, *more, **keys):
    if host not in (None, "127.0.0.1", "localhost", "::1", ""):
        seen.append(str(host)); raise socket.gaierror("blocked")
    return real_lookup(host, *more, **keys)
socket.socket.connect, socket.getaddrinfo = connect, lookup
sys.path.insert(0, "tests")
from dataclasses import replace
from pathlib import Path
import time
import httpx
from assistant.settings import DEFAULT_SETTINGS, load_settings
from served import serving
settings = replace(load_settings(DEFAULT_SETTINGS), index_dir=Path(sys.argv[1]))
with serving(settings) as address:
    page = httpx.get(address + "/", follow_redirects=True)
    health = httpx.get(address + "/health").text
    source = httpx.get(address + "/source/leak-s1").status_code
    time.sleep(3)  # telemetry threads start late
print(json.dumps({"seen": seen, "page": page.status_code, "health": health, "source": source}))
'''


def test_serving_asks_no_other_host_for_anything(built_settings: Settings, tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", GUARD, str(built_settings.index_dir)], cwd=ROOT, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert report == {"seen": [], "page": 200, "health": "ready", "source": 200}


STUBS = '''
import ast, json
real, read = ast.get_source_segment, []
def get_source_segment(source, node, **keys):
    read.append(getattr(node, "name", ""))
    return real(source, node, **keys)
ast.get_source_segment = get_source_segment
from assistant.ui.server import without_stubs
with without_stubs():
    import gradio
print(json.dumps({"read": read, "works": callable(gradio.Textbox.change)}))
'''


def test_gradio_writes_no_type_stubs_while_the_server_starts():
    done = subprocess.run([sys.executable, "-c", STUBS], cwd=ROOT, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["works"]
    assert not {"Textbox", "Button", "HTML", "Blocks"} & set(told["read"])
