#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What torc flows sends, received by collectors that others wrote: packets, octets and flows are equal, no
# message is missing or malformed, and biflows arrive both ways.
. tests/tap.bash
command -v perl >/dev/null || skip_all 'perl is not installed'
# few enough for the socket of a collector that does not run for a while on a busy machine
perl tests/flows_pcap "$work/a.pcap" 100 || exit 1
torc flows --json -r "$work/a.pcap" >"$work/json" 2>/dev/null
packets=1206
bytes=$(tail -n 1 "$work/json" | sed 's/.*"ip_bytes":\([0-9]*\).*/\1/')
flows=201

# ---- nfcapd and nfdump ----

receive() { # OPTION: one run of torc flows to nfcapd; its last lines are in $said
	mkdir -p "$work/nf"
	rm -f "$work"/nf/*
	nfcapd -l "$work/nf" -b 127.0.0.1 -p 9995 -t 3600 >"$work/nfcapd" 2>&1 &
	pid=$!
	wait_for grep -q Startup "$work/nfcapd"
	wait_for sh -c "ss -uln | grep -q 127.0.0.1:9995"
	run "$1 to nfcapd" 0 flows -q -r "$work/a.pcap" "$1" udp:127.0.0.1:9995
	sleep 0.3 # it reads what is in its socket
	kill "$pid"
	wait "$pid"
	said=$(cat "$work/nfcapd")
}

if command -v nfcapd >/dev/null && command -v nfdump >/dev/null; then
	receive --ipfix
	like 'all records are acknowledged' "$err" '^ipfix:.*: 201 records = 201 acknowledged'
	like 'IPFIX: packets, octets and flows are equal' "$said" \
		"Flows: $flows, Packets: $packets, Bytes: $bytes, Sequence Errors: 0, Bad Packets: 0"
	like 'a biflow arrives both ways' \
		"$(nfdump -q -R "$work/nf" -o 'fmt:%sap %dap %ipkt %opkt %ibyt %obyt' 2>/dev/null | tr -s ' ')" \
		'10\.0\.0\.2:20000 10\.0\.0\.1:443 6 4 340 1860'
	is 'over both versions of IP' "$(nfdump -q -R "$work/nf" -o 'fmt:%sa' 'ipv6' 2>/dev/null | wc -l)" 100
	receive --netflow9
	like 'NetFlow v9: a record a direction' "$said" \
		"Flows: $((2 * flows)), Packets: $packets, Bytes: $bytes, Sequence Errors: 0, Bad Packets: 0"
else
	skip 'nfcapd' 'it is not installed'
fi

# ---- nfacctd ----

if command -v nfacctd >/dev/null; then
	# pmacct sees the first direction of a biflow only
	for option in '--one-way --ipfix' --netflow9; do
		cat >"$work/nfacctd.conf" <<CONF
daemonize: false
nfacctd_port: 9996
nfacctd_ip: 127.0.0.1
plugins: print
aggregate: proto
print_refresh_time: 2
print_output: json
print_output_file: $work/acct.json
print_output_file_append: true
logfile: $work/acct.log
CONF
		rm -f "$work/acct.json" "$work/acct.log"
		nfacctd -f "$work/nfacctd.conf" >"$work/acct.out" 2>&1 &
		pid=$!
		wait_for sh -c "ss -uln | grep -q 127.0.0.1:9996"
		# shellcheck disable=SC2086 # words
		run "$option to nfacctd" 0 flows -q -r "$work/a.pcap" $option udp:127.0.0.1:9996
		sums() {
			python3 - "$work/acct.json" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
lines = [line for line in lines if "packets" in line]
print(sum(line["packets"] for line in lines), sum(line["bytes"] for line in lines))
PY
		}
		reached() { [ "$(sums)" = "$packets $bytes" ]; }
		ok "$option: packets and octets are equal" wait_for reached
		pkill -KILL -P "$pid" # its plugin: it does not always end by itself
		kill -KILL "$pid"
		wait "$pid" 2>/dev/null
		is "$option: no message is missing" "$(grep -c -i 'sequence\|discard\|unknown template' "$work/acct.log")" 0
	done
else
	skip 'nfacctd' 'it is not installed'
fi

# ---- tshark ----

if command -v tshark >/dev/null && command -v tcpdump >/dev/null; then
	for option in --ipfix --netflow9; do
		tcpdump -i lo -w "$work/sent.pcap" -U udp port 2055 2>"$work/tcpdump" &
		pid=$!
		wait_for grep -q '^tcpdump: listening' "$work/tcpdump"
		perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(Proto => "udp", LocalAddr => "127.0.0.1:2055") or die;
			$| = 1; print "up\n"; sleep 60' >"$work/sink" &
		sink=$!
		wait_for grep -q up "$work/sink"
		run "$option past tshark" 0 flows -q -r "$work/a.pcap" "$option" udp:127.0.0.1:2055
		sleep 0.3
		kill "$pid" "$sink"
		wait "$pid" "$sink" 2>/dev/null
		tshark -r "$work/sent.pcap" -d udp.port==2055,cflow -V >"$work/tree" 2>/dev/null
		ok "$option: tshark finds flows" grep -q 'Octets: 1860' "$work/tree"
		is "$option: and nothing malformed" "$(grep -c -i 'malformed\|no template found\|expert info (error' "$work/tree")" 0
		is "$option: nor out of sequence" "$(grep -c 'expected' "$work/tree")" 0
		# and what is read by templates in other packets is what tshark reads: all octets, and who sent them
		torc dump -n --tree -r "$work/sent.pcap" >"$work/ours" 2>/dev/null
		is "$option: dump --tree has the octets that tshark has" \
			"$(sed -n 's/^        \(reverse \)\{0,1\}octetDeltaCount: //p' "$work/ours" | sort | cksum)" \
			"$(sed -n 's/^ *Octets: \([0-9]*\).*/\1/p' "$work/tree" | sort | cksum)"
		is "$option: and the addresses" \
			"$(sed -n 's/^        sourceIPv[46]Address: //p' "$work/ours" | cksum)" \
			"$(sed -n 's/^ *SrcAddr: //p' "$work/tree" | cksum)"
	done
else
	skip 'tshark' 'it or tcpdump is not installed'
fi
done_testing
