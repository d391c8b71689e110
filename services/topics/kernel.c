/* Integer sums and dot products, plain, with AVX2 and with AVX-512. Integers add up to the same in any order, so all give the same result. */
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

static const int8_t *row_of(const int8_t *w, size_t n, const uint32_t *which, size_t k) {
  return w + n * (which ? which[k] : k);
}

static void dots_plain(const int16_t *x, const int8_t *w, size_t n, const uint32_t *which, size_t count, int32_t *out) {
  for (size_t k = 0; k < count; k++) {
    const int8_t *row = row_of(w, n, which, k);
    int32_t sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] * row[i];
    out[k] = sum;
  }
}

static const wm_topics_kernel_t plain_kernel = {"plain", sum_plain, dots_plain};

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

/* The sums of the numbers in each of four registers. */
AVX2 static inline __m128i four_sums(__m256i a, __m256i b, __m256i c, __m256i d) {
  __m256i sums = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
  return _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
}

AVX2 static inline __m256i wide16(const int8_t *w) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)w));
}

/* Four rows at a time share the reading of `x`; where fewer are left, the last one stands in for those that are missing. */
AVX2 static void dots_avx2(const int16_t *x, const int8_t *w, size_t n, const uint32_t *which, size_t count,
                           int32_t *out) {
  for (size_t at = 0; at < count; at += 4) {
    size_t some = count - at < 4 ? count - at : 4;
    const int8_t *row[4];
    __m256i sum[4];
    int32_t sums[4];
    for (size_t k = 0; k < 4; k++) {
      row[k] = row_of(w, n, which, at + (k < some ? k : some - 1));
      sum[k] = _mm256_setzero_si256();
    }
    for (size_t i = 0; i < n; i += 16) {
      __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)(x + i));
      for (size_t k = 0; k < 4; k++) sum[k] = _mm256_add_epi32(sum[k], _mm256_madd_epi16(a, wide16(row[k] + i)));
    }
    _mm_storeu_si128((__m128i *)(void *)sums, four_sums(sum[0], sum[1], sum[2], sum[3]));
    for (size_t k = 0; k < some; k++) out[at + k] = sums[k];
  }
}

static const wm_topics_kernel_t avx2_kernel = {"AVX2", sum_avx2, dots_avx2};

#define AVX512 __attribute__((target("avx2,avx512f,avx512bw,avx512vnni")))

AVX512 static inline __m256i halves(__m512i x) {
  return _mm256_add_epi32(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1));
}

AVX512 static void dots_avx512(const int16_t *x, const int8_t *w, size_t n, const uint32_t *which, size_t count,
                               int32_t *out) {
  for (size_t at = 0; at < count; at += 4) {
    size_t some = count - at < 4 ? count - at : 4, i = 0;
    const int8_t *row[4];
    __m512i sum[4];
    int32_t sums[4];
    for (size_t k = 0; k < 4; k++) {
      row[k] = row_of(w, n, which, at + (k < some ? k : some - 1));
      sum[k] = _mm512_setzero_si512();
    }
    for (; i + 32 <= n; i += 32) {
      __m512i a = _mm512_loadu_si512(x + i);
      for (size_t k = 0; k < 4; k++) {
        __m512i b = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)(const void *)(row[k] + i)));
        sum[k] = _mm512_dpwssd_epi32(sum[k], a, b);
      }
    }
    if (i < n) { /* sixteen are left */
      __m512i a = _mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)(const void *)(x + i)));
      for (size_t k = 0; k < 4; k++)
        sum[k] = _mm512_dpwssd_epi32(sum[k], a, _mm512_zextsi256_si512(wide16(row[k] + i)));
    }
    _mm_storeu_si128((__m128i *)(void *)sums,
                     four_sums(halves(sum[0]), halves(sum[1]), halves(sum[2]), halves(sum[3])));
    for (size_t k = 0; k < some; k++) out[at + k] = sums[k];
  }
}

static const wm_topics_kernel_t avx512_kernel = {"AVX-512", sum_avx2, dots_avx512};
#endif

size_t wm_topics_kernels(const wm_topics_kernel_t *kernels[WM_TOPICS_KERNELS_MAX]) {
  size_t n = 0;
  kernels[n++] = &plain_kernel;
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2")) return n;
  kernels[n++] = &avx2_kernel;
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni")) kernels[n++] = &avx512_kernel;
#endif
  return n;
}

const wm_topics_kernel_t *wm_topics_kernel(bool plain) {
  const wm_topics_kernel_t *kernels[WM_TOPICS_KERNELS_MAX];
  size_t n = wm_topics_kernels(kernels);
  return kernels[plain ? 0 : n - 1];
}
