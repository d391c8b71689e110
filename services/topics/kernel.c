/* Integer sums and dot products, plain and with AVX2. Integers add up to the same in any order, so both give the same result. */
#include "services/topics/topics_internal.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

void wm_topics_add_plain(int32_t *sum, const int8_t *row, size_t n) {
  for (size_t i = 0; i < n; i++) sum[i] += row[i];
}

int32_t wm_topics_dot_plain(const int16_t *x, const int8_t *w, size_t n) {
  int32_t sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i] * w[i];
  return sum;
}

static const wm_topics_kernel_t plain_kernel = {wm_topics_add_plain, wm_topics_dot_plain};

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void add_avx2(int32_t *sum, const int8_t *row, size_t n) {
  for (size_t i = 0; i < n; i += 8) {
    __m256i r = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)(row + i)));
    __m256i *s = (__m256i *)(void *)(sum + i);
    _mm256_storeu_si256(s, _mm256_add_epi32(_mm256_loadu_si256(s), r));
  }
}

__attribute__((target("avx2"))) static int32_t dot_avx2(const int16_t *x, const int8_t *w, size_t n) {
  __m256i sum = _mm256_setzero_si256();
  for (size_t i = 0; i < n; i += 16) {
    __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)(x + i));
    __m256i b = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(w + i)));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
  }
  __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xB1));
  return _mm_cvtsi128_si32(half);
}

static const wm_topics_kernel_t avx2_kernel = {add_avx2, dot_avx2};
#endif

const wm_topics_kernel_t *wm_topics_kernel(bool plain) {
#if defined(__x86_64__)
  if (!plain && __builtin_cpu_supports("avx2")) return &avx2_kernel;
#endif
  (void)plain;
  return &plain_kernel;
}
