/* SPDX-License-Identifier: BSD-3-Clause */
/* Errors, version and owned copies of packets. */
#include <errno.h>

#include <torc/parse.h>
#include <torc/torc.h>

#include "test.h"

int main(void)
{
	struct torc_parsed parsed = { .vlan_id = 7 };
	struct torc_packet packet = { .data = (const uint8_t *)"abcd", .caplen = 4, .len = 90,
				      .parsed = &parsed };
	struct torc_packet *clone = torc_packet_clone(&packet);

	is_str(torc_version(), TORC_VERSION_STRING, "the running library's version");
	is_str(torc_strerror(-TORC_ENOTENABLED), "the ring is not enabled", "a code of our own");
	is_str(torc_strerror(-ENODEV), "No such device", "errno's codes");
	ok(strlen(torc_strerror(-99999)) > 0, "an unknown code has a text too");

	ok(clone && clone->data != packet.data && !memcmp(clone->data, "abcd", 4),
	   "a clone owns its bytes");
	ok(clone && clone->parsed != &parsed && clone->parsed->vlan_id == 7,
	   "a clone owns its parsed headers");
	is(clone ? clone->len : 0, 90, "and keeps the length on the wire");
	torc_packet_free(clone);
	torc_packet_free(NULL);
	return done();
}
