#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# torc dump -r and torc count on files: what is printed, counted, filtered, cut, merged and converted.
. tests/tap.bash
export TZ=UTC

make_pcap "$work/a.pcap" 5
make_pcap "$work/b.pcap" 3 1700000001 4001
make_pcap "$work/many.pcap" 3000

run 'reading a file' 0 dump -r "$work/a.pcap"
is 'a line for each packet' "$(wc -l <"$work/out")" 5
like 'a line looks as with tcpdump' "$out" '^22:13:20\.250000 IP 10\.0\.0\.1\.1234 > 10\.0\.0\.2\.4000: UDP, length 18'
like 'the banner' "$err" "^reading from file $work/a.pcap, link-type EN10MB \(Ethernet\), snapshot length 262144 bytes"
like 'packets captured' "$err" '^5 packets captured$'
like 'packets received by filter' "$err" '^5 packets received by filter$'
like 'packets dropped by kernel' "$err" '^0 packets dropped by kernel$'
like 'the account' "$err" '^account: 5 seen = 5 received \+ 0 dropped: balanced$'

run '-c' 0 dump -r "$work/a.pcap" -c 2
is '-c 2 gives two lines' "$(wc -l <"$work/out")" 2
like 'one captured' "$(torc dump -r "$work/a.pcap" -c 1 2>&1)" '^1 packet captured$'
is 'a filter as the last words' "$(torc dump -r "$work/b.pcap" udp dst port 4000 2>/dev/null | wc -l)" 0
is 'the same with -f' "$(torc dump -r "$work/b.pcap" -f 'udp port 4001' 2>/dev/null | wc -l)" 3
like 'what the filter refused is in the account' "$(torc dump -r "$work/b.pcap" -r "$work/a.pcap" udp dst port 4000 2>&1 >"$work/out")" \
	'^account: 8 seen = 5 received \+ 0 dropped \+ 3 filtered: balanced$'
echo 'udp port 4001' >"$work/filter"
is 'the same with -F' "$(torc dump -r "$work/b.pcap" -F "$work/filter" 2>/dev/null | wc -l)" 3
is 'standard input' "$(torc dump -r - <"$work/a.pcap" 2>/dev/null | wc -l)" 5
is 'a pipe' "$(cat "$work/a.pcap" | torc dump -r - 2>/dev/null | wc -l)" 5

# Byte 20 of a file is its link type; libpcap names it, in the banner and for -y
cp "$work/a.pcap" "$work/radio.pcap"
printf '\177' | dd of="$work/radio.pcap" bs=1 seek=20 conv=notrunc status=none
run 'the link type of the banner is a name of -y' 0 dump -r "$work/radio.pcap" -y IEEE802_11_RADIO
like 'the banner has it' "$err" 'link-type IEEE802_11_RADIO \(802\.11 plus radiotap header\), snapshot'
run 'another link type than -y expects' 1 dump -r "$work/radio.pcap" -y EN10MB
like 'is said with the same name' "$err" 'are of link type IEEE802_11_RADIO \(802\.11 plus radiotap header\)$'
printf '\136\001' | dd of="$work/radio.pcap" bs=1 seek=20 conv=notrunc status=none
like 'a link type without a name is a number' "$(torc dump -r "$work/radio.pcap" 2>&1)" 'link-type 350, snapshot'

merged=$(torc dump -n -tt -r "$work/a.pcap" -r "$work/b.pcap" 2>/dev/null | sed 's/\..* > .*\.\([0-9]*\):.*/ \1/')
is 'two files are merged by time' "$merged" "1700000000 4000
1700000001 4000
1700000001 4001
1700000002 4000
1700000002 4001
1700000003 4000
1700000003 4001
1700000004 4000"
is '-c counts over both' "$(torc dump -r "$work/a.pcap" -r "$work/b.pcap" -c 7 2>/dev/null | wc -l)" 7

