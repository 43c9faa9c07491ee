"""Checks of a posterior: each a function from the posterior and its summary to what there is to know of it."""
