# SPDX-License-Identifier: BSD-3-Clause
# Faults: memory that runs out at each allocation, system calls that fail, a storm of signals. Each
# command ends with an error or with all there is to have, and an account that balances; it neither
# crashes nor hangs. FAULTS=N: so many places of each command (20).
. tests/tap.bash

fail=${B:-build}/tests/preload/fail.so
places=${FAULTS:-20}
FAIL_FROM=0 LD_PRELOAD=$PWD/$fail "$TORC" --version >/dev/null 2>&1 ||
	skip_all 'nothing can be preloaded here (a sanitizer?)'
make_pcap "$work/in.pcap" 40

# run_once LIMIT COMMAND...: its status, the output in $work/out, the sentences in $work/err
run_once() {
	timeout -k 1 "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	last_runs=$((last_runs + 1))
}

# wrong: what is wrong with the last run, if anything
wrong() {
	case $status in
	0 | 1 | 2 | 3) ;;
	*) echo "status $status" ;;
	esac
	grep -a -m 1 'NOT balanced' "$work/err"
	grep -a -m 1 'Sanitizer' "$work/err"
	[ $status != 0 ] || [ -z "$check" ] || $check || echo 'not all is there'
	[ $status = 0 ] || [ -s "$work/err" ] || echo "status $status and no word"
}

# memory NAME [CHECK] -- ARGS...: with each of some allocations failing, alone and with all behind it
memory() {
	local name=$1 total at step bad_ones='' check=''
	shift
	[ "$1" = -- ] || { check=$1; shift; }
	shift
	last_runs=0
	run_once 10 env FAIL_COUNT="$work/count" LD_PRELOAD="$PWD/$fail" "$TORC" "$@"
	total=$(cat "$work/count" 2>/dev/null)
	step=$((total / places + 1))
	for at in $(seq 1 $step "${total:-0}"); do
		run_once 10 env FAIL_FROM="$at" LD_PRELOAD="$PWD/$fail" "$TORC" "$@"
		bad_ones+=$(wrong | sed "s/^/ once, $at: /")
		run_once 10 env FAIL_ALL=1 FAIL_FROM="$at" LD_PRELOAD="$PWD/$fail" "$TORC" "$@"
		bad_ones+=$(wrong | sed "s/^/ all from $at: /")
	done
	is "$name: $last_runs runs, ${total:-no} allocations" "$bad_ones" ''
}

all_printed() { [ "$(wc -l <"$work/out")" -ge 40 ]; }
all_written() { [ "$(env -u LD_PRELOAD "$TORC" dump -n --sandbox=off -r "$work/w" 2>/dev/null | wc -l)" = 40 ]; }

memory 'dump -r' all_printed -- dump -r "$work/in.pcap"
memory 'dump -r --json' all_printed -- dump -r "$work/in.pcap" --json
memory 'dump -r -w' all_written -- dump -r "$work/in.pcap" -w "$work/w" --mode 600
for kind in pcapng pcap.gz pcap.zst; do
	ln -sf "$work/w.$kind" "$work/w"
	memory "dump -r -w $kind" all_written -- dump -r "$work/in.pcap" -w "$work/w.$kind"
done
memory 'dump -r --defrag, a filter' all_printed -- dump -r "$work/in.pcap" --defrag udp
memory 'count -r' -- count -r "$work/in.pcap"
memory 'streams -r' -- streams -r "$work/in.pcap"
memory 'flows -r' -- flows -r "$work/in.pcap"
memory 'send' -- send -i lo -c 20 --way send
memory 'send, any way' -- send -i lo -c 20
memory 'count -i' -- count -i lo --for 0.05s
memory 'count, a cluster' -- count -i lo --for 0.05s --cluster 4
memory 'dump -i -w' -- dump -i lo --for 0.05s -w "$work/live.pcap"
memory 'rings' -- rings
memory 'devices' -- devices

# ---- system calls ----

count_of() { awk -v call="$1" '$NF == call || $(NF - 1) == call { print $4; exit }' "$2"; }

# calls NAME [CHECK] -- ARGS...: with some of the calls failing that the command makes
calls() {
	local name=$1 call error total at bad_ones='' check=''
	shift
	[ "$1" = -- ] || { check=$1; shift; }
	shift
	last_runs=0
	strace -f -qq -c -S calls -o "$work/before" "$TORC" --version >/dev/null 2>&1
	strace -f -qq -c -S calls -o "$work/table" "$TORC" "$@" >/dev/null 2>&1 </dev/null
	while read -r call error; do
		# the first are those of ld.so, which may do as it likes
		first=$(count_of "$call" "$work/before")
		total=$(count_of "$call" "$work/table")
		for at in $(seq "${total:-0}" -1 $((${first:-0} + 1)) | head -n $((places / 4))); do
			run_once 20 strace -f -qq --seccomp-bpf -o /dev/null -e "trace=$call" \
				-e "inject=$call:error=$error:when=$at" "$TORC" "$@"
			bad_ones+=$(wrong | sed "s/^/ $call $at $error: /")
		done
	done <<-END
		mmap ENOMEM
		openat EMFILE
		read EIO
		pread64 EIO
		write ENOSPC
		fstat EIO
		lseek EIO
		ftruncate EIO
		close EIO
		socket EMFILE
		setsockopt ENOMEM
		getsockopt ENOMEM
		bind ENOMEM
		ioctl EIO
		epoll_create1 EMFILE
		epoll_ctl ENOMEM
		eventfd2 EMFILE
		clone3 EAGAIN
		poll EINTR
		recvmsg ENOMEM
		rename EIO
		unlink EIO
		landlock_create_ruleset ENOSYS
		landlock_add_rule ENOMEM
		seccomp ENOSYS
		capset EPERM
		prctl EINVAL
		tgkill EAGAIN
	END
	is "$name: $last_runs runs with a call that fails" "$bad_ones" ''
}
if strace -f -qq --seccomp-bpf -o /dev/null -e trace=close -e inject=close:error=EIO:when=9999 true 2>/dev/null; then
	ln -sf "$work/w.pcap" "$work/w"
	calls 'dump -r -w' all_written -- dump -r "$work/in.pcap" -w "$work/w.pcap"
	calls 'count -i' -- count -i lo --for 0.05s
else
	skip 'system calls that fail' 'strace(1) cannot inject errors here'
fi

# ---- signals ----

storm() {
	local name=$1 check=$2
	shift 2
	run_once 60 env FAIL_STORM=3000 LD_PRELOAD="$PWD/$fail" "$TORC" "$@"
	is "signals, 3000 a second: $name" "$status$(wrong)" 0
}
storm 'dump -r' all_printed dump -r "$work/in.pcap"
ln -sf "$work/storm.pcap.gz" "$work/w"
storm 'dump -r -w' all_written dump -r "$work/in.pcap" -w "$work/storm.pcap.gz"
storm 'send' '' send -i lo -c 2000 --pps 20000
like 'all were sent' "$(cat "$work/out")" '^2000 packets'
FAIL_STORM=3000 LD_PRELOAD=$PWD/$fail "$TORC" dump -n -i lo -c 50 udp port 4000 >"$work/out" 2>"$work/err" &
pid=$!
listening $pid "$work/err"
send_udp 50
wait $pid
is 'signals: a capture counts to 50' "$?$(wc -l <"$work/out")" 050
like 'and its account balances' "$(cat "$work/err")" ': balanced$'

done_testing
