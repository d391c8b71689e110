#include "services/entities/net_simd.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,fma")))
#define LANES 8u

AVX2 static void avx2_add_row(float *x, const int8_t *row, float scale) {
  __m256 s = _mm256_set1_ps(scale);
  for (size_t i = 0; i < WM_NET_WIDTH; i += LANES) {
    __m256 v = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)(row + i))));
    _mm256_storeu_ps(x + i, _mm256_fmadd_ps(s, v, _mm256_loadu_ps(x + i)));
  }
}

AVX2 static __m256i avx2_round(const float *x, __m256 gain) {
  __m256 v = _mm256_fmadd_ps(_mm256_loadu_ps(x), gain, _mm256_set1_ps(0.5f));
  v = _mm256_min_ps(_mm256_max_ps(v, _mm256_setzero_ps()), _mm256_set1_ps(127.0f));
  return _mm256_cvttps_epi32(v);
}

AVX2 static void avx2_quantise(const float *x, size_t count, float gain, uint8_t *q) {
  const __m256 g = _mm256_set1_ps(gain);
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  for (size_t i = 0; i < count; i += 4 * LANES) {
    __m256i low = _mm256_packs_epi32(avx2_round(x + i, g), avx2_round(x + i + LANES, g));
    __m256i high = _mm256_packs_epi32(avx2_round(x + i + 2 * LANES, g), avx2_round(x + i + 3 * LANES, g));
    __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(low, high), order);
    _mm256_storeu_si256((__m256i *)(void *)(q + i), bytes);
  }
}

/** Four 7-bit inputs times four weights, summed, in each lane: 2 x 127 x 127 stays below 2^15, so nothing saturates. */
AVX2 static inline __m256i avx2_dot(__m256i sum, __m256i q, __m256i w) {
  return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(q, w), _mm256_set1_epi16(1)));
}

AVX2 static inline __m256i avx2_four(const uint8_t *q) {
  int32_t four;
  __builtin_memcpy(&four, q, sizeof four);
  return _mm256_set1_epi32(four);
}

AVX2 static inline void avx2_store(const wm_net_product_t *p, size_t o, __m256i sum, float *out) {
  __m256 base = _mm256_add_ps(_mm256_loadu_ps(out), _mm256_loadu_ps(p->bias + o));
  _mm256_storeu_ps(out, _mm256_fmadd_ps(_mm256_loadu_ps(p->scale + o), _mm256_cvtepi32_ps(sum), base));
}

/** Outputs o to o + 15 of four tokens. */
AVX2 static void avx2_block4(const wm_net_product_t *p, size_t o, const uint8_t *q, float *out) {
  __m256i s[4][2];
  for (size_t t = 0; t < 4; t++) s[t][0] = s[t][1] = _mm256_setzero_si256();
  const int8_t *w = p->weights + o * WM_NET_GROUP;
  for (size_t k = 0; k < p->inputs; k += WM_NET_GROUP, w += (size_t)p->outputs * WM_NET_GROUP) {
    __m256i w0 = _mm256_loadu_si256((const __m256i *)(const void *)w);
    __m256i w1 = _mm256_loadu_si256((const __m256i *)(const void *)(w + 32));
#pragma GCC unroll 4
    for (size_t t = 0; t < 4; t++) {
      __m256i four = avx2_four(q + t * WM_NET_WIDTH + k);
      s[t][0] = avx2_dot(s[t][0], four, w0);
      s[t][1] = avx2_dot(s[t][1], four, w1);
    }
  }
  for (size_t t = 0; t < 4; t++) {
    avx2_store(p, o, s[t][0], out + t * p->outputs + o);
    avx2_store(p, o + LANES, s[t][1], out + t * p->outputs + o + LANES);
  }
}

/** Outputs o to o + 15 of one token. */
AVX2 static void avx2_block1(const wm_net_product_t *p, size_t o, const uint8_t *q, float *out) {
  __m256i s0 = _mm256_setzero_si256(), s1 = _mm256_setzero_si256();
  const int8_t *w = p->weights + o * WM_NET_GROUP;
  for (size_t k = 0; k < p->inputs; k += WM_NET_GROUP, w += (size_t)p->outputs * WM_NET_GROUP) {
    __m256i four = avx2_four(q + k);
    s0 = avx2_dot(s0, four, _mm256_loadu_si256((const __m256i *)(const void *)w));
    s1 = avx2_dot(s1, four, _mm256_loadu_si256((const __m256i *)(const void *)(w + 32)));
  }
  avx2_store(p, o, s0, out + o);
  avx2_store(p, o + LANES, s1, out + o + LANES);
}

AVX2 static void avx2_product(const wm_net_product_t *p, const uint8_t *q, size_t n, float *out) {
  size_t t = 0;
  for (; t + 4 <= n; t += 4)
    for (size_t o = 0; o < p->outputs; o += 16) avx2_block4(p, o, q + t * WM_NET_WIDTH, out + t * p->outputs);
  for (; t < n; t++)
    for (size_t o = 0; o < p->outputs; o += 16) avx2_block1(p, o, q + t * WM_NET_WIDTH, out + t * p->outputs);
}

static const wm_net_path_t avx2 = {"avx2", avx2_add_row, avx2_quantise, avx2_product};

const wm_net_path_t *wm_net_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &avx2 : NULL;
}

#else

const wm_net_path_t *wm_net_avx2(void) {
  return NULL;
}

#endif
