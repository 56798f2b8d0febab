/* SPDX-License-Identifier: BSD-3-Clause */
/* stream_cases.c - every way a TCP connection can begin, go on, go wrong and end; see stream.h */
#include "stream.h"

struct stream_case {
	const char *name, *script, *log;
};

static void run(const struct torc_streams_options *options, const struct stream_case *cases,
		size_t count)
{
	for (size_t i = 0; i < count; i++)
		play_case_with(options, false, cases[i].name, cases[i].script, cases[i].log);
}

#define RUN(options, cases) run(options, cases, sizeof(cases) / sizeof(*(cases)))

static const struct stream_case beginnings[] = {
	{ "a plain connection", ">S <S > >=hello <=world > >F <F >",
	  "open:syn c:hello s:world close:fin" },
	{ "no SYN", "<S > >=hello <=world >F <F >", "open:syn-ack c:hello s:world close:fin" },
	{ "no SYN/ACK", ">S > >=hello <=world >F <F >", "open:syn c:hello s:world close:fin" },
	{ "SYN/ACK before SYN", "<S >S- > >=hello >F <F >", "open:syn-ack c:hello close:fin" },
	{ "picked up in the middle", ">@100^50=hello <@50=world >F <F >",
	  "open:midstream c:hello s:world close:fin" },
	{ "picked up in the middle, by the server's data", "<@50^100=world >@100=hello <F >F",
	  "open:midstream s:world c:hello close:fin" },
	{ "picked up behind bytes that were acknowledged", ">@100^50=hello <@50^205=world >@205=more",
	  "open:midstream c:hello s:world c[100,lost] c:more close:finish" },
	{ "picked up: bytes before the first are not part of it", ">@100=hello >@90=before---- >@105=x",
	  "open:midstream c:hellox close:finish" },
	{ "an ACK alone opens nothing", "> < >", "" },
	{ "a RST alone opens nothing", ">R <R", "" },
	{ "a FIN alone opens nothing", ">F <F >", "" },
	{ "only one direction", ">S > >=hello >=again >F", "open:syn c:helloagain close:finish" },
	{ "only the server's direction", "<S <=hello <=again <F",
	  "open:syn-ack s:helloagain close:finish" },
	{ "SYN again", ">S >S <S <S > >=hello >F <F >", "open:syn c:hello close:fin" },
	{ "SYN again with another number, which is answered", ">S >n7000S <S > >=hello >F <F >",
	  "open:syn c:hello close:fin" },
	{ "SYN again with another number; the first is answered",
	  ">S >n7000S <n5000^-6000S >n1000@0=hello >F <F", "open:syn c:hello close:fin" },
	{ "SYN/ACK again with another number; the first is acknowledged",
	  ">S <S <n9000S <n5000@0^0 >@0^0 <@0=hello >F <F", "open:syn s:hello close:fin" },
	{ "SYN/ACK again with another number, which is acknowledged",
	  ">S <S <n9000S >@0 <@0=hello >F <F >", "open:syn s:hello close:fin" },
	{ "split handshake of four", ">S < <S- > >=hello <=world >F <F >",
	  "open:syn c:hello s:world close:fin" },
	{ "split handshake of five", ">S < <S- >S@-1^0 < >@0=hello <=world >F <F >",
	  "open:syn c:hello s:world close:fin" },
	{ "both open at once", ">S <S- >S@-1^0 <S@-1 >@0=hello <@0=world >F <F >",
	  "open:syn c:hello s:world close:fin" },
	{ "SYN with FIN is nothing a host takes", ">SF- >R", "" },
	{ "data before the SYN/ACK was seen", ">S >=hello <S <=world >F <F >",
	  "open:syn c:hello s:world close:fin" },
};

