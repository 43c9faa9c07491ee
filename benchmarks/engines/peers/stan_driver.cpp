// A plain C interface to a Stan model: its density, and Stan's own adaptive NUTS with draws kept in memory.
//
// It is compiled once against the headers that come with httpstan and linked to each model, as CmdStan's main program
// is. pystan itself hands draws over as text through a socket, and its gradients make the model anew at each call:
// neither is what is to be measured.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <stan/callbacks/interrupt.hpp>
#include <stan/callbacks/logger.hpp>
#include <stan/callbacks/writer.hpp>
#include <stan/io/array_var_context.hpp>
#include <stan/io/empty_var_context.hpp>
#include <stan/model/log_prob_grad.hpp>
#include <stan/model/model_base.hpp>
#include <stan/services/sample/hmc_nuts_diag_e_adapt.hpp>

stan::model::model_base &new_model(stan::io::var_context &data, unsigned int seed, std::ostream *messages);

namespace {

// Rows of numbers, one a draw, written to an array that the caller holds.
class Rows : public stan::callbacks::writer {
 public:
  Rows(double *out, size_t most) : out_(out), most_(most) {}
  void operator()(const std::vector<std::string> &names) {}
  void operator()(const std::vector<double> &state) {
    if (written_ == most_) return;
    std::memcpy(out_ + written_ * state.size(), state.data(), state.size() * sizeof(double));
    ++written_;
  }
  void operator()() {}
  void operator()(const std::string &message) {}

 private:
  double *out_;
  size_t most_;
  size_t written_ = 0;
};

class Names : public stan::callbacks::writer {
 public:
  std::vector<std::string> names;
  void operator()(const std::vector<std::string> &given) { names = given; }
  void operator()(const std::vector<double> &state) {}
  void operator()() {}
  void operator()(const std::string &message) {}
};

}  // namespace

extern "C" {

// Values of all arrays follow each other, with first indices running fastest; the same for their dimensions.
void *stan_create(int64_t reals, const char **real_names, const double *real_values, const int64_t *real_ranks,
                  const int64_t *real_dims, int64_t ints, const char **int_names, const int32_t *int_values,
                  const int64_t *int_ranks, const int64_t *int_dims) {
  auto split = [](int64_t count, const int64_t *ranks, const int64_t *dims, size_t &total) {
    std::vector<std::vector<size_t>> found;
    total = 0;
    for (int64_t i = 0; i < count; ++i) {
      size_t size = 1;
      std::vector<size_t> one;
      for (int64_t k = 0; k < ranks[i]; ++k) {
        one.push_back(*dims);
        size *= *dims++;
      }
      total += size;
      found.push_back(one);
    }
    return found;
  };
  try {
    size_t n_reals, n_ints;
    auto real_shapes = split(reals, real_ranks, real_dims, n_reals);
    auto int_shapes = split(ints, int_ranks, int_dims, n_ints);
    stan::io::array_var_context data(std::vector<std::string>(real_names, real_names + reals),
                                     std::vector<double>(real_values, real_values + n_reals), real_shapes,
                                     std::vector<std::string>(int_names, int_names + ints),
                                     std::vector<int>(int_values, int_values + n_ints), int_shapes);
    return &new_model(data, 1, &std::cerr);
  } catch (const std::exception &error) {
    std::cerr << error.what() << std::endl;
    return nullptr;
  }
}

int64_t stan_dimension(void *context) { return static_cast<stan::model::model_base *>(context)->num_params_r(); }

// The density over unconstrained values, without constants, and its gradient: what Stan's sampler calls.
int64_t stan_density(uint64_t dim, const double *u, double *gradient, double *value, void *context) {
  auto &model = *static_cast<stan::model::model_base *>(context);
  thread_local Eigen::VectorXd at, slope;
  at = Eigen::Map<const Eigen::VectorXd>(u, dim);
  try {
    *value = stan::model::log_prob_grad<true, true>(model, at, slope, nullptr);
  } catch (const std::exception &) {
    *value = -INFINITY;
    return 1;
  }
  Eigen::Map<Eigen::VectorXd>(gradient, dim) = slope;
  return 0;
}

// The names of the columns of a draw: those of the sampler, then those of the model; one a line.
const char *stan_columns(void *context) {
  static std::string text;
  auto &model = *static_cast<stan::model::model_base *>(context);
  std::vector<std::string> names = {"lp__",         "accept_stat__", "stepsize__", "treedepth__",
                                    "n_leapfrog__", "divergent__",   "energy__"};
  std::vector<std::string> own;
  model.constrained_param_names(own, true, true);
  names.insert(names.end(), own.begin(), own.end());
  std::ostringstream lines;
  for (const auto &name : names) lines << name << '\n';
  text = lines.str();
  return text.c_str();
}

int stan_sample(void *context, int seed, int chain, int warmup, int draws, int max_depth, double *out) {
  auto &model = *static_cast<stan::model::model_base *>(context);
  stan::io::empty_var_context init;
  stan::callbacks::interrupt interrupt;
  stan::callbacks::logger logger;
  Names start;
  stan::callbacks::writer diagnostics;
  Rows rows(out, draws);
  try {
    return stan::services::sample::hmc_nuts_diag_e_adapt(
        model, init, seed, chain, 2.0, warmup, draws, 1, false, 0, 1.0, 0.0, max_depth, 0.8, 0.05, 0.75, 10.0, 75, 50,
        25, interrupt, logger, start, rows, diagnostics);
  } catch (const std::exception &error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
}
}
