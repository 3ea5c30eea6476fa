"""Two copies of the page behind nginx, one restarted while visitors ask: does a request fail?

    python -m benchmarks.replicas [--clients 10] [--seconds 60] [--think 2.0]

Needs Debian's nginx (apt-get install nginx-light); everything listens on 127.0.0.1 and is gone afterwards. A visitor stays
with one copy (a cookie of nginx's decides, not of ours), because an answer is streamed from the copy that was asked.
Before the restart its copy is taken out of nginx, and what it is still answering is waited for.
Exit code 1 when a request failed.
"""

import argparse
import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from benchmarks.load import Tally, visit
from benchmarks.serving import ask_event, free_port, percentiles, start_server, wait_until_ready
from training import bank

DRAIN_SECONDS = 10
CONFIGURATION = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  map $cookie_copy $visitor {{ "" $request_id; default $cookie_copy; }}
  upstream pages {{ hash $visitor consistent; {servers} }}
  server {{
    listen 127.0.0.1:{port};
    add_header Set-Cookie "copy=$visitor; Path=/; HttpOnly; SameSite=Strict";
    location / {{ proxy_pass http://pages; proxy_http_version 1.1; proxy_buffering off; proxy_set_header Connection ""; }}
  }}
}}
"""


def write_configuration(folder: Path, port: int, copies: Sequence[int], out: int | None = None) -> Path:
    """The configuration with every copy, or with one of them taken out."""
    servers = " ".join(f"server 127.0.0.1:{copy}{' down' if copy == out else ''};" for copy in copies)
    path = folder / "nginx.conf"
    path.write_text(CONFIGURATION.format(folder=folder, port=port, servers=servers), encoding="utf-8")
    return path


async def visitors(address: str, clients: int, seconds: float, think_s: float, tally: Tally) -> None:
    texts, ends = [row.text for row in bank.descriptions(split="test")], time.perf_counter() + seconds

    async def one(number: int) -> None:
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            event = ask_event((await client.get("/officer/")).text)
            await visit(client, event, texts, ends, think_s, tally, number)

    await asyncio.gather(*(one(number) for number in range(clients)))


def restart(folder: Path, port: int, copies: list[int], processes: dict[int, subprocess.Popen]) -> None:
    """Take the first copy out, let it finish, start it anew, and put it back."""
    nginx, first = ["nginx", "-c", str(folder / "nginx.conf"), "-s", "reload"], copies[0]
    write_configuration(folder, port, copies, out=first)
    subprocess.run(nginx, check=True, stderr=subprocess.DEVNULL)
    time.sleep(DRAIN_SECONDS)
    processes[first].terminate()
    processes[first].wait(20)
    processes[first] = start_server(first)
    wait_until_ready(f"http://127.0.0.1:{first}")
    write_configuration(folder, port, copies)
    subprocess.run(nginx, check=True, stderr=subprocess.DEVNULL)


async def run(folder: Path, clients: int, seconds: float, think_s: float) -> Tally:
    port, copies, tally = free_port(), [free_port(), free_port()], Tally()
    processes = {copy: start_server(copy) for copy in copies}
    try:
        for copy in copies:
            wait_until_ready(f"http://127.0.0.1:{copy}")
        processes[port] = subprocess.Popen(["nginx", "-c", str(write_configuration(folder, port, copies))], stderr=subprocess.DEVNULL)
        await asyncio.sleep(1)
        asking = asyncio.create_task(visitors(f"http://127.0.0.1:{port}", clients, seconds, think_s, tally))
        await asyncio.sleep(seconds / 4)
        await asyncio.to_thread(restart, folder, port, copies, processes)
        await asking
    finally:
        for process in processes.values():
            process.terminate()
            process.wait(20)
    return tally


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--think", type=float, default=2.0)
    args = parser.parse_args(argv)
    if shutil.which("nginx") is None:
        print("nginx is not installed: apt-get install nginx-light", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        tally = asyncio.run(run(Path(folder), args.clients, args.seconds, args.think))
    print(f"{len(tally.seconds)} cards, {tally.turned_away} turned away, errors: {sum(tally.errors.values())} {dict(tally.errors.most_common(5))}")
    print(percentiles(tally.seconds) if tally.seconds else "no card at all")
    return 1 if tally.errors or not tally.seconds else 0


if __name__ == "__main__":
    sys.exit(main())