static const struct stream_case fast_open[] = {
	{ "data in the SYN, taken", ">S=fast <S > >=more >F <F >",
	  "open:syn c:fastmore close:fin" },
	{ "data in the SYN, not taken, sent again", ">S=fast <S^0 >@0=fastmore >F <F >",
	  "open:syn c:fastmore close:fin" },
	{ "data in the SYN, not taken, others sent", ">S=AAAA <S^0 >@0=BBBBmore >F <F >",
	  "open:syn c:BBBBmore close:fin" },
	{ "data in the SYN, only one direction, it goes on", ">S=fast > >=more >F",
	  "open:syn c:fastmore close:finish" },
	{ "data in the SYN, only one direction, sent again", ">S=AAAA >@0=BBBB >=more >F",
	  "open:syn c:BBBBmore close:finish" },
	{ "data in the SYN and no answer", ">S=fast", "open:syn close:finish" },
	{ "data in the SYN again in a second SYN", ">S=AAAA >S@-1=BBBB <S > >F <F >",
	  "open:syn c:BBBB close:fin" },
	{ "data in the SYN/ACK", ">S=fast <S=back > >=more <=more >F <F >",
	  "open:syn c:fast s:back c:more s:more close:fin" },
};

static const struct stream_case again[] = {
	{ "the same ports behind a FIN",
	  ">S <S > >=one >F <F > >n90000S <n70000S > >=two >F <F >",
	  "open:syn c:one close:fin open:syn c:two close:fin" },
	{ "the same ports behind a RST", ">S <S > >=one >R >n90000S <n70000S > >=two >F <F >",
	  "open:syn c:one close:rst open:syn c:two close:fin" },
	{ "the same SYN behind a refusal", ">S <R >S@-1 <n8000S > >=two >F <F >",
	  "open:syn close:rst open:syn c:two close:fin" },
	{ "the same ports in a connection that did not end",
	  ">S <S > >=one >n90000S- <n70000S > >=two >F <F >",
	  "open:syn c:one close:reused open:syn c:two close:fin" },
	{ "the same ports, one direction only", ">S > >=one >n90000S- > >=two >F",
	  "open:syn c:one close:reused open:syn c:two close:finish" },
	{ "a SYN in a connection that nobody answers changes nothing",
	  ">S <S > >=one >n90000S- >n1000@3=two >F <F >",
	  "open:syn c:onetwo close:fin" },
	{ "late packets behind the end open nothing",
	  ">S <S > >=one >F <F > >@0=one <F@0 > >@0=one", "open:syn c:one close:fin" },
	{ "the SYN of a connection that ended, again", ">S <S > >=one >F <F > >S@-1",
	  "open:syn c:one close:fin" },
};

static const struct stream_case numbers[] = {
	{ "the numbers wrap inside a segment",
	  ">n4294967290S <S > >=0123456789 >=more >F <F >", "open:syn c:0123456789more close:fin" },
	{ "the numbers wrap at the SYN", ">n4294967295S <S > >=hello >F <F >",
	  "open:syn c:hello close:fin" },
	{ "the numbers wrap behind the SYN", ">n4294967294S <S > >=hello >F <F >",
	  "open:syn c:hello close:fin" },
	{ "the numbers wrap inside a hole", ">n4294967293S <S > >=01 >@8=89 >@2=234567 >F <F >",
	  "open:syn c:0123456789 close:fin" },
	{ "the numbers wrap inside a gap",
	  ">n4294967293S <S > >=01 >@8=89 <^10 >F <F >",
	  "open:syn c:01 c[6,lost] c:89 close:fin" },
	{ "the numbers wrap inside what waits",
	  ">n4294967290S <S > >@2=23456789 >@0=01 >F <F >", "open:syn c:0123456789 close:fin" },
	{ "the numbers wrap in the other direction", ">S <n4294967292S > <=0123456789 <F >F <",
	  "open:syn s:0123456789 close:fin" },
};

