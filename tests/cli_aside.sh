# SPDX-License-Identifier: BSD-3-Clause
# Decoding away from the socket: two processes that end, count, wait and die as one would.
. tests/tap.bash
export ASAN_OPTIONS=detect_leaks=0 # it would trace a confined process

ip link add va type veth peer name vb 2>/dev/null && tests/up va vb ||
	skip_all 'no veth pair can be made here'
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 2>/dev/null

# start NAME ARGS...: in the background; $pid captures, $decoder decodes ('' when there is none)
start() {
	local name=$work/$1
	shift
	rm -f "$name.err" # of one of that name before
	"$TORC" "$@" >"$name.out" 2>"$name.err" &
	pid=$!
	listening $pid "$name.err" || sed 's/^/# /' "$name.err"
	decoder=$(pgrep -P $pid)
}
lines() { [ "$(wc -l <"$work/$1.out")" -ge "$2" ]; }
send_va() { torc send -i va --way send -q -c "$1" >/dev/null 2>&1; }
sockets() { find "/proc/$1/fd" -lname 'socket:*' 2>/dev/null | wc -l; }
gone() { ! kill -0 "$1" 2>/dev/null; }

start a dump -n -i lo udp port 4000
[ -n "$decoder" ] || skip_all 'this kernel cannot seal memory'

# ---- who has one ----

is 'dump: the decoder has no socket' "$(sockets "$decoder")" 0
ok 'dump: who captures has' test "$(sockets $pid)" -gt 0
like 'torc rings says so' "$(torc rings)" "^$pid .* apart "
like 'and in JSON' "$(torc rings --json)" '"confined":\[.*"apart"\]'
send_udp 5
ok 'a quiet wire: packets are shown at once' wait_for lines a 5
told() { kill -USR1 $pid && tail -n 1 "$work/a.err" | grep -q '^torc: 5 packets captured, '; }
ok 'SIGUSR1 is answered' wait_for told
kill -INT $pid
wait $pid
is 'SIGINT ends both well' "$?$(pgrep -P $pid)" 0
ok 'the decoder is gone' gone "$decoder"
like 'the account balances' "$(cat "$work/a.err")" '^account: .* = 5 received.*: balanced$'

start h dump -n -i lo
kill -HUP $pid
wait $pid
is 'SIGHUP ends it, as in tcpdump' $? 0
run '--for ends it' 0 dump -n -i lo --for 0.1s
run '-v says what is in force' 0 dump -v -n -i lo --for 0.1s
like 'for the one' "$err" '^sandbox: no capabilities.*packets are decoded by another process$'
like 'and the other' "$err" '^sandbox of the decoder: no capabilities.*seccomp for decoders$'
is 'each once' "$(grep -c ^sandbox "$work/err")" 2

start j dump --json -i vb -i lo udp port 4000
is '--json, several interfaces: no socket' "$(sockets "$decoder")" 0
send_udp 3
ok 'packets come' wait_for lines j 3
ok 'as JSON' json_lines "$work/j.out" 3
like 'with the name of their interface' "$(cat "$work/j.out")" '"interface":"lo"'
kill $pid
wait $pid

start s streams -i lo
is 'streams: no socket' "$(sockets "$decoder")" 0
(: 7<>/dev/tcp/127.0.0.1/9) 2>/dev/null
ok 'streams: a connection that is refused' wait_for lines s 1
kill -INT $pid
wait $pid
is 'streams: it ends well' $? 0
like 'streams: the account balances' "$(cat "$work/s.err")" '^account: .*: balanced$'

start l flows --json -i lo udp port 4000
is 'flows: no socket' "$(sockets "$decoder")" 0
like 'flows: torc rings shows its figures' "$(published() { torc rings | grep -i 'flows'; }; wait_for published
	torc rings)" '^ +.*[Ff]lows'
