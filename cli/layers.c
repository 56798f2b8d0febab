/* SPDX-License-Identifier: BSD-3-Clause */
/* layers.c - torc dump --list-layers: every layer and field that there is, from the decoder's own tables */
#include <torc/layer.h>

#include "layers.h"

/* The field of a list in a list at most. */
enum { DEPTH_MAX = 4 };

static const char *const roles[] = { "", "link", "network", "transport", "application", "failure" };

static const char *kind_of(const struct torc_field_info *field)
{
	static const char *const kinds[] = {
		"", "number", "number in hex", "yes or no", "MAC address", "IPv4 address",
		"IPv6 address", "bytes", "text", "number with a sign", "list", "domain name",
		"object identifier", "NetBIOS name", "text in UTF-16", "UUID",
	};

	return field->kind < sizeof(kinds) / sizeof(*kinds) ? kinds[field->kind] : "";
}

/* "tcp.options[]" or "tcp.options[].kind" */
struct path {
	const char *parts[2 * DEPTH_MAX + 1];
	unsigned int count;
};

static void put_path(const struct path *path)
{
	for (unsigned int i = 0; i < path->count; i++)
		fputs(path->parts[i], stdout);
}

static void put_field(const struct path *path, const struct torc_field_info *field, bool json, bool first)
{
	const char *unit = field->unit ? field->unit : "";

	if (!json) {
		printf("    ");
		put_path(path);
		printf("\t%s%s%s%s\n", kind_of(field), *unit ? ", " : "", unit,
		       field->kind != TORC_FIELD_LIST && field->value_name ? ", named" : "");
		return;
	}
	printf("%s{\"name\":\"", first ? "" : ",");
	put_path(path);
	printf("\",\"type\":\"%s\",\"bits\":%u,\"unit\":", kind_of(field), 8u * field->size);
	if (*unit)
		cli_print_json_string(stdout, unit);
	else
		printf("null");
	printf(",\"named\":%s}", field->kind != TORC_FIELD_LIST && field->value_name ? "true" : "false");
}

static bool put_fields(struct path path, const struct torc_field_info *fields, bool json, bool first)
{
	for (; fields && fields->kind != TORC_FIELD_END; fields++) {
		struct path own = path;

		own.parts[own.count++] = ".";
		own.parts[own.count++] = fields->name;
		put_field(&own, fields, json, first);
		first = false;
		if (fields->kind == TORC_FIELD_LIST && own.count + 3 <= 2 * DEPTH_MAX) {
			own.parts[own.count++] = "[]";
			put_fields(own, fields->list->fields, json, false);
		}
	}
	return first;
}

void layers_list(bool json)
{
	for (unsigned int type = 1; type < TORC_LAYER_TYPES; type++) {
		const struct torc_layer_ops *ops = torc_layer_describe(type);
		struct path path = { .count = 1 };

		if (!ops)
			continue;
		path.parts[0] = ops->key;
		if (json)
			printf("{\"layer\":\"%s\",\"type\":%u,\"key\":\"%s\",\"role\":\"%s\",\"fields\":[",
			       ops->name, type, ops->key, roles[ops->role]);
		else
			printf("%s%s%s\n", ops->name, *roles[ops->role] ? "\t" : "", roles[ops->role]);
		put_fields(path, ops->fields, json, true);
		if (json)
			printf("]}\n");
	}
}
