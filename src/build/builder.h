/* SPDX-License-Identifier: BSD-3-Clause */
/* builder.h - what the ways to describe a packet share */
#ifndef TORC_BUILD_BUILDER_H
#define TORC_BUILD_BUILDER_H

#include <torc/build.h>

/* What is 0 in a layer's struct and has a usual value. */
void build_defaults(unsigned int type, void *object);

/* The two parts of that. The later one depends on what else the struct has. */
void build_early_defaults(unsigned int type, void *object);
void build_late_defaults(unsigned int type, void *object);

/*
 * How far a packet of [Ethernet] IPv4 or IPv6, TCP or UDP without options, and a payload has come
 * (struct torc_builder.shape): what all else takes several walks over the layers for is known there from the
 * start. Any other layer, and anything given, makes it another packet.
 */
enum {
	SHAPE_EMPTY = 0,
	SHAPE_LINK = 1,
	SHAPE_NETWORK = 2,
	SHAPE_TRANSPORT = 3,
	SHAPE_PAYLOAD = 4,
	SHAPE_OTHER = 5
};

/* torc_build_push() and torc_build_finish() of any packet; 0 or the builder's error. */
int build_push(struct torc_builder *builder, unsigned int type, const void *layer, size_t size,
	       unsigned int given);
int build_finish(struct torc_builder *builder);

/* A layer as bytes; 0 or the builder's error. */
int build_raw(struct torc_builder *builder, unsigned int type, const void *bytes, size_t length);

#endif
