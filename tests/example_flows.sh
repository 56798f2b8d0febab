#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# examples/flows: the same totals from a file and a wire, by one worker and by several.
. tests/tap.bash

flows=${B:-build}/examples/flows
[ -x "$flows" ] || skip_all "the examples are not built"

for port in 4000 4001 4002 4003 4004 4005 4006; do
	make_pcap "$work/$port.pcap" $((port - 3990)) 1700000000 "$port"
done
torc dump -r "$work/4000.pcap" -r "$work/4001.pcap" -r "$work/4002.pcap" -r "$work/4003.pcap" \
	-r "$work/4004.pcap" -r "$work/4005.pcap" -r "$work/4006.pcap" -w "$work/all.pcap" 2>/dev/null
one=$("$flows" "pcap:$work/all.pcap")
like 'a file: every flow and packet' "$one" '^7 flows, 91 packets, 5460 bytes, 0 not IP$'
is 'the largest comes first' "$(printf '%s\n' "$one" | sed -n '2s/.*[.]\([0-9]*\)$/\1/p')" 4006
for workers in 2 3 5; do
	is "$workers workers" "$("$flows" -w $workers "pcap:$work/all.pcap")" "$one"
done
is 'a filter' "$("$flows" -w 2 "pcap:$work/all.pcap" 'dst port 4003' | tail -n 1)" \
	'1 flows, 13 packets, 780 bytes, 0 not IP'

# The same datagrams, seen on a wire by one ring and by three in a cluster.
"$flows" lo 'udp portrange 4000-4009' >"$work/live1" 2>"$work/err1" &
single=$!
"$flows" -w 3 lo 'udp portrange 4000-4009' >"$work/live3" 2>"$work/err3" &
cluster=$!
if wait_for sh -c "[ \$(\"$TORC\" rings --json | grep -c '\"enabled\":true') = 4 ]"; then
	for port in 4000 4001 4002 4003 4004; do
		send_udp 20 $port
	done
	sleep 1 # what is on its way arrives
	kill -INT $single $cluster
	wait $single $cluster
	like 'a wire: every packet' "$(tail -n 1 "$work/live1")" '^[0-9]* flows, 100 packets, .* 0 not IP$'
	is 'the same totals by three workers' "$(tail -n 1 "$work/live3")" "$(tail -n 1 "$work/live1")"
else
	kill $single $cluster
	cat "$work/err1" "$work/err3" | sed 's/^/# /'
	skip 'a wire' 'rings cannot be opened here'
fi
done_testing
