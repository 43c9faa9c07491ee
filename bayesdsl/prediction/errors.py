"""What can be wrong with a prediction, one function for each thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bayesdsl.catalogue.spelling import nearest
from bayesdsl.diagnostics.diagnostic import Diagnostic, Label
from bayesdsl.lower.predictable import Obstacle
from bayesdsl.model import ir
from bayesdsl.source import Source

LISTED = 5

# Why a quantity cannot be computed for new rows, by the kind of obstacle: what is so, and what to do.
OBSTACLES: dict[str, tuple[str, str]] = {
    "joint": ("`{what}` has all rows of `{plate}` in one value", "predict the quantities that it depends on"),
    "reduced": (
        "`{what}` is computed from all rows of `{plate}`, and a run keeps only what is reported",
        "give it a name with `derive`, so that the fit's own value is used",
    ),
    "along": (
        "`{what}` runs along all rows of `{plate}`",
        "report it with `derive`, and the rows of the fit can be predicted",
    ),
    "other rows": (
        "`{what}` looks at other rows of `{plate}`",
        "report it with `derive`, and the rows of the fit can be predicted",
    ),
    "not drawn": ("predictors have no draws of `{what}`", "predict the quantities that it depends on"),
    "flat": ("an improper prior has no draws", "give it a proper prior"),
    "layer": ("`{what}` is not computed in predictions", "predict the quantities before it"),
}
# Why unseen levels of a plate cannot be drawn.
FIXED: dict[str, str] = {
    "joint": "`{what}` has all levels in one value",
    "no prior": "`{what}` is a param, which has no prior",
    "restricted": "the prior of `{what}` is cut down to a type",
    "flat": "the prior of `{what}` is improper",
    "not drawn": "predictors have no draws of `{what}`",
    "reduced": "`{what}` is a quantity of the fit",
    "all levels": "`{what}` looks at all levels together",
    "level data": "`{what}` of a level that is not in the data is not known",
}


def _listed(names: Sequence[object]) -> str:
    more = f" and {len(names) - LISTED:,} more" if len(names) > LISTED else ""
    return ", ".join(f"`{name}`" for name in names[:LISTED]) + more


def _rows(count: int) -> str:
    return f"{count:,} row" + ("" if count == 1 else "s")


def cannot_predict(model: ir.Model, name: str, obstacle: Obstacle, warning: bool = False) -> Diagnostic:
    """A quantity that has no value for new rows: an error where nothing is left to predict, else a warning."""
    message, hint = OBSTACLES[obstacle.kind]
    return Diagnostic(
        "BD821" if warning else "BD820",
        f"`{name}` cannot be predicted: {message.format(what=obstacle.what, plate=obstacle.plate)}",
        model.source,
        Label(obstacle.span),
        hint=hint,
    )


def nothing_to_predict(spec: str) -> Diagnostic:
    return Diagnostic("BD820", f"{spec} has no likelihood and no definition over the rows of a table")


def which_table(tables: Sequence[str], given: str | None) -> Diagnostic:
    known = _listed(tables)
    if given is None:
        message = f"the rows of {known} can be predicted, and predictions are for one table"
        return Diagnostic("BD822", message, hint=f"say which: --table {tables[0]}")
    near = nearest(given, tables)
    hint = f"did you mean `{near}`?" if near else f"there are predictions for {known}"
    return Diagnostic("BD822", f"there is nothing to predict for rows of `{given}`", hint=hint)


def unknown_column(name: str, table: str, known: Sequence[str]) -> Diagnostic:
    near = nearest(name, known)
    listed = f"they depend on {_listed(known)}" if known else "they depend on no column"
    return Diagnostic(
        "BD823",
        f"predictions for `{table}` do not depend on a column `{name}`",
        hint=f"did you mean `{near}`?" if near else listed,
    )


def missing_from_grid(names: Sequence[str], given: Sequence[str]) -> Diagnostic:
    verb = "is" if len(names) == 1 else "are"
    return Diagnostic(
        "BD823",
        f"{_listed(names)} {verb} needed, and the grid has {_listed(given) or 'no column'}",
        hint=f"fix it with --at {names[0]}=VALUE, or add --grid {names[0]}=LOW:HIGH:NUMBER",
    )


def bad_grid(name: str, text: str, reason: str) -> Diagnostic:
    return Diagnostic(
        "BD823", f"the grid `{name}={text}` {reason}", hint=f"write {name}=LOW:HIGH:NUMBER, or {name}=VALUE,VALUE,.."
    )


def grid_and_data() -> Diagnostic:
    return Diagnostic("BD823", "rows are given both as data and as a grid", hint="leave one of them out")


def large_grid(rows: int, limit: int) -> Diagnostic:
    return Diagnostic(
        "BD823", f"the grids make {rows:,} rows together; the limit is {limit:,}", hint="use fewer points"
    )


def rows_unknown(model: ir.Model, table: str, latents: Sequence[str], count: int, first: Sequence[int]) -> Diagnostic:
    """Rows that the fit does not know, where latents of the rows are needed."""
    span = next(s.span for s in model.statements if getattr(s, "name", None) == latents[0])
    rows = f"{_rows(count)} ({', '.join(map(str, first))}{', ..' if count > len(first) else ''})"
    key = model.tables[table].key
    what = f"not among its keys (`{key}`)" if key else "new"
    return Diagnostic(
        "BD824",
        f"`{latents[0]}` is known for the rows of `{table}` in the fit, and {rows} "
        f"{'is' if count == 1 else 'are'} {what}",
        model.source,
        Label(span),
        hint=f"to draw it for new rows from its prior, add the line `unseen {table} redraw` and run again",
    )


def no_new_rows(model: ir.Model, table: str, latent: str) -> Diagnostic:
    """An exported predictor is for new rows alone."""
    span = next(s.span for s in model.statements if getattr(s, "name", None) == latent)
    return Diagnostic(
        "BD824",
        f"`{latent}` is known for the rows of `{table}` in the fit, and a predictor is for new ones",
        model.source,
        Label(span),
        hint=f"to draw it for new rows from its prior, add the line `unseen {table} redraw` and run again",
    )


def unseen(finding: Diagnostic, plate: str, fixed: Obstacle | None) -> Diagnostic:
    """A level that the fit does not know, with what can be done when predicting."""
    if fixed is None:
        hint = finding.hint if finding.hint and finding.hint.startswith("did you mean") else None
        redraw = f"to draw it from its prior, add the line `unseen {plate} redraw` and run again"
        return replace(finding, hint=hint or redraw)
    reason = FIXED[fixed.kind].format(what=fixed.what)
    return replace(finding, hint=f"it cannot be drawn from its prior: {reason}")


def missing_values(finding: Diagnostic) -> Diagnostic:
    """Missing values of new rows: each given row gets an answer, so none is dropped."""
    return replace(finding, hint="give the values, or leave these rows out of the data")


def rows_not_kept(model: ir.Model, table: str) -> Diagnostic:
    return Diagnostic(
        "BD829",
        f"the rows of `{table}` were read in parts, and are not kept with the fit",
        model.source,
        Label(model.tables[table].span),
        hint="give the rows to predict: --data FILE",
    )


def older_run(directory: object) -> Diagnostic:
    return Diagnostic(
        "BD825",
        f"the run in {directory} does not hold what predictions need of its data",
        hint="it was written by an earlier version: run the model again",
    )


def cannot_export(source: Source, reason: str, hint: str) -> Diagnostic:
    return Diagnostic("BD826", f"{source.name} cannot be exported so: {reason}", hint=hint)
