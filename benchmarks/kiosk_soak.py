"""Hours of a hall in minutes: random taps and asks against a real server, and how its memory grows.

    python -m benchmarks.kiosk_soak [--steps 20000] [--warm-up 1000] [--seed 8]

A server is started on a free port. A step follows a random link of the page that is shown, asks
something, reloads, leaves, or sends what nobody should send. Any answer that a visitor would take
for an error counts; resident memory is read from /proc. Exit code 1 when an error was shown or the
memory grew by 5 % or more after the warm-up.
"""

import argparse
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence

import httpx

from assistant.wording import EXAMPLES
from assistant.wording import kiosk as words
from benchmarks.serving import resident_mb, served

GROWTH_LIMIT = 0.05
PARTS = ("楼上", "邻居", "他", "孩子", "老人", "车", "狗", "漏水", "吵架", "打人", "不给钱", "彩礼", "路", "坟", "水渠", "半夜", "😀", "abc", "13800000000", "\n", "，")
FORM = {"content-type": "application/x-www-form-urlencoded"}


class Visitor:
    """Somebody who taps at random; remembers only the page before them, as a browser would."""

    def __init__(self, client: httpx.Client, chance: random.Random) -> None:
        self._client, self._chance = client, chance
        self._links = ["/"]
        self._here = "/"
        self.errors: list[str] = []
        self.asked = 0
        self.did: Counter[str] = Counter()

    def step(self) -> None:
        act = self._chance.choices(
            [self.tap, self.ask, self.reload, self.leave, self.misuse], weights=[70, 18, 6, 4, 2],
        )[0]
        self.did[act.__name__] += 1
        act()

    def tap(self) -> None:
        self._show(self._chance.choice(self._links))

    def reload(self) -> None:
        self._show(self._here)

    def leave(self) -> None:
        self._show("/")

    def ask(self) -> None:
        self.asked += 1
        text = self._chance.choice([self._chance.choice(EXAMPLES), "".join(self._chance.choices(PARTS, k=self._chance.randint(0, 60)))])
        self._take(self._client.post("/say", data={"text": text}), "ask")

    def misuse(self) -> None:
        """What no page of ours sends must be refused, and must not break anything."""
        path = self._chance.choice(["/officer/", "/docs", "/type/nothing", "/result/leak/nothing", "/source/leak-s1"])
        if self._client.get(path).status_code != 404:
            self.errors.append(f"{path} is there")
        if self._client.post("/say", content=os.urandom(self._chance.randint(0, 40_000)), headers=FORM).status_code not in (200, 413):
            self.errors.append("a random body broke it")

    def _show(self, path: str) -> None:
        self._here = path
        self._take(self._client.get(path), path)

    def _take(self, answer: httpx.Response, what: str) -> None:
        if answer.status_code != 200 or words.BROKEN in answer.text or words.NOT_HERE in answer.text:
            self.errors.append(f"{what}: {answer.status_code}")
        self._links = re.findall(r'<a [^>]*href="([^"]+)"', answer.text) or ["/"]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--warm-up", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=8)
    args = parser.parse_args(argv)
    with served("--kiosk") as (address, pid), httpx.Client(base_url=address, timeout=30) as client:
        visitor = Visitor(client, random.Random(args.seed))
        began, base = time.perf_counter(), 0.0
        for number in range(1, args.steps + 1):
            visitor.step()
            if number == args.warm_up:
                base = resident_mb(pid)
            if number == args.warm_up or number % (args.steps // 10) == 0:
                print(f"{number:>7} steps  {resident_mb(pid):8.1f} MB", flush=True)
        grown = resident_mb(pid) / base - 1
        seconds = time.perf_counter() - began
    did = ", ".join(f"{name} {count}" for name, count in visitor.did.most_common())
    print(f"{args.steps} steps in {seconds:.0f} s ({did})")
    print(f"errors shown: {len(visitor.errors)} {visitor.errors[:5]}; memory after the first {args.warm_up}: {grown:+.1%}")
    return 1 if visitor.errors or grown >= GROWTH_LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
