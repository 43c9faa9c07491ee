"""Text is laid out as a terminal shows it, and cannot act on the terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesdsl.diagnostics.text import CUT, encodable, layout, shown, text_width, visible


@pytest.mark.parametrize(
    ("char", "written"),
    [
        ("\x1b", "\\x1b"),
        ("\n", "\\n"),
        ("\r", "\\r"),
        ("\t", "\\t"),
        ("\x00", "\\x00"),
        ("\x7f", "\\x7f"),
        ("\x9b", "\\x9b"),
        ("\u00a0", "\\xa0"),
        ("\u200b", "\\u200b"),
        ("\u202e", "\\u202e"),
        ("\u2028", "\\u2028"),
        ("\ufeff", "\\ufeff"),
        ("\udc80", "\\udc80"),
        ("\U000e0001", "\\U000e0001"),
        ("é", "é"),
        ("数", "数"),
        (" ", " "),
    ],
)
def test_controls_and_what_cannot_be_seen_are_written_out(char: str, written: str):
    assert visible(f"a{char}b") == f"a{written}b"


@pytest.mark.parametrize(
    ("text", "width"),
    [("abc", 3), ("数据", 4), ("ｆ", 2), ("e\u0301", 1), ("\u1112\u1161\u11ab", 2), ("σ²", 2), ("", 0)],
)
def test_width_counts_columns_not_characters(text: str, width: int):
    assert text_width(text) == width


def test_tabs_reach_to_the_next_stop():
    assert layout("\ta\tbcd\te").text == "    a   bcd e"
    assert layout("\ta\tbcd\te").columns == (0, 4, 5, 8, 9, 10, 11, 12, 13)


def test_tabs_are_counted_in_columns_after_wide_characters():
    assert layout("数\tx").text == "数  x"


def test_a_text_that_is_too_wide_is_cut_with_a_sign():
    assert shown("abcdef", 6) == "abcdef"
    assert shown("abcdefg", 6) == "abcde" + CUT
    assert shown("数据数据", 6) == "数据" + CUT
    assert shown("a" * 1_000_000, 6) == "aaaaa" + CUT


def test_a_pile_of_combining_characters_is_cut():
    assert len(shown("e" + "\u0301" * 100_000, 10)) < 100


@given(st.text())
def test_visible_text_has_no_control_or_invisible_character(text: str):
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert not [char for char in visible(text) if unicodedata.category(char) in hidden]


@given(st.text(), st.integers(1, 30))
def test_shown_text_fits(text: str, width: int):
    assert text_width(shown(text, width)) <= width


@given(st.text())
def test_a_layout_ends_where_its_text_ends(text: str):
    line = layout(text)
    assert len(line.columns) == len(line.pieces) + 1 == len(text) + 1
    assert line.width == text_width(line.text)


@given(st.text(st.characters()))
def test_encodable_text_can_be_encoded(text: str):
    encodable(text).encode("utf-8")


def test_undecodable_bytes_of_a_file_name_become_encodable():
    name = b"caf\xe9.bayes".decode("utf-8", "surrogateescape")
    assert encodable(name) == "caf\\udce9.bayes"
