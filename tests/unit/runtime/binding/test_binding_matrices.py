"""Matrices of columns: which columns, in which order, over which plate."""

from __future__ import annotations

import io

import numpy as np
import pytest

DOT = "b[f] ~ Normal(0, 1)\nobserve y ~ Normal(dot[f](x, b), 1)\n"
FILE = {"t.csv": "x2,y,x10,x1\n1,2,3,4\n5,6,7,8\n"}
PATTERN = 'data t from "t.csv" { y : real; x[f] = columns("x*") }\n' + DOT

# (spec, the members, the first row)
ORDERS = {
    "the order of the file": (PATTERN, ["x2", "x10", "x1"], [1, 3, 4]),
    "labels of the plate, by name": ('plate f = ["x1", "x2", "x10"]\n' + PATTERN, ["x1", "x2", "x10"], [4, 1, 3]),
    "labels that are other names": ('plate f = ["a", "b", "c"]\n' + PATTERN, ["a", "b", "c"], [1, 3, 4]),
    "labels of which one stands in its place": ('plate f = ["x2", "b", "c"]\n' + PATTERN, ["x2", "b", "c"], [1, 3, 4]),
    "numbers of the plate": ("plate f = 3\n" + PATTERN, [1, 2, 3], [1, 3, 4]),
}


@pytest.mark.parametrize(("spec", "members", "first"), ORDERS.values(), ids=ORDERS)
def test_the_columns_of_a_pattern_stand_in_the_order_of_the_plates_members(bind, spec, members, first):
    bound = bind(spec, files=FILE)
    assert bound.data.coords["f"] == members
    assert bound.inputs["x"].tolist()[0] == first


# (spec, the code, pieces of the message)
WRONG = {
    "no column of that name": (PATTERN.replace("x*", "z*"), "BD752", ["no column that matches `z*`"]),
    "a plate of fewer members": ("plate f = 2\n" + PATTERN, "BD763", ["`f` has 2 members", "`x` has 3 columns"]),
    "a plate of fewer labels": ('plate f = ["x1", "x2"]\n' + PATTERN, "BD763", ["`f` has 2 members"]),
    "a name at another place": ('plate f = ["x1", "b", "c"]\n' + PATTERN, "BD763", ["`x1` is column 3", "member 1"]),
    "two matrices of one plate": (
        PATTERN.replace("}", '; w[f] = columns("?1") }', 1) + "observe w ~ Normal(0, 1)",
        "BD763",
        ["`f` has 3 members", "`w` has 1 column"],
    ),
    "a value outside the type": (PATTERN.replace("x[f]", "x[f] : interval(0, 6)"), "BD753", ["2 values are not: 7"]),
}


