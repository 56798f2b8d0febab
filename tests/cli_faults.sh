# SPDX-License-Identifier: BSD-3-Clause
# Memory that runs out at each allocation of each command: it ends with an error or with all there is
# to have, and an account that balances; it neither crashes nor hangs. docs/security.md: FAULTS.
. tests/tap.bash
. tests/faults.bash
make_pcap "$work/in.pcap" 40

# memory NAME [CHECK] -- ARGS...: with each of some allocations failing, alone and with all behind it
memory() {
	local name=$1 total at bad_ones='' check=''
	shift
	[ "$1" = -- ] || { check=$1; shift; }
	shift
	last_runs=0
	run_once 10 env FAIL_COUNT="$work/count" LD_PRELOAD="$fail" "$TORC" "$@"
	total=$(cat "$work/count" 2>/dev/null)
	for at in $(seq "${total:-0}" | some 12); do
		run_once 10 env FAIL_FROM="$at" LD_PRELOAD="$fail" "$TORC" "$@"
		bad_ones+=$(wrong | sed "s/^/ once, $at: /")
		run_once 10 env FAIL_ALL=1 FAIL_FROM="$at" LD_PRELOAD="$fail" "$TORC" "$@"
		bad_ones+=$(wrong | sed "s/^/ all from $at: /")
	done
	is "$name: $last_runs runs, ${total:-no} allocations" "$bad_ones" ''
}

# -n: glibc reads the names of services, and NSS of 2.36 does not stand a want of memory
memory 'dump -r' all_printed -- dump -n -r "$work/in.pcap"
memory 'dump -r --json' all_printed -- dump -n -r "$work/in.pcap" --json
memory 'dump -r -w' all_written -- dump -n -r "$work/in.pcap" -w "$work/w" --mode 600
for kind in pcapng pcap.gz pcap.zst; do
	ln -sf "$work/w.$kind" "$work/w"
	memory "dump -r -w $kind" all_written -- dump -n -r "$work/in.pcap" -w "$work/w.$kind"
done
memory 'dump -r --defrag, a filter' all_printed -- dump -n -r "$work/in.pcap" --defrag udp
memory 'count -r' -- count -r "$work/in.pcap"
memory 'streams -r' -- streams -r "$work/in.pcap"
memory 'flows -r' -- flows -r "$work/in.pcap"
memory 'send' -- send -i lo -c 20 --way send
memory 'send, any way' -- send -i lo -c 20
memory 'count -i' -- count -i lo --for 0.05s
memory 'count, a cluster' -- count -i lo --for 0.05s --cluster 4
memory 'dump -i -w' -- dump -n -i lo --for 0.05s -w "$work/live.pcap"
memory 'rings' -- rings
memory 'devices' -- devices

done_testing
