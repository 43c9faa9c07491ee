"""Text to AST, with every syntax error of the file in one go.

    "a ~ Normal(0, 1)"  ->  Spec(statements=(Prior(targets=(a,), dist=Call(Normal, ..)),))

A statement that cannot be read is left out and the rest is read without it, so that each mistake is one finding; the
names that stand in it are kept, for the checker not to call them undeclared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bayesdsl.diagnostics.diagnostic import Diagnostic
from bayesdsl.source import Source
from bayesdsl.syntax import ast, errors
from bayesdsl.syntax.brackets import MAX_BRACKETS
from bayesdsl.syntax.build import Builder, span_of
from bayesdsl.syntax.grammar import Refused, parse_tokens
from bayesdsl.syntax.outline import Segment, outline

if TYPE_CHECKING:
    from lark import Tree

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 250
MAX_FINDINGS = 20
# How many tokens are read again after errors in large blocks before the block is given up.
MAX_REREAD = 200_000

__all__ = ["MAX_BRACKETS", "MAX_CHARACTERS", "MAX_DEPTH", "MAX_FINDINGS", "Parsed", "parse"]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A spec, what was wrong with it, and the names that stood in statements that could not be read."""

    spec: ast.Spec
    diagnostics: tuple[Diagnostic, ...]
    broken_names: frozenset[str] = frozenset()


def parse(source: Source) -> Parsed:
    """Parse a spec. Never raises on what a user wrote; the first `MAX_FINDINGS` mistakes are reported."""
    if len(source.text) > MAX_CHARACTERS:
        return Parsed(ast.Spec(source), (errors.too_large(source, len(source.text), MAX_CHARACTERS),))
    outlined = outline(source)
    parser = _Parser(source)
    statements = tuple(s for segment in outlined.segments for s in parser.statements(segment))
    if outlined.remarks:
        first, *more = outlined.remarks
        parser.findings.append(errors.remark(source, first.span, first.text, len(more)))
    comments = tuple(ast.Comment(token.text.rstrip(), token.span, alone) for token, alone in outlined.comments)
    findings = sorted(parser.findings, key=lambda finding: finding.primary.span.start if finding.primary else 0)
    spec = ast.Spec(source, statements, comments)
    return Parsed(spec, tuple(findings[:MAX_FINDINGS]), frozenset(parser.lost))


class _Parser:
    """Reads statements one by one and keeps what was found on the way."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.builder = Builder(source)
        self.findings = self.builder.findings
        self.lost = self.builder.lost
        self.reread = 0

    def statements(self, segment: Segment) -> tuple[ast.Statement, ...]:
        """The statement of a segment, or none where it cannot be read."""
        tree = self._tree(segment)
        if tree is None:
            return ()
        deep = _too_deep(tree)
        if deep is not None:
            self._give_up(segment, errors.expression_too_deep(self.source, span_of(deep), MAX_DEPTH))
            return ()
        return self.builder.statements(tree)

    def _survey(self, segment: Segment) -> None:
        """Set aside what is known to be wrong without the grammar, from the outside in."""
        from bayesdsl.syntax import explain  # Its tables are needed by specs with mistakes alone.

        finding = explain.known(self.source, segment)
        if finding is not None:
            self._give_up(segment, finding)
            return
        inner = list(segment.inner())
        if inner:
            self._read(segment, header_only=True)
        if not segment.broken:
            for statement in inner:
                self._survey(statement)

    def _tree(self, segment: Segment) -> Tree | None:
        """The tree of a statement, less the broken statements in its braces; None if it is broken itself."""
        if segment.sound:
            try:
                return parse_tokens(segment.stream())
            except Refused:
                pass  # What stands in the way is found below.
        if len(self.findings) < MAX_FINDINGS:
            self._survey(segment)
        while not segment.broken:
            if len(self.findings) >= MAX_FINDINGS or self.reread > MAX_REREAD:
                self._give_up(segment)
                break
            tree = self._read(segment)
            if tree is not None:
                return tree
            self.reread += sum(1 for _ in segment.tokens())
        return None

    def _read(self, segment: Segment, header_only: bool = False) -> Tree | None:
        """Try to parse a statement; give up the one in it that is at fault."""
        try:
            return parse_tokens(segment.stream(header_only))
        except Refused as refused:
            from bayesdsl.syntax import explain

            wrong = explain.culprit(segment, refused)
            self._give_up(wrong, explain.explain(self.source, wrong, refused))
            return None

    def _give_up(self, segment: Segment, finding: Diagnostic | None = None) -> None:
        segment.broken = True
        self.lost |= segment.names()
        if finding is not None:
            self.findings.append(finding)


# The rules of the grammar by which expressions hold others.
NESTING = frozenset({"binary", "unary", "call", "index", "list", "tuple", "parens"})


def _too_deep(tree: Tree) -> Tree | None:
    """An expression that nests deeper than the recursive passes further on could follow on Python's stack."""
    stack: list[tuple[Tree, int, Tree]] = [(tree, 0, tree)]
    while stack:
        node, depth, outermost = stack.pop()
        if node.data in NESTING:
            outermost = outermost if depth else node
            depth += 1
            if depth > MAX_DEPTH:
                return outermost
        stack.extend((child, depth, outermost) for child in node.children if hasattr(child, "children"))
    return None
