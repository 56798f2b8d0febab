/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/source.h - packets with their layers, from a ring, a file, memory, or several of these
 *
 *	struct torc_source *source;
 *	struct torc_packet packet;
 *	struct torc_decoded decoded;
 *
 *	if (torc_source_open_file(&source, "trace.pcapng", &error) < 0)
 *		errx(1, "%s", error.text);
 *	while (torc_source_next(source, &packet, &decoded) > 0)
 *		if (torc_layer_first(&decoded, TORC_LAYER_TCP))
 *			tcp++;
 *	torc_source_close(source);
 *
 * No packet is copied and nothing is allocated for it: packet and layers are borrowed until the next
 * call on the source; torc_packet_clone() makes a packet the caller's own. One thread at a time uses
 * a source, except for torc_source_stop().
 */
#ifndef TORC_SOURCE_H
#define TORC_SOURCE_H

#include <torc/decode.h>
#include <torc/defrag.h>
#include <torc/ring.h>
#include <torc/stream.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_source;

/*
 * torc_source_open_ring - packets of a ring
 *
 * The ring is borrowed: it must live as long as the source, is enabled, set and closed by the
 * caller, and is read by nobody else. Returns 0, -EINVAL or -ENOMEM.
 */
TORC_API int torc_source_open_ring(struct torc_source **source, struct torc_ring *ring,
				   struct torc_error *error);

/* torc_source_open_file - packets of a capture file, "-" standard input; as torc_file_open() */
TORC_API int torc_source_open_file(struct torc_source **source, const char *path,
				   struct torc_error *error);

/*
 * torc_source_open_memory - packets of a capture file whose bytes are in memory, borrowed until the
 * source is closed
 */
TORC_API int torc_source_open_memory(struct torc_source **source, const void *data, size_t length,
				     struct torc_error *error);

/*
 * torc_source_open_concat - sources one after another, each to its end
 *
 * The new source owns the count sources from now on, also when the call fails. Useful for those
 * that have an end: a source that has none is never left.
 */
TORC_API int torc_source_open_concat(struct torc_source **source,
				     struct torc_source *const *sources, unsigned int count,
				     struct torc_error *error);

/* torc_source_close - release the source and what it owns; NULL is allowed */
TORC_API void torc_source_close(struct torc_source *source);

/*
 * torc_source_set_streams - give what TCP carries to the decoder of its port, from the next packet
 * on; see TORC_DECODE_STREAMS
 */
TORC_API void torc_source_set_streams(struct torc_source *source, bool streams);

/*
 * torc_source_set_defrag - put fragments together, from the next packet on
 *
 * The source then returns whole datagrams (TORC_PACKET_REASSEMBLED) and never a fragment; one that is
 * dropped, or waits when the source ends, is in the account of torc_source_defrag(). A batch ends behind
 * a datagram that was put together. options: torc/defrag.h; NULL: the defaults.
 * Returns 0, -EALREADY, or the code of torc_defrag_open().
 */
TORC_API int torc_source_set_defrag(struct torc_source *source,
				    const struct torc_defrag_options *options,
				    struct torc_error *error);

/* torc_source_defrag - the engine that does it, owned by the source; NULL when none does */
TORC_API struct torc_defrag *torc_source_defrag(struct torc_source *source);

/*
 * torc_source_next - the next packet and its layers, borrowed until the next call
 *
 * Returns 1 with a packet; 0 when none came: the end (torc_source_at_end()), torc_source_stop(), or a
 * ring's timeout; else the negative code of the ring or file, with torc_source_error().
 * Some packets ahead are fetched from memory meanwhile, so a ring may count up to 64 packets as
 * received that were not yet returned.
 */
TORC_API int torc_source_next(struct torc_source *source, struct torc_packet *packet,
			      struct torc_decoded *decoded);

/*
 * torc_source_next_batch - up to max packets and their layers, all borrowed until the next call
 *
 * Returns how many (1 to max), else as torc_source_next(). The fastest way to decode.
 */
TORC_API int torc_source_next_batch(struct torc_source *source, struct torc_packet *packets,
				    struct torc_decoded *decoded, unsigned int max);

/*
 * torc_source_set_reassembly - TCP streams of the packets, from the next one on
 *
 * Read them with torc_source_next_event() instead of torc_source_next(). With
 * torc_source_set_defrag() too, fragments are joined first. options: torc/stream.h; NULL: the
 * defaults. Returns 0, -EALREADY, or the code of torc_streams_open().
 */
TORC_API int torc_source_set_reassembly(struct torc_source *source,
					const struct torc_streams_options *options,
					struct torc_error *error);

/* torc_source_streams - the engine that does it, owned by the source; NULL when none does */
TORC_API struct torc_streams *torc_source_streams(struct torc_source *source);

/*
 * torc_source_next_event - the next event of the TCP streams, borrowed until the next call
 *
 * Behind the last packet of a source that ends, every connection is closed. Returns 1 with an event,
 * 0 and negative codes as torc_source_next(), -EINVAL without torc_source_set_reassembly().
 */
TORC_API int torc_source_next_event(struct torc_source *source,
				    const struct torc_stream_event **event);

/*
 * torc_source_stop - make the reader return 0, now or at its next call, for ever
 *
 * From any thread and from a signal handler. A reader that waits for a ring is woken (the ring is
 * stopped: torc_ring_resume()); one that waits for a pipe returns with the next bytes or a signal.
 */
TORC_API void torc_source_stop(struct torc_source *source);

/* torc_source_at_end - everything was returned; false for interfaces, for ever */
TORC_API bool torc_source_at_end(const struct torc_source *source);

/* torc_source_error - the sentence of the last failed call, "" when none failed */
TORC_API const char *torc_source_error(const struct torc_source *source);

#ifdef __cplusplus
}
#endif

#endif
