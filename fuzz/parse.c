/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzz target: torc_parse() over every link type; the first byte chooses. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <torc/parse.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_offset(int16_t offset, size_t size)
{
	if (offset != TORC_NO_OFFSET && (offset < 0 || (size_t)offset > size))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t links[] = {
		TORC_LINK_ETHERNET, TORC_LINK_LINUX_SLL, TORC_LINK_LINUX_SLL2,
		TORC_LINK_NULL, TORC_LINK_RAW, TORC_LINK_PPP,
	};
	struct torc_parsed parsed;
	int level;

	if (size == 0)
		return 0;
	level = torc_parse(links[data[0] % 6], data + 1, (uint32_t)size - 1, &parsed);
	if (level < 2 || level > 5 || (level > 2) != (parsed.ip.version != 0))
		abort();
	check_offset(parsed.vlan_offset, size - 1);
	check_offset(parsed.network_offset, size - 1);
	check_offset(parsed.transport_offset, size - 1);
	check_offset(parsed.payload_offset, size - 1);
	return 0;
}
