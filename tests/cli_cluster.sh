#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# --cluster: each packet is at exactly one member, a flow always at the same; on a wire and on files.
. tests/tap.bash
command -v perl >/dev/null || skip_all 'perl is not installed'

# start NAME ARGS...: torc ARGS in the background, its output in NAME.out, $pid is it
start() {
	local name=$work/$1
	shift
	"$TORC" "$@" >"$name.out" 2>"$name.err" &
	pid=$!
	listening $pid "$name.err"
}
both() { [ $(($(wc -l <"$work/a.out") + $(wc -l <"$work/b.out"))) -ge 40 ]; }
ports() { sed 's/.* 127\.0\.0\.1\.\([0-9]*\) >.*/\1/' "$work/$1.out" | sort -u; }

start a dump -l -n -i lo --cluster 7:per_flow_5_tuple udp port 4000
first=$pid
start b dump -l -n -i lo --cluster 7:per_flow_5_tuple udp port 4000
for _ in 1 2; do # the same twenty flows twice
	for port in $(seq 20001 20020); do
		perl -MIO::Socket::INET -e 'IO::Socket::INET->new(Proto => "udp", LocalAddr => "127.0.0.1",
			LocalPort => $ARGV[0], PeerAddr => "127.0.0.1:4000")->send("flow")' "$port"
	done
done
wait_for both
sleep 0.2 # and not one more
kill "$first" "$pid"
wait "$first" "$pid"
is 'each packet is at one member' "$(($(wc -l <"$work/a.out") + $(wc -l <"$work/b.out")))" 40
is 'a flow is at one member' "$(ports a | cat - <(ports b) | sort | uniq -d)" ''
is 'all flows are somewhere' "$(cat <(ports a) <(ports b) | wc -l)" 20

start c count -q -i lo --cluster 9:flow
run 'torc rings' 0 rings
like 'torc rings shows the cluster' "$out" 'cluster 9: per_flow on lo, 1 member'
like 'and the share of its member' "$out" '100.0 % of the flows'
run 'torc rings --json' 0 rings --json
like 'as JSON too' "$out" '"cluster":9,"type":"per_flow","device":"lo"'
run 'another type is refused' 1 count -q -i lo --cluster 9:2-tuple -c 1
like 'with a sentence' "$err" 'cluster 9'
kill "$pid"
wait "$pid"

# Members without any privilege left: when one goes, its share moves to the other all the same.
if [ "$(id -u)" = 0 ] && setpriv --reuid=nobody --regid=nogroup --clear-groups true 2>/dev/null; then
	start a dump -l -n -i lo -Z nobody --cluster 5:flow udp port 4000
	first=$pid
	start b dump -l -n -i lo -Z nobody --cluster 5:flow udp port 4000
	kill "$first"
	wait "$first"
	is '-Z: a member goes' $? 0
	send_udp 40
	ok '-Z: the other has its share' wait_for both
	kill "$pid"
	wait "$pid"
	is '-Z: all of it' "$(wc -l <"$work/b.out")" 40
else
	skip '-Z: a member goes' 'not root: no other user to become'
fi

done_testing
