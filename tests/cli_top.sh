#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# torc top: tables, the picture on a terminal, keys, and hostile names
. tests/tap.bash
trap 'kill $children 2>/dev/null; rm -rf "$work"' EXIT
children=

run 'no ring' 0 top -c 1
is 'a heading and nothing else' "$(wc -l <"$work/out")" 1
for wrong in '--sort age' '-c 0' 'word'; do
	# shellcheck disable=SC2086 # words
	run "usage: $wrong" 2 top $wrong
done

name=$'e\e[2Jvil'
"$TORC" count -i lo udp port 4000 --cluster 7 --application-name "$name" >/dev/null 2>&1 &
children="$children $!"
pid=$!
"$TORC" dump -i lo -w "$work/other.pcap" tcp port 4001 >/dev/null 2>&1 &
children="$children $!"
wait_for eval '[ "$(torc rings | grep -c "lo .* on ")" = 2 ]' || skip_all 'rings cannot be opened here'
(while :; do send_udp 20; sleep 0.05; done) &
children="$children $!"

told() { torc top -c 2 >"$work/top" && grep -Eq -- "$1" "$work/top"; }
ok 'a rate that is not 0, its share, its account' \
	wait_for told "^ *$pid .* lo +tpacket_v3 +[1-9][0-9.]* ?k? .* 7 +100% balanced$"
is 'no name steers the terminal' "$(grep -c $'\e' "$work/top")" 0
like 'it is told all the same' "$(cat "$work/top")" "^ *$pid e.x1b\[2Jvil"
is 'only one' "$(torc top -c 1 --only 'tcp port' | wc -l)" 2
is 'by process' "$(torc top -c 1 --only "$pid" | tail -n 1 | awk '{ print $1 }')" "$pid"
like 'the busiest first' "$(torc top -c 3 | tail -n 2 | head -n 1)" "^ *$pid "
"$TORC" top --for 300ms >/dev/null
is 'it ends after a time' $? 0

if command -v script >/dev/null; then
	{
		sleep 1.5; printf 'n'
		sleep 0.2; printf '/dump\n'
		sleep 0.2; printf '/zzz\n'
		sleep 0.2; printf 'q'
		sleep 2
	} | timeout 20 script -qec "stty rows 10 cols 90; $TORC top; echo status \$?; stty -a" /dev/null >"$work/terminal" 2>&1
	text=$(tr '\r' '\n' <"$work/terminal")
	like 'the picture has a head' "$text" 'torc top   2 rings  '
	like 'sorted by name, after n' "$text" 'now name'
	like 'a word is typed' "$text" '/ filter: dump'
	like 'it ends with q' "$text" 'status 0'
	like 'the terminal is as it was' "$text" ' icanon.* echo | echo .*icanon|icanon'
	is 'it left the other screen' "$(grep -c $'\e\[?1049l' "$work/terminal")" 1
	is 'no line is longer than the terminal' "$(sed 's/\x1b\[[0-9;?]*[a-zA-Z]//g' "$work/terminal" | tr -d '\r' |
		sed '/^status/,$d' | awk 'length > 90' | wc -l)" 0
else
	skip 'the picture' 'script(1) is not installed'
fi
done_testing
