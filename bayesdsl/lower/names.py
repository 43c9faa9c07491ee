"""Names of the emitted program: the spec's own where they can be, never one that means something else there."""

from __future__ import annotations

import builtins
import keyword
import unicodedata

# Names that the emitted program uses for itself, for Pyro or for NumPyro: its arguments have the same names in both.
RESERVED = frozenset(
    {
        "torch",
        "pyro",
        "dist",
        "constraints",
        "autoguide",
        "poutine",
        "real",
        "model",
        "DTYPE",
        "F",
        "IN_PLACE",
        "settings",
        "biject_to",
        "unconstrained",
        "flat",
        "before_plates",
        "triangle",
        "jax",
        "jnp",
        "numpyro",
        "handlers",
        "expand",
        "uniform_start",
        "flatten",
        "unflatten",
        "layer_norm",
        "rms_norm",
        "group_norm",
        "each",
        "convolve",
        "max_pool",
        "avg_pool",
        "pad",
    }
)


class Names:
    """Gives each name of the spec one Python identifier, and each identifier to one name."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._taken: set[str] = set(RESERVED)

    def of(self, key: str, wanted: str | None = None) -> str:
        """The identifier for a key of the spec; `wanted` is what it should look like, the key itself by default."""
        if key not in self._given:
            self._given[key] = self._free(wanted if wanted is not None else key)
        return self._given[key]

    def fresh(self, wanted: str) -> str:
        """An identifier that nothing else has."""
        return self._free(wanted)

    def _free(self, wanted: str) -> str:
        name = unicodedata.normalize("NFKC", wanted.replace("'", "_prime"))
        name = "".join(char if char.isalnum() or char == "_" else "_" for char in name)
        if not name.isidentifier():
            name = f"v_{name}"
        while keyword.iskeyword(name) or hasattr(builtins, name) or name in self._taken:
            name += "_"
        self._taken.add(name)
        return name
