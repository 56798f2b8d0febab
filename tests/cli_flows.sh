#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# torc flows: lines, JSON, the account, outputs that are away or wrong, workers, a wire, the live table.
. tests/tap.bash
command -v perl >/dev/null || skip_all 'perl is not installed'
export TZ=UTC

perl tests/flows_pcap "$work/a.pcap" 200 || exit 1
run 'the flows of a file' 0 flows -r "$work/a.pcap"
is 'a line each' "$(wc -l <"$work/out")" 401
like 'a TCP connection' "$out" '^2023-11-14 22:13:20\.000100 0\.000 TCP 10\.0\.0\.2\.20000 > 10\.0\.0\.1\.443: packets 6/4 bytes 340/1860 closed flushed ShADdFf rtt 0\.200ms$'
like 'a ping' "$out" 'ICMP 10\.0\.0\.7 > 10\.0\.0\.1: packets 3/3 bytes 252/252 established flushed type 8 code 0$'
like 'the ring' "$err" '^account: 2406 seen = 2406 received \+ 0 dropped: balanced$'
like 'the packets' "$err" '^packets: 2406 = 2406 in flows \+ 0 not IP \+ 0 malformed: balanced$'
like 'the flows' "$err" '^flows: 401 begun = 0 idle \+ 0 ended \+ 401 flushed \+ 0 without room; 401 records'
like 'the records' "$err" '^text:-: 401 records = 401 acknowledged \+ 0 failed \+ 0 refused \+ 0 in flight$'

is 'a filter' "$(torc flows -r "$work/a.pcap" udp 2>/dev/null | wc -l)" 200
is 'standard input' "$(torc flows -r - <"$work/a.pcap" 2>/dev/null | wc -l)" 401
is '-c' "$(torc flows -c 3 -r "$work/a.pcap" 2>/dev/null | wc -l)" 1
like 'timeouts end flows' "$(torc flows --end 10ms -r "$work/a.pcap" 2>&1 >/dev/null)" '^flows: 401 begun = 0 idle \+ 1[0-9][0-9] ended'
like 'a small table' "$(torc flows --flows 10 -r "$work/a.pcap" 2>&1 >/dev/null)" '^flows: .* \+ 391 without room; '

run '--json' 0 flows --json -r "$work/a.pcap"
ok 'lines of JSON and the account' json_lines "$work/out" 402
like 'a record' "$out" '^\{"first_ns":1700000000000100000,"last_ns":1700000000001000000,"src_ip":"10\.0\.0\.2","dest_ip":"10\.0\.0\.1","src_port":20000,"dest_port":443,"proto":"TCP","ip_v":4,"vlan":\[\],"community_id":"1:9n5YIoJDD49l5i4PM2SuY2ItL4s=",'
like 'the account' "$out" '^\{"summary":true,.*"packets":2406,"in_flows":2406,.*"flows_begun":401,.*"outputs":\[\{"target":"json:-","made":401,"acknowledged":401,.*"balanced":true\}$'
ok 'its sums are those of the records' python3 - "$work/out" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
end = lines.pop()
assert sum(l["pkts_toserver"] + l["pkts_toclient"] for l in lines) == end["in_flows"]
assert sum(l["bytes_toserver"] + l["bytes_toclient"] for l in lines) == end["ip_bytes"]
PY

# What is wrong is said before anything is captured.
for wrong in '--ipfix udp:127.0.0.1' '--ipfix udp:127.0.0.1:0' '--ipfix tcp:[::1:4739' '--ipfix foo:1' \
	'--ipfix /nowhere/x' '--netflow9 tcp:127.0.0.1:1' '--netflow9 x' '--ipfix udp:no.such.host.invalid:1'; do
	# shellcheck disable=SC2086 # words
	run "refused: $wrong" 1 flows -r "$work/a.pcap" $wrong
	is 'nothing was read' "$(grep -c '^reading' "$work/err")" 0
	is 'with one sentence' "$(wc -l <"$work/err")" 1