static const struct stream_case holes[] = {
	{ "a hole that is filled", ">S <S > >=ab >@4=ef >@2=cd >F <F >",
	  "open:syn c:abcdef close:fin" },
	{ "two holes, filled from behind", ">S <S > >@4=e >@2=c >@0=a >@3=d >@1=b >F <F >",
	  "open:syn c:abcde close:fin" },
	{ "a hole that the receiver acknowledged", ">S <S > >=ab >@4=ef <^6 >=gh >F <F >",
	  "open:syn c:ab c[2,lost] c:efgh close:fin" },
	{ "acknowledged before what is behind it comes", ">S <S > >=ab <^4 >@4=ef >F <F >",
	  "open:syn c:ab c[2,lost] c:ef close:fin" },
	{ "a hole that was waited for long enough", ">S <S > >=ab >@4=ef +11000 >@6^0=gh",
	  "open:syn c:ab c[2,time] c:efgh close:finish" },
	{ "a hole at the end of the capture", ">S <S > >=ab >@4=ef",
	  "open:syn c:ab c[2,lost] c:ef close:finish" },
	{ "holes of both sides at the end", ">S <S > >@1=b <@2=y <@0=w", "open:syn c[1,lost] c:b s:w "
	  "s[1,lost] s:y close:finish" },
	{ "acknowledged and never seen", ">S <S > >=ab <^100",
	  "open:syn c:ab c[98,lost] close:finish" },
	{ "what comes too late is a duplicate", ">S <S > >=ab >@4=ef <^6 >@2=cd >=gh >F <F >",
	  "open:syn c:ab c[2,lost] c:efgh close:fin" },
	{ "one hole is acknowledged, the next is not",
	  ">S <S > >@2=c >@4=e <^3 >@3=d >F <F >", "open:syn c[2,lost] c:cde close:fin" },
	{ "cut by the snaplen", ">S <S > >~8=ab >=kl >F <F >",
	  "open:syn c:ab c[8,snaplen] c:kl close:fin" },
	{ "cut by the snaplen, out of order", ">S <S > >@4~4=ef >@10=kl >@0=abcd >F <F >",
	  "open:syn c:abcdef c[4,snaplen] c:kl close:fin" },
	{ "cut by the snaplen, and sent again whole", ">S <S > >@4~3=e >@4=efgh >@0=abcd >F <F >",
	  "open:syn c:abcdefgh close:fin" },
	{ "nothing of the payload was captured", ">S <S > >~8 >=kl >F <F >",
	  "open:syn c[8,snaplen] c:kl close:fin" },
};

/* More than 2^30 bytes were not captured. */
static const struct stream_case elsewhere[] = {
	{ "far away, acknowledged there: the second segment is taken",
	  ">S <S > >=ab >@2000000000=cd <^2000000002 >=ef <=x >=gh >F <F >",
	  "open:syn c:ab c[2000000000,lost] c:ef s:x c:gh close:fin" },
	{ "the same beyond 2^31", ">S <S > >=ab >@3000000000=cd <^3000000002 >=ef >F <F >",
	  "open:syn c:ab c[3000000000,lost] c:ef close:fin" },
	{ "the acknowledgment lags behind what was seen first",
	  ">S <S > >=ab >@2000000000=cd <^1999999000 >=ef >F <F >",
	  "open:syn c:ab c[2000000000,lost] c:ef close:fin" },
	{ "far away, one direction only: the fourth segment is taken",
	  ">S > >=ab >@2000000000=cd >=ef >=gh >=ij >=kl",
	  "open:syn c:ab c[2000000004,lost] c:ijkl close:finish" },
	{ "far away, the server's direction", ">S <S > <=ab <@2000000000=cd >^2000000002 <=ef <F >F <",
	  "open:syn s:ab s[2000000000,lost] s:ef close:fin" },
	{ "one segment far away is nothing", ">S <S > >=ab >@2000000000=XX <^2 >@2=cd >@4F <^5F >",
	  "open:syn c:abcd close:fin" },
	{ "many far away that the receiver does not take",
	  ">S <S > >=ab >@2000000000=XX <^2 >=XX <^2 >=XX <^2 >=XX <^2 >=XX <^2 >@2=cd >@4F <^5F >",
	  "open:syn c:abcd close:fin" },
	{ "far away, each somewhere else",
	  ">S > >=ab >@2000000000=X >@2000000009=X >@2000000099=X >@2000000999=X >@2000009999=X >@2=cd",
	  "open:syn c:abcd close:finish" },
	{ "what is next comes in between", ">S > >=ab >@2000000000=X >=X >=X >@2=cd >@2000000003=X >=X",
	  "open:syn c:abcd close:finish" },
	{ "what waited is delivered before",
	  ">S <S > >=ab >@4=ef >@2000000000=cd <^2000000002 >=gh >F <F >",
	  "open:syn c:ab c[2,lost] c:ef c[1999999996,lost] c:gh close:fin" },
	{ "only the acknowledgments go on: a gap when data comes",
	  ">S <S > >=ab <^1000000000=1 <^2000000000=2 >@2000000000=cd <^2000000002 >=ef >F <F >",
	  "open:syn c:ab s:12 c[2000000000,lost] c:ef close:fin" },
};

