/* SPDX-License-Identifier: BSD-3-Clause */
/* decode_golden.c - every packet of tests/golden decodes to the layers and fields written there */
#include "golden.h"

static void stack_text(const struct torc_decoded *decoded, char *text, size_t size)
{
	size_t length = 0;
	unsigned int i;

	text[0] = '\0';
	for (i = 0; i < decoded->layer_count && length < size; i++)
		length += (size_t)snprintf(text + length, size - length, "%s%s", i ? "/" : "",
					   torc_layer_name(decoded->layers[i].type));
}

static void check_field(const struct golden *golden, const struct torc_decoded *decoded,
			const char *check)
{
	char path[128] = "", want[200] = "", got[200] = "";
	struct torc_value value;

	sscanf(check, "%127s %199[^\n]", path, want);
	is(torc_field(decoded, path, &value), 1, "%s: %s is there", golden->name, path);
	torc_value_text(&value, got, sizeof(got));
	is_str(got, want, "%s: %s", golden->name, path);
}

static void check(const struct golden *golden)
{
	uint8_t *data = guarded(golden->data, golden->caplen);
	struct torc_packet packet = golden_packet(golden, data, golden->caplen);
	struct torc_decoded decoded;
	char text[1024];
	unsigned int i;

	golden_decode(golden, &packet, &decoded);
	stack_text(&decoded, text, sizeof(text));
	is_str(text, golden->stack, "%s: %s: layers", golden->file, golden->name);
	is_str(torc_decoded_status_name(decoded.status), golden->status, "%s: status",
	       golden->name);
	is(decoded.registry, golden->registry, "%s: registry without a decoder", golden->name);
	is(decoded.number, golden->number, "%s: number without a decoder", golden->name);
	for (i = 0; i < golden->field_count; i++)
		check_field(golden, &decoded, golden->fields[i]);
	if (golden->line[0]) {
		torc_text_line(&decoded, 0, text, sizeof(text));
		is_str(text, golden->line, "%s: line", golden->name);
	}
	guarded_free(data, golden->caplen);
}

int main(void)
{
	ok(golden_each(check) > 0, "there are golden packets");
	return done();
}
