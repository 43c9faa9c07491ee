data {
  int<lower=0> n;
  int<lower=0> groups;
  array[n] int<lower=1, upper=groups> county;
  vector[n] basement;
  vector[n] log_radon;
}
parameters {
  real m;
  real b;
  real<lower=0> tau;
  real<lower=0> sigma;
  vector[groups] z;
}
transformed parameters {
  vector[groups] a = m + tau * z;
}
model {
  m ~ normal(0, 5);
  b ~ normal(0, 5);
  tau ~ normal(0, 1);
  sigma ~ normal(0, 1);
  z ~ std_normal();
  log_radon ~ normal(a[county] + b * basement, sigma);
}
