# SPDX-License-Identifier: BSD-3-Clause
# Tests of the default ring a second time, over AF_XDP. Every difference is named here, with its
# reason; any other failure is one, and so is a difference that is none any more.
#
# A test tells what it does in TAP lines. Lines that follow one ending in "outgoing: sent" are about
# a packet that the interface itself sends, up to the next line ending in ": sent".
. tests/tap.bash

outgoing='XDP sees what arrives; what the interface sends does not pass it'
frames='the buffer is made of frames of one size and never of fewer than 256: other shares are lost'

# test ~ pattern of the lines that differ ~ reason
differences="
ring_direction~.*~$outgoing
ring_loss~^[0-9.]+ % were lost$~$frames
ring_vlan~, outgoing: $~$outgoing
ring_fd~^in a cluster$~a ring on xdp: enters a cluster before it is enabled
ring_packet~^they lie side by side in the ring: no copies$~each packet has a frame of its own
"

# test ~ why it is not run
left_out='
ring_interface~what becomes of an interface is tested in xdp_attach.c; one that was deleted and made anew while the ring was disabled is not found again
ring_live~it has two rings on one interface at once, which only a cluster may
ring_open~it opens any, and two rings on one interface
ring_send~it captures what the interface itself sends; xdp_settings.c tests sending
'
tests='ring_direction ring_enable ring_fd ring_filter ring_loss ring_packet ring_sampling ring_vlan ring_wait'

# The failed lines of a log, each with what it is about.
failures() {
	awk '/: sent$/ { about = /outgoing: sent$/ ? ", outgoing: " : "" }
	     /^not ok/ { sub(/^not ok [0-9]+ - /, ""); print $0 about }' "$1"
}

ip link add probe0 type veth peer name probe1 && ip link set probe0 up && ip link set probe1 up
torc count -i xdp:probe0 --for 0.1s >"$work/log" 2>&1 || skip_all "$(tail -n 1 "$work/log")"

printf %s "$left_out" | sed '/^$/d' >"$work/left_out"
while IFS='~' read -r name reason; do
	skip "$name" "$reason"
done <"$work/left_out"
for name in $tests; do # side by side: most of their time they wait
	NET_ENGINE=xdp: timeout 150 unshare -nm --propagation private \
		sh tests/run --inside "$B/tests/$name" >"$work/$name" 2>&1 </dev/null &
done
wait
for name in $tests; do
	log=$work/$name
	failures "$log" >"$work/failures"
	if grep -q '^a ring on lo opens$' "$work/failures"; then
		skip "$name on lo" 'an AF_XDP frame holds less than the MTU of lo'
		sed -i '/^a ring on lo opens$/d' "$work/failures"
	else
		ok "$name runs to its end over xdp:, $(grep -c '^ok ' "$log") lines pass" \
			grep -q '^1\.\.[1-9]' "$log"
	fi
	line=$(printf %s "$differences" | grep "^$name~")
	pattern=$(printf %s "$line" | cut -d '~' -f 2)
	if [ -n "$pattern" ]; then
		ok "$name differs: ${line##*~}" grep -Eq "$pattern" "$work/failures"
		grep -Ev "$pattern" "$work/failures" >"$work/rest"
	else
		cp "$work/failures" "$work/rest"
	fi
	is "$name: no other difference" "$(cat "$work/rest")" ""
done
done_testing
