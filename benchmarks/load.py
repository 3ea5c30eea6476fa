"""Many at once: how the officer's page holds up under visitors who ask, read and ask again.

    python -m benchmarks.load [--clients 50] [--minutes 10] [--think 2.0]

Every visitor is a session of its own that sends what the page's button sends and waits for the card,
then thinks for --think seconds on average (0.5 to 1.5 times as long). `turned away` counts the Chinese answer that the
house is full, which is no error but no card either. Exit code 1 on any error, or when memory after
the first tenth of the time grew by 5 % or more. The clients run on the same cores as the server.
"""

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence

import httpx

from assistant import wording
from benchmarks.serving import Asker, Refused, ask_event, percentiles, resident_mb, served
from training import bank

GROWTH_LIMIT = 0.05


class Tally:
    """What all visitors together have met."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.turned_away = 0
        self.errors: Counter[str] = Counter()


async def visit(client: httpx.AsyncClient, event: int, texts: Sequence[str], ends: float, think_s: float, tally: Tally, seed: int) -> None:
    """One visitor, until the time is over."""
    chance, asker = random.Random(seed), Asker(client, event)
    await asyncio.sleep(chance.uniform(0, think_s))
    while time.perf_counter() < ends:
        began = time.perf_counter()
        try:
            card = await asker.ask(chance.choice(texts))
        except (Refused, httpx.HTTPError) as error:
            tally.errors[f"{type(error).__name__}: {error}"] += 1
            await asyncio.sleep(0.1)
            continue
        if wording.BUSY in card:
            tally.turned_away += 1
        elif card:
            tally.seconds.append(time.perf_counter() - began)
        else:
            tally.errors["an empty card"] += 1
        await asyncio.sleep(think_s * chance.uniform(0.5, 1.5))


async def crowd(address: str, pid: int, clients: int, seconds: float, think_s: float) -> tuple[Tally, list[float]]:
    """All visitors; returns what they met, and resident memory in MB at every tenth of the time."""
    texts, tally = [row.text for row in bank.descriptions(split="test")], Tally()
    limits = httpx.Limits(max_connections=2 * clients, max_keepalive_connections=2 * clients)
    async with httpx.AsyncClient(base_url=address, timeout=30, limits=limits) as client:
        event = ask_event((await client.get("/officer/")).text)
        ends = time.perf_counter() + seconds
        visitors = [asyncio.create_task(visit(client, event, texts, ends, think_s, tally, number)) for number in range(clients)]
        memory = []
        for _ in range(10):
            await asyncio.sleep(seconds / 10)
            memory.append(resident_mb(pid))
        await asyncio.gather(*visitors)
    return tally, memory


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--think", type=float, default=2.0, help="seconds between an answer and the next question")
    args = parser.parse_args(argv)
    with served() as (address, pid):
        tally, memory = asyncio.run(crowd(address, pid, args.clients, 60 * args.minutes, args.think))
    grown = memory[-1] / memory[0] - 1
    cards = len(tally.seconds)
    print(f"{args.clients} clients, {args.minutes:g} min, think {args.think:g} s: {cards} cards, {cards / args.minutes / 60:.1f} a second")
    print(f"errors: {sum(tally.errors.values())} {dict(tally.errors.most_common(5))}; turned away: {tally.turned_away}")
    print(percentiles(tally.seconds) if cards else "no card at all")
    print("memory, MB: " + " ".join(f"{item:.0f}" for item in memory) + f" ({grown:+.1%})")
    return 1 if tally.errors or grown >= GROWTH_LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
