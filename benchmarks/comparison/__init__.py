"""Plain Pyro programs beside specs: `python -m benchmarks.comparison`."""
