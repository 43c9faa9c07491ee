"""Files from the network, kept by their checksum.

What an address gave is stored under its SHA-256 in a directory of the user's cache, so that a spec with a checksum
runs again without a network, and with the same bytes.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import socket
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from bayesdsl.resources import cache_directory
from bayesdsl.runtime.sources import errors
from bayesdsl.runtime.sources.content import refuse_web_page
from bayesdsl.runtime.sources.errors import SourceError

TIMEOUT = 30.0  # seconds without a byte
DEADLINE = 1800.0  # seconds for the whole file
_PART = 2**16


class _Failed(Exception):
    """A download that did not work out; its text says why."""


def is_address(given: str) -> bool:
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", given) is not None


def file_name(address: str) -> str:
    """The last part of an address's path, with what was escaped in it."""
    path = re.split("[?#]", address.partition("://")[2], maxsplit=1)[0]
    return urllib.parse.unquote(path.partition("/")[2].rpartition("/")[2])


def fetch(
    address: str, table: str, sha256: str | None, limit: int, *, fixed: bool = True, timeout: float = TIMEOUT
) -> bytes:
    """The bytes at an address, from the cache if it has them.

    `limit` is the most bytes to take, `timeout` the seconds to wait for each part. `fixed` demands a checksum: where
    none was given, the error names the one that the file has. Raises `SourceError`.
    """
    scheme = address.partition("://")[0].lower()
    if scheme not in ("http", "https"):
        raise SourceError(errors.unsupported_address(address, scheme))
    if sha256 is not None and (kept := _from_cache(sha256, limit)) is not None:
        return kept
    try:
        data = _download(address, limit, timeout)
    except _Failed as reason:
        raise SourceError(errors.download_failed(address, table, str(reason))) from None
    actual = hashlib.sha256(data).hexdigest()
    if actual != sha256:
        refuse_web_page(data, address)
    if sha256 is not None and actual != sha256:
        raise SourceError(errors.checksum_mismatch(address, sha256, actual))
    kept_now = _to_cache(actual, data)
    if sha256 is None and fixed:
        raise SourceError(errors.checksum_missing(address, actual, len(data), kept_now))
    return data


def _kept_at(sha256: str) -> Path | None:
    """Where the file of this checksum is kept; None for a user without a home to keep it in."""
    try:
        return cache_directory() / "sources" / sha256
    except RuntimeError:
        return None


def _from_cache(sha256: str, limit: int) -> bytes | None:
    """The kept file, unless there is none or it was damaged."""
    path = _kept_at(sha256)
    try:
        if path is None or path.stat().st_size > limit:
            return None
        data = path.read_bytes()
    except OSError:
        return None
    return data if hashlib.sha256(data).hexdigest() == sha256 else None


def _to_cache(sha256: str, data: bytes) -> bool:
    """Keeps a file, in one step so that no one reads half of it. False if it cannot be kept."""
    path = _kept_at(sha256)
    if path is None:
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    except OSError:
        return False
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.replace(name, path)
    except OSError:
        os.unlink(name)
        return False
    return True


def _download(address: str, limit: int, timeout: float) -> bytes:
    until = time.monotonic() + DEADLINE
    try:
        request = urllib.request.Request(
            _quoted(address), headers={"User-Agent": "bayesdsl", "Accept-Encoding": "identity", "Accept": "*/*"}
        )
        with _opener().open(request, timeout=timeout) as response:
            announced = _length(response)
            if announced is not None and announced > limit:
                raise SourceError(errors.too_large(address, announced, limit))
            parts, size = [], 0
            while part := response.read1(_PART):
                size += len(part)
                parts.append(part)
                if size > limit:
                    raise SourceError(errors.too_large(address, None, limit))
                if time.monotonic() > until:
                    raise _Failed(f"it was not finished after {DEADLINE:.0f} seconds")
    except urllib.error.HTTPError as reason:
        with reason:
            raise _Failed(f"the server answered {reason.code} {reason.reason}".rstrip()) from None
    except urllib.error.URLError as reason:
        raise _Failed(_network_reason(reason.reason, timeout)) from None
    except (OSError, http.client.HTTPException, ValueError) as reason:
        raise _Failed(_network_reason(reason, timeout)) from None
    if announced is not None and size < announced:
        raise _Failed(f"the connection closed after {size} of {announced} bytes")
    return b"".join(parts)


def _opener() -> urllib.request.OpenerDirector:
    """Opens http and https alone, so that no redirection leads to a local file."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _quoted(address: str) -> str:
    """The address with blanks and letters outside ASCII escaped, and what is escaped already left alone."""
    return urllib.parse.quote(address, safe="%/:=&?~#+!$,;'@()*[]")


def _length(response: http.client.HTTPResponse) -> int | None:
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isdecimal() else None


def _network_reason(reason: object, timeout: float) -> str:
    match reason:
        case socket.gaierror():
            return "its host is not known here; is there a network?"
        case TimeoutError():
            return f"no answer in {timeout:g} seconds"
        case ConnectionRefusedError():
            return "the host refuses the connection"
        case OSError() if reason.strerror:
            return reason.strerror
    return " ".join(str(reason).split()) or type(reason).__name__
