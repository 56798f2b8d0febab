# SPDX-License-Identifier: BSD-3-Clause
# Tests of the default ring a second time, over AF_XDP. Every line that differs is named here, with
# its count and its reason; any other failure is one, and so is a difference that is none any more.
. tests/tap.bash

# test: reason, and then its lines; what a test itself leaves out over xdp: is there as "skipped"
cat >"$work/differences" <<'END'
ring_direction: XDP sees what arrives; what the interface sends does not pass it
	10 sent | got 0, want 70
	6 received | got 100, want 0
	2 send only | got -95, want 0
	2 then only those sent are wanted | got -95, want 0
	2 no other comes | got 90, want 0
	2 they are counted | got 0, want 90
	1 skipped: copies on loopback
ring_direction: and what leaves by an AF_XDP socket does not pass packet sockets
	2 another ring sees it | got 0, want 20
ring_fd: a ring on xdp: enters a cluster before it is enabled
	1 in a cluster | got -16, want 0
ring_live: the engine is another
	1 its engine | got "af_xdp" | want "tpacket_v3"
ring_loss: the buffer is of frames of one size, 256 at least: other shares are lost
	2 74.40 % were lost
ring_open: what there is not: "any", queues
	1 "any" opens
	1 "va@0-62" opens
	1 "va@1,3-5" opens
	1 "va@63" opens
	1 skipped: a mask of queues
	1 skipped: packets of any
	1 skipped: zc:va
ring_live: a fork has the rings of the socket too, and sees the packet in them
	1 a child that waits meanwhile does not spin | got 2, want 0
ring_open: the engine is another, and its block is 64 frames
	1 engine | got "af_xdp" | want "tpacket_v3"
	1 block_bytes | got 524288, want 65536
ring_open: what leaves by one of two interfaces does not pass its XDP
	1 "va,vb": all from both | got 50, want 100
	1 the account is of both | got 50, want 100
	1 and sees each packet on both | got 30, want 60
ring_packet: each packet has a frame of its own
	1 they lie side by side in the ring: no copies
ring_send: what leaves by an AF_XDP socket does not pass packet sockets
	3 another ring on the interface sees what is sent | got 0, want 100
	1 skipped: sending on any
ring_vlan: outgoing packets, the upper half of the bits: XDP does not see them
	4 received | got 0, want 1
	2 takes what it should | got 14, want 238
	2 takes what it should | got 10, want 170
	6 takes what it should | got 4, want 68
	6 takes what it should | got 6, want 102
	4 takes what it should | got 8, want 136
	2 takes what it should | got 1, want 17
	2 takes what it should | got 7, want 119
	2 is what comes | got 10, want 170
	2 is what comes | got 1, want 17
	2 is what comes | got 15, want 255
	2 and gives no other | got 4, want 68
ring_vlan: "udp port 7000" reads the bytes, and the tag is in them: only the one without comes
	2 takes what it should | got 1, want 23
	1 the same verdict for those that waited and those that came later | got 0, want 28
END

tests='ring_direction ring_enable ring_fd ring_filter ring_interface ring_live ring_loss ring_open
ring_packet ring_sampling ring_send ring_vlan ring_wait'

# The failed lines of a log, each with what was got, and how often.
failures() {
	awk 'function tell() { if (line) print line; line = "" }
	     /^(ok|not ok)/ { tell() }
	     /^ok .* # SKIP xdp: / { sub(/^ok [0-9]+ - /, "skipped: "); sub(/ # SKIP .*/, ""); line = $0 }
	     /^not ok/ { sub(/^not ok [0-9]+ - /, ""); line = $0 }
	     /^#   (got|want) / && line { sub(/^#  /, ""); line = line " |" $0 }
	     END { tell() }' "$1" | sort | uniq -c | sed 's/^ *//'
}

# The lines of a test in the list above.
named() {
	awk -v test="$1" '/^[^\t]/ { inside = $0 ~ "^" test ": " } /^\t/ && inside { sub(/^\t/, ""); print }' \
		"$work/differences" | sort -k 2
}

ip link add probe0 type veth peer name probe1 && ip link set probe0 up && ip link set probe1 up
torc count -i xdp:probe0 --for 0.1s >"$work/log" 2>&1 || skip_all "$(tail -n 1 "$work/log")"

for name in $tests; do # side by side: most of their time they wait
	NET_ENGINE=xdp: timeout 150 unshare -nm --propagation private \
		sh tests/run --inside "$B/tests/$name" >"$work/$name" 2>&1 </dev/null &
done
wait
for name in $tests; do
	log=$work/$name
	ok "$name runs to its end over xdp:, $(grep -c '^ok ' "$log") lines pass" grep -q '^1\.\.[1-9]' "$log"
	is "$name: the lines that differ are those named, and no other" \
		"$(failures "$log" | sort -k 2)" "$(named "$name")"
done
done_testing
