/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tls_hello.c - ClientHello and ServerHello, RFC 8446 §4.1.2 and §4.1.3; those of DTLS, RFC 6347 §4.2 and
 * RFC 9147 §5.2; their extensions
 */
#include "decode/application/tls_hello.h"

#include <errno.h>
#include <string.h>

#include <torc/layer.h>

#include "util/sized.h"

#define RANDOM_SIZE 32

enum {
	SERVER_NAME = 0,
	SUPPORTED_GROUPS = 10,
	POINT_FORMATS = 11,
	SIGNATURE_ALGORITHMS = 13,
	ALPN = 16,
	SUPPORTED_VERSIONS = 43,
	QUIC_PARAMETERS = 57,
	QUIC_PARAMETERS_DRAFT = 0xFFA5
};

static void read_server_name(struct torc_tls_hello *hello, struct tls_reader extension)
{
	struct torc_bytes names;
	struct tls_reader name;

	hello->has_server_name = true;
	if (!tls_vector(&extension, 2, &names) || names.length == 0 || names.data[0] != 0)
		return; /* 0: a host name */
	name = (struct tls_reader){ names.data + 1, names.length - 1 };
	tls_vector(&name, 2, &hello->server_name);
}

static void read_alpn(struct torc_tls_hello *hello, struct tls_reader extension)
{
	struct tls_reader protocols;

	if (!tls_vector(&extension, 2, &hello->alpn_protocols))
		return;
	protocols = (struct tls_reader){ hello->alpn_protocols.data, hello->alpn_protocols.length };
	tls_vector(&protocols, 1, &hello->alpn);
}

/* DTLS counts downwards: 1.0 is FEFF, 1.2 FEFD, 1.3 FEFC. */
static bool is_newer(const struct torc_tls_hello *hello, uint16_t version)
{
	if (hello->supported_version == 0)
		return true;
	return hello->carrier == TORC_TLS_OVER_DTLS ? version < hello->supported_version :
						      version > hello->supported_version;
}

static void read_versions(struct torc_tls_hello *hello, struct tls_reader extension)
{
	struct torc_bytes versions = { extension.p, extension.length };

	if (hello->type == TLS_CLIENT_HELLO && !tls_vector(&extension, 1, &versions))
		return;
	hello->versions = versions;
	for (uint32_t i = 0; i + 2 <= versions.length; i += 2) {
		uint16_t version = torc_be16(versions.data + i);

		if (!tls_is_grease(version) && is_newer(hello, version))
			hello->supported_version = version;
	}
}

static void read_extension(struct torc_tls_hello *hello, uint16_t type, struct torc_bytes bytes)
{
	struct tls_reader extension = { bytes.data, bytes.length };

	switch (type) {
	case SERVER_NAME:
		read_server_name(hello, extension);
		break;
	case SUPPORTED_GROUPS:
		tls_vector(&extension, 2, &hello->groups);
		break;
	case POINT_FORMATS:
		tls_vector(&extension, 1, &hello->point_formats);
		break;
	case SIGNATURE_ALGORITHMS:
		tls_vector(&extension, 2, &hello->signature_algorithms);
		break;
	case ALPN:
		read_alpn(hello, extension);
		break;
	case SUPPORTED_VERSIONS:
		read_versions(hello, extension);
		break;
	case QUIC_PARAMETERS:
	case QUIC_PARAMETERS_DRAFT:
		hello->quic_parameters = bytes;
	}
}

/* What is there of them; false: they are cut or damaged. */
static bool read_extensions(struct torc_tls_hello *hello, struct tls_reader reader)
{
	const uint8_t *first;
	uint32_t length;

	if (reader.length == 0) /* a hello of old has none */
		return true;
	if (reader.length < 2)
		return false;
	length = torc_be16(reader.p);
	tls_skip(&reader, 2);
	first = reader.p;
	if (length < reader.length)
		reader.length = length;
	while (reader.length >= 4) {
		uint16_t type = torc_be16(reader.p);
		struct torc_bytes extension;

		tls_skip(&reader, 2);
		if (!tls_vector(&reader, 2, &extension))
			return false;
		read_extension(hello, type, extension);
		hello->extensions = (struct torc_bytes){ first, (uint32_t)(reader.p - first) };
	}
	return hello->extensions.length == length;
}

/* false: the hello is cut, or damaged; what comes before that is set */
static bool read_body(struct torc_tls_hello *hello, struct tls_reader reader)
{
	struct torc_bytes compression;

	if (reader.length < 2 + RANDOM_SIZE)
		return false;
	hello->version = torc_be16(reader.p);
	hello->random = (struct torc_bytes){ reader.p + 2, RANDOM_SIZE };
	tls_skip(&reader, 2 + RANDOM_SIZE);
	if (!tls_vector(&reader, 1, &hello->session_id))
		return false;
	if (hello->type == TLS_CLIENT_HELLO) {
		if ((hello->carrier == TORC_TLS_OVER_DTLS && !tls_vector(&reader, 1, &hello->cookie)) ||
		    !tls_vector(&reader, 2, &hello->cipher_suites) ||
		    !tls_vector(&reader, 1, &compression))
			return false;
	} else {
		if (reader.length < 3)
			return false;
		hello->cipher_suite = torc_be16(reader.p);
		tls_skip(&reader, 3);
	}
	return read_extensions(hello, reader);
}

bool tls_hello_read(struct torc_bytes message, enum torc_tls_carrier carrier,
		    struct torc_tls_hello *hello)
{
	const uint8_t *p = message.data;
	uint32_t header = carrier == TORC_TLS_OVER_DTLS ? 12 : 4, left, length;
	bool first = true, whole;

	if (message.length < header || (p[0] != TLS_CLIENT_HELLO && p[0] != TLS_SERVER_HELLO))
		return false;
	*hello = (struct torc_tls_hello){ .size = sizeof(*hello), .type = p[0],
					  .carrier = (uint8_t)carrier };
	length = torc_be24(p + 1);
	if (carrier == TORC_TLS_OVER_DTLS) { /* offset and length of the fragment, RFC 6347 §4.2.2 */
		first = torc_be24(p + 6) == 0;
		if (torc_be24(p + 9) < message.length - header)
			message.length = torc_be24(p + 9) + header;
	}
	left = message.length - header;
	whole = first && length <= left;
	if (!first)
		return true;
	hello->is_whole =
		read_body(hello, (struct tls_reader){ p + header, whole ? length : left }) && whole;
	return true;
}

int torc_tls_hello_read(struct torc_bytes message, enum torc_tls_carrier carrier,
			struct torc_tls_hello *hello)
{
	struct torc_tls_hello full;

	if (!tls_hello_read(message, carrier, &full))
		return -EINVAL;
	return torc_sized_give(hello, &full, sizeof(full));
}
