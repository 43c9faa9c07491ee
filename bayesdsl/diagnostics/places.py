"""Spans held against the text they are spans of."""

from __future__ import annotations

from bayesdsl.source import Source, Span


def inside(source: Source, span: Span) -> Span:
    """The part of a span that lies in the text; an empty span at its end where none does."""
    start = max(0, min(span.start, len(source.text)))
    return Span(start, max(start, min(span.end, len(source.text))))


def last_offset(source: Source, span: Span) -> int:
    """The offset of the last character of a span that is not a line's end; the span's start where there is none."""
    end = span.end
    while end > span.start + 1 and source.text[end - 1] in "\r\n":
        end -= 1
    return max(end - 1, span.start)
