"""Codes 880 to 889: programs compiled ahead, compilers and devices."""

from __future__ import annotations

from bayesdsl.diagnostics.codes.row import Code
from bayesdsl.diagnostics.diagnostic import Severity

ROWS: tuple[Code, ...] = (
    Code(
        "BD880",
        "nothing-compiled-there",
        Severity.ERROR,
        "There are no programs compiled ahead in a directory",
        """
        `--compiled` names the directory that `bayesdsl compile` wrote. It is known by its manifest.json, which says
        what the programs were compiled from, for which processors and by which version of bayesdsl.
        """,
        """
        $ bayesdsl run radon.bayes --compiled runs/radon
        """,
        """
        $ bayesdsl compile radon.bayes -o radon.compiled
        $ bayesdsl run radon.bayes --compiled radon.compiled
        """,
    ),
    Code(
        "BD881",
        "other-processor",
        Severity.ERROR,
        "Programs were compiled for another kind of processor",
        """
        By default programs use all that the processor they are compiled on can do. One that lacks some of it would end
        the process at the first instruction it does not know, so they are not even loaded there. `--march` names a
        kind that all machines have, such as x86-64-v3, which every server and most laptops of the last ten years are.
        """,
        """
        $ bayesdsl compile radon.bayes -o radon.compiled
        """,
        """
        $ bayesdsl compile radon.bayes -o radon.compiled --march x86-64-v3
        """,
    ),
    Code(
        "BD882",
        "compiled-from-another-text",
        Severity.WARNING,
        "Programs were compiled from another spec, or by other versions",
        """
        What was compiled ahead is found by what it was made of. After a change to the spec, if only to the precision,
        or to the versions of bayesdsl and torch, most of it is made anew where there is a compiler, and the run is
        uncompiled where there is none.
        """,
        """
        $ bayesdsl compile radon.bayes -o radon.compiled
        $ bayesdsl run radon.bayes --compiled radon.compiled --dtype float32
        """,
        """
        $ bayesdsl compile radon.bayes -o radon.compiled --dtype float32
        $ bayesdsl run radon.bayes --compiled radon.compiled --dtype float32
        """,
    ),
    Code(
        "BD883",
        "nothing-to-compile",
        Severity.ERROR,
        "None of a spec's inferences can be compiled",
        """
        `bayesdsl compile` prepares what a run would otherwise compile when it begins. Where a run would not compile
        anything, as the model has an operation that there is no machine code for, or the inference asks for
        `engine = pyro`, there is nothing to prepare.
        """,
        """
        mu ~ Normal(0, 1)
        infer nuts(engine = pyro)
        """,
        """
        mu ~ Normal(0, 1)
        infer nuts(engine = compiled)
        """,
    ),
    Code(
        "BD884",
        "not-compiled",
        Severity.WARNING,
        "An inference is left out of what is compiled ahead",
        """
        Some of the spec's inferences were compiled and this one was not: it runs uncompiled wherever it runs. The
        reason is the one that a run gives.
        """,
        """
        mu ~ Normal(0, 1)
        infer careful = nuts(engine = pyro)
        infer quick   = svi(steps = 500)
        """,
        """
        mu ~ Normal(0, 1)
        infer careful = nuts(chains = 4)
        infer quick   = svi(steps = 500)
        """,
    ),
    Code(
        "BD885",
        "cannot-compile-here",
        Severity.ERROR,
        "There is no compiler for what is to be compiled ahead",
        """
        Compiling takes a C compiler, gcc or clang, that works, knows the kind of processor that `--march` names, and
        a processor here of at least that kind: what is compiled is also run, to hold it against the model.
        `bayesdsl doctor` tells which compiler was found.
        """,
        """
        $ bayesdsl compile radon.bayes -o radon.compiled --march pentium-9
        """,
        """
        $ bayesdsl compile radon.bayes -o radon.compiled --march x86-64-v3
        """,
    ),
    Code(
        "BD886",
        "no-such-device",
        Severity.ERROR,
        "There is no such device",
        """
        A run on a GPU takes one that torch can use: NVIDIA's driver, and a torch that is built for it.
        `bayesdsl doctor` tells what torch finds, and why not more.
        """,
        """
        $ bayesdsl run radon.bayes --infer svi --device cuda:7
        """,
        """
        $ bayesdsl run radon.bayes --infer svi --device cuda
        """,
    ),
    Code(
        "BD887",
        "not-on-a-gpu",
        Severity.ERROR,
        "An inference does not run on a GPU",
        """
        `svi` takes its steps where the data are, and `nuts` those of all its chains at once. `map` and `mle` have a
        single point to move, and with `engine = pyro` the chains of `nuts` run one by one: a GPU is slower at that
        than a core, and they run on the cores alone.
        """,
        """
        $ bayesdsl run radon.bayes --infer map --device cuda
        """,
        """
        $ bayesdsl run radon.bayes --infer nuts --set infer.chains=512 --device cuda
        """,
    ),
    Code(
        "BD888",
        "not-together",
        Severity.ERROR,
        "Chains cannot run all at once",
        """
        On a GPU `nuts` does every operation of the program for all chains at once. It must be the same operations
        whatever the values are, which leaves out distributions that look at a number first (Wishart, stable,
        NaN-masked ones), and those that torch can do for many points at once, which leaves out few. What the GPU gives
        is compared with the program at random points before the run, and must agree.
        """,
        """
        $ bayesdsl run wishart.bayes --infer nuts --device cuda
        """,
        """
        $ bayesdsl run wishart.bayes --infer nuts
        """,
    ),
    Code(
        "BD889",
        "device-full",
        Severity.ERROR,
        "A device has not enough memory",
        """
        All chains are on the device at once: for each of them what the density is worked out from, and some thirty
        vectors of unconstrained numbers, more with a large `max_tree_depth`.
        """,
        """
        $ bayesdsl run radon.bayes --device cuda --set infer.chains=100000
        """,
        """
        $ bayesdsl run radon.bayes --device cuda --set infer.chains=1000
        """,
    ),
    Code(
        "BD890",
        "programs-not-written",
        Severity.ERROR,
        "What was compiled ahead cannot be written",
        """
        The directory that `-o` names lies where nothing may be written, or where there is no room. What was there
        before is still there: a directory of programs is put in its place whole, or not at all.
        """,
        """
        $ bayesdsl compile radon.bayes -o /proc/radon.compiled
        """,
        """
        $ bayesdsl compile radon.bayes -o radon.compiled
        """,
    ),
    Code(
        "BD891",
        "programs-not-whole",
        Severity.ERROR,
        "Programs that were compiled ahead are missing or damaged",
        """
        A directory of programs says which they are, and each is kept with a digest of its files. Some are not there,
        or not as they were written, as after a copy that was cut off. Damaged machine code is not loaded: it would
        end the process.
        """,
        """
        $ rm -r radon.compiled/5f*
        $ bayesdsl run radon.bayes --compiled radon.compiled
        """,
        """
        $ bayesdsl compile radon.bayes -o radon.compiled --force
        $ bayesdsl run radon.bayes --compiled radon.compiled
        """,
    ),
)