send_udp 3
exported() { torc rings --json | grep -q '"received":3,'; }
wait_for exported
kill -INT $pid
wait $pid
is 'flows: it ends well' $? 0
is 'flows: with the name of the interface' "$(grep -c '"in_iface":"lo"' "$work/l.out")" 3
like 'flows: the account balances' "$(cat "$work/l.out")" '"received":3,.*"balanced":true}$'

run 'flows --plot' 0 flows -i lo --for 0.3s --plot "$work/flows.svg"
like 'flows --plot: a picture' "$(cat "$work/flows.svg")" '</svg>'

start i dump -n --immediate-mode -s 0 -i lo udp port 4000
head -c 9000 /dev/zero 2>/dev/null >/dev/udp/127.0.0.1/4000
big() { grep -q 'UDP, length [0-9]' "$work/i.out"; }
ok 'immediate mode' wait_for big
kill $pid
wait $pid
like 'immediate mode: the account balances' "$(cat "$work/i.err")" '^account: .*: balanced$'

start k dump -l -n -i lo --cluster 5 udp port 4000
is 'a member of a cluster: no socket' "$(sockets "$decoder")" 0
send_udp 4
ok 'it has its packets' wait_for lines k 4
kill $pid
wait $pid
is 'it ends well' $? 0

for what in "dump -i lo -w $work/w.pcap" 'count -i lo' 'dump --count -i lo' 'dump -n -i lo --sandbox=off'; do
	# shellcheck disable=SC2086 # words
	start w $what
	is "$what: one process" "$decoder" ''
	kill $pid
	wait $pid
done

# ---- how many ----

for n in 1 3 255 256 257 2000; do
	start n dump -n -c $n -i vb
	send_va 3000
	wait $pid
	is "-c $n: it ends well" $? 0
	is "-c $n: so many lines" "$(wc -l <"$work/n.out")" $n
	like "-c $n: so many are told" "$(cat "$work/n.err")" "^$n packets? captured$"
	like "-c $n: the account balances" "$(cat "$work/n.err")" "^account: .* = $n received \+ 0 dropped.*: balanced$"
done

# ---- a reader that pauses ----

mkfifo "$work/pipe"
exec 8<>"$work/pipe"
"$TORC" dump -n -i vb >"$work/pipe" 2>"$work/p.err" &
pid=$!
listening $pid "$work/p.err"
for _ in 1 2 3 4; do send_va 5000; done
# nobody has read the lines yet: most of it is in the ring
(sed -u 20000q <"$work/pipe" >"$work/p.out"; : >"$work/p.done") &
exec 8>&-
ok 'nobody reads the lines, then somebody does: all come' wait_for test -e "$work/p.done"
is 'each of them' "$(wc -l <"$work/p.out")" 20000
kill -INT $pid
wait $pid
like 'none was lost' "$(cat "$work/p.err")" '^account: 20000 seen = 20000 received \+ 0 dropped: balanced$'

exec 8<>"$work/pipe"
"$TORC" dump -n -i vb >"$work/pipe" 2>"$work/q.err" &
pid=$!
listening $pid "$work/q.err"
decoder=$(pgrep -P $pid)
send_va 5000
kill -INT $pid
ok 'one SIGINT ends it also while nobody reads' wait_for gone "$decoder"
kill -KILL "$decoder" 2>/dev/null
wait $pid
like 'and the account balances' "$(cat "$work/q.err")" '^account: 5000 seen = .* received \+ 0 dropped.*: balanced$'
for what in 'flows --wait 100ms' 'flows --json --wait 100ms'; do
	"$TORC" $what -i vb >"$work/pipe" 2>"$work/q.err" 8>&- &
	pid=$!
	listening $pid "$work/q.err"
	decoder=$(pgrep -P $pid)
	send_va 50
	dd if=/dev/zero of="$work/pipe" bs=4096 oflag=nonblock 2>/dev/null # there is no room
	kill -INT $pid
	ok "$what: one SIGINT ends it while nobody reads" wait_for gone "$decoder"
	kill -KILL "$decoder" 2>/dev/null
	wait $pid
	like 'and the account says where the records are' "$(cat "$work/q.err")" '^(text|json):-: [01] records = 0 acknowledged .* \+ [01] in flight$'