static const struct stream_case probes[] = {
	{ "keep-alive without data", ">S <S > >=ab <^2 >@1 < >=cd >F <F >",
	  "open:syn c:abcd close:fin" },
	{ "keep-alive with a byte", ">S <S > >=ab <^2 >@1=? < >=cd >F <F >",
	  "open:syn c:abcd close:fin" },
	{ "keep-alive before any data", ">S <S > >@-1=? < >@0=ab >F <F >",
	  "open:syn c:ab close:fin" },
	{ "probe of a closed window, not taken", ">S <S > >=ab <^2w0 >@2=c <^2w0 <^2w9 >@2=cd >F <F >",
	  "open:syn c:abcd close:fin" },
	{ "probe of a closed window, other bytes then",
	  ">S <S > >=ab <^2w0 >@2=X <^2w0 <^2w9 >@2=cd >F <F >", "open:syn c:abcd close:fin" },
	{ "probe of a closed window, taken", ">S <S > >=ab <^2w0 >@2=c <^3w9 >=d >F <F >",
	  "open:syn c:abcd close:fin" },
	{ "beyond the window", ">S <S > >=ab <^2w4 >@6=XX >@2=cdef <^6w9 >@6=gh >F <F >",
	  "open:syn c:abcdefgh close:fin" },
	{ "the scale of the window counts", ">Sk0 <Sk2 > >=ab <^2w1 >@2=cd >@4=ef >F <F >",
	  "open:syn c:abcdef close:fin" },
	{ "beyond the window with a scale", ">Sk0 <Sk2 > >=ab <^2w1 >@6=XX >@2=cdef <^6w9 >@6=gh >F <F >",
	  "open:syn c:abcdefgh close:fin" },
	{ "far from the window", ">S <S > >=ab >@2000000000=XX >@-2000000000=XX >=c >n1000@2=cd",
	  "open:syn c:abcd close:finish" },
	{ "window updates and ACKs again", ">S <S > >=ab < < <w9 < >=cd >F <F >",
	  "open:syn c:abcd close:fin" },
	{ "an acknowledgment of what was never sent", ">S <S > >=ab <^1500000000 >=cd >F <F >",
	  "open:syn c:abcd close:fin" },
	{ "without the ACK flag it is nothing", ">S <S > >-=XX >@0=ab >F <F >",
	  "open:syn c:ab close:fin" },
	{ "older than the timestamps that were seen", ">St1 <St1 >t2 >t10=ab <t9 >t5=XX >@2t11=cd >Ft12 <Ft12",
	  "open:syn c:abcd close:fin" },
	{ "timestamps that wrap", ">St-2 <St1 >t-1 >t0=ab <t2 >t1=cd >Ft2 <Ft3",
	  "open:syn c:abcd close:fin" },
	{ "old timestamps behind 24 days", ">St100 <St1 >t100 >t100=ab <t2 +2100000000 >t5=cd",
	  "open:syn c:ab close:idle open:midstream c:cd close:finish" },
	{ "without a timestamp it passes", ">St1 <St1 >t2 >t10=ab <t9 >=cd >Ft12 <Ft12",
	  "open:syn c:abcd close:fin" },
};

