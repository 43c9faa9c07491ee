"""Draws from distributions with torch's raw operations, as TorchScript can compile them.

Each function takes its distribution's arguments, broadcastable against `shape`, the shape of the independent copies;
the arguments of a vector have its dimension (a matrix two) to the right of these. It gives float64 of that shape, with
the value's own dimensions to the right. Every copy is drawn on its own: arguments are expanded before anything random
happens. `generator` None is torch's global one, for `torch.export`, which knows no other.

The rows of `catalogue/samplers.py` say which function is a distribution's. The language here is TorchScript's: lists
are put together with `+`, and no constant of a module is known.
"""

from bayesdsl.export.samplers.continuous import *  # noqa: F403
from bayesdsl.export.samplers.discrete import *  # noqa: F403
from bayesdsl.export.samplers.noise import *  # noqa: F403
from bayesdsl.export.samplers.vectors import *  # noqa: F403
