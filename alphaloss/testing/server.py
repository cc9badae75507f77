"""A language model service on loopback that says what a script tells it to."""

from __future__ import annotations

import contextlib
import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from types import TracebackType
from typing import Self

from alphaloss.testing import faults
from alphaloss.testing.wire import Answer, Request, Wire, wire

Line = str | Answer | Wire
"""What a script says for one request: a text, an answer with more to it, or a fault."""

_PATIENCE_SECONDS = 10  # for a client that announced more than it sends


class MockLLM:
    """A real HTTP server that speaks chat completions; for tests of whatever calls one.

    It answers one request with one line of its script, in the order in which they come, and keeps the requests. When
    the script is at its end it asks `then`, if it was given one, and else refuses.

    >>> import json, urllib.request
    >>> from alphaloss.testing import MockLLM, faults
    >>> with MockLLM(["Try a smaller exponent.", faults.server_error()]) as llm:
    ...     body = {"model": "m", "messages": [{"role": "user", "content": "Any ideas?"}]}
    ...     request = urllib.request.Request(f"{llm.url}/chat/completions", json.dumps(body).encode())
    ...     with urllib.request.urlopen(request) as response:
    ...         answer = json.load(response)
    >>> answer["choices"][0]["message"]["content"]
    'Try a smaller exponent.'
    >>> llm.requests[0].messages
    [('user', 'Any ideas?')]

    Args:
        script: texts, `Answer`s and faults, in order; `enqueue` adds more.
        then: answers a request when the script is at its end; called in the thread of the request.
        models: what `/v1/models` lists.
        seconds: that each answer takes, beside what the answer itself asks for.
    """

    def __init__(
        self,
        script: Iterable[Line] = (),
        *,
        then: Callable[[Request], Line] | None = None,
        models: Sequence[str] = ("mock",),
        seconds: float = 0.0,
    ) -> None:
        self.requests: list[Request] = []
        """All requests so far that asked for a completion, in the order in which they came."""
        self._script = deque(script)
        self._then = then
        self._models = tuple(models)
        self._seconds = seconds
        self._lock = threading.Lock()  # of the script and the requests: a thread a request
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="MockLLM")
        self._thread.start()

    @property
    def url(self) -> str:
        """The `base_url` of the service; its port is free at any time, so that many can run."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def enqueue(self, *lines: Line) -> None:
        """Adds lines to the end of the script."""
        with self._lock:
            self._script.extend(lines)

    def close(self) -> None:
        """Ends the service, requests that hang included."""
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def respond(self, request: Request) -> Wire:
        """What the service sends for a request."""
        if request.path.endswith("/models"):
            return wire({"object": "list", "data": [{"id": name, "object": "model"} for name in self._models]})
        if not request.path.endswith("/chat/completions"):
            return faults.error(404, f"There is nothing at {request.path}.")
        with self._lock:
            self.requests.append(request)
            line = self._script.popleft() if self._script else None
        if line is None and self._then:
            line = self._then(request)
        if line is None:
            return faults.error(400, "The script of this MockLLM is at its end. Give it more lines, or `then`.")
        if isinstance(line, str):
            line = Answer(line)
        return line.wire(request) if isinstance(line, Answer) else line

    def wait(self, seconds: float | None) -> bool:
        """Waits so long, or until the service closes; whether it closes."""
        return self._closing.wait(seconds)

    @property
    def seconds(self) -> float:
        """That each answer takes."""
        return self._seconds


class _Server(ThreadingTCPServer):
    # Not an HTTPServer: it looks up the name of the host, which can take seconds without a network.
    allow_reuse_address = True
    request_queue_size = 128


def _handler(llm: MockLLM) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _PATIENCE_SECONDS

        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing: tests read standard error."""

        def _answer(self, body: dict[str, object]) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            response = llm.respond(Request(self.path, headers, body))
            with contextlib.suppress(ConnectionError):  # the client went away, as many faults make it do
                self._play(response)

        def _play(self, response: Wire) -> None:
            waited = None if response.hangs else llm.seconds + response.seconds
            if llm.wait(waited) or response.cut_at == -1:
                return
            self.send_response(response.status)
            for name, value in {**response.headers, "Content-Length": str(len(response.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            body = response.body[: response.cut_at]
            if not response.drip_seconds:
                self.wfile.write(body)
                return
            for byte in body:
                self.wfile.write(bytes([byte]))
                if llm.wait(response.drip_seconds):
                    return

    return Handler
