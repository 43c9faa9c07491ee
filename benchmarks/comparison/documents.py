"""The documents, a row each: what they are about, and the files of both programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
SPECS = HERE.parent.parent / "specs"


@dataclass(frozen=True)
class Document:
    """`specs` are those that its driver runs. `seeds` is how often each program runs. `cut` says that a part of it is
    too long for plain Pyro, and is run with the spec alone as well."""

    number: str
    about: str
    specs: tuple[Path, ...]
    seeds: int = 2
    cut: bool = False

    @property
    def program(self) -> Path:
        return HERE / f"doc_{self.number}.py"

    @property
    def driver(self) -> Path:
        return HERE / f"doc_{self.number}_spec.py"

    @property
    def whole(self) -> Path:
        return HERE / f"doc_{self.number}_whole.py"


_ROWS = (
    Document("000", "regression with a layer; predictions; a served module", (HERE / "doc_000.bayes",), 3),
    Document(
        "001", "params and priors; guides; predictions", (HERE / "doc_001_params.bayes", HERE / "doc_001.bayes"), 4
    ),
    Document("002", "a linear model by SGD, Adam and NUTS", (SPECS / "linear.bayes",)),
    Document("003", "Bayesian networks; updating", (SPECS / "bnn.bayes", SPECS / "deep_bnn.bayes"), cut=True),
    Document(
        "004",
        "a coin; sparse regression; an autoencoder",
        tuple(SPECS / f"{name}.bayes" for name in ("coin", "gaussian", "horseshoe", "vae")),
    ),
)
DOCUMENTS = {row.number: row for row in _ROWS}
