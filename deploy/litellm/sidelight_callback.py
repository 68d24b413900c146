"""Writes what the LiteLLM proxy did for Sidelight: a JSON line per request and failed attempt.

Set-up:
  1. Put this file beside the proxy's config.yaml.
  2. In config.yaml:  litellm_settings: {callbacks: ["sidelight_callback.sidelight"]}
  3. Also there:      general_settings: {cancel_on_disconnect: true}
  4. In the proxy's environment: DEFAULT_MAX_RETRIES=0
  5. Let the proxy write to SIDELIGHT_LOG (default /var/log/sidelight/requests.jsonl).
  6. Point a file source of Sidelight at the same path. If they share no volume, set SIDELIGHT_URL
     and SIDELIGHT_TOKEN instead: the file is then a spool, from which the lines are sent.

SIDELIGHT_META names the request-metadata keys to copy (comma separated, default power_level).

The callback only observes: it changes no request, never raises into the proxy, and keeps no
prompt, answer, header, traceback or key. What it could not write it counts, and says so in the
next line it can (`dropped`). README.md describes the lines.
"""

from __future__ import annotations

import email.utils
import fcntl
import gzip
import hashlib
import http.client
import json
import logging
import os
import random
import re
import socket
import ssl
import threading
import time
import urllib.parse
import uuid
from datetime import datetime
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple

import litellm
from litellm.integrations.custom_logger import CustomLogger

Line = Dict[str, Any]
# A client may choose its call id, so the time of arrival is part of a request's identity.
RequestKey = Tuple[str, Optional[float]]

MAX_LIVE_REQUESTS = 50_000
MAX_FINISHED_REQUESTS = 20_000
MAX_TEXT = 256
MAX_TAGS = 32
REOPEN_CHECK_SECONDS = 0.1
WARNING_SECONDS = 60.0

SPOOL_BYTES = 256 << 20
SEGMENT_BYTES = 4 << 20
BATCH_BYTES = 256 << 10
BATCH_LINES = 1000
GZIP_BYTES = 4 << 10
POLL_SECONDS = 0.25
ROTATE_SECONDS = 1.0
CONNECT_SECONDS = 5.0
POST_SECONDS = 30.0
MAX_DELAY = 60.0

logger = logging.getLogger("sidelight")


class LineWriter:
    """Appends lines to a file that other workers append to as well and that may be moved away.

    A line is a single write on an O_APPEND descriptor, so lines of several processes never mix.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
        self._lock = threading.Lock()
        self._descriptor = -1
        self._identity = (0, 0)
        self._next_check = self._next_warning = 0.0
        self._dropped = 0
        self._may_follow_torn_line = False

    def write(self, line: Line) -> None:
        with self._lock:
            if self._dropped:
                line["dropped"] = self._dropped
            try:
                self._append(self._encode(line))
            except Exception as error:
                self._drop(error)

    def count_dropped(self, error: BaseException) -> None:
        with self._lock:
            self._drop(error)

    def _append(self, line: str) -> None:
        now = time.monotonic()
        if now >= self._next_check or self._descriptor < 0:
            self._next_check = now + REOPEN_CHECK_SECONDS
            self._follow_path()
        # After a failed write the file may end in half a line, ours or another worker's.
        data = f"\n{line}\n" if self._may_follow_torn_line else f"{line}\n"
        self._may_follow_torn_line = True
        written = os.write(self._descriptor, data.encode())
        if written < len(data):  # the encoder leaves nothing but ASCII
            raise OSError(f"{written} of {len(data)} bytes written")
        self._may_follow_torn_line = False
        self._dropped = 0

    def _follow_path(self) -> None:
        """Opens the file, anew if it was moved away or deleted."""
        if self._descriptor >= 0 and self._was_moved():
            self._close()
        if self._descriptor < 0:
            self._open()

    def _was_moved(self) -> bool:
        try:
            status = os.stat(self._path)
        except FileNotFoundError:
            return True
        return (status.st_dev, status.st_ino) != self._identity

    def _close(self) -> None:
        os.close(self._descriptor)
        self._descriptor = -1

    def _open(self) -> None:
        os.makedirs(os.path.dirname(self._path) or ".", exist_ok=True)
        # O_NONBLOCK: a named pipe that nobody reads must not hold up the proxy.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
        self._descriptor = os.open(self._path, flags, 0o640)
        status = os.fstat(self._descriptor)
        self._identity = (status.st_dev, status.st_ino)

    def _drop(self, error: BaseException) -> None:
        self._dropped += 1
        now = time.monotonic()
        if now >= self._next_warning:
            self._next_warning = now + WARNING_SECONDS
            logger.warning("Sidelight: %d lines lost so far: %s", self._dropped, detail(error))


def detail(error: BaseException) -> str:
    """Only system errors are quoted: the text of others could hold a request's, or the token."""
    return str(error) if isinstance(error, OSError) else type(error).__name__


