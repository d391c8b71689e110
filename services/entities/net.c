#include "services/entities/net.h"

#include <math.h>
#include <string.h>

#include "services/entities/net_simd.h"

static void plain_add_row(float *x, const int8_t *row, float scale) {
  for (size_t i = 0; i < WM_NET_WIDTH; i++) x[i] = fmaf(scale, (float)row[i], x[i]);
}

static void plain_quantise(const float *x, size_t count, float gain, uint8_t *q) {
  for (size_t i = 0; i < count; i++) {
    float v = fmaf(x[i], gain, 0.5f);
    q[i] = v >= 127.0f ? 127 : v >= 0.0f ? (uint8_t)v : 0;
  }
}

#define PLAIN_OUTPUTS_MAX 128u

static void plain_product(const wm_net_product_t *p, const uint8_t *q, size_t n, float *out) {
  int32_t sum[PLAIN_OUTPUTS_MAX];
  for (size_t t = 0; t < n; t++, q += WM_NET_WIDTH, out += p->outputs) {
    memset(sum, 0, sizeof sum);
    for (size_t k = 0; k < p->inputs; k += WM_NET_GROUP) {
      const int8_t *w = p->weights + k * p->outputs;
      int32_t a = q[k], b = q[k + 1], c = q[k + 2], d = q[k + 3];
      if (!(a | b | c | d)) continue;
      for (size_t o = 0; o < p->outputs; o++, w += WM_NET_GROUP) sum[o] += a * w[0] + b * w[1] + c * w[2] + d * w[3];
    }
    for (size_t o = 0; o < p->outputs; o++) out[o] = fmaf(p->scale[o], (float)sum[o], out[o] + p->bias[o]);
  }
}

static const wm_net_path_t plain = {"plain", plain_add_row, plain_quantise, plain_product, 0, NULL};

const wm_net_path_t *wm_net_path(const char *name) {
  const wm_net_path_t *const all[] = {wm_net_avx512(), wm_net_avx2(), &plain};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
    if (all[i] && (!name || !strcmp(name, all[i]->name))) return all[i];
  return NULL;
}
