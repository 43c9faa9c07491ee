"""bayesdsl beside Pyro, NumPyro, nutpie on PyMC, and Stan: `make bench`."""
