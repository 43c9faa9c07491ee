"""What is to be said of targets that are missed, by the name of the target: where the time goes, what was tried.

A note is shown while its target is missed, and is to be taken out when it is met.
"""

from __future__ import annotations

NOTES: dict[str, str] = {
    "nuts-stan": (
        "Two things hold it back. Where the rows are many, nearly all the time is the gradient's, and a gradient is "
        "3 to 5 times as fast as Stan's: the logistic regressions (Stan's GLM, written by hand) and the horseshoe "
        "are two passes over a matrix, and what is left beside memory and multiplications is an exponential and a "
        "logarithm a row, eight at a time. Where the rows are few, it is the sampler's: of the 23 ms of a run on the "
        "eight schools less than 1 is the density's, 0.025 us a gradient, and the rest is nutpie's, 0.7 us a "
        "leapfrog step; of Stan's 66 ms 14 are the gradient's, so that even a density that takes no time would not "
        "be ten times as fast. Tried: one pass over the rows with all that is needed in registers, vector functions "
        "of libmvec, vectors of 256 and of 512 bits, divisions by what is the same everywhere turned into products, "
        "sums into groups kept in four copies, what is cheap to work out from the data not read from memory, a "
        "second fit that checks nothing again, shorter waits between chains, the mass matrix from draws (before, the "
        "horseshoe was 1.4 times Stan), other windows of the warmup, Adam for the step size (erratic). What is left "
        "is a sampler of our own in place of nutpie's, which is not planned."
    ),
}