slice() { torc dump -tt -r "$work/a.pcap" "$@" 2>/dev/null | cut -c 1-10 | tr '\n' ' '; }
is '--from and --to' "$(slice --from 1700000001.25 --to 1700000003.25)" '1700000001 1700000002 '
is '--from in UTC' "$(slice --from 2023-11-14T22:13:23Z)" '1700000003 1700000004 '
is '-c counts what is in the slice' "$(slice --from 1700000002 -c 2)" '1700000002 1700000003 '

like '-t' "$(torc dump -t -r "$work/a.pcap" 2>/dev/null)" '^IP 10'
like '-ttt' "$(torc dump -ttt -r "$work/a.pcap" 2>/dev/null)" '^ 00:00:01\.000000 IP'
like '-tttt' "$(torc dump -tttt -r "$work/a.pcap" 2>/dev/null)" '^2023-11-14 22:13:24\.250000 IP'
like '--nano' "$(torc dump --nano -r "$work/a.pcap" 2>/dev/null)" '^22:13:20\.250000000 IP'
like '-e' "$(torc dump -e -r "$work/a.pcap" 2>/dev/null)" '02:00:00:00:00:01 > 02:00:00:00:00:02'
like '-v' "$(torc dump -v -r "$work/a.pcap" 2>/dev/null)" 'IP \(tos 0x0, ttl 64, id [0-9]+, offset 0, flags \[[^]]*\], proto UDP \(17\), length 46\)'
like '-v says whether checksums are right' "$(torc dump -nv -r "$work/a.pcap" 2>/dev/null)" '^    10\.[0-9.]* > 10\.[0-9.]*: \[(no cksum|udp sum ok)\] UDP, length 18'
like '-vv' "$(torc dump -vv -r "$work/a.pcap" 2>/dev/null)" 'ttl: 64'
like '--tree' "$(torc dump --tree -r "$work/a.pcap" 2>/dev/null)" 'ttl: 64'
like '--decode-as' "$(torc dump -n --decode-as udp:4000=nosuch -r "$work/a.pcap" 2>&1)" 'expected a port and a layer, such as udp:8472=vxlan'
like '--decode-as gives a port to a layer' "$(torc dump -n --json --decode-as udp:4000=payload -r "$work/b.pcap" 2>/dev/null | head -1)" '"type":"Payload"'
like '-x' "$(torc dump -x -r "$work/a.pcap" 2>/dev/null)" '0x0000:  4500 002e'
like '-xx' "$(torc dump -xx -r "$work/a.pcap" 2>/dev/null)" '0x0000:  0200 0000'
like '-X' "$(torc dump -X -r "$work/a.pcap" 2>/dev/null)" 'teen.bytes'
like '-A' "$(torc dump -A -r "$work/a.pcap" 2>/dev/null)" 'eighteen bytes\.\.\.\.$'
like '-#' "$(torc dump -# -r "$work/a.pcap" 2>/dev/null)" '^    5  22:13:24'
is '--color=always colours nothing in the data' "$(torc dump --color always -r "$work/a.pcap" 2>/dev/null)" \
	"$(torc dump -r "$work/a.pcap" 2>/dev/null)"

torc dump --json -r "$work/a.pcap" >"$work/json" 2>/dev/null
ok '--json gives a line of JSON for each packet' json_lines "$work/json" 5
like 'the keys' "$(cat "$work/json")" '^\{"timestamp_ns":1700000000250000000,"caplen":60,"len":60,"interface":'

torc count --json -q -i "pcap:$work/a.pcap" >"$work/json" 2>/dev/null
ok 'count --json ends with one account' json_lines "$work/json" 1
like 'the account' "$(cat "$work/json")" '^\{"summary":true,"device":"pcap:.*a\.pcap","engine":"file","seconds":[0-9.]*,"received":5,"dropped":0,"filtered":(null|[0-9]*),"sampled_out":0,"bytes":300,"cpu_ns_per_packet":[0-9.]*,"balanced":true'
run 'count -r' 0 count -q -r "$work/a.pcap" -r "$work/b.pcap" udp
like 'counts files' "$out" '^8 packets 480 bytes 0 dropped'
run 'count -r and -i' 2 count -r "$work/a.pcap" -i lo
run 'count for people' 0 count -q -i "pcap:$work/a.pcap"
like 'the total' "$out" '^5 packets 300 bytes 0 dropped in [0-9.]* s, [0-9.]* ns of CPU each$'
is 'sampling' "$(torc dump --sampling 5 -r "$work/a.pcap" 2>/dev/null | wc -l)" 1
like 'what sampling left out is in the account' "$(torc dump --sampling 5 -r "$work/a.pcap" 2>&1 >/dev/null)" \
	'^account: 5 seen = 1 received \+ 0 dropped \+ 4 sampled out: balanced$'

