#include "services/entities/net_simd.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

/* Sums that live in registers are arrays to AddressSanitizer, which would halve the speed of what it checks; the plain path is checked, and gives the same. */
#define AVX2 __attribute__((target("avx2,fma"), no_sanitize("address")))
#define INLINE __attribute__((always_inline)) static inline
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

/** The compiler has the value in a register at this point: left alone it moves sums about until there are too few registers. */
#define KEEP(v) __asm__("" : "+x"(v))
/** The compiler has the array in memory at this point. */
#define SPILL(a) __asm__ volatile("" : : "r"(a) : "memory")
#define TOKENS 4u
#define OUTPUTS 16u
#define SLICE 256u  /* tokens whose inputs stay in the cache while the outputs go by */
#define STRETCH 32u /* inputs that are checked together */
#define STRETCHES (WM_NET_WIDTH / STRETCH)
#define GROUP_BYTES (OUTPUTS * WM_NET_GROUP)
#define LANE_MAX (INT16_MAX / 128) /* of the sum of a 16-bit lane's inputs: with it no weights make the lane overflow */

/** Bits of a row: each stretch as a whole, and each of its halves, is small. */
enum { SMALL_WHOLE = 0, SMALL_HALF = STRETCHES };

AVX2 static uint8_t avx2_over(__m256i sums) {
  return _mm256_movemask_epi8(_mm256_cmpgt_epi16(sums, _mm256_set1_epi16(LANE_MAX))) != 0;
}

/** Which stretches of a row of inputs can be summed in 16 bits. */
AVX2 static uint8_t avx2_small(const uint8_t *q) {
  const __m256i ones = _mm256_set1_epi8(1);
  unsigned bits = 0;
  for (unsigned i = 0; i < STRETCHES; i++) {
    __m256i sums = _mm256_maddubs_epi16(_mm256_loadu_si256((const __m256i *)(const void *)(q + i * STRETCH)), ones);
    sums = _mm256_add_epi16(sums, _mm256_shuffle_epi32(sums, 0x4E));
    sums = _mm256_add_epi16(sums, _mm256_shuffle_epi32(sums, 0xB1));
    bits |= (avx2_over(sums) ? 0 : 1u) << (SMALL_HALF + i);
    sums = _mm256_add_epi16(sums, _mm256_permute2x128_si256(sums, sums, 1));
    bits |= (avx2_over(sums) ? 0 : 1u) << (SMALL_WHOLE + i);
  }
  return (uint8_t)bits;
}

/** Four inputs in every lane. */
AVX2 static inline __m256i avx2_four(const uint8_t *q) {
  int32_t four;
  __builtin_memcpy(&four, q, sizeof four);
  return _mm256_set1_epi32(four);
}

AVX2 static inline __m256i avx2_weights(const int8_t *w) {
  return _mm256_load_si256((const __m256i *)(const void *)w);
}

