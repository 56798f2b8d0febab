#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# examples/dns_answerer: a resolver at the other end of a veth pair has its question answered.
. tests/tap.bash

answerer=${B:-build}/examples/dns_answerer
[ -x "$answerer" ] || skip_all "the examples are not built"
command -v python3 >/dev/null || skip_all "python3 is not installed"
ip link add left type veth peer name right 2>/dev/null || skip_all 'veth pairs cannot be made here'
tests/up left right
ip addr add 10.0.0.1/24 dev left
ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:99 dev left

"$answerer" right 192.0.2.7 >"$work/log" 2>&1 &
pid=$!
ok 'it is ready' wait_for grep -q answering "$work/log"

# A question by a socket of the kernel's, which drops answers with a wrong checksum; what comes back in hex.
ask() {
	timeout 20 python3 - "$1" <<-'EOF'
	import socket, sys
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.settimeout(1)
	name = b'\x03www\x07example\x03com\x00'
	for attempt in range(10):
	    s.sendto(bytes.fromhex('123401000001000000000000') + name + bytes([0, int(sys.argv[1]), 0, 1]), ('10.0.0.9', 53))
	    try:
	        print(s.recv(512).hex())
	        break
	    except socket.timeout:
	        if sys.argv[1] != '1':
	            break
	EOF
}
question=03777777076578616d706c6503636f6d00
is 'the answer: the question, and a record that points to it' "$(ask 1)" \
	"1234850000010001000000""00${question}00010001c00c000100010000003c0004c0000207"
is 'a question of another type has none' "$(ask 28)" ''
kill $pid
wait $pid
"$answerer" right nothing >/dev/null 2>&1
is 'arguments that are none' $? 2
done_testing
