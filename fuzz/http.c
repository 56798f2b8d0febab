/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * http.c - fuzz target: the request of an HTTP client, in pieces
 *
 * The bytes lie in memory of exactly their size. What is said of a beginning must hold for the whole:
 * once a request is complete or wrong, more bytes do not change that.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../cli/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static struct http_request read_first(const uint8_t *input, size_t size)
{
	char *bytes = malloc(size ? size : 1);
	struct http_request request;

	if (!bytes)
		abort();
	memcpy(bytes, input, size);
	request = http_read_request(bytes, size);
	free(bytes);
	return request;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct http_request whole, before = { 0 };

	if (size > HTTP_REQUEST_MAX)
		size = HTTP_REQUEST_MAX;
	whole = read_first(input, size);
	for (size_t length = 0; length <= size && before.status == 0; length += 1 + size / 16)
		before = read_first(input, length);
	if (before.status != 0 && (before.status != whole.status || before.head != whole.head ||
				   before.openmetrics != whole.openmetrics))
		abort();
	if (size == HTTP_REQUEST_MAX && whole.status == 0)
		abort();
	return 0;
}