done
for wrong in '--idle 1' '--flows 0' '--message 100' '--workers 2 -c 5' '--workers 2 --top' '--top --json'; do
	# shellcheck disable=SC2086
	run "usage: $wrong" 2 flows -r "$work/a.pcap" $wrong
done
run '--top wants a terminal' 2 flows -r "$work/a.pcap" --top

# Outputs that are not there.
run 'nobody listens' 0 flows --wait 300ms -r "$work/a.pcap" --ipfix tcp:127.0.0.1:9
is 'said once' "$(grep -c 'tcp:127.0.0.1:9 cannot be reached (Connection refused)' "$work/err")" 1
like 'and what is left' "$err" '^ipfix:tcp:127.0.0.1:9: 401 records = 0 acknowledged \+ 0 failed \+ 0 refused \+ 401 in flight'
is 'other outputs are none the worse' \
	"$(torc flows --print --wait 300ms -r "$work/a.pcap" --ipfix udp:127.0.0.1:9 2>/dev/null | wc -l)" 401
run '--fail-on-loss' 4 flows --fail-on-loss --wait 300ms -r "$work/a.pcap" --ipfix tcp:127.0.0.1:9
run 'a queue that is too small' 0 flows --wait 300ms --queue 64 -r "$work/a.pcap" --ipfix tcp:127.0.0.1:9
like 'refuses, and counts' "$err" '^ipfix:tcp:127.0.0.1:9: 401 records = 0 acknowledged \+ 0 failed \+ [0-9]{3} refused \+ [0-9]+ in flight'
is 'a reader who had enough is no failure' \
	"$(torc flows -r "$work/a.pcap" 2>"$work/err" | head -n 1 >/dev/null; echo "${PIPESTATUS[0]}")" 0
torc flows -r "$work/a.pcap" >/dev/full 2>"$work/err"
like 'a full disk is named' "$(cat "$work/err")" 'text:-: No space left on device'
like 'and counted' "$(cat "$work/err")" '^text:-: 401 records = 0 acknowledged \+ 401 failed'

# The same records by one process and by three.
torc flows -r "$work/a.pcap" 2>/dev/null | sort >"$work/one"
torc flows --workers 3 -r "$work/a.pcap" 2>"$work/err" | sort >"$work/three"
ok 'the same records by three workers' cmp "$work/one" "$work/three"
like 'one account' "$(cat "$work/err")" '^packets: 2406 = 2406 in flows'
like 'one account of the ring' "$(cat "$work/err")" '^account: .* = 2406 received \+ 0 dropped: balanced$'
like 'of records too' "$(cat "$work/err")" '^text:-: 401 records = 401 acknowledged'
run 'what is wrong is said once' 1 flows --workers 3 -r "$work/a.pcap" --ipfix udp:x
is 'one sentence' "$(wc -l <"$work/err")" 1

# A wire.
"$TORC" flows -i lo --idle 500ms --json udp port 4321 >"$work/live" 2>"$work/err" &
pid=$!
if listening $pid "$work/err"; then
	send_udp 5 4321
	ok 'a silent wire ends flows' wait_for grep -q '"reason":"idle"' "$work/live"
	ok 'torc rings shows the flows' wait_for sh -c "$TORC rings | grep -q 'begun'"
	kill -INT $pid
	wait $pid
	is 'SIGINT: status' $? 0
	like 'five packets' "$(tail -n 1 "$work/live")" '"in_flows":5,'
	like 'the name of the interface' "$(cat "$work/live")" '"in_iface":"lo"'
else
	kill $pid
	skip 'a wire' 'rings cannot be opened here'
fi

