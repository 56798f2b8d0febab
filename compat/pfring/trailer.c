/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trailer.c - timestamps that capture appliances add to a packet
 *
 *	Ixia         19 bytes at the end: type, length, seconds, nanoseconds, length, AF 12, FCS
 *	VSS, APCON   12 bytes at the end: seconds, nanoseconds, CRC
 *	MetaWatch    16 bytes at the end: TLV, seconds, nanoseconds, flags, device, port
 *	Arista 7150  4 bytes at the end: ticks of 350 MHz; key frames (IP protocol 253 to the
 *	             broadcast address) say which UTC time some tick was
 *	Arista 7280  14 bytes behind the MAC addresses: type D28B, subtype, version, seconds,
 *	             nanoseconds; the packet's own type follows
 *
 * All numbers are big-endian, times are UTC. Only a packet that was captured whole has a trailer.
 */
#include <stdio.h>
#include <string.h>

#include "state.h"

#define NSEC_PER_SEC        1000000000u
#define ETH_HEADER_BYTES    14
#define VLAN_TAG_BYTES      4
#define IXIA_BYTES          19
#define VSS_BYTES           12
#define METAWATCH_BYTES     16
#define ARISTA_7150_BYTES   4
#define ARISTA_7280_BYTES   14
#define ARISTA_7280_TYPE    0xD28B
#define KEYFRAME_PROTOCOL   253
#define KEYFRAME_BYTES      46
#define TICKS_MASK          0x7FFFFFFFu /* the counter has 31 bits */

static bool debug;

/* The last key frame any thread read: one clock per process, as PF_RING has it. */
static struct {
	pthread_mutex_t lock;
	uint64_t utc_ns;
	uint32_t ticks;
	bool known;
} keyframe = { .lock = PTHREAD_MUTEX_INITIALIZER };

