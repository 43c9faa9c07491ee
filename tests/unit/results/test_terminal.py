"""What a run shows, on a terminal and where there is none."""

from __future__ import annotations

import io
import re
import threading

import pytest

from bayesdsl.results import terminal
from bayesdsl.results.summary import summarise
from bayesdsl.results.table import text_width
from bayesdsl.results.terminal import ProgressView, describe_facts, show_summary, show_verdict
from bayesdsl.results.verdict import judge
from bayesdsl.runtime.progress import Progress

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch):
    def make(columns: int = 80, **environment: str) -> Screen:
        for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "LINES"):
            monkeypatch.delenv(name, raising=False)
        for name, value in {"COLUMNS": str(columns), "TERM": "xterm-256color", **environment}.items():
            monkeypatch.setenv(name, value)
        return Screen()

    return make


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def run_lines(seconds_a_step: float, steps: int = 1000, chains: int = 1) -> list[str]:
    """The lines of a run of so many draws a chain, without warmup."""
    stream, clock = io.StringIO(), Clock()
    view = terminal._Lines(stream, chains, clock)
    for done in range(steps + 1):
        for chain in range(chains):
            view.report(Progress(chain, "draws", done, steps, {"step_size": 0.5}))
        clock.now += seconds_a_step
    return stream.getvalue().splitlines()


def test_a_fast_run_has_one_line_a_chain():
    lines = run_lines(0.001, chains=4)
    assert lines == [f"chain {chain}  draws 1000/1000  step size 0.5" for chain in (1, 2, 3, 4)]


def test_a_run_of_minutes_has_a_line_for_each_tenth():
    lines = run_lines(0.1)
    assert [line.split()[1] for line in lines] == [f"{done}/1000" for done in range(100, 1001, 100)]


def test_a_run_of_seconds_has_a_line_at_most_every_five():
    assert len(run_lines(0.02)) == 4


def test_a_very_slow_run_shows_that_it_is_alive():
    lines = run_lines(30.0, steps=100)
    assert len(lines) == 50


def test_the_end_of_a_chain_is_told_once_and_the_end_of_warmup_is_not_the_end():
    stream, clock = io.StringIO(), Clock()
    view = terminal._Lines(stream, 1, clock)
    for phase in ("warmup", "draws"):
        for done in (0, 5, 10, 10):
            view.report(Progress(0, phase, done, 10))
    assert stream.getvalue() == "draws 10/10\n"


def test_lines_go_to_the_stream_without_colour_or_bars():
    stream = io.StringIO()
    with ProgressView(chains=2, stream=stream) as view:
        view.report(Progress(1, "steps", 10, 10, {"loss": 246.123}))
    assert stream.getvalue() == "chain 2  steps 10/10  loss 246.12\n"


def test_the_note_of_a_run_is_told_once(screen):
    note = "engine: Pyro's, because [this] is not to be compiled"
    for stream in (io.StringIO(), screen(100)):
        with ProgressView(stream=stream) as view:
            for done in (1, 2):
                view.report(Progress(0, "draws", done, 2, note=note))
        assert stream.getvalue().count(note) == 1


def test_quiet_says_nothing(screen):
    for stream in (io.StringIO(), screen()):
        with ProgressView(chains=4, quiet=True, stream=stream) as view:
            view.report(Progress(0, "draws", 10, 10))
        assert stream.getvalue() == ""


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_terminal_shows_a_bar_a_chain_that_fits(screen, columns):
    stream = screen(columns)
    with ProgressView(chains=3, stream=stream) as view:
        for phase in ("warmup", "draws"):
            for chain in range(3):
                view.report(Progress(chain, phase, 1000, 1000, {"step_size": 0.412, "divergences": float(chain)}))
    last = ANSI.sub("", stream.getvalue().rsplit("\x1b[2K", 1)[-1]).strip("\r\n").splitlines()
    frames = [line for line in ANSI.sub("", stream.getvalue()).splitlines() if line.strip()]
    assert max(text_width(line.strip("\r")) for line in frames) <= columns
    assert any("chain 3 draws" in line for line in frames)
    assert last
    if columns >= 80:
        assert any("step size 0.412  2 divergent" in line for line in frames)


