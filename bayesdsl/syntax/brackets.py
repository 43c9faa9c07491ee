"""Which brackets belong together, and which are wrong."""

from __future__ import annotations

from dataclasses import dataclass

from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.source import Source
from bayesdsl.syntax import errors
from bayesdsl.syntax.lines import ANY, CONTINUING, beginning, line_end
from bayesdsl.syntax.tokens import BLANK, CLOSING, PARTNER, Token

MAX_BRACKETS = 50


@dataclass(slots=True)
class _Open:
    """A bracket that waits for its partner; `indent` is the column at which its line begins."""

    index: int
    bracket: str
    indent: int


class Brackets:
    """Which brackets belong together.

    `partner` maps the index of an opening bracket to that of its closing one, `closes` are the latter; `left_open` maps
    that of one without partner to the index up to which it seems to reach; `findings` are by index. `unopened` are
    those `}` that close nothing, `remarks` the comments of other languages that hold the partner of a bracket on their
    line, and so are none.
    """

    def __init__(self, source: Source, tokens: list[Token], following: list[int]) -> None:
        self.source = source
        self.tokens = tokens
        self.partner: dict[int, int] = {}
        self.left_open: dict[int, int] = {}
        self.findings: dict[int, Diagnostic] = {}
        self.unopened: set[int] = set()
        self.remarks: set[int] = set()
        self.stack: list[_Open] = []
        self._match(following)
        self.closes = frozenset(self.partner.values())

    def is_brace(self, i: int) -> bool:
        return self.tokens[i].text.rstrip().endswith("{")

    def _match(self, following: list[int]) -> None:
        line, ignored, deep, before = 0, 0, 0, ""
        for i, token in enumerate(self.tokens):
            if token.kind not in BLANK:
                before = token.text
            if token.kind == "newline":
                line = i + 1
                self._end_line(before, following[i])
            elif token.kind in ("unclosed", "remark"):
                self._swallowed(i, line)
            elif token.kind != "bracket":
                continue
            elif token.text in PARTNER:
                if len(self.stack) < MAX_BRACKETS:
                    self.stack.append(_Open(i, token.text, self.tokens[line].column))
                else:
                    if not ignored:
                        self.findings[i] = errors.brackets_too_deep(self.source, token.span, MAX_BRACKETS)
                        deep = i
                    ignored += 1
            elif ignored:
                ignored -= 1
                self.left_open[deep] = i + 1
            else:
                self._close(i, token)
        for left in self.stack:
            self._report(left)
            if left.bracket == "{":
                self.left_open[left.index] = self._reach(left)

    def _end_line(self, before: str, after: int) -> None:
        """A statement that begins inside ( ) or [ ] means that the bracket was forgotten on the line before."""
        if not self.stack or self.stack[-1].bracket == "{" or after == len(self.tokens):
            return
        # `name = ..` may be an argument, unless it stands to the left of all arguments and after no comma.
        goes_on = before in CONTINUING or before in PARTNER or before == "of"
        inside = goes_on or self.tokens[after].column > self.stack[-1].indent
        if beginning(self.tokens, after) in ANY - ({"="} if inside else set()):
            while self.stack and self.stack[-1].bracket != "{":
                self._report(self.stack.pop())

    def _swallowed(self, i: int, line: int) -> None:
        """A string without its end or a remark has swallowed what would close the brackets opened on its line."""
        token = self.tokens[i]
        if token.kind == "remark" and not CLOSING & set(token.text):
            return
        while self.stack and self.stack[-1].index >= line and (self.stack[-1].bracket != "{" or "}" in token.text):
            self.left_open[self.stack.pop().index] = line_end(self.tokens, i)
            if token.kind == "remark":
                self.remarks.add(i)
        if token.kind == "unclosed" and self.is_brace(i):
            self.stack.append(_Open(i, "{", self.tokens[line].column))

    def _close(self, i: int, token: Token) -> None:
        for depth in range(len(self.stack) - 1, -1, -1):
            bracket = self.stack[depth].bracket
            if PARTNER[bracket] == token.text:
                for left in self.stack[depth + 1 :]:
                    self._report(left)
                self.partner[self.stack[depth].index] = i
                del self.stack[depth:]
                return
            if bracket == "{":
                break
        top = self.stack[-1] if self.stack else None
        if top is None:
            self.findings[i] = errors.unmatched_bracket(self.source, token.span, token.text)
            if token.text == "}":
                self.unopened.add(i)
        else:
            self.findings[i] = errors.wrong_bracket(
                self.source, token.span, token.text, self.tokens[top.index].span, PARTNER[top.bracket]
            )
            if top.bracket != "{":
                self.stack.pop()

    def _report(self, left: _Open) -> None:
        self.findings[left.index] = errors.unclosed_bracket(self.source, self.tokens[left.index].span, left.bracket)

    def _reach(self, left: _Open) -> int:
        """Where a block without its `}` ends, going by how far its lines are indented; else with the file."""
        body: int | None = None
        within = left.index
        for i in range(left.index + 1, len(self.tokens)):
            token = self.tokens[i]
            within = max(within, self.partner.get(i, 0))
            if self.tokens[i - 1].kind != "newline" or token.kind in BLANK:
                continue
            if body is None:
                body = token.column
            if body > left.indent >= token.column and token.text not in CLOSING and i > within:
                return i
        return len(self.tokens)
