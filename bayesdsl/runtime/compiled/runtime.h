/* What functions written by the lowering call: products and factors of matrices. Matrices are row by row. */
#include <stdlib.h>

#define BD_ALIGNED(bytes) (((bytes) + 63) / 64 * 64)
#define bd_clamp_low(x, low) ((x) < (low) ? (low) : (x))
#define bd_clamp_high(x, high) ((x) > (high) ? (high) : (x))

/* What keeps the loop that it stands in from being vector code. */
#define BD_NOT_AT_ONCE __asm__ volatile("")

typedef void bd_dgemm_t(const char *, const char *, const int *, const int *, const int *, const double *, const double *,
                        const int *, const double *, const int *, const double *, double *, const int *);
typedef void bd_sgemm_t(const char *, const char *, const int *, const int *, const int *, const float *, const float *,
                        const int *, const float *, const int *, const float *, float *, const int *);
typedef void bd_dpotrf_t(const char *, const int *, double *, const int *, int *);
typedef void bd_spotrf_t(const char *, const int *, float *, const int *, int *);
typedef void bd_dtrsm_t(const char *, const char *, const char *, const char *, const int *, const int *, const double *,
                        const double *, const int *, double *, const int *);
typedef void bd_strsm_t(const char *, const char *, const char *, const char *, const int *, const int *, const float *,
                        const float *, const int *, float *, const int *);

/* BLAS and LAPACK of the process, set when the object is loaded: dgemm, sgemm, dpotrf, spotrf, dtrsm, strsm. */
void *bd_blas[6];

/* Smaller matrices are not worth a call. */
#define BD_SMALL 32

