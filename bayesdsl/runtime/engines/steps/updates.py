"""Updates of torch's and Pyro's optimisers as functions of tensors.

What depends on the number of the step alone (rates, corrections of a bias) is worked out for many steps at once; what
is left is done element by element, so that all parameters are one vector:

    m = 0.9 m + 0.1 g ; v = 0.999 v + 0.001 g g ; p = p - rate[t] m / (sqrt(v) / root[t] + 1e-8)

The tests hold every row against the optimiser itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

Settings = dict[str, Any]
Tensors = tuple[torch.Tensor, ...]


@dataclass(frozen=True)
class Update:
    """An optimiser.

    `start` tells what each vector of its state is filled with, from the settings. `scalars` takes the settings, the
    numbers of the steps (1, 2, ..) and their learning rates, and gives an array for each number that `step` is given
    at every step. `step` takes the settings, the parameters, their gradient, the state and these numbers as tensors,
    and gives the parameters and the state. `fixed` are settings that the optimiser has and does not ask for.
    """

    start: Callable[[Settings], tuple[float, ...]]
    scalars: Callable[[Settings, np.ndarray, np.ndarray], tuple[np.ndarray, ...]]
    step: Callable[[Settings, torch.Tensor, torch.Tensor, Tensors, Tensors], tuple[torch.Tensor, Tensors]]
    fixed: Settings = field(default_factory=dict)


def _decayed(given: Settings, p: torch.Tensor, g: torch.Tensor) -> torch.Tensor:
    """The gradient with the pull of the parameters to 0."""
    return g + given["weight_decay"] * p if given["weight_decay"] else g


def _decoupled(given: Settings) -> bool:
    return bool(given.get("decoupled_weight_decay")) and given["weight_decay"] != 0


def _pulled(given: Settings, p: torch.Tensor, g: torch.Tensor, rate: torch.Tensor) -> Tensors:
    """Parameters and gradient after the pull to 0, which acts on one of them."""
    if _decoupled(given):
        return p * (1 - rate * given["weight_decay"]), g
    return p, _decayed(given, p, g)


def _moments(given: Settings, g: torch.Tensor, m: torch.Tensor, v: torch.Tensor) -> Tensors:
    b1, b2 = given["betas"]
    return b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g


def _bias(given: Settings, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """1 - b^t, without powers: they take ten times longer, most of all where they are nearly 0."""
    return tuple(-np.expm1(t * math.log(b)) if b else np.ones_like(t) for b in given["betas"])


def _scalar() -> type:
    """What torch's optimisers keep numbers in that are theirs alone."""
    return np.float64 if torch.get_default_dtype() == torch.float64 else np.float32


# Adam and its kin


def _adam_scalars(given: Settings, t: np.ndarray, rate: np.ndarray) -> tuple[np.ndarray, ...]:
    first, second = _bias(given, t)
    return rate, rate / first, np.sqrt(second)


def _adam(given: Settings, p: torch.Tensor, g: torch.Tensor, state: Tensors, now: Tensors) -> tuple[Any, Tensors]:
    rate, step, root = now
    p, g = _pulled(given, p, g, rate)
    m, v = _moments(given, g, *state[:2])
    largest = torch.maximum(state[2], v) if given["amsgrad"] else v
    p = p - step * m / (largest.sqrt() / root + given["eps"])
    return p, (m, v, largest)[: len(state)]


def _clipped_adam(given: Settings, p: Any, g: Any, state: Tensors, now: Tensors) -> tuple[Any, Tensors]:
    b1, b2 = given["betas"]
    g = _decayed(given, p, g.clamp(-given["clip_norm"], given["clip_norm"]))
    m = b1 * state[0] + (1 - b1) * g
    spread = g - m if given["centered_variance"] else g
    v = b2 * state[1] + (1 - b2) * spread * spread
    return p - now[0] * m / (v.sqrt() + given["eps"]), (m, v)


def _clipped_adam_scalars(given: Settings, t: np.ndarray, rate: np.ndarray) -> tuple[np.ndarray, ...]:
    first, second = _bias(given, t)
    return (rate * np.sqrt(second) / first,)


