#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# torc bridge between two hosts that are namespaces: what each sends arrives at the other, and the account
# of both directions agrees with the counters of their interfaces, to the packet.
. tests/tap.bash
export ASAN_OPTIONS=detect_leaks=0 # it would trace a confined process

command -v python3 >/dev/null || skip_all 'python3 is not installed'
ip netns add left 2>/dev/null && ip netns add right || skip_all 'no network namespaces here'
trap 'kill $pid 2>/dev/null; ip netns del left; ip netns del right; rm -rf "$work"' EXIT
# cable A HOST ADDRESS: a veth, its end eth0 in a namespace
cable() {
	ip link add "$1" type veth peer name eth0 netns "$2" || return
	echo 1 >/proc/sys/net/ipv6/conf/"$1"/disable_ipv6 2>/dev/null
	ip netns exec "$2" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6' 2>/dev/null
	ip -n "$2" addr add "$3"/24 dev eth0
	ip -n "$2" link set eth0 up
	tests/up "$1"
}
cable a0 left 10.9.0.1 && cable b0 right 10.9.0.2 || skip_all 'veth pairs cannot be made here'

# start NAME ARGS...: a bridge in the background, $pid
start() {
	local name=$1
	shift
	"$TORC" bridge --for 60s "$@" >"$work/$name.out" 2>"$work/$name.err" &
	pid=$!
	listening $pid "$work/$name.err"
}
stop() { # NAME: ends it; its status
	kill -INT $pid
	wait $pid
}
# figure FILE DIRECTION NAME: of the account in JSON
figure() {
	python3 -c 'import json, sys
direction = json.load(open(sys.argv[1]))["directions"][int(sys.argv[2])]
for name in sys.argv[3].split("."): direction = direction[name]
print(str(direction).lower())' "$@"
}

cat >"$work/server.py" <<'END'
import hashlib, socket, sys
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("", 5000))
server.listen(8)
open(sys.argv[1], "w").close()
while True:
    peer, _ = server.accept()
    total, digest = 0, hashlib.sha1()
    while data := peer.recv(1 << 20):
        total += len(data)
        digest.update(data)
    peer.sendall(f"{total} {digest.hexdigest()}".encode())
    peer.close()
END
cat >"$work/client.py" <<'END'
import hashlib, os, socket, sys
peer = socket.create_connection(("10.9.0.2", 5000), timeout=60)
peer.settimeout(60)
data, digest, answer = os.urandom(1 << 20), hashlib.sha1(), b""
for _ in range(int(sys.argv[1])):
    peer.sendall(data)
    digest.update(data)
peer.shutdown(socket.SHUT_WR)
while more := peer.recv(200):
    answer += more
print("same" if answer.decode() == f"{int(sys.argv[1]) << 20} {digest.hexdigest()}" else answer)
END
cat >"$work/ping.py" <<'END'
import socket, struct, sys
def total(data):
    s = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while s >> 16: s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
raw.settimeout(20)
good = 0
for n in range(int(sys.argv[1])):
    body = struct.pack("!BBHHH", 8, 0, 0, 77, n) + bytes(40)
    raw.sendto(body[:2] + struct.pack("!H", total(body)) + body[4:], ("10.9.0.2", 0))
    while True:
        answer = raw.recv(2000)[20:]
        if answer[0] == 0 and answer[4:8] == body[4:8]: break
    good += 1
print(good)
END
left() { timeout 60 ip netns exec left "$@"; }
ip netns exec right python3 "$work/server.py" "$work/serves" &
server=$!
trap 'kill $pid $server 2>/dev/null; ip netns del left; ip netns del right; rm -rf "$work"' EXIT
wait_for test -e "$work/serves"

# ---- both ways, with everything that is offloaded ----

for host in left right; do
	ip netns exec $host ethtool -K eth0 gro on tso on tx on >/dev/null 2>&1
done
before_right=$(ip netns exec right cat /sys/class/net/eth0/statistics/rx_packets)
before_left=$(ip netns exec left cat /sys/class/net/eth0/statistics/rx_packets)
start both --json a0 b0
is 'ping' "$(left python3 "$work/ping.py" 5)" 5
is 'TCP, segments that are longer than the MTU' "$(left python3 "$work/client.py" 8)" same
reported() { kill -USR1 $pid && [ "$(grep -c 'torc: .* received, .* forwarded, 0 filtered, 0 refused, 0 dropped' "$work/both.err")" -ge 2 ]; }
ok 'SIGUSR1 tells the counts of both directions' wait_for reported
stop
is 'it ends well' $? 0
ok 'the account is JSON' json_lines "$work/both.out" 1
for way in 0 1; do
	is "direction $way: balanced" "$(figure "$work/both.out" $way balanced)" true
	is "direction $way: all is forwarded" "$(figure "$work/both.out" $way forwarded)" \
		"$(figure "$work/both.out" $way seen)"
