"""What every generated C text begins with: the C library's vector functions, and special functions that it lacks."""

from __future__ import annotations

from importlib import resources

# The functions of one real argument that the prelude adds, their names behind `bd_`. Of more arguments: xlogy(x, y),
# xlog1py(x, y), softplus(x, beta, threshold), polygamma(n, x), zeta(s, x), where(holds, yes, no).
SPECIAL = (
    "digamma",
    "erfcx",
    "erfinv",
    "expit",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "lgamma",
    "log_ndtr",
    "log1pexp",
    "logit",
    "ndtr",
    "ndtri",
    "sinc",
    "trigamma",
)

_HERE = resources.files("bayesdsl.runtime.compiled")

PRELUDE = "\n".join((_HERE / name).read_text(encoding="utf-8") for name in ("special.h", "single.h"))
