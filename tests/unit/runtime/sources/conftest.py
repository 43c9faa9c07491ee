"""Files to read and the reading of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.runtime.sources import RawTable, SourceError, read_source


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Writes a file of the test's directory and gives its name."""

    def write_file(content: str | bytes, name: str = "data.csv") -> str:
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    return write_file


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., RawTable]:
    def read_given(given: object, replaced: bool = False, **options: object) -> RawTable:
        return read_source(given, options, tmp_path, name="nation", replaced=replaced)

    return read_given


@pytest.fixture
def problem(read: Callable[..., RawTable]) -> Callable[..., Diagnostic]:
    """The one thing that is wrong with a source."""

    def problem_of(given: object, replaced: bool = False, **options: object) -> Diagnostic:
        with pytest.raises(SourceError) as caught:
            read(given, replaced, **options)
        (diagnostic,) = caught.value.diagnostics
        return diagnostic

    return problem_of


class Site:
    """A server on this machine. `pages` maps a path to a status, headers and a body; `asked` are the paths so far."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                status, headers, body = site.pages.get(self.path, (404, {}, b"no such page"))
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"

    def put(self, path: str, body: bytes, status: int = 200, **headers: str) -> str:
        self.pages[path] = (status, headers, body)
        return self.address + path


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("BAYESDSL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site
    site.server.shutdown()
    site.server.server_close()
    thread.join()
