#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# torc dump --defrag: fragments of a file come out as datagrams, are written as such, and accounted for.
. tests/tap.bash

be16() { printf '\\x%02x\\x%02x' $(($1 >> 8 & 255)) $(($1 & 255)); }

# fragment ID OFFSET MORE BYTES: one packet record; UDP from 10.0.0.1 to 10.0.0.2
fragment() {
	local length=$((34 + ${#4})) word=$(($2 / 8 + $3 * 8192)) sum
	sum=$((0x4500 + 20 + ${#4} + $1 + word + 0x4011 + 0x0a00 + 1 + 0x0a00 + 2))
	sum=$((~((sum & 65535) + (sum >> 16)) & 65535))
	# shellcheck disable=SC2059 # the bytes are the format
	printf "$(le32 1700000000)$(le32 0)$(le32 $length)$(le32 $length)\\x02\\0\\0\\0\\0\\x02\\x02\\0\\0\\0\\0\\x01\\x08\\0\\x45\\0$(be16 $((20 + ${#4})))$(be16 "$1")$(be16 $word)\\x40\\x11$(be16 $sum)\\x0a\\0\\0\\x01\\x0a\\0\\0\\x02"
	printf '%s' "$4"
}

eight=abcdefgh
{
	printf '\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\x01\0\0\0'
	fragment 1 16 0 "$eight$eight"            # the end first: 24 bytes behind the UDP header
	fragment 2 0 1 "$eight$eight"             # never whole
	fragment 1 0 1 "0123456789012345"         # ports 0x3031 and 0x3233, length 0x3435, checksum
	fragment 3 0 1 "$eight$eight$eight"       # overlapped by eight
	fragment 3 16 0 "$eight$eight"
	fragment 4 0 0 "$eight$eight"             # whole by itself
} >"$work/f.pcap"

run 'without --defrag: six packets' 0 dump -n -r "$work/f.pcap"
is 'as they are' "$(grep -c '^' "$work/out")" 6
run 'with --defrag' 0 dump -n -r "$work/f.pcap" --defrag
is 'a datagram and a packet' "$(grep -c '^' "$work/out")" 2
like 'the account of fragments' "$err" \
	'^fragments: 5 seen = 2 joined \+ 1 waiting \+ 2 overlapping: balanced; 1 datagram$'
like 'beside that of packets' "$err" '^account: 6 seen = 6 received'
run 'another policy' 0 dump -n -r "$work/f.pcap" --defrag-policy first
is 'brings the overlapped one' "$(grep -c '^' "$work/out")" 3
run 'no such policy' 2 dump -r "$work/f.pcap" --defrag-policy best
like 'says which there are' "$err" 'drop first last bsd linux windows solaris'
run 'too little memory' 2 dump -r "$work/f.pcap" --defrag-memory 1KiB
like 'says what is needed' "$err" '512 KiB'
run 'written' 0 dump -r "$work/f.pcap" --defrag --json -w "$work/whole.pcap"
like 'the account as JSON' "$out" '"fragments":\{"seen":5,"joined":2,"waiting":1,'
like 'and the sum' "$out" '"datagrams":1,"datagrams_dropped":1,.*"balanced":true\}\}$'
run 'read again' 0 dump -n -r "$work/whole.pcap"
is 'two packets' "$(grep -c '^' "$work/out")" 2
if command -v tcpdump >/dev/null; then
	like 'tcpdump reads a whole datagram with a good header' \
		"$(tcpdump -n -v -r "$work/whole.pcap" 2>/dev/null | head -n 1)" 'offset 0, flags \[none\], proto UDP \(17\), length 52'
	is 'and no bad checksum' "$(tcpdump -n -v -r "$work/whole.pcap" 2>/dev/null | grep -c 'bad cksum.*!')" 0
else
	skip 'tcpdump reads it' 'tcpdump is not installed'
fi
done_testing