def _adamax(given: Settings, p: Any, g: Any, state: Tensors, now: Tensors) -> tuple[Any, Tensors]:
    b1, b2 = given["betas"]
    g = _decayed(given, p, g)
    m = b1 * state[0] + (1 - b1) * g
    largest = torch.maximum(b2 * state[1], g.abs() + given["eps"])
    return p - now[0] * m / largest, (m, largest)


def _nadam_scalars(given: Settings, t: np.ndarray, rate: np.ndarray) -> tuple[np.ndarray, ...]:
    b1, decay = given["betas"][0], given["momentum_decay"]
    now = b1 * (1 - 0.5 * 0.96 ** (t * decay))
    following = b1 * (1 - 0.5 * 0.96 ** ((t + 1) * decay))
    product = np.cumprod(now.astype(_scalar())).astype(float)
    return (
        rate,
        rate * (1 - now) / (1 - product),
        rate * following / (1 - product * following),
        _bias(given, t)[1],
    )


def _nadam(given: Settings, p: Any, g: Any, state: Tensors, now: Tensors) -> tuple[Any, Tensors]:
    rate, of_gradient, of_mean, second = now
    p, g = _pulled(given, p, g, rate)
    m, v = _moments(given, g, *state)
    spread = (v / second).sqrt() + given["eps"]
    return p - (of_gradient * g + of_mean * m) / spread, (m, v)


def _radam_scalars(given: Settings, t: np.ndarray, rate: np.ndarray) -> tuple[np.ndarray, ...]:
    first, second = _bias(given, t)
    b2 = given["betas"][1]
    most = 2 / (1 - b2) - 1
    length = most - 2 * t * b2**t / second
    long = length > 5
    safe = np.where(long, length, 6.0)
    rectified = np.sqrt((safe - 4) * (safe - 2) * most / ((most - 4) * (most - 2) * safe))
    return rate, rate / first, np.where(long, rectified * np.sqrt(second), 0.0), long.astype(float)


def _radam(given: Settings, p: Any, g: Any, state: Tensors, now: Tensors) -> tuple[Any, Tensors]:
    rate, step, rectified, long = now
    p, g = _pulled(given, p, g, rate)
    m, v = _moments(given, g, *state)
    scaled = torch.where(long > 0, rectified / (v.sqrt() + given["eps"]), 1.0)
    return p - step * m * scaled, (m, v)


# Gradient steps


def _sgd_scalars(given: Settings, t: np.ndarray, rate: np.ndarray) -> tuple[np.ndarray, ...]:
    # The first gradient is taken into the momentum whole.
    return rate, np.where(t == 1, 1.0, 1 - given["dampening"])


def _sgd(given: Settings, p: Any, g: Any, state: Tensors, now: Tensors) -> tuple[Any, Tensors]:
    rate, taken = now
    g, momentum = _decayed(given, p, g), given["momentum"]
    if not momentum:
        return p - rate * g, ()
    kept = momentum * state[0] + taken * g
    return p - rate * (g + momentum * kept if given["nesterov"] else kept), (kept,)


def _asgd_scalars(given: Settings, t: np.ndarray, rate: np.ndarray) -> tuple[np.ndarray, ...]:
    # Each step has the rate that the one before left; the average of the path is not what is fitted.
    left = rate / (1 + given["lambd"] * rate * t) ** given["alpha"]
    eta = np.concatenate([rate[:1], left[:-1]]).astype(_scalar()).astype(float)
    return eta, 1 - given["lambd"] * eta


def _asgd(given: Settings, p: Any, g: Any, state: Tensors, now: Tensors) -> tuple[Any, Tensors]:
    eta, shrink = now
    return p * shrink - eta * _decayed(given, p, g), ()


def _rprop(given: Settings, p: Any, g: Any, state: Tensors, now: Tensors) -> tuple[Any, Tensors]:
    before, size = state
    shrinks, grows = given["etas"]
    same = g * before
    # As tensors: numbers would be taken in torch's default precision.
    factor = torch.where(same > 0, torch.full_like(g, grows), torch.where(same < 0, torch.full_like(g, shrinks), 1.0))
    size = (size * factor).clamp(*given["step_sizes"])
    g = torch.where(same < 0, 0.0, g)
    return p - g.sign() * size, (g, size)


# Steps by the size of gradients


