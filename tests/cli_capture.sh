#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# torc dump and torc count on a wire: ends, signals, the account, files after a kill, privileges.
. tests/tap.bash

# start NAME ARGS...: torc ARGS in the background; its output is in NAME.out and NAME.err, $pid is it
start() {
	local name=$work/$1
	shift
	"$TORC" "$@" >"$name.out" 2>"$name.err" &
	pid=$!
	listening $pid "$name.err"
}

# lines NAME COUNT: so many lines are in NAME.out
lines() { [ "$(wc -l <"$work/$1.out")" -ge "$2" ]; }

# ---- ends ----

start a dump -n -i lo udp port 4000
send_udp 5
ok 'packets are shown while the wire is quiet' wait_for lines a 5
kill -INT $pid
wait $pid
is 'SIGINT ends it well' $? 0
err=$(cat "$work/a.err")
is 'each packet of the loopback once' "$(wc -l <"$work/a.out")" 5
like 'the banner' "$err" '^listening on lo, link-type EN10MB \(Ethernet\), snapshot length 262144 bytes$'
like 'packets captured' "$err" '^5 packets captured$'
like 'packets received by filter' "$err" '^[0-9]+ packets received by filter$'
like 'packets dropped by kernel' "$err" '^0 packets dropped by kernel$'
like 'the account balances' "$err" '^account: [0-9]+ seen = 5 received \+ 0 dropped.*: balanced$'

# its one line meets a pipe that is full after the signal
mkfifo "$work/pipe"
exec 8<>"$work/pipe"
dd if=/dev/zero of="$work/pipe" bs=4096 oflag=nonblock 2>/dev/null
"$TORC" count -q -i lo >"$work/pipe" 2>"$work/p.err" 8>&- &
pid=$!
wait_for eval 'torc rings | grep -q "^$pid "'
kill -INT $pid
gone() { ! kill -0 $pid 2>/dev/null; }
ok 'one SIGINT ends it also while nobody reads' wait_for gone
kill -KILL $pid 2>/dev/null
wait $pid
like 'and the account balances' "$(cat "$work/p.err")" '^account: .*: balanced$'
exec 8>&-

start b dump -i lo -c 3 udp port 4000
send_udp 5
wait $pid
is '-c ends it well' $? 0
is '-c counts' "$(wc -l <"$work/b.out")" 3
like '-c: the account balances' "$(cat "$work/b.err")" ': balanced$'

before=$(date +%s%N)
run '--for ends it well' 0 count -q -i lo --for 300ms
ok '--for takes its time' test $((($(date +%s%N) - before) / 1000000)) -ge 300

start c count -i lo udp port 4000
kill -TERM $pid
wait $pid
is 'SIGTERM ends count well' $? 0

# ---- signals ----

start d dump -i lo -w "$work/d.pcap" --rotate size=1GiB udp port 4000
send_udp 4
kill -USR1 $pid
ok 'SIGUSR1 tells the counts' wait_for grep -q 'packets captured, [0-9]* packets received by filter' "$work/d.err"
ok 'and the capture goes on' kill -0 $pid
counted() { kill -USR1 $pid && tail -n 1 "$work/d.err" | grep -q '^torc: 4 packets captured'; }
ok 'all are counted' wait_for counted
written() { kill -USR1 $pid && tail -n 1 "$work/d.err" | grep -q ', 4 written, 0 lost to the disk$'; }
ok 'and what is in the file' wait_for written
kill -USR2 $pid
flushed() { [ "$(torc dump -r "$work/d.pcap" 2>/dev/null | wc -l)" = 4 ]; }
ok 'SIGUSR2 brings what is buffered into the file' wait_for flushed
kill -HUP $pid
ok 'SIGHUP begins a new file' wait_for test -e "$work/d.pcap1"
kill -INT $pid
wait $pid
is 'and it ends well' $? 0
is 'the file of before is whole' "$(torc dump -r "$work/d.pcap" 2>/dev/null | wc -l)" 4

start h dump -i lo -w "$work/h.pcap" udp port 4000
send_udp 2
kill -HUP $pid
wait $pid
is 'without a rotation SIGHUP ends, as in tcpdump' $? 0
is 'with all that came in the file' "$(torc dump -r "$work/h.pcap" 2>/dev/null | wc -l) $(ls "$work"/h.pcap*)" \
	"2 $work/h.pcap"

start e dump -i lo -U -w "$work/e.pcap" udp port 4000
send_udp 7
whole() { [ "$(torc dump -r "$work/e.pcap" 2>/dev/null | wc -l)" = 7 ]; }
ok '-U: each packet is in the file at once' wait_for whole
kill -KILL $pid
wait $pid 2>/dev/null
run 'after kill -9 the file reads to its end' 0 dump -r "$work/e.pcap"
is 'with all packets' "$(wc -l <"$work/out")" 7

# ---- the reader goes away ----

