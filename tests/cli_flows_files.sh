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

# Somebody who reads no record: the end does not wait for them longer than --wait.
mkfifo "$work/stuck"
perl tests/flows_pcap "$work/many.pcap" 4000
"$TORC" flows --workers 2 --wait 300ms --queue 64 --idle 1ms --end 1ms -r "$work/many.pcap" >"$work/stuck" 2>"$work/err" &
pid=$!
exec 8<"$work/stuck"
ok 'it has begun' wait_for grep -q '^reading' "$work/err"
kill -INT $pid
wait $pid
exec 8<&-
like 'nobody reads: the account is balanced' "$(cat "$work/err")" '^packets: .*: balanced$'

run 'what is wrong is said once' 1 flows --workers 3 -r "$work/a.pcap" --ipfix udp:x
is 'one sentence' "$(wc -l <"$work/err")" 1
run 'no such file' 1 flows --workers 3 -r "$work/nosuch.pcap"

done_testing
