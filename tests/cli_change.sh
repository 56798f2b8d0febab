#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# torc dump and torc send with --set, --strip and --fix-checksums: what is written and sent has it.
. tests/tap.bash

make_pcap "$work/in.pcap" 5
ports() { torc dump -n -t -v -r "$1" 2>/dev/null; }

run '--set' 0 dump -r "$work/in.pcap" -w "$work/out.pcap" --set ipv4.dst=10.9.9.9 --set ipv4.ttl=7
is 'every packet' "$(ports "$work/out.pcap" | grep -c '> 10\.9\.9\.9')" 5
is 'both fields' "$(ports "$work/out.pcap" | grep -c 'ttl 7')" 5
is 'no checksum is wrong' "$(ports "$work/out.pcap" | grep -c -E 'bad|incorrect')" 0
if command -v tshark >/dev/null; then
	is 'nor does tshark say so' "$(tshark -r "$work/out.pcap" -o ip.check_checksum:TRUE \
		-o udp.check_checksum:TRUE -Y 'ip.checksum.status==0 or udp.checksum.status==0' 2>/dev/null | wc -l)" 0
else
	skip 'nor does tshark say so' 'tshark is not installed'
fi
run 'a field that no packet has' 0 dump -r "$work/in.pcap" -w "$work/same.pcap" --set tcp.seq=1
like 'is said' "$err" '--set tcp.seq=1: done in 0 packets; 5 have no such layer'
is 'and the packets stay' "$(torc dump -xx -r "$work/same.pcap" 2>/dev/null)" "$(torc dump -xx -r "$work/in.pcap" 2>/dev/null)"

for wrong in ipv4.destination=1.2.3.4 ipv4.ttl=256 dot1q.vlan_id=5000 nothing tcp.options=1; do
	rm -f "$work/none.pcap"
	run "--set $wrong" 2 dump -r "$work/in.pcap" -w "$work/none.pcap" --set "$wrong"
	ok 'before any packet is written' test ! -e "$work/none.pcap"
done
run '--set with the nearest names' 2 dump -r "$work/in.pcap" --set ipv4.destination=1.2.3.4
like 'the sentence' "$err" 'ipv4 has no field "destination"; the nearest are .*dst'
run '--strip of nothing' 2 dump -r "$work/in.pcap" --strip nothing
like 'the sentence' "$err" 'no layer has that name'

# a checksum of 0x1234, put right again
torc dump -r "$work/in.pcap" -w "$work/bad.pcap" --set ipv4.checksum=0x1234 2>/dev/null
ok 'a wrong checksum' test "$(ports "$work/bad.pcap" | grep -c -E 'bad|incorrect')" -gt 0
run '--fix-checksums' 0 dump -r "$work/bad.pcap" -w "$work/good.pcap" --fix-checksums
is 'is what it was' "$(torc dump -xx -r "$work/good.pcap" 2>/dev/null)" "$(torc dump -xx -r "$work/in.pcap" 2>/dev/null)"

torc dump -r "$work/in.pcap" -w "$work/may.pcap" --set ipv4.dont_fragment=false 2>/dev/null
run '--mtu' 0 dump -r "$work/may.pcap" -w "$work/small.pcap" --mtu 68
is 'what fits stays' "$(torc dump -xx -r "$work/small.pcap" 2>/dev/null)" "$(torc dump -xx -r "$work/may.pcap" 2>/dev/null)"
run '--mtu 67' 2 dump -r "$work/may.pcap" --mtu 67

# ---- --anonymize ----

