# SPDX-License-Identifier: BSD-3-Clause
# System calls that fail in each command, a storm of signals while it works, and outputs that are full
# or closed: it ends with an error and a sentence or with all there is to have; it neither crashes nor
# hangs, and its account balances. docs/security.md: FAULTS.
. tests/tap.bash
. tests/faults.bash
make_pcap "$work/in.pcap" 40

mkdir "$work/streams"

# ---- system calls ----

# calls NAME [CHECK] -- ARGS...: with some of the calls failing that the command makes
calls() {
	local name=$1 fault at word bad_ones='' check=''
	shift
	[ "$1" = -- ] || { check=$1; shift; }
	shift
	last_runs=0
	run_once 20 env FAIL_CALLS="$work/calls" LD_PRELOAD="$fail" "$TORC" "$@"
	[ "$status" = 97 ] && { skip "$name" 'this kernel has no syscall user dispatch'; return; }
	bad_ones+=$(wrong | sed 's/^/ without a fault: /')
	while read -r fault at word; do
		run_once 20 env FAIL_CALL="$fault" FAIL_AT="$at" LD_PRELOAD="$fail" "$TORC" "$@"
		bad_ones+=$(wrong "$(expr "$word" : 'write.*')" | sed "s/^/ $word $at: /")
	done < <(awk '{ for (i = 1; i <= $2; i++) print $1, i, $3 "-" $4 }' "$work/calls" | some 24)
	is "$name: $last_runs runs with a call that fails" "$bad_ones" ''
}

ln -sf "$work/w.pcap" "$work/w"
calls 'dump -r' all_printed -- dump -n -r "$work/in.pcap"
calls 'dump -r -w' all_written -- dump -r "$work/in.pcap" -w "$work/w.pcap"
ln -sf "$work/w.pcapng.gz" "$work/w"
calls 'dump -r -w, packed' all_written -- dump -r "$work/in.pcap" -w "$work/w.pcapng.gz"
calls 'dump --set, --mtu, --json' -- dump -r "$work/in.pcap" --set ipv4.ttl=9 --mtu 100 --json
calls 'dump -i' -- dump -n -i lo --for 0.05s
calls 'dump -i -w, files that rotate' -- dump -i lo --for 0.05s -w "$work/l.pcapng" -G 1 -W 2
calls 'dump, a cluster' -- dump -n -i lo --for 0.05s --cluster 4
calls 'dump, several interfaces' -- dump -n -i lo -i any --for 0.05s
calls 'count -r' -- count -r "$work/in.pcap"
calls 'count -i' -- count -i lo --for 0.05s
calls 'count, a cluster' -- count -i lo --for 0.05s --cluster 4:round-robin
calls 'streams -r' -- streams -r "$work/in.pcap"
calls 'streams -i --write' -- streams -i lo --for 0.05s --write "$work/streams"
calls 'flows -r' -- flows -r "$work/in.pcap"
calls 'flows -r --json' -- flows -r "$work/in.pcap" --json
calls 'flows -r, a file' -- flows -r "$work/in.pcap" --ipfix "$work/f.ipfix"
calls 'flows -r, collectors' -- flows -r "$work/in.pcap" --ipfix udp:127.0.0.1:4739 \
	--netflow9 udp:127.0.0.1:2055 --wait 0.1s
calls 'flows -i --workers' -- flows -i lo --for 0.05s --workers 2
calls 'send, made' -- send -i lo -c 20 --way send
calls 'send, any way' -- send -i lo -c 20
calls 'send a file' -- send -i lo -r "$work/in.pcap" --topspeed
calls 'rings' -- rings
calls 'rings --prometheus' -- rings --prometheus
calls 'rings --pf-ring' -- rings --pf-ring
calls 'devices' -- devices

# ---- signals ----

# storm NAME CHECK ARGS...: 3000 signals a second
storm() {
	local name=$1 check=$2
	shift 2
	run_once 60 env FAIL_STORM=3000 LD_PRELOAD="$fail" "$TORC" "$@"
	is "signals, 3000 a second: $name" "$status$(wrong)" 0
}

# same NAME ARGS...: its output is what it is without signals
same() {
	local name=$1
	shift
	"$TORC" "$@" >"$work/plain" 2>/dev/null </dev/null
	storm "$name" '' "$@"
	ok "and what it says: $name" cmp -s "$work/plain" "$work/out"
}
same 'dump -r' dump -n -r "$work/in.pcap"
same 'dump -r --json' dump -r "$work/in.pcap" --json
ln -sf "$work/storm.pcap.gz" "$work/w"
storm 'dump -r -w' all_written dump -r "$work/in.pcap" -w "$work/storm.pcap.gz"
same 'streams -r' streams -r "$work/in.pcap"
same 'flows -r' flows -r "$work/in.pcap"
same 'devices --json' devices --json
same 'rings' rings
storm 'count -r' '' count -r "$work/in.pcap"
like 'counts all' "$(cat "$work/out")" '^40 packets'
storm 'count -i' '' count -i lo --for 0.1s
storm 'flows -i' '' flows -i lo --for 0.1s
storm 'streams -i' '' streams -i lo --for 0.1s
storm 'send' '' send -i lo -c 2000 --pps 20000
like 'all were sent' "$(cat "$work/out")" '^2000 packets'
FAIL_STORM=3000 LD_PRELOAD=$fail "$TORC" dump -n -i lo -c 50 udp port 4000 >"$work/out" 2>"$work/err" &
pid=$!
listening $pid "$work/err"
send_udp 50
wait $pid
is 'signals: a capture counts to 50' "$?$(wc -l <"$work/out")" 050
like 'and its account balances' "$(cat "$work/err")" ': balanced$'

# ---- outputs that take nothing ----

# full ARGS...: what it prints cannot be written, and it says so
full() {
	local name=$*
	name=${name//$work\//}
	"$TORC" "$@" >/dev/full 2>"$work/err" </dev/null
	is "full: $name" $? 1
	like 'and says so' "$(cat "$work/err")" '^torc: .*No space left on device'
	"$TORC" "$@" >&- 2>"$work/err" </dev/null
	is "closed: $name" $? 1
	like 'and says so' "$(cat "$work/err")" '^torc: '
}
full dump -n -r "$work/in.pcap"
full dump -r "$work/in.pcap" --json
full dump -r "$work/in.pcap" -w -
full dump -r "$work/in.pcap" --count
full dump -D
full count -r "$work/in.pcap"
full count -q -i lo --for 0.05s
full flows -r "$work/in.pcap"
full flows -r "$work/in.pcap" --json
full send -i lo -c 5 --way send
full rings
full rings --prometheus
full devices
full --help
"$TORC" dump -r "$work/in.pcap" -w "$work/held.pcap" --print -n >&- 2>/dev/null
is 'what is printed to a closed output goes to no file' "$(torc dump -n -r "$work/held.pcap" 2>/dev/null | wc -l)" 40
run 'a full disk: dump -w' 1 dump -r "$work/in.pcap" -w /dev/full
like 'is said' "$err" 'No space left on device'
run 'a full disk: flows --ipfix' 1 flows -r "$work/in.pcap" --ipfix /dev/full
like 'is said too' "$err" 'No space left on device'

done_testing
