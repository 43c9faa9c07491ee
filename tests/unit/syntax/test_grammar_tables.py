"""The grammar and its tables: kept between runs where that is possible, and made anew where it is not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bayesdsl.source import Source
from bayesdsl.syntax import grammar, tokens
from bayesdsl.syntax.parser import parse

SPEC = Source("test.bayes", "a ~ Normal(0, 1)\nobserve y ~ Normal(a, 1)\n")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty place for the tables, and no parser in memory."""
    place = tmp_path / "cache"
    monkeypatch.setenv("BAYESDSL_CACHE", str(place))
    forget()
    yield place
    forget()


def forget() -> None:
    grammar.lark.cache_clear()
    grammar.terminals.cache_clear()


def parses() -> bool:
    return len(parse(SPEC).spec.statements) == 2


def fails(*_, **__):
    raise AssertionError("not to be called")


def test_tables_are_kept_and_read_again(cache, monkeypatch):
    assert parses()
    (file,) = cache.iterdir()
    before = file.read_bytes(), file.stat().st_mtime_ns
    forget()
    monkeypatch.setattr(grammar, "_write", fails)
    assert parses()
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:3],
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: b"no tables" * 100,
        lambda data: bytes(len(data)),
    ],
    ids=["empty", "a few bytes", "half", "one bit", "text", "zeros"],
)
def test_damaged_tables_are_made_anew(cache, damage):
    assert parses()
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    forget()
    assert parses()
    assert grammar._read(file) is not None
    assert abs(file.stat().st_size - len(whole)) < len(whole) / 10


@pytest.mark.parametrize("content", [{}, {"data": {}, "memo": {}}, [1], None], ids=repr)
def test_tables_of_another_make_are_made_anew(cache, content):
    import marshal
    import zlib

    assert parses()
    (file,) = cache.iterdir()
    data = marshal.dumps(content)
    file.write_bytes(zlib.crc32(data).to_bytes(4, "big") + data)
    forget()
    assert parses()
    assert file.stat().st_size > 10_000


def test_tables_of_another_grammar_are_not_used(cache, monkeypatch):
    assert parses()
    text = grammar.grammar_text()
    monkeypatch.setattr(grammar, "grammar_text", lambda: text.replace('"observe"', '"see"'))
    forget()
    assert not parses()
    assert len(parse(Source("test.bayes", "see y ~ Normal(a, 1)")).spec.statements) == 1
    assert len(list(cache.iterdir())) == 2


def test_a_place_that_cannot_be_made_is_done_without(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BAYESDSL_CACHE", str(tmp_path / "file" / "cache"))
    forget()
    assert parses()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    forget()


def test_a_place_that_cannot_be_written_is_done_without(cache, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    cache.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr("tempfile.mkstemp", refuse)
        assert parses()
    assert list(cache.iterdir()) == []
    forget()
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", refuse)
        assert parses()
    assert list(cache.iterdir()) == []


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_place_that_may_only_be_read_is_done_without(cache):
    cache.mkdir()
    cache.chmod(0o500)
    assert parses()
    assert list(cache.iterdir()) == []


def test_no_home_directory_is_done_without(monkeypatch):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(grammar, "cache_directory", homeless)
    forget()
    assert parses()
    forget()


def test_processes_that_begin_at_once_do_not_disturb_each_other(cache):
    code = (
        "from bayesdsl.source import Source; from bayesdsl.syntax.parser import parse; "
        "print(len(parse(Source('t', 'a ~ Normal(0, 1)')).spec.statements))"
    )
    root = str(Path(grammar.__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root, "BAYESDSL_CACHE": str(cache)}
    running = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(6)
    ]
    for process in running:
        assert process.communicate(timeout=60) == (b"1\n", b"")
    assert len(list(cache.iterdir())) == 1
    assert parses()


# The grammar and the tokens


@pytest.mark.parametrize("kind", ["NAME", "NUMBER", "STRING"])
def test_the_grammar_says_what_a_token_is(kind: str):
    assert grammar.lark().get_terminal(kind).pattern.value.replace("\n", "\\n") == getattr(tokens, kind)


def test_every_terminal_of_the_grammar_is_that_of_some_token():
    terminals = {terminal.name for terminal in grammar.lark().terminals}
    assert terminals == set(grammar.terminals().values()) | set(grammar.KINDS.values())


def test_every_word_of_the_language_is_in_the_grammar():
    words = {text for text in grammar.terminals() if text.isalpha()}
    assert words == tokens.KEYWORDS


def test_every_operator_is_in_the_grammar():
    signs = {text for text in grammar.terminals() if not text.isalpha() and text not in "()[]{},:;"}
    assert signs == tokens.OPERATORS - tokens.RESERVED


def test_parsing_needs_none_of_the_heavy_imports():
    code = (
        "import sys; from bayesdsl.source import Source; from bayesdsl.syntax.parser import parse; "
        "assert not parse(Source('t', 'a ~ Normal(0, 1)')).diagnostics; "
        "print(sorted(m for m in ('numpy', 'pandas', 'pydantic', 'pyro', 'torch', 'bayesdsl.syntax.snippets') "
        "if m in sys.modules))"
    )
    root = str(Path(grammar.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": root}, capture_output=True, timeout=60
    )
    assert done.stdout == b"[]\n"
