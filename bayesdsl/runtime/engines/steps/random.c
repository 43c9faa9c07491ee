/* Random numbers by their position: the same for a key, a stream and a position, whoever asks for how many.

   The bits are those of Philox 4x32 with ten rounds (Salmon, Moraes, Dror and Shaw, 2011): what a counter becomes under
   a key. 128 bits make two numbers. */

/* So many pairs at once: what one loop hands to the next stays near. */
#define BD_PAIRS 64

/* Kinds of numbers, in the order of KINDS in numbers.py. */
enum { BD_NORMAL, BD_UNIFORM, BD_EXPONENTIAL, BD_CAUCHY };

BD_INLINE void bd_philox(uint64_t key, uint64_t stream, uint64_t counter, uint64_t *one, uint64_t *two) {
  const uint64_t low = 0xFFFFFFFF;
  uint64_t a = counter & low, b = counter >> 32, c = stream & low, d = stream >> 32, k = key & low, l = key >> 32;
#pragma GCC unroll 10
  for (int round = 0; round < 10; round++) {
    const uint64_t p = 0xD2511F53 * a, q = 0xCD9E8D57 * c;
    a = (q >> 32) ^ b ^ k, b = q & low, c = (p >> 32) ^ d ^ l, d = p & low;
    k = (k + 0x9E3779B9) & low, l = (l + 0xBB67AE85) & low;
  }
  *one = a | b << 32, *two = c | d << 32;
}

BD_INLINE double bd_of_bits(uint64_t bits) {
  double found;
  memcpy(&found, &bits, 8);
  return found;
}

/* From 0 to 1: without 1, and without either. */
BD_INLINE double bd_from_0(uint64_t bits) { return bd_of_bits(bits >> 12 | 0x3FF0000000000000) - 1.0; }
BD_INLINE double bd_open(uint64_t bits) { return bd_of_bits(bits >> 12 | 0x3FF0000000000000) - (1.0 - 0x1p-53); }

/* log(u) for u as above, without a call: u = m 2^e with m near 1, log(m) = 2 atanh((m - 1) / (m + 1)). */
BD_INLINE double bd_log_of_open(double u) {
  const uint64_t root_half = 0x3FE6A09E667F3BCD;
  uint64_t bits;
  memcpy(&bits, &u, 8);
  bits += 0x3FF0000000000000 - root_half;
  const double e = bd_of_bits(0x4330000000000000 | bits >> 52) - (0x1p52 + 1023.0);
  const double m = bd_of_bits((bits & 0x000FFFFFFFFFFFFF) + root_half);
  const double s = (m - 1.0) / (m + 1.0), w = s * s;
  double p = 1.0 / 21.0;
  p = p * w + 1.0 / 19.0; p = p * w + 1.0 / 17.0; p = p * w + 1.0 / 15.0; p = p * w + 1.0 / 13.0;
  p = p * w + 1.0 / 11.0; p = p * w + 1.0 / 9.0; p = p * w + 1.0 / 7.0; p = p * w + 1.0 / 5.0;
  p = p * w + 1.0 / 3.0; p = p * w + 1.0;
  return e * 0.69314718055994530942 + 2.0 * s * p;
}

/* Two normal numbers by Box and Muller, at the angle 2 pi u of half a turn more. */
BD_INLINE void bd_normal_of(uint64_t one, uint64_t two, double *x, double *y) {
  const double radius = sqrt(-2.0 * bd_log_of_open(bd_open(one)));
  const double turns = 2.0 * bd_open(two) - 1.0, half = rint(turns), f = turns - half, w = f * f;
  const double signed_radius = radius * (1.0 - 2.0 * half * half);
  *x = signed_radius * bd_cospi_part(w);
  *y = signed_radius * f * bd_sinpi_part(w);
}

BD_INLINE void bd_uniform_of(uint64_t one, uint64_t two, double *x, double *y) {
  *x = bd_from_0(one);
  *y = bd_from_0(two);
}

BD_INLINE void bd_exponential_of(uint64_t one, uint64_t two, double *x, double *y) {
  *x = -bd_log_of_open(bd_open(one));
  *y = -bd_log_of_open(bd_open(two));
}

/* The cotangent of pi u. */
BD_INLINE double bd_cauchy_of_one(uint64_t bits) {
  const double u = bd_open(bits), f = u - rint(u), w = f * f;
  return bd_cospi_part(w) / (f * bd_sinpi_part(w));
}

BD_INLINE void bd_cauchy_of(uint64_t one, uint64_t two, double *x, double *y) {
  *x = bd_cauchy_of_one(one);
  *y = bd_cauchy_of_one(two);
}

/* Loops over PAIRS pairs, always as many: of a fixed number the compiler makes the least code. */
#define BD_EACH _Pragma("omp simd") for (int i = 0; i < BD_PAIRS; i++)
#define BD_MAKE(kind)                                                                                                  \
  static void bd_make_##kind(const uint64_t *restrict one, const uint64_t *restrict two, double *restrict out) {       \
    BD_EACH bd_##kind##_of(one[i], two[i], out + 2 * i, out + 2 * i + 1);                                              \
  }
BD_MAKE(normal)
BD_MAKE(uniform)
BD_MAKE(exponential)
BD_MAKE(cauchy)

static void bd_bits(uint64_t key, uint64_t stream, uint64_t first, uint64_t kept, uint64_t *restrict one,
                    uint64_t *restrict two) {
  BD_EACH {
    uint64_t a, b;
    bd_philox(key, stream, first + (uint64_t)i, &a, &b);
    one[i] = a & kept, two[i] = b & kept;
  }
}

/* `count` pairs of numbers of a kind, from the pair at `first` on, into reals of `bytes` bytes. */
void bd_random(int64_t kind, uint64_t key, uint64_t stream, uint64_t first, int64_t count, int64_t bytes, void *out) {
  static void (*const makers[])(const uint64_t *restrict, const uint64_t *restrict, double *restrict) = {
      bd_make_normal, bd_make_uniform, bd_make_exponential, bd_make_cauchy};
  uint64_t one[BD_PAIRS] __attribute__((aligned(64))), two[BD_PAIRS] __attribute__((aligned(64)));
  double made[2 * BD_PAIRS] __attribute__((aligned(64)));
  /* A uniform number has no more bits than a real of four bytes: it must not be rounded to 1. */
  const uint64_t all = ~(uint64_t)0, kept = bytes == 4 && kind == BD_UNIFORM ? all << 40 : all;
  for (int64_t start = 0; start < count; start += BD_PAIRS) {
    const int64_t left = count - start, n = 2 * (left < BD_PAIRS ? left : BD_PAIRS);
    bd_bits(key, stream, first + (uint64_t)start, kept, one, two);
    makers[kind](one, two, made);
    if (bytes == 8) memcpy((double *)out + 2 * start, made, 8 * (size_t)n);
    if (bytes == 4)
      for (int64_t i = 0; i < n; i++) ((float *)out)[2 * start + i] = (float)made[i];
  }
}