class SpoolWriter(LineWriter):
    """Writes to a spool: within a bound, and under a lock that says that lines may still come.

    `room`, in bytes, is set by the sender now and then.
    """

    def __init__(self, path: str, room: int) -> None:
        super().__init__(path)
        self.room = room

    def let_go(self) -> None:
        """Closes the file if it was moved away, so that it can be sent to its end."""
        with self._lock:
            if self._descriptor >= 0 and self._was_moved():
                self._close()

    def _append(self, line: str) -> None:
        if len(line) >= self.room:
            raise OSError("the spool is full")
        super()._append(line)
        self.room -= len(line) + 1

    def _open(self) -> None:
        problem = OSError("the spool is moved away again and again")
        for _ in range(3):
            super()._open()
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
                # Before it had the lock, the file may have been moved, and even sent.
                if not self._was_moved():
                    return
            except OSError as error:
                problem = error
            self._close()
        raise problem


class Segment:
    """A part of the spool that nobody writes to any more, and how far it was sent."""

    def __init__(self, path: str, descriptor: int) -> None:
        self._path, self._descriptor = path, descriptor
        self._offset = 0

    def read(self, limit: int) -> Tuple[List[bytes], int]:
        """At most `limit` next lines, and the offset of their end; no lines at the very end."""
        data = os.pread(self._descriptor, BATCH_BYTES, self._offset)
        *lines, rest = data.split(b"\n", limit)
        if not lines and rest:  # a torn last line, or something longer than any line is
            lines, rest = [rest], b""
        return lines, self._offset + len(data) - len(rest)

    def advance(self, end: int) -> None:
        self._offset = end

    def remove(self) -> None:
        try:
            os.unlink(self._path)
        except FileNotFoundError:
            pass
        finally:
            os.close(self._descriptor)


class Spool:
    """The file that all workers write to, and the segments that it was moved away to.

    One process at a time holds the spool, and sends and removes segments. When it dies, another
    one takes over, and sends again what was not yet removed.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._folder, self._name = os.path.dirname(path) or ".", os.path.basename(path)
        self._is_segment = re.compile(re.escape(self._name) + r"\.[0-9]{20}").fullmatch
        self._descriptor = -1

    def hold(self) -> bool:
        """False while another process holds the spool."""
        if self._descriptor >= 0:
            return True
        os.makedirs(self._folder, exist_ok=True)
        self._descriptor = open_locked(f"{self._path}.lock", os.O_RDWR | os.O_CREAT)
        return self._descriptor >= 0

    def size(self) -> int:
        return sum(self._size_of(name) for name in [self._name, *self._segments()])

    def rotate(self, at_least: int) -> bool:
        """Moves the file away if it has that many bytes."""
        if self._size_of(self._name) < at_least:
            return False
        os.rename(self._path, f"{self._path}.{time.time_ns():020d}")
        return True

    def next_segment(self) -> Optional[Segment]:
        """The oldest one that no worker has open for writing."""
        for name in self._segments():
            path = os.path.join(self._folder, name)
            descriptor = open_locked(path, os.O_RDONLY)
            if descriptor >= 0:
                return Segment(path, descriptor)
        return None

    def _segments(self) -> List[str]:
        try:
            return sorted(filter(self._is_segment, os.listdir(self._folder)))
        except FileNotFoundError:
            return []

    def _size_of(self, name: str) -> int:
        try:
            return os.stat(os.path.join(self._folder, name)).st_size
        except FileNotFoundError:
            return 0


def open_locked(path: str, flags: int) -> int:
    """The descriptor; -1 if another one has a lock on the file."""
    descriptor = os.open(path, flags | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            return -1
        raise
    return descriptor


class Answer(NamedTuple):
    status: int
    retry_after: Optional[float]


class Receiver:
    """Sidelight's address, to which lines are posted. Redirects are not followed."""

    def __init__(self, url: str, token: Optional[str], token_file: Optional[str]) -> None:
        self._url, self._token, self._token_file = url, token, token_file
        self._connection: Optional[http.client.HTTPConnection] = None
        self._target = ""

    def post(self, lines: List[bytes]) -> Answer:
        if self._connection is None:
            self._connection = self._new_connection()
        try:
            if self._connection.sock is None:
                self._connection.connect()
            body, headers = b"\n".join(lines) + b"\n", self._headers()
            if len(body) > GZIP_BYTES:
                body = gzip.compress(body, compresslevel=1)
                headers["Content-Encoding"] = "gzip"
            return self._exchange(self._connection, body, headers)
        except BaseException:
            self._connection.close()
            raise

    def disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _headers(self) -> Dict[str, str]:
        headers = {"Content-Type": "application/x-ndjson", "User-Agent": "sidelight-callback"}
        token = self._token
        if self._token_file:  # read anew each time: tokens are renewed
            with open(self._token_file, encoding="utf-8") as file:
                token = file.read(4096).strip()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return headers

    def _new_connection(self) -> http.client.HTTPConnection:
        url = urllib.parse.urlsplit(self._url)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise OSError("SIDELIGHT_URL must begin with http:// or https:// and a host")
        self._target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        if url.scheme == "http":
            return http.client.HTTPConnection(url.hostname, url.port, timeout=CONNECT_SECONDS)
        return http.client.HTTPSConnection(url.hostname, url.port, timeout=CONNECT_SECONDS,
                                           context=ssl.create_default_context())

    def _exchange(self, connection: http.client.HTTPConnection, body: bytes,
                  headers: Dict[str, str]) -> Answer:
        connection.sock.settimeout(POST_SECONDS)
        # The timeout above is for each read: this one is for all of them.
        timer = threading.Timer(POST_SECONDS, cut, [connection.sock])
        timer.daemon = True
        timer.start()
        try:
            connection.request("POST", self._target, body, headers)
            response = connection.getresponse()
            answer = Answer(response.status, retry_after(response.getheader("Retry-After")))
            response.read(BATCH_BYTES)
            if not response.isclosed():
                connection.close()
            return answer
        finally:
            timer.cancel()


