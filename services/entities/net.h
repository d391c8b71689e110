/**
 * net: the arithmetic of the tagger's network.
 *
 * A token's vector is a sum of rows (8-bit numbers times a scale a row). Each layer is residual: the vectors are rectified and
 * rounded to 7 bits, a convolution over three tokens in 8-bit weights is summed exactly in 32-bit integers, scaled and added. What is not
 * integer uses fused multiply-add, rounded once, in every version, so the plain C path and the SIMD paths give the same
 * bits. (Residual networks with rectified inputs: He et al., Identity Mappings in Deep Residual Networks, 2016.)
 *
 * Threads: no state; the choice of the path is made once by the caller. Ownership: borrows everything.
 */
#ifndef WM_ENTITIES_NET_H
#define WM_ENTITIES_NET_H

#include <stddef.h>
#include <stdint.h>

#define WM_NET_WIDTH 128u /* numbers of a token's vector */
#define WM_NET_GROUP 4u   /* inputs that lie together in packed weights */
#define WM_NET_ALIGNMENT 64u
#define WM_NET_INPUTS_MAX (3u * WM_NET_WIDTH)

/** A product with packed weights: w[inputs / 4][outputs][4]. Inputs are a multiple of WM_NET_WIDTH, outputs of 16. */
typedef struct {
  const int8_t *weights;
  const float *scale; /* of each output */
  const float *bias;  /* of each output */
  uint32_t inputs, outputs;
  const void *packed; /* what the path's pack() made of the weights; NULL if it has none */
} wm_net_product_t;

typedef struct {
  const char *name; /* "plain", "avx2", "avx512vnni" */
  /** x[i] += scale * row[i] for WM_NET_WIDTH numbers. */
  void (*add_row)(float *x, const int8_t *row, float scale);
  /** q[i] = x[i] > 0 ? min(127, x[i] * gain rounded half up) : 0 for `count` numbers, a multiple of WM_NET_WIDTH. */
  void (*quantise)(const float *x, size_t count, float gain, uint8_t *q);
  /**
   * For each of `n` tokens, out[t * outputs + o] += bias[o] + scale[o] * sum over the product's inputs of q[t * WM_NET_WIDTH + k] * w: a
   * token's inputs begin at its own place in `q` and may reach over the next ones (that is the convolution).
   */
  void (*product)(const wm_net_product_t *p, const uint8_t *q, size_t n, float *out);
  size_t packed_bytes; /* that pack() writes for a weight; 0: product() reads the weights as they are */
  /** Writes the product's weights in the order in which product() reads them into `packed` (aligned to WM_NET_ALIGNMENT). */
  void (*pack)(const wm_net_product_t *p, void *packed);
} wm_net_path_t;

/** The path called `name`; NULL for the fastest one that this processor has. NULL if it has none of that name. */
const wm_net_path_t *wm_net_path(const char *name);

#endif
