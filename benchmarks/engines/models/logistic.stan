data {
  int<lower=0> n;
  int<lower=0> k;
  matrix[n, k] x;
  array[n] int<lower=0, upper=1> y;
}
parameters {
  real a;
  vector[k] b;
}
model {
  a ~ std_normal();
  b ~ std_normal();
  y ~ bernoulli_logit_glm(x, a, b);
}
