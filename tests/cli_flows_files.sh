#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# torc flows --workers on files: the same records and totals as by one, whatever the files are, each read once.
. tests/tap.bash
command -v perl >/dev/null || skip_all 'perl is not installed'
export TZ=UTC

perl tests/flows_pcap "$work/a.pcap" 200 || exit 1
make_pcap "$work/b.pcap" 30 1700000001 4000 # in between, flows that others idle away
make_pcap "$work/c.pcap" 5 1700000400 4001
torc dump -r "$work/a.pcap" -w "$work/a.pcapng" 2>/dev/null
torc dump -r "$work/a.pcap" -w "$work/small.pcap" --mtu 68 2>/dev/null # fragments
head -c 60000 "$work/a.pcap" >"$work/cut.pcap"
gzip -k "$work/a.pcap"
torc dump -r "$work/a.pcap" -w "$work/a.pcap.zst" 2>/dev/null || skip 'zstd' 'this build has none'

# totals FILE: of the account, what does not depend on how many there are
totals() { grep -E '^(account|packets|flows|text:-):' "$1"; }
# same NAME ARGS...: records and totals by 2 and by 4 are those by one
same() {
	local name=$1 n
	shift
	"$TORC" flows "$@" 2>"$work/err1" | sort >"$work/one"
	ok "$name: there are records" test -s "$work/one"
	for n in 2 4; do
		"$TORC" flows --workers $n "$@" 2>"$work/err" | sort >"$work/many"
		ok "$name: the same records by $n" cmp "$work/one" "$work/many"
		is "$name: the same totals, each packet read once" "$(totals "$work/err")" "$(totals "$work/err1")"
	done
}

same 'pcap' -r "$work/a.pcap"
same 'pcapng' -r "$work/a.pcapng"
same 'gzip' -r "$work/a.pcap.gz"
[ ! -s "$work/a.pcap.zst" ] || same 'zstd' -r "$work/a.pcap.zst"
same 'several files, by time' -r "$work/a.pcap" -r "$work/b.pcap" -r "$work/c.pcap" --idle 2s --active 5s
same 'fragments' -r "$work/small.pcap"
same 'a filter and a snaplen' -s 60 -r "$work/a.pcap.gz" udp or tcp port 443
same 'streams' --streams -r "$work/a.pcap" -r "$work/a.pcapng"
same 'a small buffer' --buffer 600KiB -r "$work/a.pcap"
same 'a cut file' -r "$work/cut.pcap"
is 'and the status says so' "$("$TORC" flows --workers 2 -r "$work/cut.pcap" >/dev/null 2>&1; echo $?)" 1
like 'with the sentence' "$(cat "$work/err")" 'the file ends in the middle of a record'

"$TORC" flows -r "$work/a.pcap" 2>/dev/null | sort >"$work/one"
for n in 2 4; do
	cat "$work/a.pcap.gz" | "$TORC" flows --workers $n -r - 2>/dev/null | sort >"$work/many"
	ok "a pipe: the same records by $n" cmp "$work/one" "$work/many"
done
"$TORC" flows --json --workers 3 -r "$work/a.pcap" >"$work/json" 2>/dev/null
ok '--json' json_lines "$work/json" 402
like 'one account' "$(tail -n 1 "$work/json")" '"workers":3,.*"received":2406,.*"in_flows":2406,.*"acknowledged":401,.*"balanced":true\}$'

# A pipe that stays open: what came is at the members before more comes, and a signal ends it.
mkfifo "$work/pipe"
"$TORC" flows --workers 2 -r - <"$work/pipe" >"$work/out" 2>"$work/err" &
pid=$!
exec 7>"$work/pipe"
cat "$work/a.pcap" >&7
ok 'all of it is read' wait_for eval 'kill -USR1 $pid && grep -q 2406 "$work/err"'
kill -INT $pid
wait $pid
is 'SIGINT ends it well' $? 0
exec 7>&-
is 'with all records' "$(sort "$work/out" | cmp - "$work/one" && echo same)" same
like 'and an account' "$(cat "$work/err")" '^packets: 2406 = 2406 in flows'

# Somebody who reads no record is waited for, but once an end is wanted not longer than --wait.
perl tests/flows_pcap "$work/many.pcap" 4000
gone() { ! kill -0 "$1" 2>/dev/null; }
# the pipe has no room: 0x541b is FIONREAD, of Linux
full() { perl -e 'ioctl STDIN, 0x541b, my $n = "\0" x 4; exit(unpack("i", $n) < 40000)' <"$1"; }
mkfifo "$work/slow"
exec 6<>"$work/slow"
"$TORC" flows -r "$work/many.pcap" >"$work/slow" 2>"$work/slow.err" 6>&- &
slow=$!
for args in '' --json '--workers 3' '--json --workers 3'; do
	rm -f "$work/stuck"
	mkfifo "$work/stuck"
	exec 8<>"$work/stuck"
	# shellcheck disable=SC2086 # words
	"$TORC" flows $args --wait 300ms --queue 64 --idle 1ms --end 1ms -r "$work/many.pcap" \
		>"$work/stuck" 2>"$work/err" 6>&- 8>&- &
	pid=$!
	ok "nobody reads $args: the pipe is full" wait_for full "$work/stuck"
	kill -INT $pid
	ok 'one SIGINT ends it' wait_for gone $pid
	kill -KILL $pid 2>/dev/null
	wait $pid
	dd iflag=nonblock <&8 2>/dev/null | grep summary >>"$work/err" # there was room for the account
	exec 8>&-
	like 'the packets are balanced' "$(cat "$work/err")" '^packets: .*: balanced$|"summary":true.*"balanced":true}$'
	like 'what nobody took is in flight' "$(cat "$work/err")" '^(text|json):-: [0-9]+ records = .* [1-9][0-9]* in flight|"in_flight":[1-9]'
done
ok 'nobody wants an end: who reads late has all' wait_for full "$work/slow"
exec 5<"$work/slow" 6>&-
cat <&5 >"$work/slow.out" &
reader=$!
exec 5<&-
wait $slow $reader
is 'a line a flow' "$(wc -l <"$work/slow.out")" 8001
like 'and the account says so' "$(cat "$work/slow.err")" '^text:-: 8001 records = 8001 acknowledged'

run 'what is wrong is said once' 1 flows --workers 3 -r "$work/a.pcap" --ipfix udp:x
is 'one sentence' "$(wc -l <"$work/err")" 1
run 'no such file' 1 flows --workers 3 -r "$work/nosuch.pcap"

done_testing
