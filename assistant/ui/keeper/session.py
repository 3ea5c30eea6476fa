"""Who may keep the corpus: one password, sessions in memory, patience with wrong guesses."""

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil

from assistant.errors import PasswordWeak
from assistant.importing import Incoming

PASSWORD_CHARS = 8  # at least
IDLE_SECONDS = 45 * 60
LONGEST_SECONDS = 10 * 3600
TRIES = 5  # wrong ones of one address, then it waits
TRIES_OF_ALL = 30  # of all addresses together
WAIT_SECONDS = 10 * 60
SESSIONS = 20
PENDING = 60  # imported files that wait for a nod

_SCRYPT = {"n": 2**14, "r": 8, "p": 1}


@dataclass(slots=True)
class Session:
    """One keeper at one browser."""

    token: str
    form_token: str  # goes with each form, so that no other page can send one
    began: float
    seen: float
    flash: str = ""  # said once, on the next page
    pending: dict[int, Incoming] = field(default_factory=dict)
    counted: int = 0

    def hold(self, incoming: Incoming) -> bool:
        """Keep a report until it is accepted or thrown away; False when there are too many."""
        if len(self.pending) >= PENDING:
            return False
        self.counted += 1
        self.pending[self.counted] = incoming
        return True

    def take_flash(self) -> str:
        said, self.flash = self.flash, ""
        return said


class Door:
    """Lets in who knows the password."""

    def __init__(self, password: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises PasswordWeak."""
        if len(password) < PASSWORD_CHARS:
            raise PasswordWeak(PASSWORD_CHARS)
        self._salt, self._key = secrets.token_bytes(16), secrets.token_bytes(32)
        self._digest = self._scrypt(password)
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._wrong: dict[str, list[float]] = {}
        self._turn = threading.Lock()

    def wait_minutes(self, address: str) -> int:
        """How long this address has to wait before it may try again; 0 when it may."""
        with self._turn:
            now = self._clock()
            self._wrong = {
                other: recent for other, times in self._wrong.items()
                if (recent := [moment for moment in times if now - moment < WAIT_SECONDS])
            }
            own = self._wrong.get(address, [])
            everyone = sorted(moment for times in self._wrong.values() for moment in times)
            since = own[-TRIES] if len(own) >= TRIES else everyone[-TRIES_OF_ALL] if len(everyone) >= TRIES_OF_ALL else None
            return 0 if since is None else max(1, ceil((WAIT_SECONDS - (now - since)) / 60))

    def enter(self, password: str, address: str) -> str | None:
        """The cookie of a new session, or None when the password is wrong; each wrong one is remembered."""
        with self._turn:  # counted before it is checked: guesses sent at once do not slip through
            now = self._clock()
            self._wrong.setdefault(address, []).append(now)
        if not hmac.compare_digest(self._scrypt(password[:200]), self._digest):
            return None
        with self._turn:
            self._wrong.pop(address, None)
            while len(self._sessions) >= SESSIONS:
                del self._sessions[min(self._sessions.values(), key=lambda session: session.seen).token]
            token = secrets.token_urlsafe(32)
            self._sessions[token] = Session(token, secrets.token_urlsafe(24), now, now)
        return f"{token}.{self._sign(token)}"

    def session(self, cookie: str) -> Session | None:
        token, _, signature = cookie.partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(token).encode()):
            return None
        with self._turn:
            found, now = self._sessions.get(token), self._clock()
            if found is None:
                return None
            if now - found.seen > IDLE_SECONDS or now - found.began > LONGEST_SECONDS:
                del self._sessions[token]
                return None
            found.seen = now
            return found

    def leave(self, session: Session) -> None:
        with self._turn:
            self._sessions.pop(session.token, None)

    def _scrypt(self, password: str) -> bytes:
        return hashlib.scrypt(password.encode("utf-8", "replace"), salt=self._salt, **_SCRYPT)

    def _sign(self, token: str) -> str:
        return hmac.new(self._key, token.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
