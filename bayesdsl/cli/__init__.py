"""The command line: `bayesdsl VERB ..`.

Each verb is a module with `parser()`, its arguments, and `run(options)`, which gives the exit status. Nothing is
imported before it is needed, so that `bayesdsl check` answers at once.

Exit statuses: 0 done; 1 the spec or its data have findings, or a run failed; 2 the command line is wrong or asks for
what is not there; 70 a bug in bayesdsl; 130 interrupted, also where the draws so far were kept; 141 whoever read the
output stopped reading.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from bayesdsl.cli.failures import INTERRUPTED, Usage, reported

HELP = ("-h", "--help")

# What each verb is for, in the order in which one comes to need them.
VERBS: dict[str, str] = {
    "check": "find the mistakes in specs, without running anything",
    "run": "infer: a table, whether to trust it, and a directory with the draws",
    "show": "show a run again",
    "report": "a page about a run: figures and drawings, one file of HTML",
    "predict": "what a run says of new rows, or of a grid",
    "export": "a run's predictor as a program, for Python and C++",
    "simulate": "data from the prior or from values of your own, ready to be fitted",
    "graph": "draw the model as a picture",
    "compile": "what runs of a spec compile, ahead: for machines without a compiler",
    "emit": "print the Pyro program of a spec",
    "fmt": "lay specs out in the standard way",
    "doctor": "what there is on this machine for a run, and whether it works",
    "explain": "a finding's code, a distribution, a function, an engine's settings",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, `sys.argv` by default, and give its exit status. Nothing is raised."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return reported(lambda: _dispatch(given), given)
    except KeyboardInterrupt:  # a second one, while the first was being reported
        return INTERRUPTED


def _dispatch(arguments: list[str]) -> int:
    if not arguments:
        from bayesdsl.cli import screen
        from bayesdsl.cli.guide import top

        screen.say(top(), sys.stderr)
        return 2
    first, *rest = arguments
    if first in (*HELP, "help"):
        return _help(rest)
    if first in ("-V", "--version"):
        from bayesdsl import __version__
        from bayesdsl.cli import screen

        screen.say(f"bayesdsl {__version__}", sys.stdout)
        return 0
    if first not in VERBS:
        raise _no_such_verb(first)
    if not set(HELP).isdisjoint(rest):
        return _help([first])
    verb = import_module(f"bayesdsl.cli.{first}")
    return verb.run(verb.parser().parse(rest))


def _help(topics: list[str]) -> int:
    from bayesdsl.cli import screen
    from bayesdsl.cli.guide import top

    verb = next((topic for topic in topics if not topic.startswith("-")), None)
    if verb is not None and verb not in VERBS:
        raise _no_such_verb(verb)
    text = top() if verb is None else import_module(f"bayesdsl.cli.{verb}").parser().format_help().rstrip("\n")
    screen.say(text, sys.stdout)
    return 0


def _no_such_verb(word: str) -> Usage:
    """What to say to a command that is none: a spec's name, an option, a slip of the keyboard."""
    from pathlib import Path

    from bayesdsl.catalogue.spelling import nearest

    if word.endswith(".bayes") or Path(word).exists():
        hint = f"check it:  bayesdsl check {word}\nrun it:    bayesdsl run {word}"
        return Usage(f"say what to do with `{word}`", hint)
    if word.startswith("-"):
        return Usage(f"options come after the command, and `{word}` stands before it", "bayesdsl check SPEC --quiet")
    near = nearest(word, VERBS)
    known = f"the commands are {', '.join(VERBS)}; `bayesdsl --help` tells what they do"
    return Usage(f"there is no command `{word}`", f"did you mean `bayesdsl {near}`?" if near else known)
