"""The models of the benchmark: for each a spec, the same by hand in NumPyro and PyMC (`.py`) and in Stan (`.stan`)."""
