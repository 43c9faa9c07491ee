/* Functions of reals of four bytes where they are given such: twice as many at once, and many times faster than of eight.
   What stands here for its float version is computed in double precision elsewhere, and rounded. */
BD_INLINE float bd_wheref(int holds, float yes, float no) {
    uint32_t a, b, mask = -(uint32_t)(holds != 0);
    float taken;
    memcpy(&a, &yes, 4);
    memcpy(&b, &no, 4);
    a = (a & mask) | (b & ~mask);
    memcpy(&taken, &a, 4);
    return taken;
}

BD_INLINE float bd_log1pexpf(float x) { return bd_wheref(x > 0, x, 0.0f) + log1pf(expf(-fabsf(x))); }

BD_INLINE float bd_softplusf(float x, float beta, float threshold) {
    return bd_wheref(x * beta > threshold, x, bd_log1pexpf(x * beta) / beta);
}

BD_INLINE float bd_expitf(float x) {
    float e = expf(-fabsf(x));
    return bd_wheref(x < 0, e, 1.0f) / (1.0f + e);
}

#define BD_OF(name, x) _Generic((x), float: name##f, default: name)(x)
#define BD_OF_TWO(name, x, y) _Generic((x) + (y), float: name##f, default: name)(x, y)
#define acos(x) BD_OF(acos, x)
#define acosh(x) BD_OF(acosh, x)
#define asin(x) BD_OF(asin, x)
#define asinh(x) BD_OF(asinh, x)
#define atan(x) BD_OF(atan, x)
#define atanh(x) BD_OF(atanh, x)
#define ceil(x) BD_OF(ceil, x)
#define cos(x) BD_OF(cos, x)
#define cosh(x) BD_OF(cosh, x)
#define erf(x) BD_OF(erf, x)
#define erfc(x) BD_OF(erfc, x)
#define exp(x) BD_OF(exp, x)
#define exp2(x) BD_OF(exp2, x)
#define expm1(x) BD_OF(expm1, x)
#define fabs(x) BD_OF(fabs, x)
#define floor(x) BD_OF(floor, x)
#define log(x) BD_OF(log, x)
#define log10(x) BD_OF(log10, x)
#define log1p(x) BD_OF(log1p, x)
#define log2(x) BD_OF(log2, x)
#define rint(x) BD_OF(rint, x)
#define sin(x) BD_OF(sin, x)
#define sinh(x) BD_OF(sinh, x)
#define sqrt(x) BD_OF(sqrt, x)
#define tan(x) BD_OF(tan, x)
#define tanh(x) BD_OF(tanh, x)
#define trunc(x) BD_OF(trunc, x)
#define atan2(x, y) BD_OF_TWO(atan2, x, y)
#define fmod(x, y) BD_OF_TWO(fmod, x, y)
#define pow(x, y) BD_OF_TWO(pow, x, y)
#define bd_expit(x) BD_OF(bd_expit, x)
#define bd_softplus(x, beta, threshold)                                                                                \
    _Generic((x), float: bd_softplusf, default: bd_softplus)(x, beta, threshold)
