data {
  int<lower=0> n;
  vector[n] africa;
  vector[n] rugged;
  vector[n] log_gdp;
}
transformed data {
  vector[n] both = africa .* rugged;
}
parameters {
  real a;
  real bA;
  real bR;
  real bAR;
  real<lower=0, upper=10> sigma;
}
model {
  a ~ normal(0, 10);
  bA ~ normal(0, 1);
  bR ~ normal(0, 1);
  bAR ~ normal(0, 1);
  log_gdp ~ normal(a + bA * africa + bR * rugged + bAR * both, sigma);
}
