"""`bayesdsl graph` draws a spec in the format that is asked for, and touches nothing else."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from bayesdsl.driver import compile_text


def test_without_a_file_it_prints_mermaid(command, schools):
    done = command("graph", "schools.bayes")
    assert (done.status, done.err) == (0, "")
    assert done.out == compile_text(schools.read_text(), name="schools.bayes").graph().mermaid()


@pytest.mark.parametrize(
    ("name", "start"),
    [
        *(("model.svg", "<svg"), ("model.SVG", "<svg"), ("model.dot", "digraph"), ("model.gv", "digraph")),
        *(("model.mmd", "flowchart"), ("model.mermaid", "flowchart")),
    ],
)
def test_the_ending_of_the_file_tells_the_format(command, schools, here, name, start):
    done = command("graph", "schools.bayes", "-o", name)
    assert (done.status, done.out, done.err) == (0, "", "")
    assert (here / name).read_text().startswith(start)


def test_a_format_can_be_named(command, schools, here):
    ElementTree.fromstring(command("graph", "schools.bayes", "--format", "svg").out)
    assert command("graph", "schools.bayes", "--format", "dot").out.startswith("digraph")
    assert command("graph", "schools.bayes", "-o", "model.txt", "--format", "mermaid").status == 0
    assert (here / "model.txt").read_text().startswith("flowchart")


def test_formulas_can_be_left_out(command, schools):
    assert "HalfCauchy" in command("graph", "schools.bayes").out
    assert "HalfCauchy" not in command("graph", "schools.bayes", "--no-formulas").out


@pytest.mark.parametrize("name", ["model.pdf", "model"])
def test_an_ending_that_is_no_format_is_a_wrong_command(command, schools, here, name):
    done = command("graph", "schools.bayes", "-o", name)
    assert done.status == 2
    assert f"no format is known by the ending of `{name}`" in done.err
    assert not (here / name).exists()


def test_a_format_that_is_not_there_is_a_wrong_command(command, schools):
    done = command("graph", "schools.bayes", "--format", "png")
    assert done.status == 2
    assert "`png` is not one of svg, dot, mermaid" in done.err


def test_a_spec_with_errors_gives_no_picture(command, faulty, here):
    done = command("graph", "faulty.bayes", "-o", "model.svg")
    assert (done.status, done.out) == (1, "")
    assert "BD204" in done.err
    assert "BD201" in done.err
    assert not (here / "model.svg").exists()


def test_warnings_do_not_get_into_the_picture(command, doubtful):
    done = command("graph", "doubtful.bayes")
    assert done.status == 0
    assert "BD601" in done.err
    assert "BD601" not in done.out


@pytest.mark.parametrize("target", ["schools.bayes", "./schools.bayes", "other.bayes"])
def test_a_spec_is_never_replaced(command, schools, here, target):
    text = schools.read_text()
    done = command("graph", "schools.bayes", "-o", target, "--format", "svg")
    assert done.status == 2
    assert "is a spec" in done.err
    assert schools.read_text() == text


def test_a_picture_is_replaced(command, schools, here):
    (here / "model.svg").write_text("old")
    assert command("graph", "schools.bayes", "-o", "model.svg").status == 0
    assert (here / "model.svg").read_text().startswith("<svg")


def test_standard_input_is_drawn_too(command, schools):
    done = command("graph", "-", stdin=schools.read_bytes())
    assert done.status == 0
    assert "theta" in done.out


def test_a_spec_that_is_not_there_is_a_wrong_command(command):
    assert command("graph", "missing.bayes").status == 2


def test_names_are_utf8_whatever_the_terminal_is(command):
    done = command("graph", "-", stdin="data s { y = [1, 2] }\nμ ~ Normal(0, 1)\nobserve y ~ Normal(μ, 1)\n")
    assert "μ" in done.out
