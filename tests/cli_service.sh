#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# torc as a service: words of a file (@FILE), what the service manager is told, the units, and a week
# of rotation as the user and with the one right that the units give.
. tests/tap.bash
trap 'kill $children 2>/dev/null; rm -rf "$work"' EXIT
children=

# ---- @FILE ----

make_pcap "$work/a b.pcap" 3
printf -- '# what to read\n-r "%s/a b.pcap"\n\t--json # a line a packet\n' "$work" >"$work/options"
run 'words of a file' 0 dump "@$work/options"
is 'are options' "$(grep -c '^{' "$work/out")" 3
printf -- "-r '%s/a b.pcap' -q 'udp port' 4001" "$work" >"$work/options"
run 'a filter too' 0 count --json "@$work/options"
like 'as it stands there' "$out" '"received":0'
printf -- '-r\\\n' >"$work/options"
run 'a backslash keeps what is behind it' 1 dump "@$work/options"
while IFS='|' read -r what text sentence; do
	printf -- "$text" >"$work/wrong"
	run "refused: $what" 2 dump "@$work/wrong"
	like 'with a sentence' "$err" "$sentence"
done <<'END'
a quote without an end|-n\n\n"-r a|line 3: a quote has no end
a file in a file|-n @more|line 1: @more: a file of options names no other
a zero byte|-n \0 -r|zero byte
an option that there is not|--nothing|no option --nothing
END
run 'no such file' 2 dump "@$work/none"
like 'is named' "$err" 'none: cannot be read: No such file'
run 'a folder' 2 dump "@$work"
head -c 70000 /dev/zero | tr '\0' 'n' >"$work/long"
run 'too long' 2 dump "@$work/long"
like 'the most is said' "$err" 'more than 65536 bytes'

# ---- what the service manager is told ----

listen() { # FILE: the datagrams that come to $work/notify, a line each
	perl -e 'use IO::Socket::UNIX; use Socket; $| = 1;
		$s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die;
		print "$m\n" while defined $s->recv($m, 999)' "$work/notify" >"$1" &
	listener=$!
	children="$children $listener"
	wait_for test -S "$work/notify"
}
told() { grep -q "$1" "$work/told"; }

listen "$work/told"
NOTIFY_SOCKET=$work/notify WATCHDOG_USEC=400000 "$TORC" dump -i lo -w "$work/n.pcap" udp port 4000 2>"$work/log" &
capture=$!
children="$children $capture"
wait_for told READY=1 || { grep -q 'CAP_NET_RAW' "$work/log" && skip_all 'rings cannot be opened here'; }
send_udp 5
ok 'ready, and alive on a quiet wire' wait_for eval '[ "$(grep -c WATCHDOG=1 "$work/told")" -ge 5 ]'
ok 'the status is the account' wait_for told '^STATUS=10 packets seen, 5 received, 0 dropped, 0 truncated$'
kill -TERM "$capture"
wait "$capture"
is 'it ends well' $? 0
ok 'its end is told' wait_for told STOPPING=1
is 'ready comes first' "$(grep -n -m 1 READY=1 "$work/told" | cut -d : -f 1)" 1
is 'no environment for the commands it starts' "$(NOTIFY_SOCKET=$work/notify WATCHDOG_USEC=1000000 torc dump \
	-r "$work/a b.pcap" -w "$work/z.pcap" -C 1 -z 'sh -c "env; :"' 2>&1 | grep -c 'NOTIFY_SOCKET\|WATCHDOG')" 0
kill "$listener"
rm -f "$work/notify"
NOTIFY_SOCKET=$work/notify run 'nobody listens there: it works all the same' 0 count -r "$work/a b.pcap"

rm -f "$work/told" "$work/notify"
listen "$work/told"
NOTIFY_SOCKET=$work/notify WATCHDOG_USEC=400000 "$TORC" flows -i lo --workers 2 udp port 4000 >/dev/null 2>"$work/log" &
flows=$!
children="$children $flows"
ok 'of several workers: ready, alive' wait_for eval 'told READY=1 && told WATCHDOG=1'
send_udp 5
ok 'the sum of what they received' wait_for told '^STATUS=2 workers, 5 packets received, 0 dropped$'
is 'told once' "$(grep -c READY=1 "$work/told")" 1
kill -TERM "$flows"
wait "$flows"
is 'and the end' $? 0
kill "$listener"

# ---- the units ----

for unit in systemd/*.service; do
	if command -v systemd-analyze >/dev/null; then
		systemd-analyze security --offline=yes --threshold=20 "$unit" >"$work/log" 2>&1
		is "$unit: exposure of at most 2.0" $? 0
		sed "s|/usr/bin/torc|$(command -v true)|" "$unit" >"$work/${unit##*/}"
		is "$unit: systemd reads it" "$(systemd-analyze verify "$work/${unit##*/}" 2>&1 |
			grep -v "code 16\|not executable")" ''
	else
		skip "$unit: exposure of at most 2.0" 'systemd-analyze is not installed'
		skip "$unit: systemd reads it" 'systemd-analyze is not installed'
	fi
done

# ---- a week, a file an hour ----

weak='setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all,+net_raw --ambient-caps=-all,+net_raw --bounding-set=-all,+net_raw'
$weak true 2>/dev/null || {
	skip 'a week of rotation' 'setpriv cannot change the user here'
	done_testing
}
mkdir -p "$work/week" "$work/run"
chown 65534:65534 "$work/week" "$work/run"
chmod 711 "$work"
cat >"$work/options" <<END
-i lo
-w $work/week/lo.pcapng
-C 1000 -G 3600
udp port 4000
END
# a build with a leak checker is confined only without it
ASAN_OPTIONS=detect_leaks=0 TORC_RUNTIME_DIR=$work/run $weak "$TORC" dump "@$work/options" 2>"$work/log" &
capture=$!
children="$children $capture"
listening "$capture" "$work/log"
is 'the one right it had is gone' "$(grep -E '^Cap(Inh|Prm|Eff|Amb)' "/proc/$capture/status" | grep -vc '0000000000000000$')" 0
files() { find "$work/week" -name 'lo*' | wc -l; }
for hour in $(seq 168); do
	send_udp 10
	kill -HUP "$capture"
	wait_for eval "[ \"\$(files)\" -gt $hour ]" || break
done
like 'torc rings finds it' "$(TORC_RUNTIME_DIR=$work/run torc rings)" "lo .*$capture|$capture.* lo"
kill -TERM "$capture"
wait "$capture"
is 'a week is over' $? 0
like 'its account balances' "$(cat "$work/log")" 'account: 3360 seen = 1680 received \+ 0 dropped \+ 1680 own copies: balanced'
is 'an hour a file' "$(files)" 169
is 'each packet is in one of them' "$(for file in "$work"/week/*; do
	torc count --json -r "$file" 2>"$work/err" | sed 's/.*"received":\([0-9]*\).*/\1/'
done | awk '{ sum += $1 } END { print sum }')" 1680
done_testing
