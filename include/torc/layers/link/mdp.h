/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/mdp.h - the discovery frames of Meraki's access points */
#ifndef TORC_LAYERS_MDP_H
#define TORC_LAYERS_MDP_H

#include <torc/layer.h>
#include <torc/layers/tlv.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * EtherTypes 0x0712 and 0x0713. Its maker has not published the format: the first 28 bytes are not
 * known, and the types below are those that frames explain by what they hold.
 */
struct torc_mdp {
	struct torc_bytes preamble;  /* 28 bytes */
	struct torc_bytes device;    /* type 2: model and name */
	struct torc_bytes network;   /* type 3 */
	struct torc_bytes latitude;  /* type 4, degrees as text */
	struct torc_bytes longitude; /* type 5 */
	struct torc_bytes address;   /* type 11, an IP address as text */
	struct torc_bytes list;      /* see torc_mdp_tlv_next() */
};

TORC_LAYER_READER(mdp, MDP)

/* The TLV at *position, 0 at first, up to the one that ends the list (255); 1, or 0 at the end. */
TORC_API int torc_mdp_tlv_next(const struct torc_mdp *mdp, uint32_t *position,
			       struct torc_tlv *tlv);

#ifdef __cplusplus
}
#endif

#endif
