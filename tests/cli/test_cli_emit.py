"""`bayesdsl emit` prints a program that runs, and never writes over what it did not write."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from bayesdsl.driver import compile_text


def test_the_program_is_what_the_compiler_makes_of_the_spec(command, schools):
    done = command("emit", "schools.bayes")
    assert (done.status, done.err) == (0, "")
    assert done.out == compile_text(schools.read_text(), name="schools.bayes").source
    compile(done.out, "schools.py", "exec")


def test_the_number_type_is_chosen(command, schools):
    assert "DTYPE = torch.float64" in command("emit", "schools.bayes").out
    assert "DTYPE = torch.float32" in command("emit", "schools.bayes", "--dtype", "float32").out


def test_warnings_do_not_get_into_the_program(command, doubtful):
    done = command("emit", "doubtful.bayes")
    assert done.status == 0
    assert "BD601" in done.err
    assert "BD601" not in done.out


def test_a_spec_with_errors_gives_no_program(command, faulty):
    done = command("emit", "faulty.bayes")
    assert (done.status, done.out) == (1, "")
    assert "BD204" in done.err
    assert "BD201" in done.err


def test_a_spec_that_is_not_there_is_a_wrong_command(command):
    assert command("emit", "missing.bayes").status == 2


def test_standard_input_is_compiled_too(command, schools):
    done = command("emit", "-", stdin=schools.read_bytes())
    assert done.status == 0
    assert "def model(" in done.out


def test_a_program_is_written_to_a_file_and_replaced_there(command, schools, here):
    assert command("emit", "schools.bayes", "-o", "schools.py").status == 0
    written = here / "schools.py"
    assert written.read_text() == command("emit", "schools.bayes").out
    written.chmod(0o640)
    assert command("emit", "schools.bayes", "-o", "schools.py", "--dtype", "float32").status == 0
    assert "torch.float32" in written.read_text()
    assert stat.S_IMODE(written.stat().st_mode) == 0o640
    assert sorted(path.name for path in here.iterdir()) == ["schools.bayes", "schools.py"]


def test_a_file_of_somebody_else_is_replaced_by_force_alone(command, schools, here):
    (here / "notes.py").write_text("mine = 1\n")
    done = command("emit", "schools.bayes", "-o", "notes.py")
    assert done.status == 2
    assert "`bayesdsl emit` did not write it" in done.err
    assert (here / "notes.py").read_text() == "mine = 1\n"
    assert command("emit", "schools.bayes", "-o", "notes.py", "--force").status == 0
    assert "def model(" in (here / "notes.py").read_text()


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_the_spec_itself_is_never_replaced(command, schools, force):
    text = schools.read_text()
    done = command("emit", "schools.bayes", "-o", "./schools.bayes", *force)
    assert done.status == 2
    assert "is the spec itself" in done.err
    assert schools.read_text() == text


def test_a_directory_that_is_not_there_is_told(command, schools):
    done = command("emit", "schools.bayes", "-o", "no/such.py")
    assert done.status == 2
    assert "`no/such.py` cannot be written: no such file or directory" in done.err


def test_a_pipe_is_written_to_and_not_replaced(command, schools, here):
    os.mkfifo(here / "pipe")
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit((here / "pipe").read_text)
        assert command("emit", "schools.bayes", "-o", "pipe").status == 0
        assert "def model(" in read.result(timeout=60)
    assert stat.S_ISFIFO((here / "pipe").stat().st_mode)


def test_a_program_is_utf8_whatever_the_terminal_is(command):
    done = command("emit", "-", stdin="data s { y = [1, 2] }\nμ ~ Normal(0, 1)  # mü\nobserve y ~ Normal(μ, 1)\n")
    assert done.status == 0
    assert "# mü" in done.out


def test_the_program_for_numpyro_needs_jax_and_numpyro_alone(command, schools):
    done = command("emit", "schools.bayes", "--target", "numpyro")
    assert (done.status, done.err) == (0, "")
    assert done.out == compile_text(schools.read_text(), name="schools.bayes").emit("numpyro")
    assert "torch" not in done.out
    compile(done.out, "schools.py", "exec")


def test_a_program_for_numpyro_is_replaced_where_it_was_written(command, schools, here):
    assert command("emit", "schools.bayes", "-o", "schools.py").status == 0
    assert command("emit", "schools.bayes", "-o", "schools.py", "--target", "numpyro").status == 0
    assert "import numpyro" in (here / "schools.py").read_text()


def test_what_numpyro_does_not_have_gives_no_program(command):
    text = "data s { y = [1, 2] }\na ~ Stable(1.5, 0)\nobserve y ~ Normal(a, 1)\n"
    done = command("emit", "-", "--target", "numpyro", stdin=text)
    assert (done.status, done.out) == (1, "")
    assert "BD838" in done.err


@pytest.mark.parametrize("options", [("--target", "stan"), ("--target", "numpyro", "--dtype", "float32")])
def test_a_target_or_a_number_type_that_it_does_not_take_is_a_wrong_command(command, schools, options):
    assert command("emit", "schools.bayes", *options).status == 2