AVX2 static inline __m256i avx2_widen(__m256i sum, __m256i pairs) {
  return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

AVX2 static inline void avx2_store(const wm_net_product_t *p, size_t o, __m256i sum, float *out) {
  __m256 base = _mm256_add_ps(_mm256_loadu_ps(out), _mm256_loadu_ps(p->bias + o));
  _mm256_storeu_ps(out, _mm256_fmadd_ps(_mm256_loadu_ps(p->scale + o), _mm256_cvtepi32_ps(sum), base));
}

/**
 * Adds what a stretch of inputs gives for OUTPUTS outputs of `tokens` tokens. Two products of 7-bit inputs and weights, 2 x 127 x 128, fit into
 * 16 bits; `run` groups are added up there before they are widened to 32.
 */
AVX2 INLINE void avx2_stretch(const int8_t *w, const uint8_t *q, size_t tokens, size_t run, __m256i sums[TOKENS][2]) {
  for (size_t k = 0; k < STRETCH; k += run * WM_NET_GROUP) {
    __m256i pairs[TOKENS][2];
    SPILL(sums);
#pragma GCC unroll 8
    for (size_t r = 0; r < run; r++, w += GROUP_BYTES) {
      __m256i w0 = avx2_weights(w), w1 = avx2_weights(w + GROUP_BYTES / 2);
      KEEP(w0);
      KEEP(w1);
#pragma GCC unroll 4
      for (size_t t = 0; t < tokens; t++) {
        __m256i four = avx2_four(q + t * WM_NET_WIDTH + k + r * WM_NET_GROUP);
        __m256i a = _mm256_maddubs_epi16(four, w0), b = _mm256_maddubs_epi16(four, w1);
        pairs[t][0] = r ? _mm256_add_epi16(pairs[t][0], a) : a;
        pairs[t][1] = r ? _mm256_add_epi16(pairs[t][1], b) : b;
        KEEP(pairs[t][0]);
        KEEP(pairs[t][1]);
      }
    }
    SPILL(sums);
#pragma GCC unroll 4
    for (size_t t = 0; t < tokens; t++) {
      sums[t][0] = avx2_widen(sums[t][0], pairs[t][0]);
      sums[t][1] = avx2_widen(sums[t][1], pairs[t][1]);
    }
  }
}

/** OUTPUTS outputs from `o` on of `tokens` tokens, with the weights `w`. `small`: the bits of their rows. */
AVX2 INLINE void avx2_block(const wm_net_product_t *p, size_t o, const int8_t *w, const uint8_t *q,
                            const uint8_t *small, size_t tokens, float *out) {
  __m256i sums[TOKENS][2];
  for (size_t t = 0; t < tokens; t++) sums[t][0] = sums[t][1] = _mm256_setzero_si256();
  for (size_t row = 0; row < p->inputs / WM_NET_WIDTH; row++) {
    unsigned bits = small[row];
    for (size_t t = 1; t < tokens; t++) bits &= small[row + t];
    for (size_t i = 0; i < STRETCHES; i++, w += STRETCH * OUTPUTS, bits >>= 1) {
      const uint8_t *in = q + row * WM_NET_WIDTH + i * STRETCH;
      if (bits >> SMALL_WHOLE & 1) avx2_stretch(w, in, tokens, STRETCH / WM_NET_GROUP, sums);
      else if (bits >> SMALL_HALF & 1) avx2_stretch(w, in, tokens, STRETCH / WM_NET_GROUP / 2, sums);
      else avx2_stretch(w, in, tokens, 1, sums);
    }
  }
  for (size_t t = 0; t < tokens; t++) {
    avx2_store(p, o, sums[t][0], out + t * p->outputs + o);
    avx2_store(p, o + LANES, sums[t][1], out + t * p->outputs + o + LANES);
  }
}

/** Up to SLICE tokens. */
AVX2 static void avx2_slice(const wm_net_product_t *p, const uint8_t *q, size_t n, float *out) {
  uint8_t small[SLICE + WM_NET_INPUTS_MAX / WM_NET_WIDTH - 1];
  size_t rows = n + p->inputs / WM_NET_WIDTH - 1;
  for (size_t t = 0; t < rows; t++) small[t] = avx2_small(q + t * WM_NET_WIDTH);
  const int8_t *w = p->packed;
  for (size_t o = 0; o < p->outputs; o += OUTPUTS, w += p->inputs * OUTPUTS) {
    size_t t = 0;
    for (; t + TOKENS <= n; t += TOKENS)
      avx2_block(p, o, w, q + t * WM_NET_WIDTH, small + t, TOKENS, out + t * p->outputs);
    for (; t < n; t++) avx2_block(p, o, w, q + t * WM_NET_WIDTH, small + t, 1, out + t * p->outputs);
  }
}

AVX2 static void avx2_product(const wm_net_product_t *p, const uint8_t *q, size_t n, float *out) {
  for (size_t t = 0; t < n; t += SLICE)
    avx2_slice(p, q + t * WM_NET_WIDTH, n - t < SLICE ? n - t : SLICE, out + t * p->outputs);
}

/** The weights of each OUTPUTS outputs together, group after group. */
static void avx2_pack(const wm_net_product_t *p, void *packed) {
  int8_t *to = packed;
  for (size_t o = 0; o < p->outputs; o += OUTPUTS)
    for (size_t k = 0; k < p->inputs; k += WM_NET_GROUP, to += GROUP_BYTES)
      memcpy(to, p->weights + k * p->outputs + o * WM_NET_GROUP, GROUP_BYTES);
}

static const wm_net_path_t avx2 = {"avx2", avx2_add_row, avx2_quantise, avx2_product, 1, avx2_pack};

const wm_net_path_t *wm_net_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &avx2 : NULL;
}

#else

const wm_net_path_t *wm_net_avx2(void) {
  return NULL;
}

#endif
