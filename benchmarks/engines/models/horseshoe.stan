data {
  int<lower=0> n;
  int<lower=0> k;
  matrix[n, k] x;
  vector[n] y;
}
parameters {
  real<lower=0> tau;
  vector<lower=0>[k] lam;
  real<lower=0> slab;
  real<lower=0> sigma;
  vector[k] z;
}
transformed parameters {
  vector[k] beta;
  {
    vector[k] width = tau * lam;
    beta = z .* width .* sqrt(slab ./ (slab + square(width)));
  }
}
model {
  tau ~ cauchy(0, 0.1);
  lam ~ cauchy(0, 1);
  slab ~ inv_gamma(2, 50);
  sigma ~ normal(0, 1);
  z ~ std_normal();
  y ~ normal_id_glm(x, 0, beta, sigma);
}
