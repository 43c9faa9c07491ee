"""A C++ program that needs libtorch alone gives the numbers of `predict`: built against the installed wheel."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from reference.gallery import ROWS_OF_THE_FIT_ALONE, SPECS

HERE = Path(__file__).resolve().parent
EXPORTED = [path.stem for path in SPECS if path.stem not in ROWS_OF_THE_FIT_ALONE]

# Draws for many rows: of images there are many numbers.
FEW = 5

# Compiling against torch's headers takes half a minute.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, built with the CMake files of the installed torch."""
    if shutil.which("cmake") is None or not any(map(shutil.which, ("c++", "g++", "clang++"))):
        pytest.skip("no cmake or no C++ compiler")
    build = tmp_path_factory.mktemp("cpp")
    prefix = f"-DCMAKE_PREFIX_PATH={torch.utils.cmake_prefix_path}"
    for command in (["cmake", "-S", str(HERE / "cpp"), "-B", ".", prefix], ["cmake", "--build", "."]):
        done = subprocess.run(command, cwd=build, capture_output=True, encoding="utf-8", timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr
    return build / "predictor"


def write_columns(path: Path, columns: dict, texts: set[str]) -> None:
    """A line a column: its kind, its name, how many values a row has, and the values."""
    lines = []
    for name, values in columns.items():
        if name in texts:
            lines.append(["text", name, "1", *values])
        else:
            array = np.asarray(values, dtype=np.float64)
            width = array.shape[1] if array.ndim == 2 else 0
            lines.append(["number", name, str(width), *map(repr, array.ravel().tolist())])
    path.write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")


def read_draws(path: Path) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    with path.open("rb") as file:
        while head := file.readline():
            name, *sizes = head.decode().split()
            shape = tuple(map(int, sizes))
            found[name] = np.frombuffer(file.read(8 * int(np.prod(shape))), dtype=np.float64).reshape(shape)
    return found


@pytest.mark.parametrize("rows", [1, 7, 5000])
@pytest.mark.parametrize("name", EXPORTED)
def test_the_program_gives_what_predict_gives(case, program, name, rows, tmp_path):
    found = case(name)
    draws = FEW if rows > 100 else None
    predictor = found.fit.predictor(draws=draws)
    archive, columns, drawn = predictor.save(tmp_path / "p.pt"), tmp_path / "columns.txt", tmp_path / "draws"
    used = {*predictor.metadata["numbers"], *predictor.metadata["texts"]}
    new = found.rows(rows)
    flat = {name: values for name, values in new.items() if name in used} or dict([next(iter(new.items()))])
    write_columns(columns, flat, set(predictor.metadata["texts"]))
    done = subprocess.run([program, archive, columns, "11", drawn], capture_output=True, encoding="utf-8", timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["format"] == "bayesdsl-predictor"
    expected, given = found.fit.predict(new, seed=11, draws=draws).draws, read_draws(drawn)
    assert given.keys() == expected.keys()
    for quantity in given:
        # One process may use other instructions than another for the same operation: the last bits may differ.
        np.testing.assert_allclose(given[quantity], expected[quantity], rtol=1e-13, atol=1e-13)