("$TORC" dump -l -i lo udp port 4000 2>"$work/f.err"; echo $? >"$work/f.status") | head -n 1 >/dev/null &
listening 0 "$work/f.err"
send_again() { send_udp 2; test -s "$work/f.status"; }
ok 'a broken pipe ends it' wait_for send_again
is 'quietly and well' "$(cat "$work/f.status")" 0
ok 'without a word' test -z "$(grep -i pipe "$work/f.err")"

# ---- options of the ring ----

start g dump --json -i lo -c 2 udp port 4000
send_udp 2
wait $pid
ok '--json' json_lines "$work/g.out" 2
like 'names the interface' "$(cat "$work/g.out")" '"interface":"lo"'

start h count --json -i lo -c 10 udp port 4000
send_udp 10
wait $pid
tail -n 1 "$work/h.out" >"$work/last"
ok 'count --json' json_lines "$work/last" 1
like 'the account' "$(cat "$work/last")" '"summary":true,"device":"lo","engine":"tpacket_v[0-9]",.*"received":10,"dropped":0,.*"balanced":true'

start i dump -i lo --both-copies -c 4 udp port 4000
send_udp 2
wait $pid
is '--both-copies' "$(wc -l <"$work/i.out")" 4

start j dump -i lo --immediate-mode -c 2 udp port 4000
send_udp 2
wait $pid
is '--immediate-mode' "$(wc -l <"$work/j.out")" 2

start k dump -i lo -s 30 --json -c 1 udp port 4000
send_udp 1
wait $pid
like '-s' "$(cat "$work/k.out")" '"caplen":30'

start l dump -i any -c 1 -e udp port 4000
send_udp 1
wait $pid
like '-i any names the interface' "$(cat "$work/l.out")" '^[0-9:.]+ lo  *(In|Out) '

# ---- torc rings ----

start r dump -i lo --application-name 'a "name"' udp port 4000
shown() { torc rings | grep -q "^$pid  *a \"name\" .* udp port 4000$"; }
ok 'torc rings shows the ring' wait_for shown
torc rings --json | grep "\"pid\":$pid," >"$work/ring"
ok 'torc rings --json' json_lines "$work/ring" 1
like 'tells what it is' "$(cat "$work/ring")" '"application":"a \\"name\\"".*"device":"lo".*"enabled":true.*"received":0'
kill -KILL $pid
wait $pid 2>/dev/null
is 'a ring whose process died is not shown' "$(torc rings --json | wc -l)" 0

# ---- privileges ----

nothing='setpriv --bounding-set -all --inh-caps -all'
if $nothing true 2>/dev/null; then
	$nothing "$TORC" dump -i lo >"$work/out" 2>"$work/err"
	is 'without CAP_NET_RAW the status is 3' $? 3
	like 'and the sentence says what is missing' "$(cat "$work/err")" 'CAP_NET_RAW'
else
	skip 'without CAP_NET_RAW the status is 3' 'setpriv(1) cannot give up capabilities here'
fi

start p dump -i lo
like 'no new privileges' "$(cat /proc/$pid/status)" '^NoNewPrivs:	1$'
kill $pid
wait $pid

run '-Z: no such user' 1 dump -i lo -Z nosuchuser -c 1
if [ "$(id -u)" = 0 ] && setpriv --reuid=nobody --regid=nogroup --clear-groups true 2>/dev/null; then
	chmod 777 "$work"
	start q dump -i lo -Z nobody -U -w "$work/q.pcap" udp port 4000
	status=$(cat /proc/$pid/status)
	like '-Z: the user' "$status" "^Uid:	$(id -u nobody)	$(id -u nobody)	$(id -u nobody)	"
	is '-Z: only their groups' "$(sed -n 's/^Groups:	//p' /proc/$pid/status)" "$(id -G nobody) "
	like '-Z: no capabilities' "$status" '^CapEff:	0000000000000000$'
	like '-Z: none to come back' "$status" '^CapPrm:	0000000000000000$'
	send_udp 3
	theirs() { [ "$(torc dump -r "$work/q.pcap" 2>/dev/null | wc -l)" = 3 ]; }
	ok '-Z: it works' wait_for theirs
	kill -INT $pid
	wait $pid
	is '-Z: and ends well' $? 0
	is '-Z: the file is theirs' "$(stat -c %U "$work/q.pcap")" nobody
else
	skip '-Z' 'not root: no other user to become'
fi

# ---- devices ----

run 'torc devices' 0 devices
like 'the loopback' "$out" '^lo: up, mtu 65536'
like 'what can capture there' "$out" '^    tpacket_v3  yes$'
like 'what AF_XDP can do there, or why not' "$out" '^    af_xdp      (yes, |no: )[a-z]'
torc devices --json >"$work/devices"
ok 'torc devices --json' json_lines "$work/devices" "$(ls -d /proc/sys/net/ipv4/conf/*/ | grep -Evc '/(all|default)/')"
like 'torc dump -D' "$(torc dump -D)" '^[0-9]+\.lo \[Up, Running, Loopback\]$'

done_testing
