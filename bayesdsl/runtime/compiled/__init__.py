"""Densities and steps as machine code: C is written, compiled once and kept."""
