# SPDX-License-Identifier: BSD-3-Clause
# tap.bash - the Test Anything Protocol for the tests of the command, and what they share.
#
#	. tests/tap.bash
#	ok 'the filter is used' test "$(torc dump -r f udp | wc -l)" = 3
#	done_testing

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0 bad=0

torc() { "${TORC:?}" "$@"; }

# ok NAME COMMAND...: the command succeeds
ok() {
	local name=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count - $name"
	else
		bad=$((bad + 1))
		echo "not ok $count - $name"
		echo "#   $*"
	fi
}

# is NAME GOT WANTED: the two are the same text
is() {
	count=$((count + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $count - $1"
	else
		bad=$((bad + 1))
		echo "not ok $count - $1"
		printf 'got %s\nwant %s\n' "$2" "$3" | sed 's/^/#   /'
	fi
}

# like NAME TEXT PATTERN: a line of the text matches the extended regular expression
like() {
	count=$((count + 1))
	if printf '%s\n' "$2" | grep -Eq -- "$3"; then
		echo "ok $count - $1"
	else
		bad=$((bad + 1))
		echo "not ok $count - $1"
		printf 'no line matches %s in\n%s\n' "$3" "$2" | sed 's/^/#   /'
	fi
}

skip() { # NAME REASON
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

skip_all() { # REASON
	echo "1..0 # SKIP $1"
	exit 77
}

done_testing() {
	echo "1..$count"
	[ "$bad" = 0 ]
	exit
}

# run NAME STATUS ARGS...: torc ARGS ends with that status; what it wrote is in $out and $err
run() {
	local name=$1 want=$2 status
	shift 2
	torc "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	out=$(cat "$work/out") err=$(cat "$work/err")
	count=$((count + 1))
	if [ "$status" = "$want" ]; then
		echo "ok $count - $name"
	else
		bad=$((bad + 1))
		echo "not ok $count - $name"
		echo "#   torc $*: status $status instead of $want"
		sed 's/^/#   /' "$work/err"
	fi
}

# wait_for COMMAND...: until it succeeds, at most ten seconds
wait_for() {
	for _ in $(seq 500); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.02
	done
	return 1
}

# json_lines FILE COUNT: so many lines, each of them JSON
json_lines() {
	[ "$(wc -l <"$1")" = "$2" ] || return 1
	if command -v python3 >/dev/null; then
		python3 -c 'import json, sys
for line in open(sys.argv[1]): json.loads(line)' "$1"
	elif command -v jq >/dev/null; then
		jq -e . "$1" >/dev/null
	else
		! grep -Ev '^\{.*\}$' "$1"
	fi
}

le32() { # NUMBER: four bytes as printf wants them
	printf '\\x%02x\\x%02x\\x%02x\\x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) \
		$(($1 >> 24 & 255))
}

# make_pcap FILE COUNT [SECOND [PORT]]: UDP packets of 60 bytes to PORT, a second apart, with the
# microsecond 250000 times their number
make_pcap() {
	local second=${3:-1700000000} port=${4:-4000} i
	{
		printf '\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\x01\0\0\0'
		for i in $(seq 0 $(($2 - 1))); do
			# shellcheck disable=SC2059 # the bytes are the format
			printf "$(le32 $((second + i)))$(le32 250000)$(le32 60)$(le32 60)"
			printf '\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0'
			printf '\x45\0\0\x2e\0\0\0\0\x40\x11\x66\xbd\x0a\0\0\x01\x0a\0\0\x02'
			# shellcheck disable=SC2059
			printf "\\x04\\xd2$(printf '\\x%02x\\x%02x' $((port >> 8)) $((port & 255)))\\0\\x1a\\0\\0"
			printf 'eighteen bytes....'
		done
	} >"$1"
}

# send_udp COUNT [PORT]: datagrams from this host to itself, over the loopback
send_udp() {
	local i
	for i in $(seq "$1"); do
		echo "datagram $i" >"/dev/udp/127.0.0.1/${2:-4000}"
	done 2>/dev/null
}

# listening PID FILE: that capture has shown its banner in FILE
listening() {
	wait_for grep -q '^listening' "$2"
}