static const struct stream_case endings[] = {
	{ "FIN with data", ">S <S > >F=hello <F=world >", "open:syn c:hello s:world close:fin" },
	{ "one side goes on behind the FIN of the other", ">S <S > >F=ask <=one <=two <F >",
	  "open:syn c:ask s:onetwo close:fin" },
	{ "FIN before the data", ">S <S > >@4F=ef >@0=abcd <F >",
	  "open:syn c:abcdef close:fin" },
	{ "FIN alone before the data", ">S <S > >@4F >@0=abcd <F >", "open:syn c:abcd close:fin" },
	{ "FIN again", ">S <S > >=ab >F >F@2 >F@2 <F > <F@0", "open:syn c:ab close:fin" },
	{ "FIN whose data never comes", ">S <S > >=ab >@8F <^9 <F >",
	  "open:syn c:ab c[6,lost] close:fin" },
	{ "data behind the FIN", ">S <S > >F=ab >@2=cd >@3=de <F >", "open:syn c:ab close:fin" },
	{ "data that waits behind the FIN", ">S <S > >@4=ef >F@2 >@0=ab <F >",
	  "open:syn c:ab close:fin" },
	{ "RST", ">S <S > >=ab >R", "open:syn c:ab close:rst" },
	{ "RST of the other side", ">S <S > >=ab <R", "open:syn c:ab close:rst" },
	{ "RST as the answer to a SYN", ">S <R", "open:syn close:rst" },
	{ "RST behind the SYN/ACK: a scan", ">S <S >R", "open:syn close:rst" },
	{ "RST in the window, not exact: the host asks", ">S <S > >=ab >@9R >@2=cd >@4F <F >",
	  "open:syn c:abcd close:fin" },
	{ "RST in the window, and then silence", ">S <S > >=ab >@9R +1000000 >n7S",
	  "open:syn c:ab close:rst open:syn close:finish" },
	{ "RST outside the window", ">S <S > >=ab >@-9R >@2=cd >F <F >",
	  "open:syn c:abcd close:fin" },
	{ "RST behind what waits", ">S <S > >=ab >@4=ef >@6R",
	  "open:syn c:ab close:rst" },
	{ "RST with a text", ">S <S > >=ab >R=reason", "open:syn c:ab close:rst" },
	{ "data behind RST", ">S <S > >=ab >R >=cd <=ef", "open:syn c:ab close:rst" },
	{ "RST before anything was acknowledged", ">S <S > >=ab >=cd >R",
	  "open:syn c:abcd close:rst" },
	{ "FIN, then RST", ">S <S > >=ab >F >R", "open:syn c:ab close:rst" },
	{ "silence", ">S <S > >=ab +1000000 >n7S",
	  "open:syn c:ab close:idle open:syn close:finish" },
	{ "silence before any data", ">S <S > +100000 >n7S",
	  "open:syn close:idle open:syn close:finish" },
};

static const struct stream_case acked[] = {
	{ "delivered when acknowledged", ">S <S > >=ab >=cd | <^2 | <^4=x >F <F >",
	  "open:syn | c:ab | c:cd s:x close:fin" },
	{ "not acknowledged before the end", ">S <S > >=ab <^2 >=cd |",
	  "open:syn c:ab | c:cd close:finish" },
	{ "not acknowledged before a RST: the host has it", ">S <S > >=ab >R",
	  "open:syn c:ab close:rst" },
	{ "out of order", ">S <S > >@2=cd >@0=ab <^4 >F <F >", "open:syn c:abcd close:fin" },
	{ "the first of two versions", ">S <S > >=AA >@0=BBcc <^4 >F <F >",
	  "open:syn c:AAcc close:fin" },
	{ "a hole that was acknowledged", ">S <S > >@2=cd <^4 >F <F >",
	  "open:syn c[2,lost] c:cd close:fin" },
	{ "half a segment acknowledged", ">S <S > >=abcdef | <^3 | <^6 >F <F >",
	  "open:syn | c:abc | c:def close:fin" },
};

static const struct stream_case urgent[] = {
	{ "the urgent byte is left out", ">S <S > >=ab >Uu3=cde >=f >F <F >",
	  "open:syn c:abcd c[1,urgent] c:f close:fin" },
	{ "it is in the middle", ">S <S > >Uu2=abcd >F <F >",
	  "open:syn c:a c[1,urgent] c:cd close:fin" },
	{ "it comes later", ">S <S > >Uu5=ab >=cd >=ef >F <F >",
	  "open:syn c:abcd c[1,urgent] c:f close:fin" },
	{ "it waits behind a hole", ">S <S > >@2Uu1=Xcd >@0=ab >F <F >",
	  "open:syn c:ab c[1,urgent] c:cd close:fin" },
};

