#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# torc dump -w on a wire that falls silent: what is in the file when the program is killed, and files
# that end by the clock.
. tests/tap.bash
cd "$work" || exit 1

start() { # NAME ARGS...
	local name=$1
	shift
	"$TORC" "$@" >"$name.out" 2>"$name.err" &
	pid=$!
	listening $pid "$name.err"
}

packets_in() { torc dump -r "$1" --count 2>/dev/null; }
has() { [ "$(packets_in "$1")" = "$2" ]; }

# Ten packets, then nothing more comes: they reach the file all the same, and a kill leaves it whole.
for file in kill.pcap kill.pcapng kill.pcap.gz kill.pcapng.zst; do
	start "$file" dump -i lo -w $file udp port 4000
	if grep -q 'this build' $file.err; then
		skip "$file after a kill" 'built without that compression'
		continue
	fi
	send_udp 10
	ok "$file: what came is in it while the wire is quiet" wait_for has $file '10 packets'
	kill -KILL $pid
	wait $pid 2>/dev/null
	run "$file: reads to its end after a kill" 0 dump -r $file
done
if command -v tcpdump >/dev/null && command -v capinfos >/dev/null; then
	is 'tcpdump reads the pcap' "$(tcpdump -nr kill.pcap 2>/dev/null | wc -l)" 10
	is 'tcpdump reads the pcapng' "$(tcpdump -nr kill.pcapng 2>/dev/null | wc -l)" 10
	is 'capinfos too' "$(capinfos -TMrc kill.pcap kill.pcapng | cut -f 2 | tr '\n' ' ')" '10 10 '
else
	skip 'other tools read them' 'tcpdump or capinfos is not installed'
fi

# All interfaces into a pcap file: cooked mode, which knows interface and direction.
start any dump -i any -w any.pcap udp port 4000
like '-i any to pcap: what it is written as' "$(cat any.err)" 'any\.pcap: .*LINUX_SLL2'
send_udp 3
cooked() { [ "$(torc dump -e -r any.pcap 2>/dev/null | grep -c ' if 1 In IP ')" = 3 ]; }
ok 'interface and direction are in it' wait_for cooked
kill -INT $pid
wait $pid
is 'and it ends well' $? 0
if command -v tcpdump >/dev/null; then
	like 'tcpdump reads them' "$(tcpdump -nr any.pcap 2>/dev/null)" \
		'lo +In +IP 127\.0\.0\.1\.[0-9]+ > 127\.0\.0\.1\.4000: UDP'
	tcpdump -Z root -U -i any -w peer.pcap udp port 4000 2>peer.err &
	peer=$!
	wait_for grep -q listening peer.err
	start any2 dump -i any --micro -w any2.pcap udp port 4000
	send_udp 1
	in_peer() { tcpdump -nr peer.pcap 2>/dev/null | grep -q 4000; }
	wait_for in_peer
	wait_for has any2.pcap '1 packet'
	kill -INT $pid $peer
	wait
	bytes() { tcpdump -t -xx -nr "$1" 2>/dev/null; }
	is 'byte for byte as tcpdump writes them' "$(bytes any2.pcap)" "$(bytes peer.pcap)"
else
	skip 'tcpdump reads them' 'tcpdump is not installed'
fi

# No packet at all: the pcapng file has its interface, or nobody could read it.
start none dump -i lo -w none.pcapng udp port 4000
ok 'a file without packets has its interface at once' wait_for has none.pcapng '0 packets'
kill -KILL $pid
wait $pid 2>/dev/null
if command -v tcpdump >/dev/null; then
	ok 'tcpdump reads it' tcpdump -nr none.pcapng
else
	skip 'tcpdump reads it' 'tcpdump is not installed'
fi

start all dump -i any -w all.pcapng udp port 4000
ok '-i any: the file has an interface before the first packet' wait_for has all.pcapng '0 packets'
send_udp 2
ok 'and its packets then' wait_for has all.pcapng '2 packets'
kill -INT $pid
wait $pid
like 'each with its interface' "$(torc dump --json -r all.pcapng 2>/dev/null)" '"interface":"lo"'
if command -v capinfos >/dev/null; then
	info=$(capinfos all.pcapng)
	like 'the account and the filter are those of all' "$info" 'Name = any'
	like 'beside the interfaces that were seen' "$info" 'Name = lo'
else
	skip 'capinfos reads it' 'it is not installed'
fi

# -G by the clock: three files, -z on each, and -W ends it, though no packet comes.
cat >done.sh <<-'END'
	#!/bin/sh
	echo "$1" >>done.list
END
chmod +x done.sh
start turn dump -i lo -w 'turn-%s.pcap' -G 1 -W 3 -z ./done.sh udp port 4000
send_udp 5
wait $pid
is '-G on a quiet wire: -W ends it' $? 0
is 'after three files' "$(echo turn-*.pcap | wc -w)" 3
is 'a second apart' "$(printf '%s\n' turn-*.pcap | tr -dc '0-9\n' |
	awk 'NR > 1 { printf "%d ", $1 - last } { last = $1 }')" '1 1 '
is '-z has run on each' "$(sort -u done.list | wc -l)" 3
total=0
for file in turn-*.pcap; do
	packets=$(packets_in "$file")
	total=$((total + ${packets%% *}))
done
is 'all packets are in them' $total 5

# files=: what has no time in its name is numbered, and the newest are kept.
start keep dump -i lo -w keep.pcap --rotate time=300ms,files=2 udp port 4000
ok '--rotate time= goes on without a packet' wait_for test -e keep.pcap3
kill -INT $pid
wait $pid
is 'and ends well' $? 0
is 'the newest two are kept' "$(echo keep.pcap* | wc -w)" 2

done_testing
