/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sums FILE: for each packet of a capture, a JSON object of the layers whose checksum can be right
 * or wrong: {"offset of the layer": "state"}; tests/agree/tshark.py compares them
 */
#include <stdio.h>

#include <torc/torc.h>

static void print_packet(const struct torc_packet *packet, const struct torc_decoded *decoded)
{
	const char *comma = "";
	unsigned int i;

	putchar('{');
	for (i = 0; i < decoded->layer_count; i++) {
		const struct torc_layer *layer = &decoded->layers[i];
		int state = torc_checksum_verify(decoded, layer, packet->flags, NULL);

		if (state == TORC_CHECKSUM_NONE)
			continue;
		printf("%s\"%u\":\"%s\"", comma, layer->offset, torc_checksum_state_name(state));
		comma = ",";
	}
	puts("}");
}

int main(int argc, char **argv)
{
	struct torc_error error;
	struct torc_file *file;
	struct torc_decoded decoded;
	struct torc_packet packet;
	int result;

	if (argc != 2)
		return 2;
	result = torc_file_open(&file, argv[1], NULL, &error);
	if (result < 0) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	while ((result = torc_file_next(file, &packet)) > 0) {
		torc_decode_packet(&packet, &decoded);
		print_packet(&packet, &decoded);
	}
	torc_file_close(file);
	return result < 0;
}
