"""From a cold process with a warm file cache: `ask` on the command line, the first page, the first answer; memory.

    python -m benchmarks.cold [--runs 5]

Medians of --runs fresh processes. An index must have been built. A benchmark, never a test.
"""

import argparse
import asyncio
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

import httpx

from benchmarks.serving import Asker, ask_event, free_port, resident_mb, start_server

TEXT = "三楼漏水把二楼泡了，两家在楼道骂起来"


def command_line() -> float:
    """Seconds of one whole `ask`."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "assistant", "ask", TEXT, "--json"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


async def first_page_and_answer() -> tuple[float, float, float]:
    """Seconds from the start of the process to the first page and to the first card, and MB resident then."""
    port, began = free_port(), time.perf_counter()
    process = start_server(port)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            while True:
                try:
                    page = await client.get("/officer/")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.02)
            shown = time.perf_counter() - began
            await Asker(client, ask_event(page.text)).ask(TEXT)
            return shown, time.perf_counter() - began, resident_mb(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def building() -> tuple[float, float]:
    """Seconds of one whole `build` into an empty folder, and MB at its peak."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "assistant", "build", "--index", folder], check=True, stderr=subprocess.DEVNULL)
        spent = time.perf_counter() - began
    return spent, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args(argv)
    build_s, build_mb = building()  # first: the peak is over all children so far
    command_line()  # fills the file cache
    print(f"build: {build_s:.1f} s, {build_mb:.0f} MB at the most")
    print(f"ask on the command line: {statistics.median(command_line() for _ in range(args.runs)):.2f} s")
    opened = [asyncio.run(first_page_and_answer()) for _ in range(args.runs)]
    page_s, answer_s, memory = (statistics.median(column) for column in zip(*opened, strict=True))
    print(f"first page: {page_s:.2f} s; first answer: {answer_s:.2f} s; serving, resident: {memory:.0f} MB")


if __name__ == "__main__":
    main()
