/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afpacket_tx.c - sending through the packet socket (packet(7))
 *
 * The ring's own socket sends, so the kernel does not show the ring its own packets
 * (dev_queue_xmit_nit skips the sender); other captures see them. Batches are queued here and
 * leave with one sendmmsg() for QUEUE_MAX of them.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/afpacket.h"

#define QUEUE_MAX   TORC_ENGINE_QUEUE
#define QUEUE_BYTES TORC_ENGINE_QUEUE_BYTES

/* So often in a row a signal may come before a frame is sent; then it is an error like any other. */
#define INTERRUPTIONS_MAX 1000

struct afp_sender {
	unsigned int count;
	unsigned int used; /* bytes[] */
	unsigned int mtu;  /* of the interface when the queue was empty last */
	struct sockaddr_ll address;
	struct mmsghdr messages[QUEUE_MAX];
	struct iovec pieces[QUEUE_MAX];
	uint8_t bytes[QUEUE_BYTES];
};

/* Protocol 0: the kernel takes it from the frame (packet_parse_headers). */
static void set_address(struct sockaddr_ll *address, int ifindex)
{
	*address = (struct sockaddr_ll){ .sll_family = AF_PACKET, .sll_ifindex = ifindex };
}

static void count_sent(struct afpacket *engine, size_t length)
{
	__atomic_fetch_add(&engine->sent, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&engine->sent_bytes, length, __ATOMIC_RELAXED);
}

static void count_error(struct afpacket *engine, int code)
{
	if (code == -ENOBUFS || code == -EAGAIN)
		__atomic_fetch_add(&engine->send_full, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&engine->send_errors, 1, __ATOMIC_RELAXED);
}

int afp_send(struct torc_engine *base, int ifindex, const void *data, size_t length)
{
	struct afpacket *engine = afpacket(base);
	unsigned int interruptions = 0;
	struct sockaddr_ll address;
	ssize_t sent;
	int begin;

	set_address(&address, ifindex ? ifindex : engine->ifindex);
	if (address.sll_ifindex == 0)
		return -ENODEV; /* "any" has no interface of its own to send on */
	begin = afp_frame_begin(engine->link_type, data, length, &address.sll_protocol);
	if (begin < 0) {
		count_error(engine, begin);
		return begin;
	}
	do {
		sent = sendto(afp_active(engine)->fd, (const uint8_t *)data + begin,
			      length - (size_t)begin, 0, (struct sockaddr *)&address,
			      sizeof(address));
	} while (sent < 0 && errno == EINTR && ++interruptions < INTERRUPTIONS_MAX);
	if (sent < 0) {
		int code = -errno;

		count_error(engine, code);
		return code;
	}
	count_sent(engine, length);
	return (int)sent + begin;
}

/* Send what is queued. Frames behind one that is refused are tried too; returns how many left. */
int afp_flush(struct torc_engine *base)
{
	struct afpacket *engine = afpacket(base);
	struct afp_sender *sender = engine->sender;
	unsigned int done = 0, sent = 0, interruptions = 0;

	while (sender && done < sender->count) {
		int n = sendmmsg(afp_active(engine)->fd, sender->messages + done,
				 sender->count - done, 0);
		int code = n < 0 ? -errno : 0;

		if (code == -EINTR && ++interruptions < INTERRUPTIONS_MAX)
			continue;
		interruptions = 0;
		if (n < 0)
			n = 0;
		for (int i = 0; i < n; i++)
			count_sent(engine, sender->pieces[done + (unsigned int)i].iov_len);
		sent += (unsigned int)n;
		done += (unsigned int)n;
		if (n == 0) { /* the first of the rest is the one refused */
			count_error(engine, code);
			done++;
		}
	}
	if (sender)
		sender->count = sender->used = 0;
	return (int)sent;
}

static int make_sender(struct afpacket *engine)
{
	struct afp_sender *sender = calloc(1, sizeof(*sender));

	if (!sender)
		return -ENOMEM;
	for (unsigned int i = 0; i < QUEUE_MAX; i++) {
		sender->messages[i].msg_hdr.msg_iov = &sender->pieces[i];
		sender->messages[i].msg_hdr.msg_iovlen = 1;
		sender->messages[i].msg_hdr.msg_name = &sender->address;
		sender->messages[i].msg_hdr.msg_namelen = sizeof(sender->address);
	}
	engine->sender = sender;
	return 0;
}

/* What the kernel would say of the frame (packet_snd): a tag is four bytes on top of the MTU. */
static int check_frame(const struct afpacket *engine, const struct torc_packet *packet)
{
	const struct afp_sender *sender = engine->sender;
	unsigned int max = sender->mtu + ETH_HLEN;

	if (engine->link_type != TORC_LINK_ETHERNET)
		return packet->caplen > QUEUE_BYTES ? -EMSGSIZE : 0;
	if (packet->caplen < ETH_HLEN)
		return -EINVAL;
	if (packet->data[12] == 0x81 && packet->data[13] == 0x00)
		max += AFP_TAG_BYTES;
	return packet->caplen > max || packet->caplen > QUEUE_BYTES ? -EMSGSIZE : 0;
}

int afp_send_batch(struct torc_engine *base, const struct torc_packet *packets,
		   unsigned int count)
{
	struct afpacket *engine = afpacket(base);
	struct afp_sender *sender;
	char name[IF_NAMESIZE];

	if (engine->ifindex == 0)
		return -ENODEV;
	if (!engine->sender && make_sender(engine) < 0)
		return -ENOMEM;
	sender = engine->sender;
	if (sender->count == 0)
		set_address(&sender->address, engine->ifindex);
	for (unsigned int i = 0; i < count; i++) {
		uint32_t length = packets[i].caplen;
		uint16_t protocol;
		int result, begin;

		if (sender->count == 0) {
			afp_name(engine, name);
			sender->mtu = afp_mtu(afp_active(engine)->fd, name);
		}
		result = check_frame(engine, &packets[i]);
		begin = afp_frame_begin(engine->link_type, packets[i].data, length, &protocol);
		if (result == 0 && begin < 0)
			result = begin;
		if (result < 0)
			return i > 0 ? (int)i : result;
		length -= (uint32_t)begin;
		if (sender->count == QUEUE_MAX || sender->used + length > QUEUE_BYTES ||
		    protocol != sender->address.sll_protocol)
			afp_flush(base);
		sender->address.sll_protocol = protocol; /* one for all that are queued */
		memcpy(sender->bytes + sender->used, packets[i].data + begin, length);
		sender->pieces[sender->count].iov_base = sender->bytes + sender->used;
		sender->pieces[sender->count++].iov_len = length;
		sender->used += length;
	}
	return (int)count;
}

void afp_sender_free(struct afp_sender *sender)
{
	free(sender);
}
