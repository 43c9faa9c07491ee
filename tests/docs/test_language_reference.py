"""The language reference: every spec in it is what it says, and its tables are those of the catalogue."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pyro
import pytest
import torch
from doc_blocks import Block, blocks
from pyro import poutine
from pyro.infer import Trace_ELBO
from synthetic_data import synthetic_data

from bayesdsl.catalogue.distributions import DISTRIBUTIONS
from bayesdsl.diagnostics.codes import CODES
from bayesdsl.diagnostics.diagnostic import Severity
from bayesdsl.driver import Bound, analyse, compile_text
from bayesdsl.runtime.density import Density
from bayesdsl.source import Source
from bayesdsl.syntax.parser import parse
from bayesdsl.syntax.tokens import KEYWORDS

DOCS = Path(__file__).resolve().parents[2] / "docs"
REFERENCE = DOCS / "language.md"
SPECS = blocks(REFERENCE, "bayes")
SOUND = [block for block in SPECS if "error" not in block.words]

# What is declared in a piece of a spec may be used only further on.
UNUSED = "BD601"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """docs/generate.py."""
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("block", SPECS, ids=str)
def test_exactly_what_the_reference_says_is_found_in_a_spec(block: Block):
    findings = analyse(Source(str(block), block.spec)).diagnostics
    codes = [finding.code for finding in findings]
    if not block.whole:
        codes = [code for code in codes if code != UNUSED]
    assert codes == block.found, "\n".join(f.message for f in findings)
    for word, severity in (("error", Severity.ERROR), ("warning", Severity.WARNING)):
        if word in block.words:
            assert CODES[block.words[word]].severity is severity


@pytest.fixture(params=SOUND, ids=str)
def bound(request) -> Bound:
    block: Block = request.param
    compiled = compile_text(block.spec, name=str(block))
    return compiled.bind(synthetic_data(compiled.spec))


def test_the_log_density_of_a_spec_is_finite_and_the_one_that_pyro_computes(bound: Bound):
    with pyro.get_param_store().scope():
        density = Density(bound.model, params=True, jacobian=False)
        point = density.initial(torch.Generator().manual_seed(1))
        value, gradient = density.value_and_grad(point)
        assert value.isfinite()
        assert gradient.isfinite().all()
        found = density.constrain(point)
        values = {name: v for name, v in found.items() if name in density.latents}
        for name in density.params:
            pyro.get_param_store()[name] = found[name]
        conditioned = poutine.condition(bound.compiled.model, data=values)
        total = poutine.trace(conditioned).get_trace(**bound.inputs).log_prob_sum().detach()
    # The same terms in float64, added up in another order.
    assert float(total) == pytest.approx(float(value), rel=1e-9, abs=1e-9)


def test_the_guides_of_a_spec_have_a_finite_bound(bound: Bound):
    compiled = bound.compiled
    for name, guide in compiled.guides.items():
        with pyro.get_param_store().scope(), torch.random.fork_rng():
            torch.manual_seed(1)

            def model() -> None:
                compiled.model(**bound.inputs)

            def by_hand(guide=guide) -> None:
                guide(**bound.inputs)

            automatic = name in compiled.program.automatic
            loss = Trace_ELBO().loss(model, guide(model) if automatic else by_hand)
        assert abs(loss) < float("inf"), name


def test_the_tables_are_those_of_the_catalogue(generate):
    text = REFERENCE.read_text(encoding="utf-8")
    assert generate.updated(text) == text, "run `python docs/generate.py` (or `make docs`) and look at what it changes"


def test_every_table_that_can_be_made_stands_in_the_reference(generate):
    text = REFERENCE.read_text(encoding="utf-8")
    assert {match["name"] for match in generate.MARKED.finditer(text)} == generate.TABLES.keys()


def test_a_marker_of_no_table_is_refused(generate):
    with pytest.raises(ValueError, match="there is no table `prices`"):
        generate.updated("<!-- begin: prices -->\n<!-- end: prices -->")


def test_a_distributions_signature_names_its_arguments_and_the_ways_to_give_them(generate):
    signatures = {name: generate.signature(row) for name, row in DISTRIBUTIONS.items()}
    assert signatures["StudentT"] == "StudentT(df, loc = 0, scale = 1)"
    assert signatures["Categorical"] == "Categorical(probs[j])"
    assert signatures["LKJCholesky"] == "LKJCholesky(concentration = 1)"
    assert generate.other_ways(DISTRIBUTIONS["Gamma"]).startswith("`shape`; `scale`; `shape, scale`")
    assert generate.other_ways(DISTRIBUTIONS["Categorical"]) == "`logits[j]`"


def test_every_distribution_stands_in_the_tables(generate):
    text = REFERENCE.read_text(encoding="utf-8")
    missing = [name for name, row in DISTRIBUTIONS.items() if f"`{generate.signature(row)}`" not in text]
    assert missing == []


@pytest.mark.parametrize("word", sorted(KEYWORDS - {"and", "or", "not"}))
def test_a_word_of_the_language_can_be_read_from_a_file_and_not_be_declared(word: str):
    def found(text: str) -> list[str]:
        return [finding.code for finding in analyse(Source("words", text)).diagnostics]

    assert found(f"data r {{ y : real = {word} }}\nobserve y ~ Normal(0, 1)\n") == []
    assert found(f"data r {{ y : real }}\n{word} ~ Normal(0, 1)\nobserve y ~ Normal({word}, 1)\n") == ["BD102"]


def test_no_spec_of_the_reference_stands_in_a_block_that_is_not_looked_at():
    fences = re.findall(r"^```(\S*)", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(fences) == {"bayes", "sh", "text", ""}
    assert fences.count("") == len(fences) - fences.count("")


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("-2^2", "-(2^2)"),
        ("2^3^2", "2^(3^2)"),
        ("a - b - c", "(a - b) - c"),
        ("a + b * c", "a + (b * c)"),
        ("a + b < c * d", "(a + b) < (c * d)"),
        ("not a < b", "not (a < b)"),
        ("a and b or c and d", "(a and b) or (c and d)"),
        ("2 * -a^2", "2 * (-(a^2))"),
    ],
)
def test_operators_bind_as_the_reference_says(written: str, means: str):
    specs = [parse(Source("operators", f"x = {text}")).spec for text in (written, means)]
    assert specs[0] == specs[1]


def test_the_exit_statuses_are_those_of_the_command_line():
    from bayesdsl.cli import failures

    table = re.search(r"\| status \| meaning \|\n\|[^\n]*\n(.*?)\n\n", REFERENCE.read_text(encoding="utf-8"), re.DOTALL)
    told = [int(number) for number in re.findall(r"^\| (\d+) ", table[1], re.MULTILINE)]
    assert told == [failures.DONE, failures.FOUND, failures.USAGE, failures.BUG, failures.INTERRUPTED]


def test_a_fragment_needs_a_setup_and_words_must_be_known(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```bayes fragment\na ~ Normal(0, 1)\n```\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"page.md:2"):
        blocks(page, "bayes")
    page.write_text("text\n\n```bayes eror=BD302\na ~ Normal(0, 1)\n```\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"page.md:4"):
        blocks(page, "bayes")