done
ok 'segments were split' test "$(figure "$work/both.out" 0 split)" -gt 0
ok 'checksums were computed' test "$(figure "$work/both.out" 1 finished)" -gt 0
is 'the right host got each frame' \
	$(($(ip netns exec right cat /sys/class/net/eth0/statistics/rx_packets) - before_right)) \
	$(($(figure "$work/both.out" 0 frames) + $(figure "$work/both.out" 0 probes_sent)))
is 'and the left host too' \
	$(($(ip netns exec left cat /sys/class/net/eth0/statistics/rx_packets) - before_left)) \
	$(($(figure "$work/both.out" 1 frames) + $(figure "$work/both.out" 1 probes_sent)))

# ---- one packet at a time: filters, fields, tags ----

# send_left N PACKET: made by torc send in the left host
send_left() { left "$TORC" send -i eth0 --way send -q -c "$1" --make "$2" >/dev/null; }
udp='Ethernet(dst=02:00:00:00:00:02)/IPv4(src=10.9.0.1,dst=10.9.0.2,ttl=9)/UDP(src_port=1,dst_port=4000)/Payload(text=hello)'
icmp='Ethernet(dst=02:00:00:00:00:02)/IPv4(src=10.9.0.1,dst=10.9.0.2)/ICMPv4(icmp_type=0)'
tagged='Ethernet(dst=02:00:00:00:00:02)/Dot1Q(vlan_id=7)/IPv4(src=10.9.0.1,dst=10.9.0.2)/UDP(dst_port=4001)'
timeout 60 ip netns exec right "$TORC" dump -n -l -i eth0 -Q rx --json 'udp or vlan' >"$work/right.json" 2>"$work/right.err" &
dump=$!
listening $dump "$work/right.err"
start few --json --one-way --set ipv4.ttl=33 -c 5 a0 b0 'udp or vlan'
send_left 2 "$udp"
send_left 2 "$icmp"
send_left 1 "$tagged"
wait $pid
is '-c ends it' $? 0
is 'one direction' "$(grep -c '"from":"b0"' "$work/few.out")" 0
is 'received' "$(figure "$work/few.out" 0 received)" 5
is 'forwarded' "$(figure "$work/few.out" 0 forwarded)" 3
is 'filtered' "$(figure "$work/few.out" 0 filtered)" 2
is 'balanced' "$(figure "$work/few.out" 0 balanced)" true
arrived() { [ "$(wc -l <"$work/right.json")" -ge 3 ]; }
ok 'three arrive' wait_for arrived
like '--set was made' "$(sed -n 1p "$work/right.json")" '"ttl":33'
like 'the tag is there' "$(sed -n 3p "$work/right.json")" '"vlan_id":7'
kill $dump
wait $dump 2>/dev/null

# ---- other addresses ----

printf '1522178d33a4cf80130a5b1649907d10d8988f837979652762574c2d2a842202\n' >"$work/key"
chmod 600 "$work/key"
timeout 60 ip netns exec right "$TORC" dump -n -t -v -l -e -i eth0 -Q rx -c 4 udp >"$work/secret.out" 2>"$work/secret.err" &
dump=$!
listening $dump "$work/secret.err"
start hidden --json --one-way --anonymize "$work/key" -c 4 a0 b0
send_left 4 "${udp/src=10.9.0.1,dst=10.9.0.2/src=128.11.68.132,dst=129.118.74.4}"
wait $pid
is '--anonymize: all are forwarded' "$(figure "$work/hidden.out" 0 forwarded)" 4
wait $dump
is 'as Crypto-PAn has it' "$(grep -c '135\.242\.180\.132\.1 > 134\.136\.186\.123\.4000' "$work/secret.out")" 4
is 'no checksum is wrong' "$(grep -c -E 'bad|incorrect' "$work/secret.out")" 0
is 'no MAC is there' "$(grep -c '02:00:00:00:00:02' "$work/secret.out")" 0
chmod 644 "$work/key"
run 'a key that others can read' 2 bridge --anonymize "$work/key" a0 b0
like 'is refused, with what to do' "$err" 'others can read or change this key: chmod 600'

# ---- what cannot pass ----

