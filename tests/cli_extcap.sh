#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# torc as a capture source of Wireshark: what it answers, its toolbar, and a capture through tshark
. tests/tap.bash
trap 'kill $children 2>/dev/null; rm -rf "$work"' EXIT
children=

# ---- what it answers ----

run 'which interfaces' 0 --extcap-interfaces --extcap-version=4.0
like 'the program' "$out" '^extcap \{version=[0-9.]+\}\{display=Torc\}$'
like 'an interface' "$out" '^interface \{value=torc:lo\}\{display=Torc: lo\}$'
like 'the toolbar' "$out" '^control \{number=0\}\{type=string\}\{display=Account\}'
run 'which link type' 0 --extcap-interface torc:lo --extcap-dlts
is 'Ethernet' "$out" 'dlt {number=1}{name=EN10MB}{display=Ethernet}'
run 'which settings' 0 --extcap-interface=torc:lo --extcap-config
like 'a cluster' "$out" '^arg \{number=[0-9]+\}\{call=--cluster\}\{display=Cluster\}\{type=string\}'
like 'an engine' "$out" '^value \{arg=1\}\{value=xdp\}\{display=AF_XDP, frames are ours\}\{default=false\}$'
is 'each setting but two is an option of torc dump' "$(sed -n 's/.*call=\(--[a-z-]*\).*/\1/p' <<<"$out" |
	while read -r name; do torc dump --help | grep -q -- "$name" || echo -n "$name "; done)" '--queues --engine '
run 'a good filter is not commented on' 0 --extcap-interface torc:lo --extcap-capture-filter 'udp port 53'
is 'at all' "$out" ''
run 'a bad one is' 0 --extcap-interface torc:lo --extcap-capture-filter 'udp prt 53'
like 'in words' "$out" 'syntax error'
run 'another interface' 2 --extcap-interface wifi0 --extcap-dlts
run 'a capture without a pipe' 2 --extcap-interface torc:lo --capture

# ---- a capture, as Wireshark starts one ----

mkfifo "$work/fifo" "$work/control"
"$TORC" --capture --extcap-interface torc:lo --fifo "$work/fifo" --extcap-capture-filter 'udp port 4000' \
	--extcap-control-out "$work/control" --snaplen 60 2>"$work/log" &
capture=$!
cat "$work/control" >"$work/toolbar" &
cat "$work/fifo" >"$work/got.pcapng" &
children="$children $capture"
listening "$capture" "$work/log" || {
	grep -q CAP_NET_RAW "$work/log" && skip_all 'rings cannot be opened here'
	cat "$work/log"
}
send_udp 7
told() { tr '\0\1\2' '...' <"$work/toolbar" | grep -aq "$1"; }
ok 'the account is in the toolbar' wait_for told '14 packets seen, 7 received, 0 dropped, 0 truncated'
is 'as control 0 is set' "$(head -c 1 "$work/toolbar")$(head -c 6 "$work/toolbar" | od -An -tu1 -j 4 | tr -d ' \n')" T01
kill -TERM "$capture"
wait "$capture"
is 'it ends well' $? 0
like 'with its account' "$(cat "$work/log")" 'account: 14 seen = 7 received .* balanced'
is 'the pipe had the packets' "$(torc count --json -r "$work/got.pcapng" 2>/dev/null |
	sed 's/.*"received":\([0-9]*\).*/\1/')" 7
ok 'as pcapng' test "$(head -c 4 "$work/got.pcapng" | od -An -tx1 | tr -d ' ')" = 0a0d0d0a

# ---- through tshark ----

folder=$(tshark -G folders 2>/dev/null | sed -n 's/^Extcap path:[[:space:]]*//p')
mkdir "$work/extcap"
cp "$TORC" "$work/extcap/torc"
if [ -z "$folder" ] || ! mount --bind "$work/extcap" "$folder" 2>/dev/null; then
	skip 'tshark lists it' 'tshark is not installed, or its folder cannot be covered'
	skip 'tshark captures by it' 'tshark is not installed, or its folder cannot be covered'
	done_testing
fi
like 'tshark lists it' "$(tshark -D 2>/dev/null)" 'torc:lo \(Torc: lo\)$'
"$TORC" dump -i lo -w "$work/direct.pcap" udp port 4000 2>"$work/direct.log" &
direct=$!
timeout 60 tshark -i torc:lo -f 'udp port 4000' -c 20 -w "$work/tshark.pcapng" 2>"$work/tshark.log" &
tshark=$!
children="$children $direct $tshark"
listening "$direct" "$work/direct.log"
ok 'tshark has begun' wait_for eval 'torc rings | grep -q "wireshark .* on "'
send_udp 20
wait "$tshark"
is 'tshark captures by it' $? 0
kill "$direct"
wait "$direct"
words() { tshark -r "$1" -T fields -e frame.len -e udp.srcport -e udp.dstport 2>/dev/null; }
is 'the packets are those of a direct capture' "$(words "$work/tshark.pcapng")" "$(words "$work/direct.pcap")"
is 'all of them' "$(words "$work/tshark.pcapng" | wc -l)" 20
done_testing
