/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * store.h - the one block of memory of a defragmentation engine, and what lies in it
 *
 * Cells hold bytes, chained by their numbers. A piece is a range of a datagram's payload and the
 * chain with its bytes; a datagram has its pieces in order. There are as many of each as the memory
 * takes, chosen when the engine is opened; nothing is allocated later.
 */
#ifndef TORC_DEFRAG_STORE_H
#define TORC_DEFRAG_STORE_H

#include <stdbool.h>

#include <torc/defrag.h>

#define CELL_BYTES 512
#define NOTHING    UINT32_MAX /* the number of no cell, piece or datagram */

/* The headers in front of the payload: what lies before the IP header, and that one. */
#define HEADERS_MAX  2048
#define PAYLOAD_MAX  65535
#define OUTPUT_BYTES (HEADERS_MAX + PAYLOAD_MAX)

struct piece {
	uint32_t begin, end; /* in the payload of the whole datagram */
	uint32_t next;
	uint32_t cell; /* its bytes: the first skip of them are not its own any more */
	uint32_t skip;
	bool same_run; /* came right behind the piece before it: the two are one for policy drop */
};

/* What all fragments of a datagram have in common; compared as bytes, so without holes. */
struct datagram_key {
	uint8_t source[16], destination[16]; /* of IPv4 the first four bytes */
	uint64_t context; /* a keyed hash of VLAN ids and of the tunnel around it */
	uint32_t id;
	uint16_t version;  /* 4 or 6 */
	uint16_t protocol; /* IPv4 only */
};

struct datagram {
	struct datagram_key key;
	uint64_t first_ns;     /* when its first fragment came */
	uint32_t bucket, hash_next;
	uint32_t older, newer; /* of its IP version, by first_ns */
	uint32_t first, last;  /* pieces */
	uint32_t piece_bytes;  /* of all pieces together */
	uint32_t fragments;
	uint32_t end;          /* of the payload, as far as it is known */
	bool end_known;        /* the last fragment came */
	bool has_headers;      /* the fragment with offset 0 came, and its headers are kept: */
	uint32_t header_cell;
	uint16_t header_bytes; /* up to the payload, without an IPv6 fragment header */
	uint16_t ip_offset;    /* of the IP header in them */
	uint16_t next_header_offset; /* IPv6: of the byte that named the fragment header */
	uint8_t next_header;   /* IPv6: what is behind the fragment header */
	uint8_t ecn;           /* a bit for each codepoint that was seen */
	uint16_t link_type;
};

/* Datagrams of one IP version, the oldest first: they all wait equally long. */
struct age_list {
	uint32_t oldest, newest;
};

struct store {
	uint8_t (*cells)[CELL_BYTES];
	uint32_t *cell_next;
	struct piece *pieces;
	struct datagram *datagrams;
	uint32_t *buckets;
	uint32_t bucket_mask;
	uint32_t count;      /* of cells, of pieces and of datagrams */
	uint32_t fresh_cell, fresh_piece, fresh_datagram; /* never used so far: from here on */
	uint32_t free_cell, free_piece, free_datagram;    /* given back */
	uint32_t cells_left, pieces_left;
	struct age_list age[2]; /* IPv4, IPv6 */
	uint64_t seed[4];
	void *memory;
	size_t memory_bytes;
};

int store_open(struct store *store, size_t bytes);
void store_close(struct store *store);

/* The bucket of a key; its datagram, or NOTHING. */
uint32_t store_bucket(const struct store *store, const struct datagram_key *key);
uint32_t store_find(const struct store *store, uint32_t bucket, const struct datagram_key *key);

/* A new datagram as the newest of its version; NOTHING: there is no room. */
uint32_t store_add(struct store *store, uint32_t bucket, const struct datagram_key *key,
		   uint64_t now_ns);

/* Give a datagram and all that it holds back. */
void store_drop(struct store *store, uint32_t number);

/* The datagram that has waited longest, of both versions, but not this one; or NOTHING. */
uint32_t store_oldest(const struct store *store, uint32_t but);

/* Is there room for a piece, and bytes beside it? */
bool store_has_room(const struct store *store, uint32_t pieces, uint32_t bytes);

/* A chain of cells with these bytes; room was asked for. */
uint32_t store_bytes(struct store *store, const uint8_t *data, uint32_t length);
/* The same, of bytes that are in another chain. */
uint32_t store_clone(struct store *store, uint32_t cell, uint32_t offset, uint32_t length);
void store_bytes_free(struct store *store, uint32_t cell);

/* Bytes of a chain from an offset on: copied out, or compared (true: the same). */
void store_copy(const struct store *store, uint32_t cell, uint32_t offset, uint8_t *to,
		uint32_t length);
bool store_same(const struct store *store, uint32_t cell, uint32_t offset, const uint8_t *as,
		uint32_t length);

uint32_t store_piece(struct store *store);
void store_piece_free(struct store *store, uint32_t number);

/* A hash with the store's secret, so that nobody outside can choose where things meet. */
uint64_t store_hash(const struct store *store, const void *data, size_t length);

#endif
