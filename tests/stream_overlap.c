/* SPDX-License-Identifier: BSD-3-Clause */
/* stream_overlap.c - who wins an overlap, by policy and by network; both versions are told */
#include "stream.h"

/* h: the missing first bytes, sent last; A came first, B later. Linux: what kernel 6.18 delivered. */
static const struct {
	const char *name, *script, *linux_6, *first, *last, *bsd, *old_linux, *solaris;
} cases[] = {
	{ "delivered, then sent again", ">@0=AAAA >@0=BBBB >@4=cccc", "AAAAcccc", "AAAAcccc",
	  "AAAAcccc", "AAAAcccc", "AAAAcccc", "AAAAcccc" },
	{ "the same range", ">@4=AAAA >@4=BBBB >@0=hhhh", "hhhhAAAA", "hhhhAAAA", "hhhhBBBB",
	  "hhhhAAAA", "hhhhBBBB", "hhhhBBBB" },
	{ "over the end", ">@4=AAAAAAAA >@8=BBBBBBBB >@0=hhhh", "hhhhAAAAAAAABBBB",
	  "hhhhAAAAAAAABBBB", "hhhhAAAABBBBBBBB", "hhhhAAAAAAAABBBB", "hhhhAAAAAAAABBBB",
	  "hhhhAAAABBBBBBBB" },
	{ "over the start", ">@8=AAAAAAAA >@4=BBBBBBBB >@0=hhhh", "hhhhBBBBBBBBAAAA",
	  "hhhhBBBBAAAAAAAA", "hhhhBBBBBBBBAAAA", "hhhhBBBBBBBBAAAA", "hhhhBBBBBBBBAAAA",
	  "hhhhBBBBAAAAAAAA" },
	{ "over both ends", ">@8=AAAA >@4=BBBBBBBBBBBB >@0=hhhh", "hhhhBBBBBBBBBBBB",
	  "hhhhBBBBAAAABBBB", "hhhhBBBBBBBBBBBB", "hhhhBBBBBBBBBBBB", "hhhhBBBBBBBBBBBB",
	  "hhhhBBBBBBBBBBBB" },
	{ "inside", ">@4=AAAAAAAAAAAA >@8=BBBB >@0=hhhh", "hhhhAAAAAAAAAAAA",
	  "hhhhAAAAAAAAAAAA", "hhhhAAAABBBBAAAA", "hhhhAAAAAAAAAAAA", "hhhhAAAAAAAAAAAA",
	  "hhhhAAAAAAAAAAAA" },
	{ "the same start, longer", ">@4=AAAA >@4=BBBBBBBB >@0=hhhh", "hhhhBBBBBBBB",
	  "hhhhAAAABBBB", "hhhhBBBBBBBB", "hhhhAAAABBBB", "hhhhBBBBBBBB", "hhhhBBBBBBBB" },
	{ "partly delivered", ">@0=AAAA >@2=BBBBBB", "AAAABBBB", "AAAABBBB", "AAAABBBB",
	  "AAAABBBB", "AAAABBBB", "AAAABBBB" },
	{ "what fills the hole reaches what waits", ">@4=AAAA >@0=hhhhBB", "hhhhBBAA",
	  "hhhhAAAA", "hhhhBBAA", "hhhhBBAA", "hhhhBBAA", "hhhhAAAA" },
};

static void policy(uint32_t number, const char *networks, size_t i, const char *bytes)
{
	struct torc_streams_options options = { .size = sizeof(options), .policy = number,
						.policies = networks };
	char script[256], log[256], name[256];

	snprintf(script, sizeof(script), ">S <S > %s >F <F >", cases[i].script);
	snprintf(log, sizeof(log), "open:syn c:%s close:fin", bytes);
	snprintf(name, sizeof(name), "%s: %s", networks ? networks :
		 torc_stream_policy_name((int)number), cases[i].name);
	play_case_with(&options, false, name, script, log);
}

static void policies(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		policy(TORC_POLICY_LINUX, NULL, i, cases[i].linux_6);
		policy(TORC_POLICY_FIRST, NULL, i, cases[i].first);
		policy(TORC_POLICY_VISTA, NULL, i, cases[i].first);
		policy(TORC_POLICY_LAST, NULL, i, cases[i].last);
		policy(TORC_POLICY_BSD, NULL, i, cases[i].bsd);
		policy(TORC_POLICY_WINDOWS, NULL, i, cases[i].bsd);
		policy(TORC_POLICY_WINDOWS_2003, NULL, i, cases[i].bsd);
		policy(TORC_POLICY_HPUX10, NULL, i, cases[i].bsd);
		policy(TORC_POLICY_IRIX, NULL, i, cases[i].bsd);
		policy(TORC_POLICY_MACOS, NULL, i, cases[i].bsd);
		policy(TORC_POLICY_OLD_LINUX, NULL, i, cases[i].old_linux);
		policy(TORC_POLICY_SOLARIS, NULL, i, cases[i].solaris);
		policy(TORC_POLICY_HPUX11, NULL, i, cases[i].solaris);
	}
}

