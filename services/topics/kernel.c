/* Integer sums and dot products, plain and with AVX2. Integers add up to the same in any order, so both give the same result. */
#include "services/topics/topics_internal.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define PREFETCH 16 /* rows ahead: most are not in the cache */

static void prefetch(const int8_t *table, size_t dim, const uint32_t *rows, size_t i, size_t n) {
  if (i + PREFETCH >= n) return;
  const int8_t *row = table + (size_t)rows[i + PREFETCH] * dim;
  for (size_t at = 0; at < dim; at += 64) __builtin_prefetch(row + at);
}

static void sum_plain(int32_t *sum, const int8_t *table, size_t dim, const uint32_t *rows, size_t n) {
  for (size_t i = 0; i < n; i++) {
    const int8_t *row = table + (size_t)rows[i] * dim;
    prefetch(table, dim, rows, i, n);
    for (size_t k = 0; k < dim; k++) sum[k] += row[k];
  }
}

static int32_t dot_plain(const int16_t *x, const int8_t *w, size_t n) {
  int32_t sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i] * w[i];
  return sum;
}

static const wm_topics_kernel_t plain_kernel = {sum_plain, dot_plain};

#if defined(__x86_64__)
#define BLOCK 256 /* rows: as many 8-bit numbers as fit into a 16-bit sum */

#define AVX2 __attribute__((target("avx2")))

/* `count` (a constant where it is called) times sixteen columns of at most BLOCK rows, kept in registers. */
AVX2 __attribute__((always_inline)) static inline void sum_columns(int32_t *sum, const int8_t *table, size_t dim,
                                                                   const uint32_t *rows, size_t n, size_t count) {
  __m256i part[8];
  for (size_t k = 0; k < count; k++) part[k] = _mm256_setzero_si256();
  for (size_t i = 0; i < n; i++) {
    const int8_t *row = table + (size_t)rows[i] * dim;
    prefetch(table, dim, rows, i, n);
    for (size_t k = 0; k < count; k++)
      part[k] = _mm256_add_epi16(part[k],
                                 _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(row + 16 * k))));
  }
  for (size_t k = 0; k < count; k++) {
    __m256i *at = (__m256i *)(void *)(sum + 16 * k);
    __m256i low = _mm256_cvtepi16_epi32(_mm256_castsi256_si128(part[k]));
    __m256i high = _mm256_cvtepi16_epi32(_mm256_extracti128_si256(part[k], 1));
    _mm256_storeu_si256(at, _mm256_add_epi32(_mm256_loadu_si256(at), low));
    _mm256_storeu_si256(at + 1, _mm256_add_epi32(_mm256_loadu_si256(at + 1), high));
  }
}

AVX2 static void sum_block(int32_t *sum, const int8_t *table, size_t dim, const uint32_t *rows, size_t n,
                           size_t count) {
  switch (count) {
    case 1:
      sum_columns(sum, table, dim, rows, n, 1);
      break;
    case 2:
      sum_columns(sum, table, dim, rows, n, 2);
      break;
    case 3:
      sum_columns(sum, table, dim, rows, n, 3);
      break;
    case 4:
      sum_columns(sum, table, dim, rows, n, 4);
      break;
    case 5:
      sum_columns(sum, table, dim, rows, n, 5);
      break;
    case 6:
      sum_columns(sum, table, dim, rows, n, 6);
      break;
    case 7:
      sum_columns(sum, table, dim, rows, n, 7);
      break;
    default:
      sum_columns(sum, table, dim, rows, n, 8);
      break;
  }
}

AVX2 static void sum_avx2(int32_t *sum, const int8_t *table, size_t dim, const uint32_t *rows, size_t n) {
  for (size_t at = 0; at < n; at += BLOCK) {
    size_t some = n - at < BLOCK ? n - at : BLOCK;
    for (size_t column = 0; column < dim; column += 128) {
      size_t count = dim - column < 128 ? (dim - column) / 16 : 8;
      sum_block(sum + column, table + column, dim, rows + at, some, count);
    }
  }
}

AVX2 static int32_t dot_avx2(const int16_t *x, const int8_t *w, size_t n) {
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

static const wm_topics_kernel_t avx2_kernel = {sum_avx2, dot_avx2};
#endif

const wm_topics_kernel_t *wm_topics_kernel(bool plain) {
#if defined(__x86_64__)
  if (!plain && __builtin_cpu_supports("avx2")) return &avx2_kernel;
#endif
  (void)plain;
  return &plain_kernel;
}
