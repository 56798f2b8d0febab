#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# examples/syn_scan finds the port that is open at the other end of a veth pair, and that others refuse.
. tests/tap.bash

scan=${B:-build}/examples/syn_scan
[ -x "$scan" ] || skip_all "the examples are not built"
command -v python3 >/dev/null || skip_all "python3 is not installed"
ip link add left type veth peer name right 2>/dev/null || skip_all 'veth pairs cannot be made here'
ip link set right address 02:00:00:00:00:01
tests/up left right
ip addr add 10.0.0.1/24 dev right
ip neigh add 10.0.0.77 lladdr 02:00:00:00:00:77 dev right
mac=02:00:00:00:00:01

python3 -c '
import socket, time
s = socket.create_server(("10.0.0.1", 5003))
print("listening", flush=True)
time.sleep(120)' >"$work/log" 2>&1 &
pid=$!
ok 'somebody listens' wait_for grep -q listening "$work/log"
is 'one port of eight is open' "$(timeout 60 "$scan" left 10.0.0.77 10.0.0.1 "$mac" 5000 5007 2>&1)" \
	"5003 is open
8 of 8 ports answered"
kill $pid
wait $pid 2>/dev/null
is 'and none later' "$(timeout 60 "$scan" left 10.0.0.77 10.0.0.1 "$mac" 5000 5007 2>&1)" '8 of 8 ports answered'
"$scan" left 10.0.0.77 10.0.0.1 nothing 5000 5007 >/dev/null 2>&1
is 'arguments that are none' $? 2
done_testing