/* The client is 10.0.0.1, the server, who receives, 10.0.0.2. */
static void networks(void)
{
	const size_t same = 1; /* linux keeps the first, last does not */

	policy(0, "10.0.0.0/8=last", same, cases[same].last);
	policy(0, "10.0.0.2=last", same, cases[same].last);
	policy(0, "10.0.0.1=last", same, cases[same].linux_6);
	policy(0, "10.0.0.0/8=last,10.0.0.0/30=first", same, cases[same].first);
	policy(0, "10.0.0.0/30=first,10.0.0.0/8=last", same, cases[same].first);
	policy(TORC_POLICY_LAST, "192.168.0.0/16=first,fe80::/10=first", same, cases[same].last);
	policy(TORC_POLICY_FIRST, "0.0.0.0/0=last", same, cases[same].last);
	policy(TORC_POLICY_FIRST, "10.0.0.3/31=last", same, cases[same].last);
}

static void events(void)
{
	play_case_with(NULL, true, "equal bytes", ">S <S > >@2=cd >@2=cd >@0=ab >F <F >",
		       "open:syn c{2,same,cd,cd} c:abcd close:fin");
	play_case_with(NULL, true, "other bytes, the first are kept",
		       ">S <S > >@2=cd >@2=CD >@0=ab >F <F >",
		       "open:syn c{2,different,cd,CD} c:abcd close:fin");
	play_case_with(NULL, true, "other bytes, the second are kept",
		       ">S <S > >@4=efgh >@2=CDEF >@0=ab >F <F >",
		       "open:syn c{4,different,EF,ef} c:abCDEFgh close:fin");
	play_case_with(NULL, true, "delivered before", ">S <S > >=ab >@0=XYcd >F <F >",
		       "open:syn c:ab c{0,delivered,,XY} c:cd close:fin");
	play_case_with(NULL, true, "over two that wait",
		       ">S <S > >@2=cd >@6=gh >@3=DEFG >@0=ab >F <F >",
		       "open:syn c{3,different,d,D} c{6,different,G,g} c:abcdEFGh close:fin");
	play_case_with(NULL, true, "a third passes on what it got from the first",
		       ">S <S > >@2=cccc >@5=eeee >@4=XXXX >@0=ab >F <F >",
		       "open:syn c{5,different,c,e} c{4,different,cc,XX} c{5,different,cXX,cee} "
		       "c:abccccXXe close:fin");
}

static void refused(void)
{
	struct torc_streams_options options = { .size = sizeof(options) };
	struct torc_streams *streams;
	struct torc_error error;

	options.policy = 99;
	is(torc_streams_open(&streams, &options, &error), -22, "no such policy");
	ok(strstr(error.text, "there are linux, first, last, bsd, old-linux, windows,"),
	   "the sentence lists them: %s", error.text);
	options.policy = 0;
	options.policies = "10.0.0.0/8=beos";
	is(torc_streams_open(&streams, &options, &error), -22, "no such policy of a network");
	ok(strstr(error.text, "beos") && strstr(error.text, "hpux11, irix, macos"),
	   "the sentence lists them: %s", error.text);
	options.policies = "10.0.0.0/33=bsd";
	is(torc_streams_open(&streams, &options, &error), -22, "no such network: %s", error.text);
	options.policies = "10.0.0.0";
	is(torc_streams_open(&streams, &options, &error), -22, "no policy: %s", error.text);
	options.policies = NULL;
	options.waiting_bytes = 1000;
	is(torc_streams_open(&streams, &options, &error), -22, "too small: %s", error.text);
	options.waiting_bytes = 1 << 20;
	options.connection_waiting_bytes = 2 << 20;
	is(torc_streams_open(&streams, &options, &error), -22, "more than all: %s", error.text);
	options.connection_waiting_bytes = 0;
	options.max_connections = 3;
	is(torc_streams_open(&streams, &options, &error), -22, "too few: %s", error.text);
	options.max_connections = 0;
	options.flags = 1u << 31;
	is(torc_streams_open(&streams, &options, &error), -22, "unknown flags: %s", error.text);
	options.size = 3;
	is(torc_streams_open(&streams, &options, &error), -22, "no size: %s", error.text);
}

int main(void)
{
	policies();
	networks();
	events();
	refused();
	return done();
}
