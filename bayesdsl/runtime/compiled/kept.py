"""Programs kept from run to run: what they depend on, where they are found again, when they are made.

A program that was recorded at made-up lengths of data serves data of any length, and is kept under what else it
depends on; one that could not be is kept under the lengths at hand as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

import torch

from bayesdsl.runtime.bound import BoundModel
from bayesdsl.runtime.compiled import cache, compiler
from bayesdsl.runtime.compiled.errors import NotCompilable
from bayesdsl.runtime.compiled.kernel import VERSION
from bayesdsl.runtime.compiled.trials import plates_of, sizes_of

T = TypeVar("T", bound="Files")

# What a model may raise that is given data of made-up lengths.
_OF_OTHER_LENGTHS = (NotCompilable, RuntimeError, ValueError, IndexError, KeyError, TypeError, AssertionError)


class Files(Protocol):
    """Something that can be kept as files."""

    def dump(self) -> dict[str, bytes]:
        """The files by name."""

    @classmethod
    def read(cls, files: Mapping[str, bytes]) -> Self:
        """What `dump` gave. Raises KeyError, ValueError, TypeError for damaged files."""


@dataclass(frozen=True)
class Keys:
    """Under which programs are kept that hold for data of any length, and those for the lengths at hand alone.

    `kept` is false where the program that they are made from has no text, and so no name.
    """

    general: str
    special: str
    kept: bool = True


def keys_of(kind: str, bound: BoundModel, sizes: Mapping[str, int] | None, *parts: Any) -> Keys:
    """The keys of programs of a kind for a model. `sizes` are those of the plates by their names in C; `parts` are what
    else they depend on, told apart by how they are written."""
    names = plates_of(bound)
    fixed = {
        name: value
        for name, value in bound.inputs.items()
        if isinstance(value, int) and bound.counts.get(name) not in names
    }
    shapes = {
        name: [names.get(plate, size) for plate, size in zip(bound.layouts.get(name, value.shape), value.shape)]
        for name, value in bound.inputs.items()
        if isinstance(value, torch.Tensor)
    }
    about = (bound.prior_terms, str(bound.dtype), sizes_of(bound) is None)
    written = (VERSION, torch.__version__, about, sorted(fixed.items()), sorted(shapes.items()), names, parts)
    general = cache.digest(kind, repr(written), bound.source)
    return Keys(general, cache.digest(general, repr(sorted((sizes or {}).items()))), bool(bound.source))


def known(keys: Keys, kind: type[T]) -> T | None:
    """What was kept; None for none."""
    if not keys.kept:
        return None
    for key in (keys.general, keys.special):
        files = cache.find(key)
        if files is None:
            continue
        try:
            return kind.read(files)
        except (KeyError, ValueError, TypeError):
            # A file that was cut off, as on a full disk.
            cache.current().discard(key)
    return None


def made(keys: Keys, general: Callable[[], T | None], special: Callable[[], T]) -> T:
    """Make it by the first that can, and keep it. `general` gives None where the lengths of data are not known by name.

    Raises what `special` raises, NotCompilable above all.
    """
    try:
        found, key = general(), keys.general
    except _OF_OTHER_LENGTHS:
        # Of a program that knows the size of a plate as a number, data of another length make no sense to the model.
        found = None
    if found is None:
        found, key = special(), keys.special
    if keys.kept:
        # A full disk costs the next run some seconds, and this one nothing.
        with suppress(OSError):
            cache.store(key, found.dump())
    return found


def forget(keys: Keys) -> None:
    """Let go of what was kept, which is of no use here."""
    for key in (keys.general, keys.special):
        cache.current().discard(key)


def obtained(
    keys: Keys,
    kind: type[T],
    general: Callable[[], T | None],
    special: Callable[[], T],
    compiling: Callable[[], None] = lambda: None,
) -> T:
    """What was kept, or what is made now: then `compiling` is called before."""
    found = known(keys, kind)
    if found is None:
        if compiler.why_not() is None:
            compiling()
        found = made(keys, general, special)
    return found
