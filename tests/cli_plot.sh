#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# torc count --plot, torc flows --plot: pictures that are XML, have what was counted, and stay small
. tests/tap.bash
make_pcap "$work/a.pcap" 50

is_picture() { # FILE
	[ "$(grep -c '<svg ' "$1")" = 1 ] && [ "$(tail -n 1 "$1")" = '</svg>' ] && ! grep -Eq 'nan|inf|http[^"]*//[^w]' "$1" || return 1
	if command -v python3 >/dev/null; then
		python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$1"
	fi
}

run 'of a file' 0 count -r "$work/a.pcap" -q --plot "$work/a.svg" 'udp and len < 100'
ok 'a picture' is_picture "$work/a.svg"
like 'its title has the figures' "$(cat "$work/a.svg")" 'a\.pcap udp and len &lt; 100: 50 packets received, 0 dropped</title>'
run 'of flows' 0 flows -r "$work/a.pcap" --plot "$work/f.svg"
ok 'a picture too' is_picture "$work/f.svg"
like 'with flows' "$(cat "$work/f.svg")" '50 packets, 1 flows'
run 'a folder that there is not' 1 count -r "$work/a.pcap" --plot "$work/none/a.svg"
like 'is told' "$err" 'none/a.svg: No such file'
run 'several workers' 2 flows -r "$work/a.pcap" --workers 2 --plot "$work/w.svg"
if [ -c /dev/full ]; then
	run 'a full disk' 1 count -r "$work/a.pcap" -q --plot /dev/full
	like 'is told' "$err" '/dev/full: cannot be written'
fi

"$TORC" count -i lo --plot "$work/live.svg" udp port 4000 >"$work/log" 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null; rm -rf "$work"' EXIT
listening "$pid" "$work/log" || {
	skip "a live one" "rings cannot be opened here"
	done_testing
}
for _ in $(seq 10); do send_udp 20; sleep 0.1; done
kill -TERM "$pid"
wait "$pid"
is 'a live one, confined' $? 0
ok 'is a picture' is_picture "$work/live.svg"
like 'of what came' "$(cat "$work/live.svg")" 'lo udp port 4000: 200 packets received'
like 'with a line' "$(cat "$work/live.svg")" '<path class="s0" d="M[0-9.]+ [0-9.]+L'
done_testing
