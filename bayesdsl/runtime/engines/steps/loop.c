/* Steps of a fit, one after another, with nothing in between. */
#include <math.h>
#include <stdint.h>

typedef void bd_function(const void *const *, void *const *, const int64_t *, void *);

/* Inputs: `carried[i]` is which of the carried buffers input i is, or -1 for one that lies at `in[i]` and `in_steps[i]`
   bytes further at each step. Outputs: the loss, then the carried buffers after the step, written to `next` and swapped
   with `now`. `summed` may be null. Reals take `bytes` bytes. Stops after a loss that is not finite; `done` counts. */
void bd_steps(bd_function *f, int64_t steps, int64_t inputs, const char **in, const int64_t *in_steps,
              const int64_t *carried, int64_t buffers, void **now, void **next, void **out, char *losses, char *summed,
              int64_t count, int64_t bytes, const int64_t *sizes, void *work, int64_t *done) {
  for (int64_t step = 0; step < steps; step++) {
    for (int64_t i = 0; i < inputs; i++)
      if (carried[i] >= 0) in[i] = (const char *)now[carried[i]];
    out[0] = losses + step * bytes;
    for (int64_t b = 0; b < buffers; b++) out[b + 1] = next[b];
    f((const void *const *)in, out, sizes, work);
    for (int64_t b = 0; b < buffers; b++) {
      void *before = now[b];
      now[b] = next[b];
      next[b] = before;
    }
    for (int64_t i = 0; i < inputs; i++)
      if (carried[i] < 0) in[i] += in_steps[i];
    if (summed && bytes == 8)
      for (int64_t j = 0; j < count; j++) ((double *)summed)[j] += ((double *)now[0])[j];
    if (summed && bytes == 4)
      for (int64_t j = 0; j < count; j++) ((float *)summed)[j] += ((float *)now[0])[j];
    *done = step + 1;
    if (!isfinite(bytes == 8 ? ((double *)losses)[step] : ((float *)losses)[step])) return;
  }
}
