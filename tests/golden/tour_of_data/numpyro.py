"""spec.bayes as a NumPyro program.

Written by bayesdsl; needs jax and numpyro alone. Comments give the lines of the spec.
Reals have JAX's precision: 32 bits, or 64 after jax.config.update("jax_enable_x64", True).
"""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist

arm_drug = 1
arm_placebo = 0
month_3 = 2
n_arm = 2
n_month = 12
n_term = 3


def model(
    n_city,
    n_clinic,
    n_gene,
    n_patient,
    n_reference,
    city_of_clinic,
    clinic_of_patient,
    given_of_patient,
    month_of_patient,
    beds,
    age,
    woman,
    x,
    z,
    tested,
    relapsed=None,
    visits=None,
    seen=None,
):
    """The model. Observed arguments left out are drawn instead.

    n_city: the number of members of plate city, an int
    n_clinic: the number of members of plate clinic, an int
    n_gene: the number of members of plate gene, an int
    n_patient: the number of members of plate patient, an int
    n_reference: the number of members of plate reference, an int
    city_of_clinic: for each clinic the position of its city, whole numbers, shape (clinic)
    clinic_of_patient: for each patient the position of its clinic, whole numbers, shape (patient)
    given_of_patient: for each patient the position of its arm, whole numbers, shape (patient)
    month_of_patient: for each patient the position of its month, whole numbers, shape (patient)
    beds: shape (clinic)
    age: shape (patient)
    woman: shape (patient)
    x: shape (patient, gene)
    z: shape (patient, term)
    tested: shape (reference)
    relapsed: shape (patient), observed
    visits: shape (patient), observed
    seen: shape (reference), observed
    """
    city_plate = numpyro.plate("city", n_city, dim=-1)
    clinic_plate = numpyro.plate("clinic", n_clinic, dim=-1)
    arm_plate = numpyro.plate("arm", n_arm, dim=-1)
    month_plate = numpyro.plate("month", n_month, dim=-1)
    gene_plate = numpyro.plate("gene", n_gene, dim=-1)
    term_plate = numpyro.plate("term", n_term, dim=-1)
    patient_plate = numpyro.plate("patient", n_patient, dim=-1)
    reference_plate = numpyro.plate("reference", n_reference, dim=-1)
    # 30: tau, tau_city ~ HalfNormal(1)
    tau = numpyro.sample("tau", dist.HalfNormal(1.0))
    tau_city = numpyro.sample("tau_city", dist.HalfNormal(1.0))
    with city_plate:
        # 31: c[city]   ~ Normal(0, tau_city)
        c = numpyro.sample("c", dist.Normal(0.0, tau_city))
    with clinic_plate:
        # 32: a[clinic] ~ Normal(0.1 * log(beds) + c[city], tau) noncentered
        a_raw = numpyro.sample("a_raw", dist.Normal(0.0, 1.0))
    a = numpyro.deterministic("a", 0.1 * jnp.log(beds) + c[city_of_clinic] + tau * a_raw)
    with arm_plate:
        # 33: effect[arm], season[month] ~ Normal(0, 1)
        effect = numpyro.sample("effect", dist.Normal(0.0, 1.0))
    with month_plate:
        season = numpyro.sample("season", dist.Normal(0.0, 1.0))
    # 34: b_age, b_woman ~ Normal(0, 1)
    b_age = numpyro.sample("b_age", dist.Normal(0.0, 1.0))
    b_woman = numpyro.sample("b_woman", dist.Normal(0.0, 1.0))
    with gene_plate:
        # 35: b[gene]   ~ Laplace(0, 0.5)
        b = numpyro.sample("b", dist.Laplace(0.0, 0.5))
    with term_plate:
        # 36: d[term]   ~ Normal(0, 1)
        d = numpyro.sample("d", dist.Normal(0.0, 1.0))
    # 37: rate      ~ Beta(1, 1)
    rate = numpyro.sample("rate", dist.Beta(1.0, 1.0))
    # 39: risk = a[clinic] + effect[given] + season[month] + b_age * age + b_woman * woman + dot[gene](b, log1p(x))
    risk = (
        a[clinic_of_patient]
        + effect[given_of_patient]
        + season[month_of_patient]
        + b_age * age
        + b_woman * woman
        + (b * jnp.log1p(x)).sum(-1)
    )
    with patient_plate:
        # 40: observe relapsed ~ Bernoulli(logits = risk)
        numpyro.sample("relapsed", dist.Bernoulli(logits=risk), obs=relapsed)
        # 41: observe visits   ~ Poisson(exp(dot[term](d, z)))
        numpyro.sample("visits", dist.Poisson(jnp.exp(z @ d)), obs=visits)
    with reference_plate:
        # 42: observe seen     ~ Binomial(tested, rate)
        numpyro.sample("seen", dist.Binomial(tested, rate), obs=seen)
    # 44: derive drug_effect = effect[arm = "drug"] - effect[arm = "placebo"]
    drug_effect = numpyro.deterministic("drug_effect", effect[arm_drug] - effect[arm_placebo])
    # 45: derive spring = mean[month](season) - season[month = 3]
    spring = numpyro.deterministic("spring", season.mean(-1) - season[month_3])
