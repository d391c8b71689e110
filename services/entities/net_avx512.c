#include "services/entities/net_simd.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni,fma,avx2")))
#define LANES 16u
#define TOKENS 6u /* tokens at a time: 6 x 4 sums stay in registers beside the weights */

AVX512 static void avx512_add_row(float *x, const int8_t *row, float scale) {
  __m512 s = _mm512_set1_ps(scale);
  for (size_t i = 0; i < WM_NET_WIDTH; i += LANES) {
    __m512 v = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(const void *)(row + i))));
    _mm512_storeu_ps(x + i, _mm512_fmadd_ps(s, v, _mm512_loadu_ps(x + i)));
  }
}

AVX512 static void avx512_quantise(const float *x, size_t count, float gain, uint8_t *q) {
  const __m512 g = _mm512_set1_ps(gain), half = _mm512_set1_ps(0.5f), most = _mm512_set1_ps(127.0f);
  for (size_t i = 0; i < count; i += LANES) {
    __m512 v = _mm512_fmadd_ps(_mm512_loadu_ps(x + i), g, half);
    v = _mm512_min_ps(_mm512_max_ps(v, _mm512_setzero_ps()), most);
    _mm_storeu_si128((__m128i *)(void *)(q + i), _mm512_cvtepi32_epi8(_mm512_cvttps_epi32(v)));
  }
}

AVX512 static inline __m512i avx512_four(const uint8_t *q) {
  int32_t four;
  __builtin_memcpy(&four, q, sizeof four);
  return _mm512_set1_epi32(four);
}

AVX512 static inline __m512i avx512_weights(const int8_t *w) {
  return _mm512_loadu_si512((const void *)w);
}

AVX512 static inline void avx512_store(const wm_net_product_t *p, size_t o, __m512i sum, float *out) {
  __m512 base = _mm512_add_ps(_mm512_loadu_ps(out), _mm512_loadu_ps(p->bias + o));
  _mm512_storeu_ps(out, _mm512_fmadd_ps(_mm512_loadu_ps(p->scale + o), _mm512_cvtepi32_ps(sum), base));
}

/** Outputs o to o + 63 of TOKENS tokens. */
AVX512 static void avx512_wide(const wm_net_product_t *p, size_t o, const uint8_t *q, float *out) {
  __m512i s[TOKENS][4];
#pragma GCC unroll 6
  for (size_t t = 0; t < TOKENS; t++) s[t][0] = s[t][1] = s[t][2] = s[t][3] = _mm512_setzero_si512();
  const int8_t *w = p->weights + o * WM_NET_GROUP;
  for (size_t k = 0; k < p->inputs; k += WM_NET_GROUP, w += (size_t)p->outputs * WM_NET_GROUP) {
    __m512i w0 = avx512_weights(w), w1 = avx512_weights(w + 64);
    __m512i w2 = avx512_weights(w + 128), w3 = avx512_weights(w + 192);
#pragma GCC unroll 6
    for (size_t t = 0; t < TOKENS; t++) {
      __m512i four = avx512_four(q + t * WM_NET_WIDTH + k);
      s[t][0] = _mm512_dpbusd_epi32(s[t][0], four, w0);
      s[t][1] = _mm512_dpbusd_epi32(s[t][1], four, w1);
      s[t][2] = _mm512_dpbusd_epi32(s[t][2], four, w2);
      s[t][3] = _mm512_dpbusd_epi32(s[t][3], four, w3);
    }
  }
#pragma GCC unroll 6
  for (size_t t = 0; t < TOKENS; t++)
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; i++) avx512_store(p, o + i * LANES, s[t][i], out + t * p->outputs + o + i * LANES);
}

/** Outputs o to o + 15 of one token. */
AVX512 static void avx512_narrow(const wm_net_product_t *p, size_t o, const uint8_t *q, float *out) {
  __m512i even = _mm512_setzero_si512(), odd = _mm512_setzero_si512();
  const int8_t *w = p->weights + o * WM_NET_GROUP;
  size_t step = (size_t)p->outputs * WM_NET_GROUP;
  for (size_t k = 0; k < p->inputs; k += 2 * WM_NET_GROUP, w += 2 * step) {
    even = _mm512_dpbusd_epi32(even, avx512_four(q + k), avx512_weights(w));
    odd = _mm512_dpbusd_epi32(odd, avx512_four(q + k + WM_NET_GROUP), avx512_weights(w + step));
  }
  avx512_store(p, o, _mm512_add_epi32(even, odd), out + o);
}

AVX512 static void avx512_product(const wm_net_product_t *p, const uint8_t *q, size_t n, float *out) {
  size_t t = 0;
  if (p->outputs % (4 * LANES) == 0)
    for (; t + TOKENS <= n; t += TOKENS)
      for (size_t o = 0; o < p->outputs; o += 4 * LANES) avx512_wide(p, o, q + t * WM_NET_WIDTH, out + t * p->outputs);
  for (; t < n; t++)
    for (size_t o = 0; o < p->outputs; o += LANES) avx512_narrow(p, o, q + t * WM_NET_WIDTH, out + t * p->outputs);
}

static const wm_net_path_t avx512 = {"avx512vnni", avx512_add_row, avx512_quantise, avx512_product, 0, NULL};

const wm_net_path_t *wm_net_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                 __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni")
             ? &avx512
             : NULL;
}

#else

const wm_net_path_t *wm_net_avx512(void) {
  return NULL;
}

#endif
