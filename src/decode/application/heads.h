/* SPDX-License-Identifier: BSD-3-Clause */
/* heads.h - what protocols of lines have in common: lines, and words of token characters */
#ifndef DECODE_APPLICATION_HEADS_H
#define DECODE_APPLICATION_HEADS_H

#include <stdbool.h>
#include <string.h>

#include <torc/decode.h>

/* The bytes up to the end of the line, and where the next one begins; false: it has no end. */
static inline bool take_line(const uint8_t *p, uint32_t length, struct torc_bytes *line,
			     uint32_t *next)
{
	const uint8_t *end = memchr(p, '\n', length);
	uint32_t size = end ? (uint32_t)(end - p) : length;

	*next = end ? size + 1 : length;
	if (size > 0 && p[size - 1] == '\r')
		size--;
	*line = (struct torc_bytes){ p, size };
	return end != NULL;
}

/* The word up to the next blank; the rest of the line stays. */
static inline struct torc_bytes take_word(struct torc_bytes *line)
{
	const uint8_t *blank = line->length ? memchr(line->data, ' ', line->length) : NULL;
	struct torc_bytes word = { line->data,
				   blank ? (uint32_t)(blank - line->data) : line->length };
	uint32_t used = word.length + (blank ? 1 : 0);

	line->data += used;
	line->length -= used;
	return word;
}

/* tchar of RFC 9110 §5.6.2, which holds the token of RFC 3261 §25.1 */
static inline bool is_token(const struct torc_bytes *word)
{
	for (uint32_t i = 0; i < word->length; i++) {
		uint8_t c = word->data[i];

		if (c <= ' ' || c >= 0x7F || strchr("\"(),/:;<=>?@[\\]{}", c))
			return false;
	}
	return word->length > 0;
}

/* "INVITE sip:a@b SIP/2.0" or "SIP/2.0 200 OK" */
struct start_line {
	bool is_response;
	uint16_t status;
	struct torc_bytes method, uri, reason, version;
};

/* RFC 3261 §7.1, §7.2 and RFC 2326 §6.1, §7.1; last_class: the first digit of a status at most */
static inline bool take_start_line(struct torc_bytes line,
				   bool (*is_version)(const struct torc_bytes *word),
				   uint8_t last_class, struct start_line *start)
{
	struct torc_bytes first = take_word(&line), second = take_word(&line);
	const uint8_t *p = second.data;

	*start = (struct start_line){ .is_response = is_version(&first) };
	if (start->is_response) {
		if (second.length != 3 || p[0] < '1' || p[0] > last_class || p[1] < '0' ||
		    p[1] > '9' || p[2] < '0' || p[2] > '9')
			return false;
		start->version = first;
		start->status = (uint16_t)((p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0'));
		start->reason = line;
		return true;
	}
	start->method = first;
	start->uri = second;
	start->version = line;
	return is_token(&first) && second.length > 0 && is_version(&line);
}

#endif