/* c = a b, of m rows, n columns and k between; each of a and b has two steps, c is whole. */
#define BD_GEMM(kind, slot)                                                                                            \
  static __attribute__((unused)) void bd_gemm_##kind(                                                                  \
      int64_t m, int64_t n, int64_t k, const kind *a, int64_t ai, int64_t ak, const kind *b, int64_t bk, int64_t bj,   \
      kind *c, int64_t ci, int64_t cj) {                                                                               \
    (void)cj;                                                                                                          \
    if (bd_blas[slot] && m * n * k > BD_SMALL * BD_SMALL * BD_SMALL && (ai == 1 || ak == 1) && (bk == 1 || bj == 1)) { \
      const char *ta = ak == 1 ? "N" : "T", *tb = bj == 1 ? "N" : "T";                                                 \
      int mm = (int)m, nn = (int)n, kk = (int)k;                                                                       \
      int64_t la = ak == 1 ? ai : ak, lb = bj == 1 ? bk : bj, least_a = ak == 1 ? k : m, least_b = bj == 1 ? n : k;    \
      int lda = (int)(la > least_a ? la : least_a), ldb = (int)(lb > least_b ? lb : least_b);                          \
      int ldc = (int)(ci > n ? ci : n);                                                                                \
      kind one = 1, zero = 0;                                                                                          \
      ((BD_##kind##_gemm *)bd_blas[slot])(tb, ta, &nn, &mm, &kk, &one, b, &ldb, a, &lda, &zero, c, &ldc);              \
      return;                                                                                                          \
    }                                                                                                                  \
    for (int64_t i = 0; i < m; i++) {                                                                                  \
      kind *restrict row = c + i * ci;                                                                                 \
      for (int64_t j = 0; j < n; j++) row[j] = 0;                                                                      \
      for (int64_t l = 0; l < k; l++) {                                                                                \
        const kind factor = a[i * ai + l * ak];                                                                        \
        const kind *restrict from = b + l * bk;                                                                        \
        if (bj == 1)                                                                                                   \
          for (int64_t j = 0; j < n; j++) row[j] += factor * from[j];                                                  \
        else                                                                                                           \
          for (int64_t j = 0; j < n; j++) row[j] += factor * from[j * bj];                                             \
      }                                                                                                                \
    }                                                                                                                  \
  }
#define BD_double_gemm bd_dgemm_t
#define BD_float_gemm bd_sgemm_t
#define BD_double_potrf bd_dpotrf_t
#define BD_float_potrf bd_spotrf_t
#define BD_double_trsm bd_dtrsm_t
#define BD_float_trsm bd_strsm_t
BD_GEMM(double, 0)
BD_GEMM(float, 1)

/* Lower Cholesky factors of `count` matrices of n rows; one that is not positive definite gets NaN. */
#define BD_CHOLESKY(kind, slot)                                                                                        \
  static __attribute__((unused)) void bd_cholesky_##kind(const kind *from, kind *to, int64_t count, int64_t n) {       \
    for (int64_t c = 0; c < count; c++, from += n * n, to += n * n) {                                                  \
      if (bd_blas[2 + slot] && n > BD_SMALL) {                                                                         \
        int nn = (int)n, info = 0;                                                                                     \
        memcpy(to, from, sizeof(kind) * (size_t)(n * n));                                                              \
        ((BD_##kind##_potrf *)bd_blas[2 + slot])("U", &nn, to, &nn, &info);                                            \
        for (int64_t i = 0; i < n; i++)                                                                                \
          for (int64_t j = 0; j < n; j++)                                                                              \
            if (info) to[i * n + j] = NAN;                                                                             \
            else if (j > i) to[i * n + j] = 0;                                                                         \
        continue;                                                                                                      \
      }                                                                                                                \
      for (int64_t i = 0; i < n; i++) {                                                                                \
        for (int64_t j = 0; j <= i; j++) {                                                                             \
          kind s = from[i * n + j];                                                                                    \
          for (int64_t k = 0; k < j; k++) s -= to[i * n + k] * to[j * n + k];                                          \
          to[i * n + j] = i == j ? (kind)sqrt(s) : s / to[j * n + j];                                                  \
        }                                                                                                              \
        for (int64_t j = i + 1; j < n; j++) to[i * n + j] = 0;                                                         \
      }                                                                                                                \
    }                                                                                                                  \
  }
BD_CHOLESKY(double, 0)
BD_CHOLESKY(float, 1)

/* x of a x = b (left) or x a = b, for `count` triangular a and b of n rows and m columns. For
   BLAS, which goes column by column, a is transposed and so are x and b. */
#define BD_SOLVE_TRIANGULAR(kind, slot)                                                                                \
  static __attribute__((unused)) void bd_solve_triangular_##kind(const kind *a, const kind *b, kind *x, int64_t count, \
                                                          int64_t n, int64_t m, int upper, int left, int unit) {       \
    const int64_t side = left ? n : m;                                                                                 \
    for (int64_t c = 0; c < count; c++, a += side * side, b += n * m, x += n * m) {                                    \
      memcpy(x, b, sizeof(kind) * (size_t)(n * m));                                                                    \
      if (bd_blas[4 + slot] && side > BD_SMALL) {                                                                      \
        int nn = (int)n, mm = (int)m, lda = (int)side;                                                                 \
        kind one = 1;                                                                                                  \
        const char *side_ = left ? "R" : "L", *which = upper ? "L" : "U", *diagonal = unit ? "U" : "N";                \
        ((BD_##kind##_trsm *)bd_blas[4 + slot])(side_, which, "N", diagonal, &mm, &nn, &one, a, &lda, x, &mm);         \
        continue;                                                                                                      \
      }                                                                                                                \
      if (left) {                                                                                                      \
        for (int64_t s = 0; s < n; s++) {                                                                              \
          const int64_t i = upper ? n - 1 - s : s;                                                                     \
          for (int64_t k = upper ? i + 1 : 0; k < (upper ? n : i); k++) {                                              \
            const kind f = a[i * n + k];                                                                               \
            for (int64_t j = 0; j < m; j++) x[i * m + j] -= f * x[k * m + j];                                          \
          }                                                                                                            \
          if (!unit) {                                                                                                 \
            const kind f = a[i * n + i];                                                                               \
            for (int64_t j = 0; j < m; j++) x[i * m + j] /= f;                                                         \
          }                                                                                                            \
        }                                                                                                              \
      } else {                                                                                                         \
        for (int64_t i = 0; i < n; i++)                                                                                \
          for (int64_t s = 0; s < m; s++) {                                                                            \
            const int64_t j = upper ? s : m - 1 - s;                                                                   \
            kind t = x[i * m + j];                                                                                     \
            for (int64_t k = upper ? 0 : j + 1; k < (upper ? j : m); k++) t -= x[i * m + k] * a[k * m + j];            \
            x[i * m + j] = unit ? t : t / a[j * m + j];                                                                \
          }                                                                                                            \
      }                                                                                                                \
    }                                                                                                                  \
  }
BD_SOLVE_TRIANGULAR(double, 0)
BD_SOLVE_TRIANGULAR(float, 1)

/* One function for many inputs: `steps` are how many bytes further the next call finds each input and output. */
typedef void bd_function(const void *const *, void *const *, const int64_t *, void *);
void bd_each(bd_function *f, int64_t count, const char **in, int64_t inputs, const int64_t *in_steps, char **out,
             int64_t outputs, const int64_t *out_steps, const int64_t *sizes, void *work) {
  for (int64_t c = 0; c < count; c++) {
    f((const void *const *)in, (void *const *)out, sizes, work);
    for (int64_t i = 0; i < inputs; i++) in[i] += in_steps[i];
    for (int64_t i = 0; i < outputs; i++) out[i] += out_steps[i];
  }
}

/* A log density as a sampler calls it, from any thread. `busy` marks the workspaces in use. */
typedef struct {
  bd_function *function;
  const void **inputs;
  int64_t count;
  const int64_t *sizes;
  char *work;
  int64_t work_bytes;
  int64_t workspaces;
  char *busy;
} bd_context;

int64_t bd_density_call(uint64_t dim, const double *u, double *gradient, double *value, void *given) {
  bd_context *context = (bd_context *)given;
  const void *in[context->count];
  void *out[2] = {value, gradient};
  (void)dim;
  memcpy(in, context->inputs, sizeof(void *) * (size_t)context->count);
  in[0] = u;
  int64_t slot = 0;
  while (__atomic_test_and_set(&context->busy[slot], __ATOMIC_ACQUIRE)) slot = (slot + 1) % context->workspaces;
  context->function(in, out, context->sizes, context->work + slot * context->work_bytes);
  __atomic_clear(&context->busy[slot], __ATOMIC_RELEASE);
  return 0;
}

// As above, for a sampler that gives up where an element of the gradient is zero: where a chain of an improper density
// has gone off to where it is level, it is to go on, and its draws to show it.
int64_t bd_density_drawn(uint64_t dim, const double *u, double *gradient, double *value, void *given) {
  bd_density_call(dim, u, gradient, value, given);
  for (uint64_t i = 0; i < dim; i++) gradient[i] = gradient[i] == 0 ? 1e-150 : gradient[i];
  return 0;
}

int64_t bd_copy(uint64_t dim, uint64_t expanded, const double *from, double *to, void *given) {
  (void)given;
  memcpy(to, from, sizeof(double) * (size_t)(dim < expanded ? dim : expanded));
  return 0;
}