def test_a_dumb_terminal_gets_lines(screen):
    stream = screen(TERM="dumb")
    with ProgressView(stream=stream) as view:
        view.report(Progress(0, "draws", 10, 10))
    assert stream.getvalue() == "draws 10/10\n"


def test_a_terminal_is_left_as_it_was_when_a_run_fails(screen):
    stream = screen()

    def interrupted() -> None:
        with ProgressView(stream=stream) as view:
            view.report(Progress(0, "draws", 1, 10))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert stream.getvalue().rindex("\x1b[?25h") > stream.getvalue().rindex("\x1b[?25l")


@pytest.mark.parametrize("on_terminal", [False, True])
def test_chains_may_report_from_threads(screen, on_terminal):
    stream = screen() if on_terminal else io.StringIO()

    def chain(number: int) -> None:
        for done in range(0, 101, 10):
            view.report(Progress(number, "draws", done, 100))

    with ProgressView(chains=8, stream=stream) as view:
        threads = [threading.Thread(target=chain, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    text = ANSI.sub("", stream.getvalue())
    assert all(f"chain {number} " in text for number in range(1, 9))
    assert text.count("100/100") >= 8


def test_facts_are_told_in_words_and_zero_divergences_not_at_all():
    assert describe_facts({"step_size": 0.41234, "divergences": 0.0}) == "step size 0.412"
    assert describe_facts({"divergences": 3.0, "unknown": 1.0}) == "3 divergent"
    assert describe_facts({"loss": 1.5e9}) == "loss 1.5000e+09"


# Summary and verdict


@pytest.fixture
def troubled(penguins):
    posterior = penguins()
    posterior.draws["tau"][2] += 3
    return posterior


def shown(stream: io.StringIO, posterior, **options: object) -> str:
    summary = summarise(posterior)
    show_summary(summary, stream, **options)
    show_verdict(judge(posterior, summary), stream)
    return stream.getvalue()


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_nothing_is_wider_than_the_terminal(screen, troubled, columns):
    text = ANSI.sub("", shown(screen(columns), troubled))
    assert max(text_width(line) for line in text.splitlines()) <= columns
    assert "Do not use these draws yet" in text


@pytest.mark.parametrize("columns", range(50, 100, 7))
def test_what_is_to_be_typed_stays_on_one_line(screen, troubled, columns):
    text = ANSI.sub("", shown(screen(columns), troubled))
    assert "`warmup = 1000, draws = 1000`" in text
    assert "\N{NO-BREAK SPACE}" not in text


def test_colour_marks_the_trouble_and_nothing_depends_on_it(screen, troubled):
    coloured = shown(screen(), troubled)
    assert re.search(r"\x1b\[1;31mtau", coloured)
    assert not re.search(r"\x1b\[1;31mmu", coloured)
    plain = shown(screen(NO_COLOR="1"), troubled)
    assert ANSI.sub("", coloured) == ANSI.sub("", plain)
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", plain)


def test_elsewhere_it_is_plain_text_with_every_column(troubled):
    text = shown(io.StringIO(), troubled)
    assert "\x1b" not in text
    assert " ".join(text.splitlines()[0].split()) == "mean sd median 5% 95% ESS bulk ESS tail R-hat MCSE"
    assert all(line == line.rstrip() for line in text.splitlines())


def test_columns_that_find_no_room_are_named(screen, troubled):
    text = ANSI.sub("", shown(screen(60), troubled))
    assert re.search(r"not shown for want of room: .*MCSE.* \(all in summary\.json\)", " ".join(text.split()))


def test_markup_in_labels_is_text(screen, penguins):
    posterior = penguins()
    posterior.coords["species"] = ["[red]Adelie", ":smile:", "Gentoo"]
    text = ANSI.sub("", shown(screen(120), posterior))
    assert 'a["[red]Adelie"]' in text
    assert "a[:smile:]" in text


def test_a_stream_that_cannot_hold_a_label_gets_a_mark(penguins):
    posterior = penguins()
    posterior.coords["species"] = ["Ærø", "東京", "Gentoo"]
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    show_summary(summarise(posterior), stream)
    assert b"a[?r?]" in raw.getvalue()


def test_long_plates_are_cut_and_say_where_the_rest_is(penguins):
    text = shown(io.StringIO(), penguins(), limit=1, elsewhere="all in runs/one/summary.json")
    assert "  ... 2 more; all in runs/one/summary.json" in text.splitlines()
