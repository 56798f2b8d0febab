# SPDX-License-Identifier: BSD-3-Clause
# A cluster of processes over AF_XDP: the test of elastic clusters a second time. Members join,
# are disabled, leave and are killed under traffic, the one that opened the sockets and the
# cluster's server among them.
. tests/tap.bash

ip link add probe0 type veth peer name probe1 && ip link set probe0 up && ip link set probe1 up
torc count -i xdp:probe0 --for 0.1s >"$work/log" 2>&1 || skip_all "$(tail -n 1 "$work/log")"

NET_ENGINE=xdp: timeout 150 unshare -nm --propagation private \
	sh tests/run --inside "$B/tests/cluster_elastic" once >"$work/elastic" 2>&1 </dev/null
ok 'a cluster of processes: it runs to its end' grep -q '^1\.\.[1-9]' "$work/elastic"
ok "$(grep -c '^ok ' "$work/elastic") lines pass, none fails" sh -c "! grep '^not ok' '$work/elastic'"
grep -v '^ok ' "$work/elastic" | sed 's/^/# /'

done_testing
