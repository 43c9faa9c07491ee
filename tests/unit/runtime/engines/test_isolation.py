"""What an engine leaves as it was."""

from __future__ import annotations

import random

import numpy as np
import pyro
import pytest
import torch
from engine_models import world

from bayesdsl.runtime.engines.isolation import Isolated, chain_seed


def draws() -> tuple[float, float, float]:
    return torch.rand(()).item(), float(np.random.rand()), random.random()


def test_random_numbers_inside_depend_on_the_seed_alone() -> None:
    with Isolated(7):
        first = draws()
    torch.manual_seed(99)
    with Isolated(7):
        assert draws() == first
    with Isolated(8):
        assert draws() != first


def test_everything_is_put_back_even_after_an_error() -> None:
    def disturb() -> None:
        with Isolated(1, threads=1):
            draws()
            pyro.param("left", torch.ones(()))
            pyro.enable_validation(True)
            raise KeyError

    before = world()
    with pytest.raises(KeyError):
        disturb()
    assert world() == before


def test_parameters_outside_are_out_of_sight_and_come_back() -> None:
    with pyro.get_param_store().scope():
        mine = pyro.param("mine", torch.tensor(2.0))
        with Isolated(1):
            assert len(pyro.get_param_store()) == 0
            pyro.param("theirs", torch.tensor(3.0))
        assert list(pyro.get_param_store()) == ["mine"]
        assert pyro.param("mine") is mine


def test_a_pause_is_outside() -> None:
    before = world()
    with Isolated(3):
        whole = [draws(), draws()]
    with Isolated(3) as isolation:
        halves = [draws()]
        pyro.param("inside", torch.ones(()))
        with isolation.paused():
            assert world() == before
            draws()
            outside = world()
        assert list(pyro.get_param_store()) == ["inside"]
        halves.append(draws())
    assert halves == whole
    assert world()["torch"] == outside["torch"] != before["torch"]


def test_chains_have_seeds_of_their_own() -> None:
    seeds = {chain_seed(seed, chain) for seed in range(5) for chain in range(8)}
    assert len(seeds) == 40
    assert chain_seed(3, 1) == chain_seed(3, 1)