# Names that no packet says alone.
perl tests/flows_names_pcap "$work/names.pcap" || exit 1
run 'without --streams' 0 flows --json -r "$work/names.pcap"
is 'no name is whole' "$(printf '%s\n' "$out" | grep -c 'www.example.org\|a-server.example.net')" 0
run 'with --streams' 0 flows --streams --json -r "$work/names.pcap"
like 'the host of HTTP' "$out" '"dest_port":80,.*"http":\{"hostname":"www.example.org"\}'
like 'the name of TLS' "$out" '"dest_port":443,.*"tls":\{"sni":"a-server.example.net"\}'
if command -v tshark >/dev/null; then
	is 'tshark finds the same' "$(tshark -o tcp.reassemble_out_of_order:TRUE -r "$work/names.pcap" -T fields -e http.host -e tls.handshake.extensions_server_name \
		2>/dev/null | tr -d '\t' | grep . | sort | paste -sd' ')" 'a-server.example.net www.example.org'
else
	skip 'tshark finds the same' 'tshark is not installed'
fi
run 'streams without names' 2 flows --streams --no-names -r "$work/names.pcap"
run 'fingerprints without names' 2 flows --fingerprints --no-names -r "$work/names.pcap"
out=$("$TORC" flows --json --streams --fingerprints -r "$work/names.pcap" 2>/dev/null | grep '"tls"')
like 'the fingerprints of a hello in two segments' "$out" '"ja3":"[0-9a-f]{32}","ja4":"t1[0-9a-z]{8}_[0-9a-f]{12}_[0-9a-f]{12}"'

# A worker that is killed: its place is taken, and the account is the sum of all lives.
told() { # how many packets the workers there are have told
	"$TORC" rings | sed -n 's/^.*Flows: .* \([0-9]*\) packets$/\1/p' | awk '{ n += $1 } END { print n + 0 }'
}
have_told() { [ "$(told)" = "$1" ]; }
both_listen() { # both children of $pid have a ring, and that is in the cluster
	local child
	[ "$(pgrep -cP "$pid")" = 2 ] && "$TORC" rings | grep -q '2 members' || return 1
	for child in $(pgrep -P "$pid"); do
		"$TORC" rings | grep -q "^$child " || return 1
	done
}
"$TORC" flows -i lo -q --workers 2 --json udp port 4322 >"$work/live" 2>"$work/err" &
pid=$!
if command -v pgrep >/dev/null && wait_for both_listen; then
	send_udp 40 4322
	victim=$(pgrep -P "$pid" | head -n 1)
	ok 'the packets are told' wait_for have_told 40
	kill -9 "$victim"
	ok 'a worker died, and that is said' wait_for grep -q "worker 0 (pid $victim) died.*takes its place" "$work/err"
	ok 'another took its place' wait_for both_listen
	before=$(told)
	send_udp 40 4322
	ok 'and has its share' wait_for have_told $((before + 40))
	kill -INT $pid
	wait $pid
	is 'status' $? 0
	sum=$(tail -n 1 "$work/live")
	like 'all packets are in one account' "$sum" '"workers_died":1,.*"received":80,.*"in_flows":80,.*"balanced":true\}$'
else
	kill $pid 2>/dev/null
	wait $pid
	skip 'a worker that is killed' 'rings cannot be opened here, or pgrep is missing'
fi

# The live table, under a terminal.
if command -v script >/dev/null && [ "$(id -u)" = 0 ]; then
	{ sleep 2.5; printf p; sleep 1; printf q; } |
		script -qec "stty rows 20 cols 100; $TORC flows -i lo --top; echo status \$?; stty -a" /dev/null >"$work/top" 2>&1 &
	pid=$!
	for _ in $(seq 30); do send_udp 3 4321; sleep 0.1; done
	wait $pid
	text=$(tr -d '\r' <"$work/top" | sed 's/\x1b\[[?0-9;]*[A-Za-z]//g')
	like 'the head' "$text" 'torc flows .* q quit'
	like 'sorted by the key that was pressed' "$text" 'now by packets'
	like 'a flow' "$text" '127\.0\.0\.1\.[0-9]+ > 127\.0\.0\.1\.4321'
	like 'quits with the account' "$text" '^packets: .*: balanced$'
	like 'and status 0' "$text" '^status 0$'
	ok 'the terminal is as before' grep -aq ' icanon' "$work/top"
else
	skip 'the live table' 'script(1) or root is missing'
fi
done_testing
