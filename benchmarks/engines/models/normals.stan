data {
  int<lower=0> n;
  vector[n] y;
}
parameters {
  vector[n] m;
}
model {
  m ~ std_normal();
  y ~ normal(m, 1);
}
