/** net_simd: the network's paths in SIMD instructions; private to net.c. NULL where compiler or processor has them not. */
#ifndef WM_ENTITIES_NET_SIMD_H
#define WM_ENTITIES_NET_SIMD_H

#include "services/entities/net.h"

const wm_net_path_t *wm_net_avx512(void); /* AVX-512 F, BW, VL and VNNI */
const wm_net_path_t *wm_net_avx2(void);   /* AVX2 and FMA */

#endif
