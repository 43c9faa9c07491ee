"""spec.bayes as a Pyro program.

Written by bayesdsl; needs torch and pyro alone. Comments give the lines of the spec.
"""

import pyro
import pyro.distributions as dist
import torch

DTYPE = torch.float64
arm_drug = 1
arm_placebo = 0
month_3 = 2
n_arm = 2
n_month = 12
n_term = 3


def real(value):
    """A constant as a tensor: Pyro alone would make it of torch's default dtype."""
    return torch.tensor(value, dtype=DTYPE)


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
    city_of_clinic: for each clinic the position of its city, int64, shape (clinic)
    clinic_of_patient: for each patient the position of its clinic, int64, shape (patient)
    given_of_patient: for each patient the position of its arm, int64, shape (patient)
    month_of_patient: for each patient the position of its month, int64, shape (patient)
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
    city_plate = pyro.plate("city", n_city, dim=-1)
    clinic_plate = pyro.plate("clinic", n_clinic, dim=-1)
    arm_plate = pyro.plate("arm", n_arm, dim=-1)
    month_plate = pyro.plate("month", n_month, dim=-1)
    gene_plate = pyro.plate("gene", n_gene, dim=-1)
    term_plate = pyro.plate("term", n_term, dim=-1)
    patient_plate = pyro.plate("patient", n_patient, dim=-1)
    reference_plate = pyro.plate("reference", n_reference, dim=-1)
    # 30: tau, tau_city ~ HalfNormal(1)
    tau = pyro.sample("tau", dist.HalfNormal(real(1)))
    tau_city = pyro.sample("tau_city", dist.HalfNormal(real(1)))
    with city_plate:
        # 31: c[city]   ~ Normal(0, tau_city)
        c = pyro.sample("c", dist.Normal(real(0), tau_city))
    with clinic_plate:
        # 32: a[clinic] ~ Normal(0.1 * log(beds) + c[city], tau) noncentered
        a_raw = pyro.sample("a_raw", dist.Normal(real(0), real(1)))
    a = pyro.deterministic("a", 0.1 * torch.log(beds) + c[city_of_clinic] + tau * a_raw)
    with arm_plate:
        # 33: effect[arm], season[month] ~ Normal(0, 1)
        effect = pyro.sample("effect", dist.Normal(real(0), real(1)))
    with month_plate:
        season = pyro.sample("season", dist.Normal(real(0), real(1)))
    # 34: b_age, b_woman ~ Normal(0, 1)
    b_age = pyro.sample("b_age", dist.Normal(real(0), real(1)))
    b_woman = pyro.sample("b_woman", dist.Normal(real(0), real(1)))
    with gene_plate:
        # 35: b[gene]   ~ Laplace(0, 0.5)
        b = pyro.sample("b", dist.Laplace(real(0), real(0.5)))
    with term_plate:
        # 36: d[term]   ~ Normal(0, 1)
        d = pyro.sample("d", dist.Normal(real(0), real(1)))
    # 37: rate      ~ Beta(1, 1)
    rate = pyro.sample("rate", dist.Beta(real(1), real(1)))
    # 39: risk = a[clinic] + effect[given] + season[month] + b_age * age + b_woman * woman + dot[gene](b, log1p(x))
    risk = (
        a[clinic_of_patient]
        + effect[given_of_patient]
        + season[month_of_patient]
        + b_age * age
        + b_woman * woman
        + (b * torch.log1p(x)).sum(-1)
    )
    with patient_plate:
        # 40: observe relapsed ~ Bernoulli(logits = risk)
        pyro.sample("relapsed", dist.Bernoulli(logits=risk), obs=relapsed)
        # 41: observe visits   ~ Poisson(exp(dot[term](d, z)))
        pyro.sample("visits", dist.Poisson(torch.exp(z @ d)), obs=visits)
    with reference_plate:
        # 42: observe seen     ~ Binomial(tested, rate)
        pyro.sample("seen", dist.Binomial(tested, rate), obs=seen)
    # 44: derive drug_effect = effect[arm = "drug"] - effect[arm = "placebo"]
    drug_effect = pyro.deterministic("drug_effect", effect[arm_drug] - effect[arm_placebo])
    # 45: derive spring = mean[month](season) - season[month = 3]
    spring = pyro.deterministic("spring", season.mean(-1) - season[month_3])
