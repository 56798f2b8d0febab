# SPDX-License-Identifier: BSD-3-Clause
# Clusters of processes over AF_XDP: two tests of clusters a second time.
#
#	cluster_elastic  members join, are disabled, leave and are killed under traffic, the one that
#	                 opened the sockets and the cluster's server among them
#	cluster_kinds    in turns, full rings, two devices, forks; not relaxed and not "any"
. tests/tap.bash

ip link add probe0 type veth peer name probe1 && ip link set probe0 up && ip link set probe1 up
torc count -i xdp:probe0 --for 0.1s >"$work/log" 2>&1 || skip_all "$(tail -n 1 "$work/log")"

for name in cluster_elastic cluster_kinds; do
	NET_ENGINE=xdp: timeout 150 unshare -nm --propagation private \
		sh tests/run --inside "$B/tests/$name" once >"$work/$name" 2>&1 </dev/null
	ok "$name runs to its end" grep -q '^1\.\.[1-9]' "$work/$name"
	is "$name: $(grep -c '^ok ' "$work/$name") lines pass, none fails" \
		"$(grep '^not ok' "$work/$name")" ""
	grep -v '^ok ' "$work/$name" | sed 's/^/# /'
done

# Who joins needs less than who begins: no CAP_BPF, no CAP_NET_ADMIN.
"$TORC" count -i xdp:probe0 --cluster 3 --for 60s --json >"$work/first" 2>&1 &
first=$!
for i in $(seq 50); do
	torc rings | grep -q '^cluster 3: .* 1 member' && break
	sleep 0.1
done
joins() {
	setpriv --bounding-set=-all,+net_raw "$TORC" count -i xdp:probe0 --cluster 3 --for 3s --json \
		>"$work/second" 2>&1
}
if setpriv --bounding-set=-all,+net_raw true 2>"$work/log"; then
	"$TORC" send -i probe1 --flows 50 --pps 500 -c 10000 >"$work/log" 2>&1 &
	sender=$!
	ok 'with CAP_NET_RAW alone a process joins' joins
	like 'and has its share' "$(tail -n 1 "$work/second")" '"received":[1-9][0-9]+,.*"balanced":true'
	cat "$work/second" | sed 's/^/# /' | cut -c 1-200
else
	skip 'with CAP_NET_RAW alone a process joins' 'setpriv cannot take capabilities away here'
fi

# A leader that is stopped holds the others up, and torc says which process that is.
"$TORC" count -i xdp:probe0 --cluster 3 --for 60s --json >"$work/third" 2>&1 &
third=$!
"$TORC" send -i probe1 --flows 50 --pps 500 -c 100000 >"$work/log" 2>&1 & # who reads tells of itself
traffic=$!
members() { torc rings | grep -q "^cluster 3: .* $1 member"; }
ok 'there is another member' wait_for members 2
detail() { torc rings --json | grep "^{\"pid\":$1,.*\"engine_detail\":\"[^\"]*$2\"" | grep -c "\"stopped\":$3"; }
led() { [ "$(detail "$first" 'leads its cluster' "$1")" = 1 ]; }
ok 'the first leads' wait_for led false
follows() { [ "$(detail "$third" 'leader hands out' false)" = 1 ]; }
ok 'and the other is led' wait_for follows
kill -STOP "$third"
told() { torc rings | grep "^ *stopped: it reads nothing until 'kill -CONT $third'"; }
ok 'a member that is stopped is told' wait_for told
kill -CONT "$third"
kill -STOP "$first"
ok 'the leader too' wait_for led true
like 'torc rings says whom it holds up' "$(torc rings)" \
	"^ +stopped, and it leads cluster 3: no member receives until 'kill -CONT $first' or 'kill -KILL $first'"
run 'torc doctor calls it bad' 1 doctor probe0
like 'with what mends it' "$out" "^ +\\$ kill -CONT $first "
kill -KILL "$first"
took_over() { [ "$(detail "$third" 'leads its cluster' false)" = 1 ]; }
ok 'killed, it is followed by the other' wait_for took_over
kill "$third" "$traffic" ${sender:+"$sender"}
wait 2>/dev/null
done_testing