ip link set b0 mtu 600
long='Ethernet(dst=02:00:00:00:00:02)/IPv4(src=10.9.0.1,dst=10.9.0.2,dont_fragment=true)/UDP(dst_port=4000)/Payload(length=1000)'
whole='Ethernet(dst=02:00:00:00:00:02)/IPv4(src=10.9.0.1,dst=10.9.0.2,id=9)/UDP(dst_port=4000)/Payload(length=1000)'
start long --json --one-way --fail-on-loss -c 5 a0 b0
send_left 3 "$long"
send_left 2 "$whole"
wait $pid
is '--fail-on-loss' $? 4
is 'must not be fragmented: too long' "$(figure "$work/long.out" 0 refused.too_long)" 3
is 'may be: forwarded' "$(figure "$work/long.out" 0 forwarded)" 2
is 'as two each' "$(figure "$work/long.out" 0 frames)" 4
is 'balanced' "$(figure "$work/long.out" 0 balanced)" true
ip link set b0 mtu 1500
start mtu --one-way --mtu 400 -c 1 a0 b0
send_left 1 "$whole"
wait $pid
like '--mtu: less than the interface has' "$(cat "$work/mtu.out")" '1 packets were split: 3 frames left'
like 'the account for people' "$(cat "$work/mtu.out")" '^a0 -> b0: 1 seen = 1 forwarded \+ 0 filtered \+ 0 refused \+ 0 dropped: balanced$'

# ---- a queue that is full ----

if tc qdisc add dev b0 root tbf rate 8kbit burst 2000 limit 2000 2>/dev/null; then
	start full --json --one-way --no-loop-check -c 60 a0 b0
	send_left 60 "$whole"
	wait $pid
	ok 'a full queue: refused' test "$(figure "$work/full.out" 0 refused.queue_full)" -gt 0
	is 'or forwarded' $(($(figure "$work/full.out" 0 forwarded) + $(figure "$work/full.out" 0 refused.queue_full))) 60
	is 'balanced' "$(figure "$work/full.out" 0 balanced)" true
	tc qdisc del dev b0 root
else
	skip 'a full queue' 'no token bucket filter in this kernel'
fi

# ---- an interface that goes away ----

start away --json a0 b0
is 'ping before' "$(left python3 "$work/ping.py" 2)" 2
ip link del b0
ok 'that it is away is said' wait_for grep -q 'b0.*; the bridge goes on when it is back' "$work/away.err"
send_left 3 "$udp"
cable b0 right 10.9.0.2
ok 'that it is back too' wait_for grep -q '^torc: b0 is back$' "$work/away.err"
left ip neigh flush dev eth0 2>/dev/null
is 'ping after' "$(left python3 "$work/ping.py" 2)" 2
stop
is 'it ends well' $? 0
ok 'packets meanwhile are refused' test "$(figure "$work/away.out" 0 refused.down)" -ge 3
for way in 0 1; do
	is "direction $way: balanced" "$(figure "$work/away.out" $way balanced)" true
done

# ---- a loop ----

if ip link add name loop type bridge 2>/dev/null; then
	ip link add la type veth peer name la0
	ip link add lb type veth peer name lb0
	for name in la0 lb0; do ip link set $name master loop; done
	for name in loop la lb la0 lb0; do
		echo 1 >/proc/sys/net/ipv6/conf/$name/disable_ipv6 2>/dev/null
	done
	tests/up la lb la0 lb0 loop
	start loop --json la lb
	ok 'a loop is said' wait_for grep -q '^torc: a loop: what leaves by l[ab] comes in by l[ab]' "$work/loop.err"
	"$TORC" send -i loop --way send -q -c 4 --destination-mac ff:ff:ff:ff:ff:ff >/dev/null
	refused() { kill -USR1 $pid && grep -q 'la -> lb: .* [1-9][0-9]* refused' "$work/loop.err"; }
	ok 'and nothing is forwarded' wait_for refused
	ip link set lb0 nomaster
	ok 'that it is gone is said too' wait_for grep -q '^torc: the loop is gone' "$work/loop.err"
	stop
	is 'balanced' "$(figure "$work/loop.out" 0 balanced)" true
else
	skip 'a loop' 'no bridge in this kernel'
fi

# ---- what makes no sense ----

while read -r status words; do
	# shellcheck disable=SC2086 # words
	run "refused: bridge $words" "$status" bridge $words
	ok 'with a word about it' test -n "$err"
done <<-END
	2
	2 a0
	2 a0 a0
	2 a0 lo
	2 a0 any
	1 a0 nosuch0
	1 a0 b0 frobnicate and
	2 -f udp a0 b0 tcp
	2 --set nosuch.field=1 a0 b0
	2 --mtu 12 a0 b0
END

done_testing
