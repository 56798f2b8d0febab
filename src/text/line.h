/* SPDX-License-Identifier: BSD-3-Clause */
/* line.h - what the files that write one line of a packet share */
#ifndef TORC_TEXT_LINE_H
#define TORC_TEXT_LINE_H

#include <torc/checksum.h>
#include <torc/decode.h>

#include "util/text.h"

struct line {
	struct text text;
	const struct torc_decoded *decoded;
	const struct torc_text_options *options; /* whole: all members are there */
	unsigned int flags;
	const char *closing; /* what the line ends with, or NULL */
	bool joined; /* the last part needs no ": " behind it */
	bool typed;  /* the link-layer header has said what follows */
};

static inline void field_text(struct line *line, const char *before, uint64_t number)
{
	text_string(&line->text, before);
	text_uint(&line->text, number);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* names[number], or the number. */
static inline void name_text(struct line *line, const char *const *names, size_t count,
			     uint64_t number)
{
	if (number < count && names[number])
		text_string(&line->text, names[number]);
	else
		text_uint(&line->text, number);
}

static inline void part_start(struct line *line)
{
	if (!line->joined)
		text_string(&line->text, ": ");
	line->joined = false;
}

/* Bytes behind a layer's header as the IP header before it says, or as they were on the wire. */
uint32_t line_payload_length(const struct torc_decoded *decoded, const struct torc_layer *layer);

/* The bytes of a message with its header, as they were on the wire. */
static inline uint32_t message_length(const struct line *line, const struct torc_layer *layer)
{
	return line_payload_length(line->decoded, layer) + layer->header_length;
}

/* A line is ASCII: what does not print is a dot. */
static inline void line_ascii(struct line *line, const struct torc_bytes *bytes)
{
	for (uint32_t i = 0; i < bytes->length; i++)
		text_char(&line->text, bytes->data[i] >= ' ' && bytes->data[i] < 0x7F ?
					       (char)bytes->data[i] :
					       '.');
}

/* A port, by its name where there is one to be had. */
void line_port_text(struct line *line, unsigned int protocol, uint16_t port);

/* Whether the checksum of a layer is right, with TORC_TEXT_VERBOSE: enum torc_checksum_state. */
int line_checksum(const struct line *line, const struct torc_layer *layer,
		  struct torc_checksum *checksum);

void line_ipv4(struct line *line, const struct torc_layer *layer);
void line_ipv6(struct line *line, const struct torc_layer *layer);
void line_extension(struct line *line, const struct torc_layer *layer);
void line_fragment(struct line *line, const struct torc_layer *layer);
void line_tcp(struct line *line, const struct torc_layer *layer);
/* An option of multipath TCP, behind its kind and length; false, and nothing, when it has no such form. */
bool line_mptcp(struct line *line, const uint8_t *p, uint32_t length);

/* The Precision Time Protocol: line_ptp.c */
void line_ptp(struct line *line, const struct torc_layer **layer);

/* SCTP with its chunks: line_sctp.c */
void line_sctp(struct line *line, const struct torc_layer **layer);

/* Links: line_link.c */
void line_aoe(struct line *line, const struct torc_layer **layer);
void line_ctp(struct line *line, const struct torc_layer **layer);
void line_ppp(struct line *line, const struct torc_layer **layer);
void line_pppoe(struct line *line, const struct torc_layer **layer);

/* Tunnels: line_tunnels.c */
void line_geneve(struct line *line, const struct torc_layer **layer);
void line_gre(struct line *line, const struct torc_layer **layer);
void line_mpls(struct line *line, const struct torc_layer **layer);
void line_vxlan(struct line *line, const struct torc_layer **layer);

/* Protocols of routers: line_routing.c */
void line_bgp(struct line *line, const struct torc_layer **layer);
void line_eigrp(struct line *line, const struct torc_layer **layer);
void line_hsrp(struct line *line, const struct torc_layer **layer);
void line_isis(struct line *line, const struct torc_layer **layer);
void line_pim(struct line *line, const struct torc_layer **layer);
void line_ripng(struct line *line, const struct torc_layer **layer);
void line_rip(struct line *line, const struct torc_layer **layer);

/* Services and tunnels: line_services.c */
void line_quic(struct line *line, const struct torc_layer **layer);
void line_slow(struct line *line, const struct torc_layer **layer);
void line_syslog(struct line *line, const struct torc_layer **layer);
void line_tftp(struct line *line, const struct torc_layer **layer);
void line_wireguard(struct line *line, const struct torc_layer **layer);

/* Windows networks: line_windows.c */
void line_dcerpc(struct line *line, const struct torc_layer **layer);
void line_kerberos(struct line *line, const struct torc_layer **layer);
void line_nbdgm(struct line *line, const struct torc_layer **layer);
void line_nbns(struct line *line, const struct torc_layer **layer);
void line_nbss(struct line *line, const struct torc_layer **layer);
void line_smb(struct line *line, const struct torc_layer **layer);
void line_smb2(struct line *line, const struct torc_layer **layer);

/* Media and Novell's networks: line_media.c */
void line_ipx(struct line *line, const struct torc_layer **layer);
void line_rtcp(struct line *line, const struct torc_layer **layer);
void line_srvloc(struct line *line, const struct torc_layer **layer);

/* Management and directories: line_management.c */
void line_ldap(struct line *line, const struct torc_layer **layer);
void line_rpc(struct line *line, const struct torc_layer **layer);
void line_snmp(struct line *line, const struct torc_layer **layer);
/* Tunnels, and those who set them up: line_tunnels.c */
void line_esp(struct line *line, const struct torc_layer **layer);
void line_isakmp(struct line *line, const struct torc_layer **layer);
void line_ipcomp(struct line *line, const struct torc_layer **layer);
void line_l2tp(struct line *line, const struct torc_layer **layer);
void line_mobility(struct line *line, const struct torc_layer **layer);
void line_ppp_control(struct line *line, const struct torc_layer **layer);
void line_pap(struct line *line, const struct torc_layer **layer);
void line_chap(struct line *line, const struct torc_layer **layer);
void line_cfm(struct line *line, const struct torc_layer **layer);
void line_udld(struct line *line, const struct torc_layer **layer);
void line_nsh(struct line *line, const struct torc_layer **layer);
void line_udp_encap(struct line *line, const struct torc_layer **layer);
void line_vxlan_gpe(struct line *line, const struct torc_layer **layer);

/* Protocols of text: line_texts.c */
void line_head(struct line *line, const struct torc_layer **layer);
void line_ssh(struct line *line, const struct torc_layer **layer);
void line_dialog(struct line *line, const struct torc_layer **layer);
void line_resp(struct line *line, const struct torc_layer **layer);
void line_rtsp(struct line *line, const struct torc_layer **layer);
void line_telnet(struct line *line, const struct torc_layer **layer);

/*
 * The part of a protocol that has words of tcpdump's own; false when it has none. *layer moves to
 * the last layer that the words are about.
 */
bool line_words(struct line *line, const struct torc_layer **layer);

#endif