# xz and lz4, whole, two behind one another, and cut.
for kind in xz lz4; do
	if ! command -v $kind >/dev/null; then
		skip "$kind" "$kind is not installed"
		continue
	fi
	$kind -c <"$work/a.pcap" >"$work/a.pcap.$kind"
	if torc dump -r "$work/a.pcap.$kind" 2>&1 | grep -q 'this build'; then
		skip "$kind" 'built without it'
		continue
	fi
	run "$kind is read" 0 dump -r "$work/a.pcap.$kind"
	is 'all of it' "$(wc -l <"$work/out")" 5
	{ head -c 100 "$work/a.pcap" | $kind -c; tail -c +101 "$work/a.pcap" | $kind -c; } >"$work/two.$kind"
	is 'two behind one another' "$(torc dump -r "$work/two.$kind" --count 2>/dev/null)" '5 packets'
	is 'from a pipe' "$(cat "$work/two.$kind" | torc dump -r - --count 2>/dev/null)" '5 packets'
	head -c $(($(stat -c %s "$work/a.pcap.$kind") - 20)) "$work/a.pcap.$kind" >"$work/cut.$kind"
	run 'one that is cut fails' 1 dump -r "$work/cut.$kind"
	like 'and says so' "$err" "the $kind data ends early"
	run "$kind is not written" 1 dump -r "$work/a.pcap" -w "$work/b.pcap.$kind"
	like 'and says what is' "$err" 'write \.gz or \.zst'
done

like 'what -Q left out is in the account' "$(torc dump -Q tx -r fuzz/corpus/pcap/pcapng-le 2>&1 >/dev/null)" \
	'^account: 6 seen = 5 received \+ 0 dropped \+ 1 other direction: balanced$'
like "and another member's share" "$(for share in 1/2 2/2; do # one flow: it is one of them's
	torc count -q -i "pcap:$work/many.pcap;member=$share" --cluster 7 2>&1
done)" '^account: 3000 seen = 0 received \+ 0 dropped \+ 3000 other member: balanced$'

# Output that goes away or cannot be written.
status=$({ torc dump -v -r "$work/many.pcap" 2>"$work/err"; echo $? >"$work/status"; } | head -n 1 >/dev/null
	cat "$work/status")
is 'a broken pipe is no failure' "$status" 0
ok 'and is not talked about' test -z "$(grep -i 'pipe\|write' "$work/err")"
torc dump -r "$work/many.pcap" >/dev/full 2>"$work/err"
is 'a full disk is' $? 1
like 'and is named' "$(cat "$work/err")" 'No space left'

# A file that is cut: every whole packet, then the error.
head -c 250 "$work/a.pcap" >"$work/cut.pcap"
run 'a cut file fails' 1 dump -r "$work/cut.pcap"
is 'after all whole packets' "$(wc -l <"$work/out")" 2
like 'and says where' "$err" 'byte'
head -c 60 "$work/a.pcap" >"$work/first.pcap"
run 'one whose first record is cut fails with -w too' 1 dump -r "$work/first.pcap" -w "$work/none.pcap"
like 'and says where' "$err" 'byte 24'
run 'one cut file of several fails' 1 dump -r "$work/cut.pcap" -r "$work/b.pcap"
is 'after all whole packets of all' "$(wc -l <"$work/out")" 5
like 'and says which' "$err" 'cut\.pcap: byte .*; the other files go on'
run 'one that is no capture file too' 1 dump -r "$work/filter" -r "$work/b.pcap"
is 'after the others' "$(wc -l <"$work/out")" 3
run 'none of several' 1 dump -r "$work/filter" -r "$work/filter"

done_testing