@pytest.mark.parametrize(("spec", "code", "pieces"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_matrix_is_found(findings, spec, code, pieces):
    (found,) = findings(spec, files=FILE)
    assert found.code == code, found.message
    assert [piece for piece in pieces if piece not in found.message] == [], found.message


def test_everything_wrong_with_the_columns_of_a_pattern_is_found_with_its_cell(findings):
    found = findings(PATTERN, files={"t.csv": "x1,x2,x3,y\na,1,?,1\nb,2,2,2\n4,,3,1\n"})
    cells = [(d.code, [(cell.line, cell.column) for cell in d.cells]) for d in found]
    assert sorted(cells) == [("BD750", [(2, 1), (3, 1)]), ("BD750", [(2, 5)]), ("BD751", [(4, 3)])]


def test_the_cells_of_a_matrix_are_those_of_its_bad_members(findings):
    (found,) = findings(PATTERN.replace("x[f]", "x[f] : positive"), files={"t.csv": "x1,x2,y\n1,-2,3\n-4,5,6\n"})
    assert [(cell.line, cell.column, cell.text) for cell in found.cells] == [(2, 3, "-2"), (3, 1, "-4")]


def test_a_stack_is_called_as_it_is_written_and_takes_constants(bind):
    spec = "data t { y : real; x[f] = [1, q, log(q) * 2] }\n" + DOT + 'derive d = b[f = "log(q) * 2"]\n'
    bound = bind(spec, {"t": {"y": [1, 2], "q": [1, 2]}})
    assert bound.data.coords["f"] == ["1", "q", "log(q) * 2"]
    np.testing.assert_allclose(bound.inputs["x"], [[1, 1, 0], [1, 2, 2 * np.log(2)]], rtol=1e-15)


def test_a_stack_follows_the_labels_of_its_plate(bind):
    spec = 'plate f = ["p", "q"]\ndata t { y : real; x[f] = [q, p] }\n' + DOT
    bound = bind(spec, {"t": {"y": [1, 2], "q": [1, 2], "p": [3, 4]}})
    assert bound.inputs["x"].tolist() == [[3, 1], [4, 2]]


def test_a_stack_may_name_a_column_twice(bind):
    bound = bind('plate f = ["a", "b"]\ndata t { y : real; x[f] = [q, q] }\n' + DOT, {"t": {"y": [1], "q": [5]}})
    assert bound.inputs["x"].tolist() == [[5, 5]]


def test_two_matrices_of_one_plate_agree_by_name_or_by_place(bind):
    spec = 'data t { y : real; x[f] = columns("x*"); w[f] = columns("w*") }\ndata s { v[f] = [x2, x1]; z : real }\n' + (
        DOT + "observe w ~ Normal(0, 1)\nobserve z ~ Normal(dot[f](v, b), 1)\n"
    )
    t = {"y": [1, 2], "x1": [1, 2], "x2": [3, 4], "w1": [0, 9], "w2": [9, 1]}
    bound = bind(spec, {"t": t, "s": {"x1": [5], "x2": [6], "z": [0]}})
    assert bound.data.coords["f"] == ["x1", "x2"]
    assert bound.inputs["w"].tolist() == [[0, 9], [9, 1]]
    assert bound.inputs["v"].tolist() == [[5, 6]]


def test_a_matrix_of_the_source_is_numbered(bind):
    archive = io.BytesIO()
    np.savez(archive, x=np.arange(6).reshape(2, 3), y=[1, 2])
    bound = bind('data t from "t.npz" { y : real; x[f] : real }\n' + DOT, files={"t.npz": archive.getvalue()})
    assert bound.data.coords["f"] == [1, 2, 3]
    assert bound.inputs["x"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_expressions_take_matrices_column_by_column(bind):
    spec = "data t { y : real; x[f] : real = w * center(q) }\n" + DOT
    bound = bind(spec, {"t": {"y": [1, 2], "q": [[1, 2, 3], [3, 2, 7]], "w": [1, 10]}})
    assert bound.inputs["x"].tolist() == [[-1, 0, -2], [10, 0, 20]]


def test_matrices_of_unlike_width_are_not_computed_together(findings):
    data = {"t": {"q": np.ones((2, 3)), "r": np.ones((2, 2)), "y": [1, 2]}}
    (found,) = findings("data t { y : real; x[f] : real = q + r }\n" + DOT, data)
    assert (found.code, found.message) == ("BD763", "these have 2 and 3 values a row")


def test_matrices_do_not_stack(findings):
    (found,) = findings("data t { y : real; x[f] = [q, y] }\n" + DOT, {"t": {"q": np.ones((2, 3)), "y": [1, 2]}})
    assert (found.code, "several values a row" in found.message) == ("BD763", True)


@pytest.mark.parametrize(("policy", "rows"), [("missing drop", [2]), ("where present(x)", [2])])
def test_a_row_of_a_matrix_is_missing_if_an_element_is(bind, policy, rows):
    spec = f"data t {{ {policy}; y : real; x[f] : real }}\n" + DOT
    bound = bind(spec, {"t": {"y": [1, 2], "x": [[1, None], [3, 4]]}})
    assert bound.data.coords["t"] == rows


KERNEL = "l ~ HalfNormal(1)\nK[p, p'] = exp(-D / l)\nf[p] ~ MultivariateNormal(0, K)\nobserve y ~ Normal(f, 1)\n"
DISTANCES = {"y": [1, 2, 3], "d1": [0, 1, 2], "d2": [1, 0, 3], "d3": [2, 3, 0]}


def test_a_matrix_of_the_rows_themselves_loses_the_columns_of_rows_that_are_left_out(bind):
    spec = 'data p { where y > 1; y : real; D[p\'] : nonnegative = columns("d*") }\n' + KERNEL
    assert bind(spec, {"p": DISTANCES}).inputs["D"].tolist() == [[0, 3], [3, 0]]


def test_a_matrix_of_the_rows_themselves_is_read_by_their_keys(bind):
    spec = 'data p from "-" (key = "d") { where y > 1; y : real; D[p\'] : nonnegative = columns("d?") }\n' + KERNEL
    columns = {"d": ["d3", "d1", "d2"], **DISTANCES}
    bound = bind(spec, {"p": columns})
    assert bound.data.coords["p"] == ["d1", "d2"]
    assert bound.inputs["D"].tolist() == [[1, 0], [2, 3]]


def test_a_matrix_of_the_rows_must_have_a_column_for_each(findings):
    spec = 'data p { y : real; D[p\'] : nonnegative = columns("d*") }\n' + KERNEL
    (found,) = findings(spec, {"p": {name: DISTANCES[name] for name in ("y", "d1", "d2")}})
    assert (found.code, found.message) == ("BD763", "plate `p` has 3 members, and `D` has 2 columns")


def test_a_matrix_over_the_rows_of_another_table_must_fit_them(findings):
    spec = "data c { u = [1, 2, 3] }\ndata d { y = [1, 2]; w[c] = [y, 2 * y] }\n" + (
        "b[c] ~ Normal(u, 1)\nobserve y ~ Normal(dot[c](w, b), 1)\n"
    )
    (found,) = findings(spec)
    assert (found.code, found.message) == ("BD763", "plate `c` has 3 members, and `w` has 2 columns")


def test_a_matrix_over_levels_is_read_by_their_names(bind):
    spec = (
        'data d { y = [1, 2, 3]; g : category = ["a", "b", "a"]; b = [1, 2, 3]; a = [4, 5, 6]; w[g] = [b, a] }\n'
        "z[g] ~ Normal(0, 1)\nobserve y ~ Normal(dot[g](w, z), 1)\n"
    )
    assert bind(spec).inputs["w"].tolist() == [[4, 1], [5, 2], [6, 3]]


def test_what_depends_on_a_matrix_that_is_not_sound_is_not_reported(findings):
    spec = "data t { y : real; x[f] : positive }\n" + (
        "b[f] ~ Normal(0, 1)\nobserve y ~ Normal(dot[f](x, b), 1)\nderive d = b[f = 7]\n"
    )
    assert [d.code for d in findings(spec, {"t": {"y": [1], "x": [[-1, 2]]}})] == ["BD753"]
