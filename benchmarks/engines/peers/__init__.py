"""One module a peer, each with

VARIABLES              environment it needs before it is imported
load()                 import what it needs
Peer(model, arrays)    the model with its data, compiled
    .gradient()        seconds of one gradient
    .sample(setting, seed)            `Sampled`: draws by name, seconds with warmup and without compiling
    .svi(guide, steps)                steps a second, and the loss near the last step
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Sampled:
    """`draws` are arrays (chain, draw, *shape); `seconds` of all chains, with warmup; `notes` what else is known."""

    seconds: float
    draws: dict[str, np.ndarray]
    notes: dict[str, Any] = field(default_factory=dict)
