"""Settings of an inference as a spec writes them, and other facts of a run in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bayesdsl.catalogue.inference import ENGINES
from bayesdsl.catalogue.rows import SettingKind

if TYPE_CHECKING:
    from bayesdsl.model import ir
    from bayesdsl.results.manifest import DataRecord

_WORDS = {row.name for engine in ENGINES.values() for row in engine.settings if row.kind is SettingKind.WORD}

# Shown where a run is announced even at their defaults; of the others, those that were changed.
ALWAYS_SHOWN = ("chains", "warmup", "draws", "guide", "optim", "steps")


def written(value: object) -> str:
    """A setting's value as in a spec: `Adam(lr = 0.01)`, `[0.9, 0.999]`, `true`."""
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:.12g}"
        case str(name), Mapping() as inside:  # a guide, an optimiser or a loss, as it is recorded
            return call(name, inside)
        case int(size), str(plate):  # a minibatch
            return f"{size} of {plate}"
        case list() | tuple():
            return f"[{', '.join(map(written, value))}]"
        case str():
            return f'"{value}"'
    return str(value)


def setting(name: str, value: object) -> str:
    """The value of the setting of that name: as `written`, but for words, which have no quotes."""
    return str(value) if name in _WORDS else written(value)


def call(name: str, settings: Mapping[str, Any]) -> str:
    """`nuts(chains = 4, draws = 1000)`, and `nuts` without settings."""
    inside = ", ".join(f"{key} = {setting(key, value)}" for key, value in settings.items())
    return f"{name}({inside})" if inside else name


def shown(inference: ir.Inference) -> str:
    """An inference with the settings that are worth reading."""
    return worth_reading(inference.engine.name, plain(inference))


def plain(inference: ir.Inference) -> dict[str, Any]:
    """Settings as they are recorded: a component by its name and its settings, a guide of the spec by its name."""
    return {name: _plain(name, value) for name, value in inference.settings}


def worth_reading(engine: str, recorded: Mapping[str, Any]) -> str:
    """The call of an engine, without settings that are as they are by default."""
    from bayesdsl.check.settings import default_inference

    default = default_inference(engine)
    usual = {} if default is None else {name: written(value) for name, value in plain(default).items()}
    return call(engine, {n: v for n, v in recorded.items() if n in ALWAYS_SHOWN or written(v) != usual.get(n)})


def _plain(name: str, value: object) -> object:
    if name == "guide" and isinstance(value, str):
        return value, {}
    row = getattr(value, "row", None)
    return (row.name, dict(value.settings)) if row is not None else value


def table_of(record: DataRecord) -> str:
    """`house (907 rows of radon.csv, 12 left out)`."""
    rows = f"{record.rows:,} row{'' if record.rows == 1 else 's'}"
    where = "in the spec" if record.source is None else f"of {record.source}"
    dropped = f", {record.rows_dropped:,} left out" if record.rows_dropped else ""
    return f"{record.plate} ({rows} {where}{dropped})"


def duration(seconds: float) -> str:
    """`0.8 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, seconds = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s"
    return f"{minutes // 60} h {minutes % 60} min"


def machinery(facts: Mapping[str, Any]) -> str:
    """What did the work of a run, from its engine's facts: empty where there is no choice."""
    match facts.get("engine"):
        case "compiled":
            return "compiled"
        case "pyro":
            note = facts.get("engine_note")
            return f"Pyro's, because {note}" if note else "Pyro's"
        case "together":
            return facts.get("engine_note", "")
        case _:
            return ""
