"""Machine code for functions of tensors: traced, lowered to fused loops, written as C, compiled, kept for the next run.

function -> trace (list of operations) -> stages (loops over buffers) -> regions (rows in blocks) -> C -> kernel
"""