static uint16_t be16(const u_char *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t be32(const u_char *at)
{
	return (uint32_t)be16(at) << 16 | be16(at + 2);
}

static uint64_t be64(const u_char *at)
{
	return (uint64_t)be32(at) << 32 | be32(at + 4);
}

static void tell(const char *what, const struct timespec *ts)
{
	if (__atomic_load_n(&debug, __ATOMIC_RELAXED))
		fprintf(stderr, "libpfring: %s timestamp %lld.%09ld\n", what,
			(long long)ts->tv_sec, ts->tv_nsec);
}

API void pfring_enable_hw_timestamp_debug(void)
{
	__atomic_store_n(&debug, true, __ATOMIC_RELAXED);
}

static bool is_whole(const struct pfring_pkthdr *hdr)
{
	return hdr->caplen == hdr->len;
}

static void set_time(struct pfring_pkthdr *hdr, uint64_t ns)
{
	hdr->ts.tv_sec = (time_t)(ns / NSEC_PER_SEC);
	hdr->ts.tv_usec = (suseconds_t)(ns % NSEC_PER_SEC / 1000);
	hdr->extended_hdr.timestamp_ns = ns;
}

static uint64_t to_ns(const struct timespec *ts)
{
	return (uint64_t)ts->tv_sec * NSEC_PER_SEC + (uint64_t)ts->tv_nsec;
}

static void cut(struct pfring_pkthdr *hdr, const struct timespec *ts, int bytes)
{
	set_time(hdr, to_ns(ts));
	hdr->len -= (u_int32_t)bytes;
	hdr->caplen = hdr->len;
}

/* Seconds and nanoseconds that stand behind each other; 0 bytes when they cannot be a time. */
static int read_time(const u_char *at, struct timespec *ts, const char *what, int bytes)
{
	ts->tv_sec = (time_t)be32(at);
	ts->tv_nsec = (long)be32(at + 4);
	if (ts->tv_nsec >= (long)NSEC_PER_SEC) {
		*ts = (struct timespec){ 0 };
		return 0;
	}
	tell(what, ts);
	return bytes;
}

/* ---- Ixia ---- */

API int pfring_read_ixia_hw_timestamp(u_char *buffer, u_int32_t buffer_len, struct timespec *ts)
{
	const u_char *trailer = buffer + buffer_len - IXIA_BYTES;

	*ts = (struct timespec){ 0 };
	if (buffer_len < ETH_HEADER_BYTES + IXIA_BYTES || trailer[11] != 0xAF ||
	    trailer[12] != 0x12)
		return 0;
	return read_time(trailer + 2, ts, "Ixia", IXIA_BYTES);
}

API int pfring_handle_ixia_hw_timestamp(u_char *buffer, struct pfring_pkthdr *hdr)
{
	struct timespec ts;
	int bytes;

	if (!is_whole(hdr))
		return PF_RING_ERROR_GENERIC;
	bytes = pfring_read_ixia_hw_timestamp(buffer, hdr->len, &ts);
	if (bytes > 0)
		cut(hdr, &ts, bytes);
	return 0;
}

/* ---- VSS Monitoring and APCON ---- */

API int pfring_read_vss_apcon_hw_timestamp(u_char *buffer, u_int32_t buffer_len,
					   struct timespec *ts)
{
	*ts = (struct timespec){ 0 };
	if (buffer_len < ETH_HEADER_BYTES + VSS_BYTES)
		return 0;
	return read_time(buffer + buffer_len - VSS_BYTES, ts, "VSS/APCON", VSS_BYTES);
}

API void pfring_handle_vss_apcon_hw_timestamp(u_char *buffer, struct pfring_pkthdr *hdr)
{
	struct timespec ts;
	int bytes;

	if (!is_whole(hdr))
		return;
	bytes = pfring_read_vss_apcon_hw_timestamp(buffer, hdr->len, &ts);
	if (bytes > 0)
		cut(hdr, &ts, bytes);
}

/* ---- MetaWatch ---- */

API int pfring_read_metawatch_hw_timestamp(u_char *buffer, u_int32_t buffer_len,
					   struct timespec *ts)
{
	*ts = (struct timespec){ 0 };
	if (buffer_len < ETH_HEADER_BYTES + METAWATCH_BYTES)
		return 0;
	return read_time(buffer + buffer_len - METAWATCH_BYTES + 4, ts, "MetaWatch",
			 METAWATCH_BYTES);
}

API int pfring_read_metawatch_device_info(u_char *buffer, u_int32_t buffer_len,
					  u_int16_t *device_id, u_int8_t *port_id)
{
	const u_char *trailer = buffer + buffer_len - METAWATCH_BYTES;

	if (buffer_len < ETH_HEADER_BYTES + METAWATCH_BYTES)
		return 0;
	*device_id = be16(trailer + 13);
	*port_id = trailer[15];
	return METAWATCH_BYTES;
}

API int pfring_handle_metawatch_hw_timestamp(u_char *buffer, struct pfring_pkthdr *hdr)
{
	struct timespec ts;
	u_int16_t device = 0;
	u_int8_t port = 0;
	int bytes;

	if (!is_whole(hdr))
		return PF_RING_ERROR_GENERIC;
	bytes = pfring_read_metawatch_hw_timestamp(buffer, hdr->len, &ts);
	if (bytes == 0)
		return 0;
	pfring_read_metawatch_device_info(buffer, hdr->len, &device, &port);
	hdr->extended_hdr.device_id = device;
	hdr->extended_hdr.port_id = port;
	cut(hdr, &ts, bytes);
	return 0;
}

/* ---- Arista ---- */

/* Where the IPv4 header starts behind any tags; 0: not IPv4. */
static uint32_t ipv4_offset(const u_char *buffer, uint32_t length)
{
	uint32_t at = ETH_HEADER_BYTES;

	while (at + VLAN_TAG_BYTES <= length && be16(buffer + at - 2) == 0x8100)
		at += VLAN_TAG_BYTES;
	return at + 20 <= length && be16(buffer + at - 2) == 0x0800 ? at : 0;
}

API int pfring_read_arista_7150_keyframe(u_char *buffer, u_int32_t buffer_len, u_int64_t *ns_ts,
					 u_int32_t *ticks_ts)
{
	static const u_char broadcast[ETH_ALEN] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };
	uint32_t at;

	if (buffer_len < ETH_HEADER_BYTES || memcmp(buffer, broadcast, ETH_ALEN) != 0)
		return PF_RING_ERROR_GENERIC;
	at = ipv4_offset(buffer, buffer_len);
	if (at == 0 || buffer[at + 9] != KEYFRAME_PROTOCOL)
		return PF_RING_ERROR_GENERIC;
	at += 4u * (buffer[at] & 0x0F);
	if (at + KEYFRAME_BYTES > buffer_len)
		return PF_RING_ERROR_GENERIC;
	*ticks_ts = be32(buffer + at + 4);
	*ns_ts = be64(buffer + at + 8);
	pthread_mutex_lock(&keyframe.lock);
	keyframe.utc_ns = *ns_ts;
	keyframe.ticks = *ticks_ts;
	keyframe.known = true;
	pthread_mutex_unlock(&keyframe.lock);
	return 0;
}