def cut(connection: socket.socket) -> None:
    try:
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    except OSError:
        pass


def retry_after(value: Optional[str]) -> Optional[float]:
    """Seconds, from seconds or a date."""
    try:
        if value and not value.strip().isdecimal():
            return email.utils.parsedate_to_datetime(value).timestamp() - time.time()
        return float(value) if value else None
    except (TypeError, ValueError):
        return None


class Sender:
    """Sends a spool, in a thread of its own.

    Sidelight answers 200 when the lines are durable, and knows repeats: so what has no such answer
    is sent again, and nothing of the progress need be kept but the segments that are left.
    """

    def __init__(self, spool: Spool, writer: SpoolWriter, receiver: Receiver, spool_bytes: int,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._spool, self._writer, self._receiver = spool, writer, receiver
        self._spool_bytes, self._clock = spool_bytes, clock
        self._segment: Optional[Segment] = None
        self._limit = BATCH_LINES
        self._failures = 0
        self._next_post = self._next_rotation = self._next_warning = 0.0

    def start(self) -> None:
        threading.Thread(target=self._run, name="sidelight", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(self.step())

    def step(self) -> float:
        """Sends at most one batch; returns after how many seconds it wants to be called again."""
        try:
            return self._step(self._clock())
        except Exception as error:
            self._retry(self._backoff(), detail(error))
            return POLL_SECONDS

    def _step(self, now: float) -> float:
        self._writer.room = self._spool_bytes - self._spool.size()
        self._writer.let_go()
        if not self._spool.hold():
            return POLL_SECONDS
        may_post = now >= self._next_post
        wants_more = may_post and self._segment is None and now >= self._next_rotation
        if self._spool.rotate(at_least=1 if wants_more else SEGMENT_BYTES):
            self._next_rotation = now + ROTATE_SECONDS
            self._writer.let_go()
        if not may_post:
            return POLL_SECONDS
        if self._segment is None:
            self._segment = self._spool.next_segment()
        if self._segment is None:
            self._receiver.disconnect()
            return POLL_SECONDS
        self._send_from(self._segment)
        return 0.0

    def _send_from(self, segment: Segment) -> None:
        lines, end = segment.read(self._limit)
        if not lines:
            self._segment = None
            segment.remove()
            return
        filled = [line for line in lines if line]
        answer = self._receiver.post(filled) if filled else Answer(204, None)
        if 200 <= answer.status < 300:
            self._failures = 0
            self._limit = min(BATCH_LINES, self._limit * 2)
            segment.advance(end)
        elif answer.status in (400, 413, 415, 422):
            self._split(segment, lines, end, answer.status)
        else:
            self._retry(self._delay(answer), f"HTTP {answer.status}")

    def _split(self, segment: Segment, lines: List[bytes], end: int, status: int) -> None:
        """Halves the batch until the line that is refused stands alone."""
        if len(lines) > 1:
            self._limit = len(lines) // 2
            return
        self._writer.count_dropped(OSError(f"Sidelight refused a line: HTTP {status}"))
        segment.advance(end)

    def _delay(self, answer: Answer) -> float:
        if answer.status in (429, 503) and answer.retry_after is not None:
            return min(max(answer.retry_after, 1.0), MAX_DELAY)
        # Somebody has to change something first.
        if 300 <= answer.status < 400 or answer.status in (401, 403, 404):
            return MAX_DELAY
        return self._backoff()

    def _backoff(self) -> float:
        self._failures += 1
        return min(2.0 ** min(self._failures, 6), MAX_DELAY) * random.uniform(0.5, 1.0)

    def _retry(self, delay: float, why: str) -> None:
        now = self._clock()
        self._next_post = now + delay
        if now >= self._next_warning:
            self._next_warning = now + WARNING_SECONDS
            logger.warning("Sidelight: lines wait in the spool, to be sent again: %s", why)


class Failure(NamedTuple):
    reason: str
    code: Optional[str] = None
    error_class: Optional[str] = None


REASON_BY_CLASS = {
    "ProxyModelNotFoundError": "unknown_model", "BudgetExceededError": "budget_exceeded",
    "RouterRateLimitError": "no_deployment", "RouterRateLimitErrorBasic": "no_deployment",
    "ReadError": "stream_broken", "ContextWindowExceededError": "context_window",
    "ContentPolicyViolationError": "content_policy", "NotFoundError": "not_found",
    "AuthenticationError": "credentials", "PermissionDeniedError": "credentials",
    "BlockedPiiEntityError": "blocked", "GuardrailRaisedException": "blocked",
    "GuardrailInterventionNormalStringError": "blocked", "ModifyResponseException": "blocked",
    "Timeout": "timeout",
}
REASON_BY_CODE = {
    "400": "invalid_request", "401": "credentials", "403": "credentials", "404": "not_found",
    "408": "timeout", "413": "invalid_request", "422": "invalid_request", "429": "rate_limited",
    "500": "server_error", "502": "server_error", "503": "overloaded", "504": "timeout",
    "529": "overloaded",
}
# When no deployment was called, the proxy itself refused the request.
REFUSAL_BY_CODE = {"401": "key_rejected", "403": "key_rejected", "429": "quota_exceeded"}
REFUSAL_BY_TYPE = {"budget_exceeded": "budget_exceeded", "no_db_connection": "key_rejected"}
# What LiteLLM reports as a plain 500, or without a code, is told apart by its wording.
REASON_BY_WORDING = (
    ("no_deployment", re.compile(r"no healthy deployment|no deployments available")),
    ("overloaded", re.compile(r"overloaded|unable to process your request")),
    ("connection", re.compile(r"connection error|apiconnectionerror|transferencodingerror"
                              r"|payload is not completed|connection reset"
                              r"|peer closed connection|incomplete chunked read")),
    ("timeout", re.compile(r"timed? ?out")),
)
CONTEXT_WINDOW_WORDING = re.compile(r"context window|context length|(?:prompt|input) is too long")


def classify(error: BaseException, refused: bool = False) -> Failure:
    """The reason of a failure; `refused`: it came before any deployment was called."""
    # The router wraps what broke a stream that it tried to continue elsewhere.
    wrapped = getattr(error, "original_exception", None)
    error = wrapped if isinstance(wrapped, BaseException) else error
    error_class, code = type(error).__name__, status_code(error)
    return Failure(reason_of(error, error_class, code, refused), code, error_class)


def reason_of(error: BaseException, error_class: str, code: Optional[str], refused: bool) -> str:
    reason = REASON_BY_CLASS.get(error_class)
    if refused and reason in (None, "credentials"):
        kind = getattr(error, "type", None)
        refusal = REFUSAL_BY_TYPE.get(kind) if isinstance(kind, str) else None
        if refusal or code in REFUSAL_BY_CODE:
            return refusal or REFUSAL_BY_CODE[code]
        if code == "400" and "guardrail" in wording(error):
            return "blocked"
        if code is None:
            return "internal"
    if reason:
        return reason
    if code == "429":
        vendors_own = getattr(error, "category", None) in (None, "vendor_rate_limit")
        return "rate_limited" if vendors_own else "quota_exceeded"
    if code == "400" and CONTEXT_WINDOW_WORDING.search(wording(error)):
        return "context_window"
    if code in (None, "500", "503"):
        words = wording(error)
        for reason, pattern in REASON_BY_WORDING:
            if pattern.search(words):
                return reason
    return REASON_BY_CODE.get(code or "", "unknown")


def status_code(error: BaseException) -> Optional[str]:
    response = getattr(error, "response", None)
    for holder, name in ((error, "code"), (error, "status_code"), (response, "status_code")):
        code = getattr(holder, name, None)
        if code is not None and str(code).isdecimal():
            return str(code)
    return None


def wording(error: BaseException) -> str:
    message = getattr(error, "message", None)
    return (message if isinstance(message, str) else str(error))[:2000].lower()


class Attempt(NamedTuple):
    """A call to a deployment. `turn` tells it from the next one, even on the same deployment."""

    start: float
    route: Optional[str]
    provider: Optional[str]
    model: Optional[str]
    deployment: Optional[str]
    turn: Tuple[Any, ...]

    def fields(self) -> Line:
        return {"route": self.route, "provider": self.provider, "model": self.model,
                "deployment": self.deployment}


class RequestState:
    """The attempts of a request so far: the open one, and what remains of the failed ones."""

    # Not a dataclass: those need their module in sys.modules, where LiteLLM does not put it.
    open: Optional[Attempt] = None
    last_turn: Optional[Tuple[Any, ...]] = None
    stream_error: Optional[BaseException] = None
    stream_error_time: float = 0.0
    failed: int = 0
    first_attempt: Optional[Attempt] = None
    first_reason: str = ""
    last_route: Optional[str] = None
    route_changes: int = 0

    def begin(self, attempt: Attempt) -> None:
        self.open, self.last_turn, self.stream_error = attempt, attempt.turn, None

    def fail(self, attempt: Attempt, reason: str) -> None:
        self.open, self.last_turn, self.stream_error = None, attempt.turn, None
        self.failed += 1
        self._follow_route(attempt.route)
        if self.first_attempt is None:
            self.first_attempt, self.first_reason = attempt, reason

    def _follow_route(self, route: Optional[str]) -> None:
        if self.last_route is not None and route != self.last_route:
            self.route_changes += 1
        self.last_route = route

    def counts(self, answered: bool, answering_route: Optional[str], fallbacks: Any) -> Line:
        """`fallbacks` is LiteLLM's count: it knows the routes skipped while they cooled down."""
        if answered:
            self._follow_route(answering_route)
        attempts, changes = self.failed + answered, self.route_changes
        if not isinstance(fallbacks, int) or fallbacks < changes:
            fallbacks = changes
        line: Line = {"attempts": attempts, "retries": max(0, attempts - 1 - changes),
                      "fallbacks": fallbacks}
        first = self.first_attempt
        if first is not None:
            line["first_failure"] = known(provider=first.provider, model=first.model,
                                          reason=self.first_reason)
        elif fallbacks:
            line["first_failure"] = {"reason": "no_deployment"}
        return line


class RequestTable:
    """The requests under way, and the keys of those whose line is written; both bounded."""

    def __init__(self) -> None:
        self._live: Dict[RequestKey, RequestState] = {}
        self._finished: Dict[RequestKey, None] = {}

    def state(self, key: Optional[RequestKey]) -> Optional[RequestState]:
        """None if the request is over."""
        found = self._live.get(key)
        if found is None and key is not None and key not in self._finished:
            found = self._live[key] = RequestState()
            if len(self._live) > MAX_LIVE_REQUESTS:
                self._live.pop(next(iter(self._live)), None)
        return found

    def finish(self, key: RequestKey) -> Optional[RequestState]:
        """None if it is finished already: a request has one line, whatever LiteLLM reports."""
        if key in self._finished:
            return None
        self._finished[key] = None
        if len(self._finished) > MAX_FINISHED_REQUESTS:
            self._finished.pop(next(iter(self._finished)), None)
        return self._live.pop(key, None) or RequestState()


NOTHING: Mapping[str, Any] = {}
# Of refusals before the request was taken in, only those of calls to a model are lines.
INFERENCE_PATH = re.compile(r"(completions|embeddings|messages|responses|rerank|moderations|speech"
                            r"|transcriptions|translations|generations|edits|generateContent)$",
                            re.IGNORECASE)
# How LiteLLM's notes on a key, and the attributes of its UserAPIKeyAuth, name the same things.
OWNER_NOTES = {"hash": "api_key", "alias": "key_alias", "team_id": "team_id",
               "team_alias": "team_alias", "org_id": "org_id", "user_id": "user_id",
               "end_user_id": "end_user_id"}
HEX_HASH = re.compile(r"[0-9a-f]{64}")
RATE_LIMIT_HEADERS = tuple(
    (f"{measure}_{kind}", f"llm_provider-x-ratelimit-{measure}-{kind}",
     f"llm_provider-anthropic-ratelimit-{kind}-{measure}")
    for measure in ("remaining", "limit") for kind in ("requests", "tokens")
)


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else NOTHING


def known(**fields: Any) -> Line:
    return {name: value for name, value in fields.items() if value is not None}


def text(value: Any) -> Optional[str]:
    return None if value is None or value == "" else str(value)[:MAX_TEXT]


def seconds(moment: Any) -> Optional[float]:
    if isinstance(moment, datetime):
        moment = moment.timestamp()
    return round(moment, 6) if isinstance(moment, (int, float)) else None


def request_key(call_id: Any, arrival: Any) -> Optional[RequestKey]:
    """None for what did not come in over the proxy's API, such as a health check."""
    if not call_id or not isinstance(arrival, dict) or not arrival:
        return None
    arrival_time = arrival.get("arrival_time")
    return str(call_id)[:MAX_TEXT], arrival_time if isinstance(arrival_time, float) else None


def router_metadata(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The router's notes are in one of two places, depending on the API that was called."""
    for name in ("litellm_metadata", "metadata"):
        found = params.get(name)
        if isinstance(found, dict) and ("model_group" in found or "model_info" in found
                                        or "user_api_key_hash" in found):
            return found
    return mapping(params.get("metadata") or params.get("litellm_metadata"))


def bare_model(model: Any, provider: Any) -> Optional[str]:
    name, prefix = text(model), f"{provider}/"
    return name[len(prefix):] if name and name.startswith(prefix) else name


def owner_fields(owner: Mapping[str, Any], end_user: Any) -> Line:
    """From LiteLLM's notes on the key, all of which begin with user_api_key_."""
    key, alias, team, team_alias, org, user, keys_end_user = (
        text(owner.get("user_api_key_" + name)) for name in OWNER_NOTES)
    if key is not None and not HEX_HASH.fullmatch(key):
        key = hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()  # it may be the key itself
    return {"key": known(id=key and key[:8], alias=alias) or None,
            "team": known(id=team, alias=team_alias) or None,
            "org": org, "user": user, "end_user": text(end_user) or keys_end_user}


def client_tags(tags: Any) -> Optional[List[str]]:
    if not isinstance(tags, (list, tuple)):
        return None
    kept = [tag[:MAX_TEXT] for tag in tags
            if isinstance(tag, str) and not tag.startswith("User-Agent: ")]  # LiteLLM adds those
    return kept[:MAX_TAGS] or None


def rate_limit(headers: Mapping[str, Any]) -> Optional[Line]:
    """As the provider's own headers say; LiteLLM's counters beside them are another matter."""
    limits: Line = {}
    for name, header, anthropic_header in RATE_LIMIT_HEADERS:
        value = headers.get(header) or headers.get(anthropic_header)
        if value is not None and str(value).isdecimal():
            limits[name] = int(value)
    return limits or None


def token_counts(payload: Mapping[str, Any]) -> Line:
    usage = mapping(mapping(payload.get("metadata")).get("usage_object"))
    prompt = mapping(usage.get("prompt_tokens_details"))
    completion = mapping(usage.get("completion_tokens_details"))
    return {
        "input": payload.get("prompt_tokens") or 0,
        "output": payload.get("completion_tokens") or 0,
        "cache_read": prompt.get("cached_tokens") or usage.get("cache_read_input_tokens") or 0,
        "cache_write": (prompt.get("cache_creation_tokens")
                        or usage.get("cache_creation_input_tokens") or 0),
        "reasoning": completion.get("reasoning_tokens") or 0,
    }


def known_cost(payload: Mapping[str, Any]) -> Optional[float]:
    """None if LiteLLM has no price for the model: it reports that as a cost of zero."""
    cost = payload.get("response_cost")
    if cost or payload.get("cache_hit"):
        return cost
    sheet = mapping(mapping(payload.get("model_map_information")).get("model_map_value"))
    prices = mapping(litellm.model_cost.get(sheet.get("key")))
    return 0.0 if any("cost" in name for name in prices) else None


def spool_and_send(path: str, url: str) -> SpoolWriter:
    bound = os.environ.get("SIDELIGHT_SPOOL_BYTES", "")
    spool_bytes = int(bound) if bound.isdecimal() else SPOOL_BYTES
    writer = SpoolWriter(path, spool_bytes)
    receiver = Receiver(url, os.environ.get("SIDELIGHT_TOKEN"),
                        os.environ.get("SIDELIGHT_TOKEN_FILE"))
    Sender(Spool(path), writer, receiver, spool_bytes).start()
    return writer


class SidelightCallback(CustomLogger):
    """Observing hooks only: LiteLLM takes other paths for callbacks that can change a request."""

    def __init__(self, path: Optional[str] = None, meta: Optional[str] = None) -> None:
        super().__init__()
        path = path or os.environ.get("SIDELIGHT_LOG") or "/var/log/sidelight/requests.jsonl"
        url = os.environ.get("SIDELIGHT_URL")
        self._writer = spool_and_send(path, url) if url else LineWriter(path)
        names = (meta or os.environ.get("SIDELIGHT_META") or "power_level").split(",")
        self._meta = [(name.strip(), "x-" + name.strip().lower().replace("_", "-"))
                      for name in names if name.strip()]
        self._requests = RequestTable()

    def log_pre_api_call(self, model, messages, kwargs):
        self._observe(self._attempt_begins, kwargs)

    async def async_post_call_failure_deployment_hook(self, request_data, exception, call_type,
                                                      fallback_depth=None):
        self._observe(self._attempt_failed, request_data, exception)

    async def async_log_failure_event(self, kwargs, response_obj, start_time, end_time):
        self._observe(self._stream_may_have_broken, kwargs, end_time)

    async def async_log_success_event(self, kwargs, response_obj, start_time, end_time):
        self._observe(self._request_answered, kwargs)

    async def async_post_call_failure_hook(self, request_data, original_exception,
                                           user_api_key_dict, traceback_str=None):
        self._observe(self._request_failed, request_data, original_exception, user_api_key_dict)

    def _observe(self, handler: Any, *arguments: Any) -> None:
        try:
            handler(*arguments)
        except Exception as error:
            self._writer.count_dropped(error)

    def _attempt_begins(self, details: Mapping[str, Any]) -> None:
        params = mapping(details.get("litellm_params"))
        key = request_key(details.get("litellm_call_id"), params.get("proxy_server_request"))
        if "litellm_no_upstream_llm_call" in details:
            return  # announced for the log's sake only: the proxy refused or gave up the request
        state = self._requests.state(key)
        if state is None:
            return
        attempt = self._attempt(details, params)
        if state.open is not None:
            if state.open.turn == attempt.turn:
                return  # an API served by means of another: both announce the same call
            # The router went on although no failure was reported: the stream broke.
            self._close_broken_stream(key[0], state)
        state.begin(attempt)

    def _attempt(self, details: Mapping[str, Any], params: Mapping[str, Any]) -> Attempt:
        notes = router_metadata(params)
        provider = text(details.get("custom_llm_provider"))
        route = text(notes.get("model_group"))
        deployment = text(mapping(notes.get("model_info")).get("id"))
        turn = (deployment, route, notes.get("attempted_retries"),
                notes.get("attempted_fallbacks"), len(notes.get("previous_models") or ()))
        model = bare_model(details.get("model"), provider)
        return Attempt(time.time(), route, provider, model, deployment, turn)

    def _attempt_failed(self, data: Mapping[str, Any], error: BaseException) -> None:
        details = mapping(getattr(data.get("litellm_logging_obj"), "model_call_details", None))
        params = mapping(details.get("litellm_params"))
        arrival = params.get("proxy_server_request") or data.get("proxy_server_request")
        key = request_key(data.get("litellm_call_id") or details.get("litellm_call_id"), arrival)
        state = self._requests.state(key)
        if state is None:
            return
        attempt = state.open
        if attempt is None:
            # Either an outer API reports what an inner one did before, or the attempt failed
            # before its call was announced, as when its credentials could not be had.
            attempt = self._attempt(details, params)
            if attempt.turn == state.last_turn or attempt.deployment is None:
                return
        self._write_attempt(key[0], state, attempt, classify(error), time.time())

    def _stream_may_have_broken(self, details: Mapping[str, Any], end_time: Any) -> None:
        """Keeps the error of an attempt still open: no other hook tells why a stream broke."""
        params = mapping(details.get("litellm_params"))
        key = request_key(details.get("litellm_call_id"), params.get("proxy_server_request"))
        state = self._requests.state(key)
        ended = seconds(end_time) or time.time()
        if state is not None and state.open is not None and ended >= state.open.start:
            state.stream_error, state.stream_error_time = details.get("exception"), ended

    def _close_broken_stream(self, call_id: str, state: RequestState) -> None:
        failure, end = Failure("stream_broken"), time.time()
        if state.stream_error is not None:
            failure, end = classify(state.stream_error), state.stream_error_time
            if failure.reason in ("connection", "internal", "unknown"):
                failure = failure._replace(reason="stream_broken")
        self._write_attempt(call_id, state, state.open, failure, end)

    def _write_attempt(self, call_id: str, state: RequestState, attempt: Attempt,
                       failure: Failure, end: float) -> None:
        state.fail(attempt, failure.reason)
        self._writer.write({"v": 1, "kind": "attempt", "id": call_id, "n": state.failed, **known(
            start=seconds(attempt.start), end=seconds(end), **attempt.fields(),
            reason=failure.reason, code=failure.code, **{"class": failure.error_class},
        )})

    def _request_answered(self, details: Mapping[str, Any]) -> None:
        params = mapping(details.get("litellm_params"))
        arrival = params.get("proxy_server_request")
        key = request_key(details.get("litellm_call_id"), arrival)
        state = self._requests.finish(key) if key is not None else None
        if state is None:
            return
        payload = details["standard_logging_object"]
        notes = router_metadata(params)
        hidden = mapping(payload.get("hidden_params"))
        gone = any(mapping(place).get("client_disconnected") for place in
                   (notes, params.get("metadata"), details.get("metadata")))
        cached = payload.get("cache_hit") is True
        stream = bool(details.get("stream") or payload.get("stream"))
        provider, served = text(payload.get("custom_llm_provider")), payload.get("model_group")
        asked = mapping(arrival.get("body")).get("model") or notes.get("original_model_group")
        # LiteLLM's own start of a stream from a fallback is that of the whole request.
        attempt_start = state.open.start if state.open else payload.get("startTime")
        counts = state.counts(not cached, text(served), notes.get("attempted_fallbacks"))
        overhead = hidden.get("litellm_overhead_time_ms") if counts["attempts"] == 1 else None
        self._writer.write({"v": 1, "kind": "request", "id": key[0], **known(
            trace=text(payload.get("trace_id")),
            start=seconds(key[1] or payload.get("startTime")), end=seconds(payload.get("endTime")),
            outcome="cancelled" if gone else "success",
            call=text(payload.get("call_type")), stream=stream,
            route=text(asked or served), served_route=text(served), provider=provider,
            model=bare_model(payload.get("model"), provider),
            deployment=text(payload.get("model_id")),
            attempt_start=None if cached else seconds(attempt_start),
            first_token=(seconds(payload.get("completionStartTime"))
                         if stream and not cached else None),
            **counts, tokens=token_counts(payload), cost_usd=known_cost(payload),
            cache_hit=cached,
            saved_usd=(payload.get("saved_cache_cost") or None) if cached else None,
            **owner_fields(mapping(payload.get("metadata")), payload.get("end_user")),
            tags=client_tags(payload.get("request_tags")), meta=self._meta_of(arrival, notes),
            rate_limit=None if cached else rate_limit(mapping(hidden.get("additional_headers"))),
            overhead=None if overhead is None else round(overhead / 1000, 6),
        )})

    def _request_failed(self, data: Mapping[str, Any], error: BaseException, owner: Any) -> None:
        end, arrival = time.time(), mapping(data.get("proxy_server_request"))
        key = request_key(data.get("litellm_call_id"), arrival)
        if key is not None:
            state = self._requests.finish(key)
        elif data.get("model") or INFERENCE_PATH.search(str(getattr(owner, "request_route", ""))):
            # Refused before the request was taken in, mostly for its key.
            state = RequestState()
            key = text(data.get("litellm_call_id")) or str(uuid.uuid4()), None
        else:
            state = None
        if state is None:
            return
        payload, notes = mapping(data.get("standard_logging_object")), router_metadata(data)
        body = mapping(arrival.get("body"))
        failure = classify(error, refused=not state.failed and state.open is None)
        gone = failure.code == "499"
        stream = bool(data.get("stream") or body.get("stream"))
        answering = state.open if gone else None
        if state.open is not None and not gone:
            if state.stream_error is None and not stream:
                state.stream_error, state.stream_error_time = error, end
            self._close_broken_stream(key[0], state)
        shown = answering or state.first_attempt
        billed = payload if payload.get("response_cost") else None  # as a cut stream is
        fields = shown.fields() if shown else {}
        fields["route"] = text(body.get("model") or data.get("model"))
        self._writer.write({"v": 1, "kind": "request", "id": key[0], **known(
            trace=text(data.get("litellm_trace_id") or payload.get("trace_id")),
            start=seconds(key[1] or payload.get("startTime") or end), end=seconds(end),
            outcome="cancelled" if gone else "failure",
            call=text(payload.get("call_type") or data.get("call_type")), stream=stream, **fields,
            attempt_start=seconds(answering.start) if answering else None,
            **state.counts(answering is not None, answering and answering.route,
                           notes.get("attempted_fallbacks")),
            reason=None if gone else failure.reason, code=failure.code,
            **{"class": failure.error_class},
            tokens=token_counts(billed) if billed else None,
            cost_usd=billed["response_cost"] if billed else None,
            **owner_fields({"user_api_key_" + name: getattr(owner, attribute, None)
                            for name, attribute in OWNER_NOTES.items()}, data.get("user")),
            tags=client_tags(notes.get("tags")), meta=self._meta_of(arrival, notes),
        )})

    def _meta_of(self, arrival: Mapping[str, Any], notes: Mapping[str, Any]) -> Optional[Line]:
        """What the request says wins over its header, and that over what its key says."""
        body, headers = mapping(arrival.get("body")), mapping(arrival.get("headers"))
        sent = (body.get("metadata"), body.get("litellm_metadata"),
                notes.get("requester_metadata"), notes)
        of_key = (notes.get("user_api_key_metadata"), notes.get("user_api_key_auth_metadata"))
        found: Line = {}
        for name, header in self._meta:
            values = [mapping(place).get(name) for place in sent]
            values.append(headers.get(header))
            values += [mapping(place).get(name) for place in of_key]
            value = next((value for value in values if value is not None), None)
            if isinstance(value, bool):
                value = str(value).lower()
            if isinstance(value, (str, int, float)) and value != "":
                found[name] = text(value)
        return found or None


sidelight = SidelightCallback()
