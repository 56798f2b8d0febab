#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# torc send: what leaves one end of a veth pair arrives at the other, byte for byte and at its time.
. tests/tap.bash

ip link add left type veth peer name right 2>/dev/null || skip_all 'veth pairs cannot be made here'
for name in left right; do
	# No packets but ours: no router solicitations and the like.
	echo 1 >/proc/sys/net/ipv6/conf/$name/disable_ipv6 2>/dev/null
done
tests/up left right

# receive NAME ARGS...: torc dump on the right end into NAME.out, $pid is it
receive() {
	local name=$work/$1
	shift
	"$TORC" dump -n -i right -Q rx "$@" >"$name.out" 2>"$name.err" &
	pid=$!
	listening $pid "$name.err"
}
arrived() { [ "$(wc -l <"$work/$1.out")" -ge "$2" ]; }

receive a
run 'made packets' 0 send -i left -c 6 --flows 3 --size 64,200
like 'the account' "$out" '^6 packets 792 bytes sent on left by (live_frames|af_xdp|tx_ring|send) in [0-9.]+ s, .*; 0 refused, 0 dropped by the interface$'
ok 'all arrive' wait_for arrived a 6
is 'of three flows' "$(awk '{ print $3, $5 }' "$work/a.out" | sort -u | wc -l)" 3
is 'of two lengths' "$(awk '{ print $NF }' "$work/a.out" | sort -u | tr '\n' ' ')" '158 22 '
kill $pid
wait $pid

receive b --json
torc send -i left -c 1 --protocol tcp --vlan 7 >/dev/null
torc send -i left -c 1 --protocol icmp --ipv6 >/dev/null
torc send -i left -c 1 --source-mac 02:00:00:00:00:aa --destination-mac ff:ff:ff:ff:ff:ff >/dev/null
ok 'tagged, IPv6 and addressed packets arrive' wait_for arrived b 3
like '--vlan and --protocol tcp' "$(sed -n 1p "$work/b.out")" '"type":"Dot1Q".*"vlan_id":7.*"type":"TCP"'
like '--ipv6 and --protocol icmp' "$(sed -n 2p "$work/b.out")" '"type":"IPv6".*"type":"ICMPv6'
like '--source-mac and --destination-mac' "$(sed -n 3p "$work/b.out")" '"src":"02:00:00:00:00:aa","dst":"ff:ff:ff:ff:ff:ff"'
kill $pid
wait $pid

make_pcap "$work/in.pcap" 5
make_pcap "$work/other.pcap" 2 1700000000 4001
text=$(torc dump -t -xx -r "$work/in.pcap" 2>/dev/null)
receive c -t -xx
run 'a file at top speed' 0 send -i left -r "$work/in.pcap" --topspeed
ok 'arrives' wait_for arrived c "$(printf '%s\n' "$text" | wc -l)"
is 'byte for byte' "$(cat "$work/c.out")" "$text"
kill $pid
wait $pid

sent() { torc send --json -i left "$@" 2>/dev/null | sed 's/.*"sent":\([0-9]*\).*/\1/'; }
is '--loop' "$(sent -r "$work/in.pcap" --topspeed --loop 3)" 15
is '-c ends a loop' "$(sent -r "$work/in.pcap" --topspeed --loop 0 -c 12)" 12
is 'two files' "$(sent -r "$work/in.pcap" -r "$work/other.pcap" --topspeed)" 7
is 'a filter' "$(sent -r "$work/in.pcap" -r "$work/other.pcap" --topspeed udp port 4001)" 2
torc send --json -i left -r "$work/in.pcap" --speed 10x >"$work/json"
ok '--json' json_lines "$work/json" 1
like '--speed 10x: four seconds take 0.4' "$(cat "$work/json")" '"seconds":0\.[4-9]'
torc send --json -i left -c 50 --pps 100 >"$work/json"
like '--pps 100: 50 packets take 0.5 s' "$(cat "$work/json")" '"seconds":0\.(49|[5-9])'
torc send --json -i left -c 50 --size 125 --rate 100kbit >"$work/json"
like '--rate 100kbit: 50 packets of 1000 bits take 0.5 s' "$(cat "$work/json")" '"seconds":0\.(49|[5-9])'
before=$(date +%s%N)
run '--for' 0 send -i left --for 300ms --pps 1
ok '--for ends between two packets' test $((($(date +%s%N) - before) / 1000000)) -ge 300
for way in tx_ring send; do
	is "--way $way" "$(sent -c 100 --way $way)" 100
done

"$TORC" send -i left -c 100 --pps 1 >"$work/d.out" 2>"$work/d.err" &
pid=$!
ready() { # SIGUSR1 is caught
	[ $((0x$(sed -n 's/^SigCgt:	//p' /proc/$pid/status) & 0x200)) != 0 ]
}
wait_for ready
first() { kill -USR1 $pid && grep -q '^torc: [1-9]* packets, ' "$work/d.err"; }
ok 'SIGUSR1 tells the counts' wait_for first
kill -INT $pid
wait $pid
is 'SIGINT ends it well' $? 0
like 'with the account' "$(cat "$work/d.out")" ' packets .* sent on left'

run 'too long for the interface' 1 send -i left -c 2 --size 9000
like 'is counted' "$out" '; 2 refused'
like 'and the reason is told' "$err" '^torc: refused: a frame of 9000 bytes is longer than left takes: 1518 with its MTU of 1500$'
run 'a way that a tcpdump sees' 0 send -i left -c 1 --way send
ok 'needs no word' test -z "$(grep 'does not see' "$work/err")"
if "$TORC" send -i left -c 1 --way af_xdp >/dev/null 2>&1; then
	run 'a way that it does not see' 0 send -i left -c 1 --way af_xdp
	like 'is told before' "$err" '^torc: sending by af_xdp, which a tcpdump on left does not see'
fi
while read -r words; do
	# shellcheck disable=SC2086 # words
	run "refused: send $words" 2 send $words
	ok 'with a word about it' test -n "$err"
done <<-END
	-c 1
	-i left
	-i left -r x --pps 3 --topspeed
	-i left -r x --flows 2
	-i left -c 1 --loop 2
	-i left -c 1 udp
	-i left -c 1 --size 0
	-i left -c 1 --size 64;65
	-i left -c 1 --vlan 4095
	-i left -c 1 --speed 2
	-i left -c 1 --rate 5
	-i left -c 1 --protocol sctp
	-i left -c 1 --way air
	-i left -c 1 --source-mac 02:00
END
run 'no such interface' 1 send -i nosuch0 -c 1
run 'no such file' 1 send -i left -r "$work/nosuch.pcap"
ip link set left down
run 'an interface that is down' 1 send -i left -c 1
like 'that is said' "$err" 'down'

done_testing
