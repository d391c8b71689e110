#include "services/entities/net.h"

#include <math.h>
#include <string.h>

#include "services/entities/net_simd.h"

static void plain_add_row(float *x, const int8_t *row, float scale) {
  for (size_t i = 0; i < WM_NET_WIDTH; i++) x[i] = fmaf(scale, (float)row[i], x[i]);
}

/**
 * Without fused multiply-add, which is a call where the compiler may not use the instruction: the product of two floats is exact in double, and so is its sum with 0.5
 * if the product is 2^-6 or more; if it is less, the result is 0 either way.
 */
static void plain_quantise(const float *x, size_t count, float gain, uint8_t *q) {
  const double g = gain;
  for (size_t i = 0; i < count; i++) {
    float v = (float)((double)x[i] * g + 0.5);
    v = v > 0.0f ? v : 0.0f;
    v = v < 127.0f ? v : 127.0f;
    q[i] = (uint8_t)(int)v;
  }
}

#define SLICE 64u /* tokens whose inputs stay in the cache while the outputs go by */

/** Sums of products of one output's weights with the inputs of four tokens; written so that compilers make vector code of it. */
static void plain_dot4(const int16_t *restrict w, const int16_t *restrict q, size_t inputs, int32_t sums[4]) {
  const int16_t *q1 = q + WM_NET_WIDTH, *q2 = q1 + WM_NET_WIDTH, *q3 = q2 + WM_NET_WIDTH;
  int32_t a = 0, b = 0, c = 0, d = 0;
  for (size_t k = 0; k < inputs; k++) {
    a += q[k] * w[k];
    b += q1[k] * w[k];
    c += q2[k] * w[k];
    d += q3[k] * w[k];
  }
  sums[0] = a;
  sums[1] = b;
  sums[2] = c;
  sums[3] = d;
}

/** Up to SLICE tokens. */
static void plain_slice(const wm_net_product_t *p, const uint8_t *q, size_t n, float *out) {
  int16_t wide[(SLICE + WM_NET_INPUTS_MAX / WM_NET_WIDTH + 2) * WM_NET_WIDTH] = {0}; /* three tokens may be too many */
  const int16_t *w = p->packed;
  size_t count = (n - 1) * WM_NET_WIDTH + p->inputs;
  for (size_t i = 0; i < count; i++) wide[i] = q[i];
  for (size_t o = 0; o < p->outputs; o++, w += p->inputs) {
    for (size_t t = 0; t < n; t += 4) {
      int32_t sums[4];
      plain_dot4(w, wide + t * WM_NET_WIDTH, p->inputs, sums);
      for (size_t i = 0; i < 4 && t + i < n; i++) {
        float *x = out + (t + i) * p->outputs + o;
        *x = fmaf(p->scale[o], (float)sums[i], *x + p->bias[o]);
      }
    }
  }
}

static void plain_product(const wm_net_product_t *p, const uint8_t *q, size_t n, float *out) {
  for (size_t t = 0; t < n; t += SLICE)
    plain_slice(p, q + t * WM_NET_WIDTH, n - t < SLICE ? n - t : SLICE, out + t * p->outputs);
}

/** All weights of an output together, in 16 bits. */
static void plain_pack(const wm_net_product_t *p, void *packed) {
  int16_t *to = packed;
  for (size_t o = 0; o < p->outputs; o++)
    for (size_t k = 0; k < p->inputs; k++)
      *to++ = p->weights[(k - k % WM_NET_GROUP) * p->outputs + o * WM_NET_GROUP + k % WM_NET_GROUP];
}

static const wm_net_path_t plain = {"plain", plain_add_row, plain_quantise, plain_product, sizeof(int16_t), plain_pack};

const wm_net_path_t *wm_net_path(const char *name) {
  const wm_net_path_t *const all[] = {wm_net_avx512(), wm_net_avx2(), &plain};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
    if (all[i] && (!name || !strcmp(name, all[i]->name))) return all[i];
  return NULL;
}
