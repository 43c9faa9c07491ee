"""A directory of programs that were compiled ahead: what it says of itself, and whether they run here."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from bayesdsl.runtime.compiled.cpu import Cpu, cpu
from bayesdsl.runtime.compiled.entries import is_whole

MANIFEST = "manifest.json"
FORMAT = 2
NATIVE = "native"


@dataclass(frozen=True)
class Manifest:
    """What programs were compiled from, for which processors and with what.

    `spec` is the name and `spec_sha256` the hash of the spec's text, `inferences` what was compiled. `features`
    are those that a processor must have, and `model` names the one that it was made on, for systems that do not tell
    features. `versions` are those of bayesdsl, Python, torch and the compiler, `programs` the entries of the directory.
    """

    spec: str
    spec_sha256: str
    dtype: str
    inferences: tuple[str, ...]
    architecture: str
    march: str
    features: tuple[str, ...]
    model: str
    system: str
    versions: dict[str, str]
    programs: tuple[str, ...] = ()
    format: int = FORMAT

    def write(self, directory: Path) -> None:
        (directory / MANIFEST).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    def misfit(self, here: Cpu, system: str) -> str | None:
        """Why its programs do not run on this processor and system, as a clause; None where they do."""
        if (self.system, self.architecture) != (system, here.architecture):
            return f"they are for {self.system} on {self.architecture}, and this is {system} on {here.architecture}"
        if here.features is None:
            return None if self.march != NATIVE or self.model == here.model else f"they are for {self.model}"
        lacking = here.lacks(frozenset(self.features))
        return f"they use {', '.join(lacking)}, which this processor does not have" if lacking else None

    def damage(self, directory: Path) -> str | None:
        """What is wrong with the programs in its directory, as a clause; None where they are as they were written."""
        bad = [name for name in self.programs if not is_whole(directory / name)]
        return (
            f"of {len(self.programs)} programs, {len(bad)} {'is' if len(bad) == 1 else 'are'} missing or damaged"
            if bad
            else None
        )


class Damaged(Exception):
    """There are no programs in a directory; the message says why, as a clause."""


def read(directory: Path) -> Manifest:
    """What a directory says of its programs. Raises Damaged."""
    try:
        found: Any = json.loads((directory / MANIFEST).read_bytes())
    except FileNotFoundError:
        raise Damaged(f"it has no {MANIFEST}" if directory.is_dir() else "there is no such directory") from None
    except (OSError, ValueError) as error:
        said = error.strerror.lower() if isinstance(error, OSError) and error.strerror else str(error)
        raise Damaged(f"its {MANIFEST} cannot be read: {said}") from None
    names = {field.name for field in fields(Manifest)}
    if not isinstance(found, dict) or set(found) != names or found["format"] != FORMAT:
        raise Damaged(f"its {MANIFEST} is of another version of bayesdsl, or of something else")
    return Manifest(**{name: tuple(value) if isinstance(value, list) else value for name, value in found.items()})


@cache
def unusable(directory: Path) -> str | None:
    """Why the programs in a directory cannot run here, as a clause; None where they can."""
    import platform

    try:
        found = read(directory)
        return found.damage(directory) or found.misfit(cpu(), platform.system())
    except Damaged as reason:
        return str(reason)
