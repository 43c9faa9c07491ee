"""Addresses: checksums, the cache, and every way in which a network fails."""

from __future__ import annotations

import gzip
import hashlib
import socket

import pytest

from bayesdsl.runtime.sources import remote

BODY = b"x,y\n1,2\n3,4\n"
SUM = hashlib.sha256(BODY).hexdigest()


def test_a_file_is_fetched_once_and_then_kept(site, read):
    address = site.put("/rugged.csv", BODY)
    first = read(address, sha256=SUM)
    assert (first.rows, first.sha256, first.name) == (2, SUM, address)
    assert read(address, sha256=SUM.upper()).rows == 2
    assert site.asked == ["/rugged.csv"]


def test_what_is_kept_needs_no_network(site, read):
    address = site.put("/rugged.csv", BODY)
    read(address, sha256=SUM)
    site.server.shutdown()
    site.server.server_close()
    assert read(address, sha256=SUM).rows == 2


def test_an_address_without_a_checksum_is_told_the_one_it_has(site, problem, read):
    address = site.put("/rugged.csv", BODY)
    found = problem(address)
    assert found.code == "BD732"
    assert f'sha256 = "{SUM}"' in found.hint
    assert found.notes == ("it gave 12 bytes now, kept for the next run",)
    # Written down, it needs no second fetch.
    assert read(address, sha256=SUM).rows == 2
    assert site.asked == ["/rugged.csv"]


def test_an_address_that_replaces_the_source_needs_no_checksum(site, read):
    address = site.put("/rugged.csv", BODY)
    assert read(address, True, sha256="0" * 64).sha256 == SUM


def test_another_file_than_was_meant_is_refused_and_not_kept(site, problem, tmp_path):
    address = site.put("/rugged.csv", BODY)
    found = problem(address, sha256="0" * 64)
    assert found.code == "BD731"
    assert ["0" * 64 in found.notes[0], SUM in found.notes[1]] == [True, True]
    assert not (tmp_path / "cache").exists()


def test_a_damaged_copy_is_fetched_again(site, read, tmp_path):
    address = site.put("/rugged.csv", BODY)
    read(address, sha256=SUM)
    (tmp_path / "cache" / "sources" / SUM).write_bytes(b"x\nwrong\n")
    assert read(address, sha256=SUM).columns["x"].as_text().tolist() == ["1", "3"]
    assert len(site.asked) == 2


def test_a_cache_that_cannot_be_written_does_not_matter(site, read, problem, tmp_path):
    (tmp_path / "cache").write_text("a file where the directory should be")
    address = site.put("/rugged.csv", BODY)
    assert read(address, sha256=SUM).rows == 2
    assert "kept" not in problem(address).notes[0]


def test_without_a_home_nothing_is_kept(site, read, problem, monkeypatch):
    def homeless() -> None:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(remote, "cache_directory", homeless)
    address = site.put("/rugged.csv", BODY)
    assert read(address, sha256=SUM).rows == 2
    assert "kept" not in problem(address).notes[0]


@pytest.mark.parametrize("path", ["/d.csv.gz", "/a%20b.csv.gz?version=2#top", "/a b/ô.csv.gz"])
def test_packed_files_and_odd_names(site, read, path):
    packed = gzip.compress(BODY)
    asked = {"/a b/ô.csv.gz": "/a%20b/%C3%B4.csv.gz"}.get(path, path.partition("#")[0])
    site.put(asked, packed)
    assert read(site.address + path, sha256=hashlib.sha256(packed).hexdigest()).rows == 2


def test_an_address_without_a_name_needs_a_format(site, read, problem):
    address = site.put("/download?id=3", BODY)
    assert problem(address, sha256=SUM).code == "BD707"
    assert read(address, sha256=SUM, format="csv").rows == 2


def test_redirections_are_followed(site, read):
    site.put("/old.csv", b"", status=302, Location="/new.csv")
    site.put("/new.csv", BODY)
    assert read(site.address + "/old.csv", sha256=SUM).rows == 2


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x.csv", "/loop.csv"])
def test_redirections_do_not_lead_out_of_the_network_or_for_ever(site, problem, target):
    found = problem(site.put("/loop.csv", b"", status=302, Location=target), sha256=SUM)
    assert found.code == "BD730"


# (status, headers, body, options, code, what the message or a note says)
ANSWERS = [
    (404, {}, b"", {"sha256": SUM}, "BD730", "404"),
    (500, {}, b"", {"sha256": SUM}, "BD730", "500"),
    (404, {}, b"", {}, "BD730", "404"),
    (200, {"Content-Length": "100"}, BODY, {"sha256": SUM}, "BD730", "after 12 of 100 bytes"),
    (200, {}, b"<!DOCTYPE html><html></html>", {"sha256": SUM}, "BD719", "web page"),
    (200, {}, b"<html></html>", {}, "BD719", "web page"),
    (200, {}, BODY * 1000, {"sha256": SUM, "max_gb": 1e-6}, "BD704", "larger than the limit"),
    (200, {}, b"", {"sha256": hashlib.sha256(b"").hexdigest()}, "BD705", "is empty"),
]


@pytest.mark.parametrize(("status", "headers", "body", "options", "code", "text"), ANSWERS)
def test_answers_that_are_not_the_file(site, problem, status, headers, body, options, code, text):
    found = problem(site.put("/rugged.csv", body, status=status, **headers), **options)
    assert found.code == code
    assert text in found.message


def test_a_body_without_an_announced_length_is_held_to_the_limit(site, problem):
    # No number, so nothing was announced.
    address = site.put("/rugged.csv", BODY * 1000, **{"Content-Length": "unknown"})
    assert problem(address, sha256=SUM, max_gb=1e-6).code == "BD704"


def test_a_host_that_refuses(problem, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        found = problem(f"http://127.0.0.1:{taken.getsockname()[1]}/rugged.csv", sha256=SUM)
    assert (found.code, "refuses" in found.message) == ("BD730", True)
    assert "--data nation=PATH" in found.hint


def test_a_host_that_is_not_known(problem, monkeypatch):
    def unknown(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    found = problem("https://nowhere.invalid/rugged.csv", sha256=SUM)
    assert (found.code, "is there a network?" in found.message) == ("BD730", True)


def test_a_host_that_is_silent(tmp_path, monkeypatch):
    from bayesdsl.runtime.sources import SourceError

    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("BAYESDSL_CACHE", str(tmp_path))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(SourceError) as caught:
            remote.fetch(f"http://127.0.0.1:{silent.getsockname()[1]}/x.csv", "nation", SUM, 1000, timeout=0.05)
    assert "no answer in 0.05 seconds" in caught.value.diagnostic.message


@pytest.mark.parametrize("address", ["ftp://h/x.csv", "file:///x.csv", "s3://bucket/x.csv", "c++://x/x.csv"])
def test_other_kinds_of_address(problem, address):
    assert problem(address, sha256=SUM).code == "BD733"


@pytest.mark.parametrize(
    "address",
    ["http://", "https:///x.csv", "http://[::1/x.csv", "http://h:port/x.csv", "http://a\nb/x.csv", "http://.../x.csv"],
)
def test_addresses_that_are_none(problem, address, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    assert problem(address, sha256=SUM, format="csv").code == "BD730"


def test_a_path_with_a_colon_is_a_path(write, read):
    assert read(write("x\n1\n", "a:b.csv")).rows == 1
