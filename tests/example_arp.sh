#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# examples/arp_responder: the kernel at the other end of a veth pair learns the address it answers for.
. tests/tap.bash

responder=${B:-build}/examples/arp_responder
[ -x "$responder" ] || skip_all "the examples are not built"
ip link add left type veth peer name right 2>/dev/null || skip_all 'veth pairs cannot be made here'
tests/up left right
ip addr add 10.0.0.1/24 dev left

"$responder" right 10.0.0.9 02:00:00:00:00:99 >"$work/log" 2>&1 &
pid=$!
ok 'it is ready' wait_for grep -q answering "$work/log"
learnt() {
	echo >/dev/udp/10.0.0.9/9 # makes the kernel ask
	ip neigh show 10.0.0.9 dev left | grep -q '02:00:00:00:00:99'
}
ok 'the kernel learns its MAC address' wait_for learnt
echo >/dev/udp/10.0.0.8/9
is 'it answers for no other' "$(ip neigh show 10.0.0.8 dev left | grep -c lladdr)" 0
kill $pid
wait $pid
"$responder" right nothing 02:00:00:00:00:99 >/dev/null 2>&1
is 'arguments that are none' $? 2
done_testing
