/* Calls a density again and again, without Python in between. */
#include <stdint.h>
#include <time.h>

typedef int64_t (*density)(uint64_t, const double *, double *, double *, void *);

double seconds_of(density f, int64_t calls, uint64_t dim, const double *u, double *gradient, double *value,
                  void *context) {
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    for (int64_t i = 0; i < calls; i++) f(dim, u, gradient, value, context);
    clock_gettime(CLOCK_MONOTONIC, &after);
    return (double)(after.tv_sec - before.tv_sec) + 1e-9 * (double)(after.tv_nsec - before.tv_nsec);
}