static void options_of_cases(void)
{
	struct torc_streams_options options = { .size = sizeof(options) };

	options.flags = TORC_STREAMS_WHEN_ACKED;
	RUN(&options, acked);
	options.flags = TORC_STREAMS_NO_MIDSTREAM;
	play_case_with(&options, false, "no pick-up in the middle", ">=hello <S > >=more >F <F >",
		       "open:syn-ack c:more close:fin");
	options.flags = TORC_STREAMS_CHECKSUMS;
	play_case_with(&options, false, "a wrong checksum", ">S <S > >x=XX >@0=ab >F <F >",
		       "open:syn c:ab close:fin");
	options.flags = 0;
	play_case_with(&options, false, "a wrong checksum, not verified",
		       ">S <S > >x=XX >@0=ab >F <F >", "open:syn c:XX close:fin");
	options.urgent = TORC_URGENT_OUT_OF_BAND;
	RUN(&options, urgent);
	options.urgent = TORC_URGENT_INLINE;
	play_case_with(&options, false, "the urgent byte in its place", ">S <S > >Uu2=abcd >F <F >",
		       "open:syn c:abcd close:fin");
}

/* The same ends in two VLANs are two connections, unless VLANs are not to be looked at. */
static void vlans(void)
{
	struct torc_streams_options options = { .size = sizeof(options) };
	uint8_t frame[18 + 42] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x81, 0, 0, 0, 8, 0 };
	uint8_t tcp[22] = { 0x9C, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0xFF, 0xFF };

	for (unsigned int ignore = 0; ignore < 2; ignore++) {
		static struct play game;

		options.flags = ignore ? TORC_STREAMS_IGNORE_VLAN : 0;
		play_begin(&game, &options);
		for (uint8_t vlan = 1; vlan <= 2; vlan++) {
			struct torc_packet packet = { .data = frame, .caplen = sizeof(frame),
						      .len = sizeof(frame),
						      .link_type = TORC_LINK_ETHERNET };
			struct torc_decoded decoded;

			frame[15] = vlan;
			tcp[7] = (uint8_t)(2 * vlan); /* the next bytes of a connection */
			memset(tcp + 20, 'a' + vlan, 2);
			play_frame(&game, 0, frame + 18, tcp, sizeof(tcp), sizeof(tcp));
			torc_decode_packet(&packet, &decoded);
			torc_streams_add(game.streams, &packet, &decoded);
			play_events(&game);
		}
		is_str(game.log, ignore ? "open:midstream c:bbcc" :
					  "open:midstream c:bb open:midstream c:cc",
		       ignore ? "VLANs are ignored" : "two VLANs");
		torc_streams_close(game.streams);
	}
}

static void resyncs_counted(void)
{
	struct torc_streams_options options = { .size = sizeof(options),
						.flags = TORC_STREAMS_WHEN_ACKED };
	struct torc_streams_stats stats = { .size = sizeof(stats) };
	static struct play game;

	play_begin(&game, NULL);
	play(&game, ">S <S > >=ab >@2000000000=cd <^2000000002 >=ef");
	torc_streams_stats(game.streams, &stats);
	ok(stats.resyncs == 1 && stats.window == 2 && stats.delivered == 4 && stats.gaps == 2000000000,
	   "going on elsewhere is counted");
	torc_streams_close(game.streams);
	play_case_with(&options, false, "far away, delivered when acknowledged",
		       ">S <S > >=ab < >@2000000000=cd <^2000000002 >=ef < >F <F >",
		       "open:syn c:ab c[2000000000,lost] c:ef close:fin");
}

int main(void)
{
	vlans();
	RUN(NULL, beginnings);
	RUN(NULL, fast_open);
	RUN(NULL, again);
	RUN(NULL, numbers);
	RUN(NULL, holes);
	RUN(NULL, elsewhere);
	resyncs_counted();
	RUN(NULL, probes);
	RUN(NULL, endings);
	options_of_cases();
	return done();
}
