# SPDX-License-Identifier: BSD-3-Clause
# faults.bash - runs of the command with a fault in them, for cli_faults.sh and cli_calls.sh

fail=$PWD/${B:-build}/tests/preload/fail.so
FAIL_FROM=0 LD_PRELOAD=$fail "$TORC" --version >/dev/null 2>&1 ||
	skip_all 'nothing can be preloaded here (a sanitizer?)'
FAULTS_SEED=${FAULTS_SEED:-$RANDOM}
echo "# FAULTS_SEED=$FAULTS_SEED"

# some N: so many of the lines of standard input, by chance; FAULTS=N: of each N, FAULTS=all: all
some() {
	[ "${FAULTS:-}" = all ] && exec cat
	shuf -n "${FAULTS:-$1}" --random-source=<(yes "$FAULTS_SEED$name")
}

# run_once LIMIT COMMAND...: its status, the output in $work/out, the sentences in $work/err
run_once() {
	timeout -k 1 "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	last_runs=$((last_runs + 1))
}

# wrong [WORDLESS]: what is wrong with the last run, if anything; WORDLESS: its words may be lost
wrong() {
	case $status in
	0 | 1 | 2 | 3) ;;
	*) echo "status $status" ;;
	esac
	grep -a -m 1 'NOT balanced' "$work/err"
	grep -a -m 1 'Sanitizer' "$work/err"
	[ $status != 0 ] || [ -z "$check" ] || $check || echo 'not all is there'
	[ $status = 0 ] || [ -s "$work/err" ] || [ -n "${1:-}" ] || echo "status $status and no word"
}

all_printed() { [ "$(wc -l <"$work/out")" -ge 40 ]; }
all_written() { [ "$(env -u LD_PRELOAD "$TORC" dump -n --sandbox=off -r "$work/w" 2>/dev/null | wc -l)" = 40 ]; }
