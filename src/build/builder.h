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

/* A layer as bytes; 0 or the builder's error. */
int build_raw(struct torc_builder *builder, unsigned int type, const void *bytes, size_t length);

#endif
