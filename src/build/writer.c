/* SPDX-License-Identifier: BSD-3-Clause */
/* writer.c - which layers can be written */
#include "build/writer.h"

layer_write *layer_writer(unsigned int type)
{
	layer_write *write = network_writer(type);

	write = write ? write : transport_writer(type);
	write = write ? write : link_writer(type);
	write = write ? write : tunnel_writer(type);
	return write ? write : ndp_writer(type);
}
