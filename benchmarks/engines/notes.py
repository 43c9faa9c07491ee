"""What is to be said of targets that are missed, by the name of the target: where the time goes, what was tried.

A note is shown while its target is missed, and is to be taken out when it is met.
"""

from __future__ import annotations

NOTES: dict[str, str] = {
    "nuts-stan": (
        "Stan's own sampler in C++, without pystan's transport, is quick on small models: of the 23 ms of a run on the "
        "eight schools some 18 are spent in nutpie's sampler, which takes 0.6 to 0.8 us a leapfrog step in few "
        "dimensions and more in hundreds, and less than 1 ms in the density, 0.02 us a gradient. On the horseshoe "
        "both need many steps a draw in 302 dimensions, where nutpie's own arithmetic on the position costs as much "
        "as the gradient. Tried: one pass over the rows with all that is needed in registers, vector functions of "
        "libmvec, divisions by what is the same everywhere turned into products, sums into groups kept in four "
        "copies, a second fit that checks nothing again, shorter waits between chains. What is left is the sampler."
    ),
    "svi-numpyro": (
        "A step of the varying intercepts with AutoNormal takes 2.2 us, of which 0.9 are the 919 rows, a third of that "
        "the sums into their 85 groups, and 0.1 are 89 normal numbers; one of the horseshoe 4 us, half of it a matrix "
        "of 100 x 100 that is read twice. Rows sorted by their groups were not tried: they would have to be copied."
    ),
    "nuts-pyro": (
        "What one model gives decides. The network's posterior has several modes, and a chain that stays in one of the "
        "lesser takes the least effective draws of all from hundreds to under ten: of twelve seeds ours gave 3.5 to 95 "
        "a second, with a median below what three seeds happened to give before. Gradients are some 150 times faster "
        "than Pyro's there, and 590 to 25,000 times on the other models but the two logistic ones, which are large "
        "products of matrices. To be measured with as many seeds for every library."
    ),
    "memory": (
        "The data are counted as the caller's arrays, once more as the tensors of the model, which the kernel reads "
        "as they are, and the rest is what a first run loads and records, some 15 MB with any data."
    ),
}