def _adagrad_scalars(given: Settings, t: np.ndarray, rate: np.ndarray) -> tuple[np.ndarray, ...]:
    return (rate / (1 + (t - 1) * given["lr_decay"]),)


def _adagrad(given: Settings, p: Any, g: Any, state: Tensors, now: Tensors) -> tuple[Any, Tensors]:
    g = _decayed(given, p, g)
    total = state[0] + g * g
    return p - now[0] * g / (total.sqrt() + given["eps"]), (total,)


def _adadelta(given: Settings, p: Any, g: Any, state: Tensors, now: Tensors) -> tuple[Any, Tensors]:
    g, rho, eps = _decayed(given, p, g), given["rho"], given["eps"]
    square = rho * state[0] + (1 - rho) * g * g
    delta = (state[1] + eps).sqrt() / (square + eps).sqrt() * g
    return p - now[0] * delta, (square, rho * state[1] + (1 - rho) * delta * delta)


def _rmsprop_start(given: Settings) -> tuple[float, ...]:
    return (0.0,) * (1 + bool(given["centered"]) + (given["momentum"] > 0))


def _rmsprop(given: Settings, p: Any, g: Any, state: Tensors, now: Tensors) -> tuple[Any, Tensors]:
    g, alpha = _decayed(given, p, g), given["alpha"]
    square = alpha * state[0] + (1 - alpha) * g * g
    after, spread = [square], square
    if given["centered"]:
        mean = alpha * state[1] + (1 - alpha) * g
        after.append(mean)
        spread = square - mean * mean
    move = g / (spread.sqrt() + given["eps"])
    if given["momentum"] > 0:
        move = given["momentum"] * state[-1] + move
        after.append(move)
    return p - now[0] * move, tuple(after)


def _adagrad_rmsprop_scalars(given: Settings, t: np.ndarray, rate: np.ndarray) -> tuple[np.ndarray, ...]:
    taken = np.where(t == 1, 1.0, given["t"])
    return given["eta"] * t ** (given["delta"] - 0.5), taken


def _adagrad_rmsprop(given: Settings, p: Any, g: Any, state: Tensors, now: Tensors) -> tuple[Any, Tensors]:
    rate, taken = now
    total = (1 - taken) * state[0] + taken * g * g
    return p - rate * g / (1 + total.sqrt()), (total,)


def _two_zeros(given: Settings) -> tuple[float, ...]:
    return 0.0, 0.0


def _zero(given: Settings) -> tuple[float, ...]:
    return (0.0,)


def _rate(given: Settings, t: np.ndarray, rate: np.ndarray) -> tuple[np.ndarray, ...]:
    return (rate,)


_ADAM = Update(lambda given: (0.0,) * (3 if given["amsgrad"] else 2), _adam_scalars, _adam)

# By the name of the class.
UPDATES: dict[str, Update] = {
    "Adam": _ADAM,
    "AdamW": replace(_ADAM, fixed={"decoupled_weight_decay": True}),
    "ClippedAdam": Update(_two_zeros, _clipped_adam_scalars, _clipped_adam),
    "Adamax": Update(_two_zeros, lambda given, t, rate: (rate / _bias(given, t)[0],), _adamax),
    "NAdam": Update(_two_zeros, _nadam_scalars, _nadam),
    "RAdam": Update(_two_zeros, _radam_scalars, _radam),
    "SGD": Update(lambda given: (0.0,) if given["momentum"] else (), _sgd_scalars, _sgd),
    "ASGD": Update(lambda given: (), _asgd_scalars, _asgd),
    "Rprop": Update(lambda given: (0.0, given["lr"]), _rate, _rprop),
    "Adagrad": Update(lambda given: (given["initial_accumulator_value"],), _adagrad_scalars, _adagrad),
    "Adadelta": Update(_two_zeros, _rate, _adadelta),
    "RMSprop": Update(_rmsprop_start, _rate, _rmsprop),
    "AdagradRMSProp": Update(_zero, _adagrad_rmsprop_scalars, _adagrad_rmsprop),
}

# Why others go by Pyro's engine.
WITHOUT: dict[str, str] = {
    "Adafactor": "Adafactor does not treat each number of a parameter by itself",
    "DCTAdam": "DCTAdam does not treat each number of a parameter by itself",
}