done
exec 8>&-

"$TORC" dump -n -i vb 2>"$work/g.err" > >(head -n 1 >"$work/g.out") &
pid=$!
listening $pid "$work/g.err"
one() { send_va 10; gone $pid; }
ok 'who reads goes: it ends' wait_for one

# ---- death ----

start d dump -l -n -i lo udp port 4000
send_udp 5
wait_for lines d 5
kill -KILL "$decoder"
wait $pid
is 'the decoder is killed: who captures ends' $? 1
like 'with a sentence' "$(cat "$work/d.err")" "^torc: the process that decoded \(pid $decoder\) was killed by signal 9"
like 'and the account' "$(cat "$work/d.err")" '^account: .* = 5 received.*: balanced$'
is 'of what was printed' "$(sed -n 's/^\([0-9]*\) packets captured$/\1/p' "$work/d.err")" 5

start e dump -l -n -i lo udp port 4000
send_udp 5
wait_for lines e 5
kill -KILL $pid
wait $pid 2>/dev/null
ok 'who captures is killed: the decoder ends' wait_for gone "$decoder"
like 'with a sentence' "$(cat "$work/e.err")" "^torc: the process that captured \(pid $pid\) is gone"
like 'and what it knows' "$(cat "$work/e.err")" '^5 packets captured$'

start f dump -n -i lo udp port 4000
kill -STOP "$decoder"
for _ in 1 2 3; do send_udp 50; done
kill -CONT "$decoder"
ok 'the decoder is stopped and goes on' wait_for lines f 150
kill $pid
wait $pid
like 'nothing was lost' "$(cat "$work/f.err")" '^account: .* = 150 received \+ 0 dropped.*: balanced$'

# ---- whose ----

if [ "$(id -u)" = 0 ]; then
	(cat /etc/passwd; echo 'torc:x:917:65534::/nonexistent:/usr/sbin/nologin') >"$work/passwd"
	if ! getent passwd torc >/dev/null && mount --bind "$work/passwd" /etc/passwd 2>/dev/null; then
		start u dump -n -i lo udp port 4000
		like 'root: the decoder is of the account torc' "$(cat "/proc/$decoder/status")" \
			'^Uid:	917	917	917	917$'
		send_udp 2
		ok 'it prints' wait_for lines u 2
		kill $pid
		wait $pid
		is 'it ends well' $? 0
		like 'root that may not change its user stays' \
			"$(setpriv --bounding-set=-all,+net_raw --inh-caps=-all "$TORC" dump -n -i lo -v --for 300ms 2>&1)" \
			'^account: .*: balanced$'
		sed -i 's/^torc:x:917:/torc:x:1917:/' "$work/passwd"
		umount /etc/passwd && mount --bind "$work/passwd" /etc/passwd
		start u dump -n -i lo
		like 'a person of that name is not meant' "$(cat "/proc/$decoder/status")" '^Uid:	0	'
		kill $pid
		wait $pid
		umount /etc/passwd
	else
		skip 'the account torc' 'no account can be made here'
	fi
	start z dump -n -i lo -Z nobody udp port 4000
	is '-Z: both are that user' "$(sed -n 's/^Uid:\t\([0-9]*\).*/\1/p' "/proc/$pid/status" \
		"/proc/$decoder/status" | uniq)" "$(id -u nobody)"
	kill $pid
	wait $pid
	is '-Z: it ends well' $? 0
fi

run 'what cannot be opened is said once' 1 dump -i nosuch0
is 'by one of the two' "$(wc -l <"$work/err")" 1
run '-y that is not so' 1 dump -n -i lo -y RAW
is 'the same' "$(wc -l <"$work/err")" 1

done_testing
