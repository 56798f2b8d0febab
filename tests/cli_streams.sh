# SPDX-License-Identifier: BSD-3-Clause
# cli_streams.sh - torc streams: lines, events, JSON, bytes, files, options that make no sense
. tests/tap.bash

# One connection: SYN, SYN/ACK, ACK; AAAAAAAA at 4, BBBBBBBB at 8, hhhh at 0; both FINs, and the ACK
# behind them.
base64 -d >"$work/c.pcap" <<'END'
1MOyoQIABAAAAAAAAAAAAAAABABlAAAAAPFTZQAAAAAoAAAAKAAAAEUAACgAAQAAQAZmuwoJAAEKCQACnEIAUAAAA+gAAAAA
UAL///tTAAAA8VNl6AMAACgAAAAoAAAARQAAKAABAABABma7CgkAAgoJAAEAUJxCAAATiAAAA+lQEv//57oAAADxU2XQBwAA
KAAAACgAAABFAAAoAAEAAEAGZrsKCQABCgkAApxCAFAAAAPpAAATiVAQ///nuwAAAPFTZbgLAAAwAAAAMAAAAEUAADAAAQAA
QAZmswoJAAEKCQACnEIAUAAAA+0AABOJUBj//+KiAABBQUFBQUFBQQDxU2WgDwAAMAAAADAAAABFAAAwAAEAAEAGZrMKCQAB
CgkAApxCAFAAAAPxAAATiVAY///emgAAQkJCQkJCQkIA8VNliBMAACwAAAAsAAAARQAALAABAABABma3CgkAAQoJAAKcQgBQ
AAAD6QAAE4lQGP//Ft8AAGhoaGgA8VNlcBcAACgAAAAoAAAARQAAKAABAABABma7CgkAAgoJAAEAUJxCAAATiQAAA/lQEP//
56sAAADxU2VYGwAAKAAAACgAAABFAAAoAAEAAEAGZrsKCQABCgkAApxCAFAAAAP5AAATiVAR///nqgAAAPFTZUAfAAAoAAAA
KAAAAEUAACgAAQAAQAZmuwoJAAIKCQABAFCcQgAAE4kAAAP6UBH//+epAAAA8VNlKCMAACgAAAAoAAAARQAAKAABAABABma7
CgkAAQoJAAKcQgBQAAAD+gAAE4pQEP//56kAAA==
END

run 'a file' 0 streams -r "$work/c.pcap"
like 'a line for the connection' "$out" \
	'^2023-11-14 22:13:20\.000000 1 10\.9\.0\.1:40002 > 10\.9\.0\.2:80 syn fin .*: sent 16 bytes in 6 packets, 4 twice, 4 of them different; received 0 bytes in 3 packets$'
is 'and no other' "$(wc -l <"$work/out")" 1
like 'the account of the connections' "$err" '^connections: 1 opened = 1 by FIN$'
like 'and of the bytes' "$err" '^payload: 20 bytes = 16 delivered \+ 4 twice: balanced$'
run 'quietly' 0 streams -q -r "$work/c.pcap"
is 'nothing but the line' "$err" ''

run 'events' 0 streams -q --events -r "$work/c.pcap"
is 'in the order in which they came' "$(cut -d ' ' -f 4-7 "$work/out" | head -n 5)" \
'open syn 10.9.0.1:40002 >
overlap different client 8+4
data client 0+4 packet
data client 4+8 packet
data client 12+4 packet'
run 'JSON' 0 streams -q --events --json -r "$work/c.pcap"
ok 'every line of it' json_lines "$work/out" 7
like 'the bytes that the first one brought' "$out" \
	'"event":"data","stream":1,.*"packet":4,"side":"client","offset":4,"length":8}'
like 'the account is the last' "$(tail -n 1 "$work/out")" '^{"event":"account","balanced":true'

run 'the bytes of a connection' 0 streams -q --follow 1 -r "$work/c.pcap"
is 'by the rules of Linux' "$out" hhhhAAAAAAAABBBB
run 'by those of another system' 0 streams -q --follow 1 --policy solaris -r "$work/c.pcap"
is 'others' "$out" hhhhAAAABBBBBBBB
run 'by network' 0 streams -q --follow 1 --policies 10.9.0.2/32=last -r "$work/c.pcap"
is 'those too' "$out" hhhhAAAABBBBBBBB
run 'one that is not there' 1 streams -q --follow 2 -r "$work/c.pcap"
like 'says how many there are' "$err" 'no connection 2: there are 1'
run 'gaps are marked' 0 streams -q --follow 1 -r "$work/c.pcap" 'len != 44'
is 'not filled' "$out" '[4 bytes missing]AAAAAAAABBBB'

run 'files' 0 streams -r "$work/c.pcap" --write "$work/flows"
is 'a file a direction that had bytes' "$(ls "$work/flows")" \
	010.009.000.001.40002-010.009.000.002.00080
is 'with its bytes' "$(cat "$work/flows"/*)" hhhhAAAAAAAABBBB
like 'and says so' "$err" '1 files written'
run 'again' 0 streams -q -r "$work/c.pcap" --write "$work/flows"
is 'beside the first' "$(ls "$work/flows" | tail -n 1)" \
	010.009.000.001.40002-010.009.000.002.00080c1
run 'a folder that cannot be' 1 streams -q -r "$work/c.pcap" --write "$work/c.pcap"
like 'says so' "$err" 'c\.pcap: Not a directory'

run 'a policy that is not there' 2 streams -q --policy beos -r "$work/c.pcap"
like 'lists those that are' "$err" 'beos.*linux, first, last, bsd'
run 'too little memory' 2 streams -q --waiting 1KiB -r "$work/c.pcap"
like 'says how much it can be' "$err" '256 KiB'
run 'bytes and JSON' 2 streams --follow 1 --json -r "$work/c.pcap"
run 'delivered when acknowledged' 0 streams -q --events --when-acked -r "$work/c.pcap"
is 'by the packet with the ACK' "$(grep -c ' data client ' "$work/out")" 3

done_testing
