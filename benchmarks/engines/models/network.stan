data {
  int<lower=0> n;
  int<lower=0> g;
  row_vector[n] x;
  vector[n] y;
  row_vector[g] at;
}
parameters {
  vector[5] w1;
  vector[5] b1;
  row_vector[5] w2;
  real b2;
  real<lower=0> s;
}
model {
  w1 ~ normal(0, 3);
  b1 ~ normal(0, 3);
  w2 ~ normal(0, 3);
  b2 ~ normal(0, 3);
  s ~ gamma(0.5, 1);
  y ~ normal(b2 + w2 * tanh(w1 * x + rep_matrix(b1, n)), sqrt(s));
}
generated quantities {
  row_vector[g] curve = b2 + w2 * tanh(w1 * at + rep_matrix(b1, g));
}