API int pfring_read_arista_7150_hw_timestamp(u_char *buffer, u_int32_t buffer_len,
					     u_int64_t *ns_ts)
{
	uint32_t ticks;

	*ns_ts = 0;
	if (buffer_len < ETH_HEADER_BYTES + ARISTA_7150_BYTES)
		return 0;
	ticks = be32(buffer + buffer_len - ARISTA_7150_BYTES);
	pthread_mutex_lock(&keyframe.lock);
	/* A tick lasts 20/7 ns; the counter may have wrapped since the key frame. */
	if (keyframe.known)
		*ns_ts = keyframe.utc_ns +
			 (uint64_t)((ticks - keyframe.ticks) & TICKS_MASK) * 20 / 7;
	pthread_mutex_unlock(&keyframe.lock);
	return ARISTA_7150_BYTES;
}

/*
 * The time of a 7280 stands between the addresses and the type. PF_RING leaves it in the packet,
 * and so does this, since the packet's memory is the ring's.
 */
static bool read_arista_7280(const u_char *buffer, struct pfring_pkthdr *hdr)
{
	struct timespec ts;

	if (hdr->len < ETH_HEADER_BYTES + ARISTA_7280_BYTES ||
	    be16(buffer + 12) != ARISTA_7280_TYPE)
		return false;
	if (read_time(buffer + ETH_HEADER_BYTES + 4, &ts, "Arista 7280", ARISTA_7280_BYTES) > 0)
		set_time(hdr, to_ns(&ts));
	return true;
}

API int pfring_handle_arista_hw_timestamp(u_char *buffer, struct pfring_pkthdr *hdr)
{
	u_int64_t ns;
	u_int32_t ticks;
	int bytes;

	if (!is_whole(hdr))
		return PF_RING_ERROR_GENERIC;
	if (read_arista_7280(buffer, hdr))
		return 0;
	if (pfring_read_arista_7150_keyframe(buffer, hdr->len, &ns, &ticks) == 0)
		return 1;
	bytes = pfring_read_arista_7150_hw_timestamp(buffer, hdr->len, &ns);
	hdr->len -= (u_int32_t)bytes;
	hdr->caplen = hdr->len;
	/* Before the first key frame the kernel's time is the best there is. */
	if (ns != 0)
		set_time(hdr, ns);
	return 0;
}

bool pf_trailer_strip(pfring *ring, u_char *data, struct pfring_pkthdr *hdr)
{
	if (ring->ixia_timestamp_enabled)
		pfring_handle_ixia_hw_timestamp(data, hdr);
	else if (ring->vss_apcon_timestamp_enabled)
		pfring_handle_vss_apcon_hw_timestamp(data, hdr);
	else if (ring->flags & PF_RING_METAWATCH_TIMESTAMP)
		pfring_handle_metawatch_hw_timestamp(data, hdr);
	else
		return pfring_handle_arista_hw_timestamp(data, hdr) != 1;
	return true;
}
