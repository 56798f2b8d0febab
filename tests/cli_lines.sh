#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The lines of torc dump: sequence numbers, names, -e, -q, -v with checksums; beside tcpdump's.
. tests/tap.bash
export TZ=UTC

bytes() { printf '%b' "$(printf '%s' "$1" | sed 's/../\\x&/g')"; }
le32() { printf '%02x%02x%02x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) 0; }

# hex_pcap FILE HEX...: each packet a second after the one before; HEX:LEN has LEN bytes on the wire
hex_pcap() {
	local file=$1 n=0 hex len
	shift
	{
		bytes d4c3b2a1020004000000000000000000ffff000001000000
		for packet; do
			hex=${packet%:*} len=$((${#packet} / 2))
			[ "$packet" = "$hex" ] || len=${packet#*:}
			bytes "$(le32 $((n++)))00000000$(le32 $((${#hex} / 2)))$(le32 "$len")$hex"
		done
	} >"$file"
}

link=02000000000202000000000108004500
# SYN, SYN ACK, ACK, five bytes with an acknowledgment of theirs; the last checksum is wrong
syn=${link}002800010000400666cd0a0000010a00000204d20009000003e800000000500204008f1d0000
both=02000000000102000000000208004500002800010000400666cd0a0000020a000001
both=${both}000904d200001388000003e9501204007b840000
ack=${link}002800010000400666cd0a0000010a00000204d20009000003e900001389501004007b850000
data=${link}002d00010000400666c80a0000010a00000204d20009000003e90000138950180400123400006865
data=${data}6c6c6f
hex_pcap "$work/tcp.pcap" "$syn" "$both" "$ack" "$data"
lines() { torc dump -t "$@" 2>/dev/null; }

is 'numbers count from where the connection began' "$(lines -n -r "$work/tcp.pcap" | sed 's/.*Flags/Flags/')" \
'Flags [S], seq 1000, win 1024, length 0
Flags [S.], seq 5000, ack 1001, win 1024, length 0
Flags [.], ack 1, win 1024, length 0
Flags [P.], seq 1:6, ack 1, win 1024, length 5'
like '-S' "$(lines -n -S -r "$work/tcp.pcap" | tail -1)" 'seq 1001:1006, ack 5001,'
like '-n' "$(lines -n -r "$work/tcp.pcap" | head -1)" '^IP 10\.0\.0\.1\.1234 > 10\.0\.0\.2\.9: '
if grep -q '^discard[[:space:]]*9/tcp' /etc/services 2>/dev/null; then
	like 'ports have names' "$(lines -r "$work/tcp.pcap" | head -1)" '^IP 10\.0\.0\.1\.[0-9a-z-]+ > 10\.0\.0\.2\.discard: '
fi
is '--resolve waits for no name' "$(lines --resolve -n -r "$work/tcp.pcap" | wc -l)" 4
like '-e says the type and leaves it out behind' "$(lines -ne -r "$work/tcp.pcap" | head -1)" \
	'^02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype IPv4 \(0x0800\), length 54: 10\.0\.0\.1\.1234 > '
is '-q' "$(lines -nq -r "$work/tcp.pcap" | tail -1)" 'IP 10.0.0.1.1234 > 10.0.0.2.9: tcp 5'
like '-qe' "$(lines -nqe -r "$work/tcp.pcap" | tail -1)" '^02:00:00:00:00:01 > 02:00:00:00:00:02, IPv4, length 59: '
like '-v: a wrong checksum, and what it should be' "$(lines -nv -r "$work/tcp.pcap" | tail -1)" \
	'^    10\.0\.0\.1\.1234 > 10\.0\.0\.2\.9: Flags \[P\.\], cksum 0x1234 \(incorrect -> 0x[0-9a-f]{4}\), seq '

hex_pcap "$work/long.pcap" "${syn/45000028/45001028}" "$(printf '%s' "${syn:0:100}"):54"
like 'IP longer than its frame' "$(lines -n -r "$work/long.pcap" | head -1)" '^IP truncated-ip - 4096 bytes missing! 10\.0\.0\.1'
like 'a cut TCP header keeps its ports' "$(lines -n -r "$work/long.pcap" | tail -1)" '^IP 10\.0\.0\.1\.1234 > 10\.0\.0\.2\.9: \[\|TCP\]$'

if command -v tcpdump >/dev/null; then
	for options in -n -nv -ne -nq -nqe -nS; do
		is "the same lines as tcpdump $options" "$(lines $options -r "$work/tcp.pcap")" \
			"$(tcpdump -t $options -r "$work/tcp.pcap" 2>/dev/null)"
	done
	scripts/agree-lines --least 100 "$work/tcp.pcap" >"$work/out"
	is 'agree-lines measures it' "$? $(tail -1 "$work/out")" "0 4 of 4 lines equal tcpdump's: 100.0 %, 0.0 % more are explained; 0 files left out"
else
	skip 'the same lines as tcpdump' 'tcpdump is not installed'
fi
is '-d: the program of a filter' "$(torc dump -d 'ip' | head -2)" \
'(000) ldh      [12]
(001) jeq      #0x800           jt 2	jf 3'
is '-ddd' "$(torc dump -ddd 'ip' | head -2 | tr '\n' ' ')" '4 40 0 0 12 '
is '-y: for another link type' "$(torc dump -d -y RAW 'ip' | head -1)" '(000) ldb      [0]'
run '-y that is not what the file has' 1 dump -n -y RAW -r "$work/tcp.pcap"
like 'is refused' "$err" '^torc dump: -y RAW: the packets of tcp\.pcap are of link type EN10MB'
run '-y that it has' 0 dump -n -y EN10MB -r "$work/tcp.pcap"
run '-y of no link type' 2 dump -y NOTHING
run '-L' 0 dump -L -r "$work/tcp.pcap"
is 'tells the link type' "$(tail -1 "$work/out")" '  EN10MB (Ethernet)'
run '-J' 0 dump -J -i lo
like 'tells who takes times' "$out" '^Time stamp types for lo \(use option -j to set\):'
run '-T' 2 dump -T vxlan
like 'says what to use instead' "$err" 'decode-as udp:8472=vxlan'
done_testing