printf '\025\042\027\215\063\244\317\200\023\012\133\026\111\220\175\020' >"$work/key"
printf '\330\230\217\203\171\171\145\047\142\127\114\055\052\204\042\002' >>"$work/key"
chmod 600 "$work/key"
torc dump -r "$work/in.pcap" -w "$work/known.pcap" --set ipv4.src=128.11.68.132 --set ipv4.dst=129.118.74.4 2>/dev/null
run '--anonymize' 0 dump -r "$work/known.pcap" -w "$work/secret.pcap" --anonymize "$work/key"
is 'as Crypto-PAn has it' "$(ports "$work/secret.pcap" | grep -c '135\.242\.180\.132\.[0-9]* > 134\.136\.186\.123')" 5
is 'no checksum is wrong' "$(ports "$work/secret.pcap" | grep -c -E 'bad|incorrect')" 0
is 'no MAC is there' "$(torc dump -xx -r "$work/secret.pcap" 2>/dev/null | grep -c '0200 0000 0002')" 0
printf '1522178d33a4cf80130a5b1649907d10d8988f8379796527 62574c2d2a842202\n' | tr -d ' ' >"$work/hex"
chmod 600 "$work/hex"
run 'a key in hex' 0 dump -r "$work/known.pcap" -w "$work/again.pcap" --anonymize "$work/hex"
is 'says the same' "$(torc dump -xx -r "$work/again.pcap" 2>/dev/null)" "$(torc dump -xx -r "$work/secret.pcap" 2>/dev/null)"
chmod 644 "$work/hex"
run 'a key that others can read' 2 dump -r "$work/known.pcap" -w "$work/none.pcap" --anonymize "$work/hex"
like 'is refused, with what to do' "$err" 'others can read or change this key: chmod 600'
head -c 31 "$work/key" >"$work/short"
chmod 600 "$work/short"
run 'a short key' 2 dump -r "$work/known.pcap" -w "$work/none.pcap" --anonymize "$work/short"
like 'is refused too' "$err" 'a key is 32 bytes, or 64 hex digits'
run 'no key' 2 dump -r "$work/known.pcap" -w "$work/none.pcap" --anonymize "$work/nosuch"
ok 'nothing was written' test ! -e "$work/none.pcap"

ip link add left type veth peer name right 2>/dev/null || {
	skip 'torc send' 'veth pairs cannot be made here'
	done_testing
}
for name in left right; do
	echo 1 >/proc/sys/net/ipv6/conf/$name/disable_ipv6 2>/dev/null
done
tests/up left right
torc dump -n -i right -Q rx -c 8 >"$work/sent.out" 2>"$work/sent.err" &
pid=$!
listening $pid "$work/sent.err"
run 'torc send --set' 0 send -i left -r "$work/in.pcap" --topspeed --set udp.dst_port=777
run 'made packets too' 0 send -i left -c 3 --vlan 9 --strip dot1q --set udp.dst_port=777
wait $pid
is 'all arrive so' "$(grep -c '\.777: ' "$work/sent.out")" 8
torc dump -n -t -v -i right -Q rx -c 5 >"$work/hidden.out" 2>"$work/hidden.err" &
pid=$!
listening $pid "$work/hidden.err"
run 'torc send --anonymize' 0 send -i left -r "$work/known.pcap" --topspeed --anonymize "$work/key"
wait $pid
is 'sends as Crypto-PAn has it' "$(grep -c '135\.242\.180\.132\.[0-9]* > 134\.136\.186\.123' "$work/hidden.out")" 5
is 'and no checksum is wrong' "$(grep -c -E 'bad|incorrect' "$work/hidden.out")" 0
torc dump -n -t -v -i right -Q rx -c 2 >"$work/made.out" 2>"$work/made.err" &
pid=$!
listening $pid "$work/made.err"
run '--make' 0 send -i left -c 2 --make 'Ethernet(dst=02:00:00:00:00:02)/IPv4(src=10.0.0.1,dst=10.0.0.2,ttl=9)/UDP(src_port=7,dst_port=9)/Payload(text=hello)'
wait $pid
is 'arrives' "$(grep -c 'ttl 9' "$work/made.out")" 2
like 'as it was described' "$(cat "$work/made.out")" '10\.0\.0\.1\.7 > 10\.0\.0\.2\.9: .*length 5'
torc dump -i right -Q rx -c 4 -w "$work/tcp.pcap" 2>"$work/tcp.err" &
pid=$!
listening $pid "$work/tcp.err"
run 'a segment of 4,000 bytes with --mtu' 0 send -i left -c 4 --mtu 1100 \
	--make 'Ethernet/IPv4(src=10.0.0.1,dst=10.0.0.2)/TCP(seq=1000,dst_port=9,flags=24)/Payload(length=4000)'
wait $pid
is 'leaves as four, relative to the first' "$(torc dump -n -t -r "$work/tcp.pcap" 2>/dev/null | sed 's/.*Flags \[\([^]]*\).*seq \([0-9:]*\).*/\1 \2/' | tr '\n' ' ')" \
	'. 1000:2060 . 1060:2120 . 2120:3180 P. 3180:4000 '
run '--make of an unknown field' 2 send -i left -c 1 --make 'Ethernet/IPv4(dest=1.2.3.4)'
like 'has the place' "$err" 'at character 15 of the packet: ipv4 has no field "dest"; the nearest are dst'
run '--make without Ethernet' 2 send -i left -c 1 --make 'IPv4'
run '--make with --flows' 2 send -i left -c 1 --flows 2 --make 'Ethernet'
run '--make without end' 2 send -i left --make 'Ethernet'
run 'torc send --set of no field' 2 send -i left -c 3 --set udp.port=7
done_testing
