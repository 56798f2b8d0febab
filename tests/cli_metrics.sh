#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# torc rings --openmetrics, --prometheus, --listen: what promtool and Prometheus make of it, and what
# clients that are slow, many or wrong do to it.
. tests/tap.bash
command -v perl >/dev/null || skip_all 'perl is not installed'
trap 'kill $children 2>/dev/null; rm -rf "$work"' EXIT
children=

is_there() { # PATTERN: a line of the metrics matches
	torc rings --openmetrics | grep -Eq -- "$1"
}

# ---- the text ----

run 'no ring' 0 rings --openmetrics
is 'an end' "$(tail -n 1 "$work/out")" '# EOF'
like 'a version' "$out" '^torc_build_info\{version="[0-9.]+"\} 1$'
like 'no rings' "$out" '^torc_rings 0$'
for wrong in '--openmetrics --json' '--listen 1:2:3' '--listen host:80' '--listen :80' '--listen 127.0.0.1:99999' \
	'--listen 127.0.0.1:' '--openmetrics --listen 1'; do
	# shellcheck disable=SC2086 # words
	run "usage: $wrong" 2 rings $wrong
done

name=$'a"b\\c\nd\xff\e[1m'
"$TORC" count -i lo udp port 4000 --application-name "$name" >/dev/null 2>&1 &
children="$children $!"
wait_for is_there '^torc_ring_enabled\{.*\} 1$' || skip_all 'rings cannot be opened here'
send_udp 7
labels='application="a\\"b\\\\x5cc\\\\x0ad\\\\xff\\\\x1b\[1m",device="lo",pid="[0-9]+",ring="[0-9]+",uid="[0-9]+"'
ok 'the packets, with labels in which nothing can hurt' \
	wait_for is_there "^torc_ring_packets_total\{$labels,result=\"received\"\} 7\$"
text=$(torc rings --openmetrics)
like 'bytes' "$text" '^torc_ring_received_bytes_total\{.*\} [1-9][0-9]*$'
like 'drops' "$text" '^torc_ring_packets_total\{.*result="dropped"\} 0$'
like 'the account' "$text" '^torc_ring_account_balanced\{.*\} 1$'
like 'the engine' "$text" '^torc_ring_info\{.*engine="tpacket_v[23]".*\} 1$'
like 'a time' "$text" '^torc_ring_opened_timestamp_seconds\{.*\} [0-9]{10}\.[0-9]{9}$'
is 'what cannot be known is left out' "$(grep -c 'result="filtered"' <<<"$text")" 0
is 'no control character is in it' "$(tr -d '\n' <<<"$text" | tr -cd '\000-\037\177-\377' | wc -c)" 0
is 'families are whole' \
	"$(sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' <<<"$text" | sort | uniq -d)" ''
if command -v promtool >/dev/null; then
	torc rings --prometheus >"$work/text"
	ok 'promtool check metrics finds nothing' promtool check metrics <"$work/text"
	is 'and said so' "$(promtool check metrics <"$work/text" 2>&1)" ''
else
	skip 'promtool check metrics' 'prometheus is not installed'
fi

# Two files with the number of one ring: twice the same series would make a scraper refuse all.
folder=$(dirname "$(find /run -path '*/torc/*' -name '[0-9]*.[0-9]*' | head -n 1)")
if [ "$folder" != . ]; then
	real=$(find "$folder" -name '[0-9]*.[0-9]*' | head -n 1)
	copy=$folder/$(basename "$real" | sed 's/\..*//').9999
	cp "$real" "$copy"
	flock -x "$copy" sleep 60 &
	children="$children $!"
	ok 'of two with one number one is left out' wait_for is_there '^torc_rings_left_out 1$'
	is 'the other is there once' "$(torc rings --openmetrics | grep -c '^torc_ring_enabled{')" 1
	rm "$copy"
else
	skip 'two rings with one number' 'no folder of rings is found'
fi

# A program that knows PF_RING's interface only.
cat >"$work/old.c" <<-'END'
	#include <pfring.h>
	#include <unistd.h>

	int main(void)
	{
		pfring *ring = pfring_open("lo", 128, 0);

		if (!ring || pfring_set_application_name(ring, (char *)"old") < 0 || pfring_enable_ring(ring) < 0)
			return 1;
		return (int)sleep(60);
	}
END
if "${CC:-gcc}" -o "$work/old" "$work/old.c" -Icompat/pfring "$B/libpfring.a" -lpcap -pthread 2>/dev/null; then
	"$work/old" &
	children="$children $!"
	ok 'a program on libpfring has metrics too' \
		wait_for is_there '^torc_ring_packets_total\{application="old",device="lo",.*result="received"\} 0$'
else
	skip 'a program on libpfring' 'it cannot be linked here'
fi

# ---- what torc flows tells ----

"$TORC" flows -i lo --json --idle 200ms udp port 4001 >/dev/null 2>&1 &
children="$children $!"
ok 'flows' wait_for is_there '^torc_flows_open\{'
send_udp 3 4001
ok 'records by what became of them' \
	wait_for is_there '^torc_flow_records_total\{application="torc",pid="[0-9]+",uid="[0-9]+",target="json:-",result="acknowledged"\} 3$'
like 'how old packets are when they are at hand' "$(torc rings --openmetrics)" \
	'^torc_flows_latency_seconds_bucket\{application="torc",pid="[0-9]+",uid="[0-9]+",le="\+Inf"\} [1-3]$'
like 'and on their way' "$(torc rings --openmetrics)" '^torc_flow_records_in_flight\{.*target="json:-"\} 0$'

# ---- and torc dump of its files ----

mkdir "$work/with: colon"
"$TORC" dump -q -i lo -w "$work/with: colon/a.pcapng" udp port 4003 2>/dev/null &
children="$children $!"
ok 'a writer' wait_for is_there '^torc_writer_files_total\{'
send_udp 3 4003
ok 'packets by what became of them, by directory' \
	wait_for is_there '^torc_writer_packets_total\{application="torc",pid="[0-9]+",uid="[0-9]+",directory=".*/with: colon",result="written"\} 3$'
like 'none is lost' "$(torc rings --openmetrics)" '^torc_writer_packets_total\{.*result="lost"\} 0$'
like 'nor waits' "$(torc rings --openmetrics)" '^torc_writer_waiting_packets\{.*with: colon"\} 0$'

# ---- HTTP ----

"$TORC" rings --listen 0 2>"$work/server" &
server=$!
children="$children $server"
wait_for grep -q '^listening at http://127\.0\.0\.1:[0-9]*/metrics, and a page at /$' "$work/server"
port=$(sed 's/.*:\([0-9]*\).*/\1/' "$work/server")
ok 'by default of the loopback only' test -n "$port"

# http TEXT: what the server answers
http() {
	perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or die; print $s $ARGV[1]; $s->flush;
		local $/; print scalar <$s>;' "$port" "$1"
}
answer=$(http $'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n')
like 'a page' "$answer" '^HTTP/1.1 200 OK'
like 'in the older format' "$answer" '^Content-Type: text/plain; version=0.0.4'
like 'with a counter' "$answer" '^# TYPE torc_ring_packets_total counter$'
answer=$(http $'GET /metrics?x=y HTTP/1.0\r\naccept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n\r\n')
like 'or in the newer' "$answer" '^Content-Type: application/openmetrics-text; version=1.0.0'
like 'to its end' "$answer" '^# EOF$'
answer=$(http $'HEAD /metrics HTTP/1.1\n\n')
like 'HEAD' "$answer" '^Content-Length: [1-9][0-9]+'
is 'has no body' "$(grep -c '^#' <<<"$answer")" 0
like 'another page' "$(http $'GET /other HTTP/1.1\r\n\r\n')" '^HTTP/1.1 404'
like 'another method' "$(http $'POST /metrics HTTP/1.1\r\n\r\n')" '^HTTP/1.1 405'
like 'another version' "$(http $'GET /metrics HTTP/2.0\r\n\r\n')" '^HTTP/1.1 505'
like 'no HTTP' "$(http $'hello\r\n\r\n')" '^HTTP/1.1 400'
like 'a request without an end' "$(http "GET /metrics HTTP/1.1"$'\r\n'"$(printf 'x%.0s' {1..9000})")" '^HTTP/1.1 431'

# More clients than there is room for, who say nothing; one that sends a header for ever; one that
# does not read.
perl -MIO::Socket::INET -e '
	my @idle = map { IO::Socket::INET->new("127.0.0.1:$ARGV[0]") } 1 .. 200;
	print { $idle[-1] } "GET /metr"; $idle[-1]->flush;
	print { $idle[-2] } "GET /metrics HTTP/1.1\r\n\r\n"; $idle[-2]->flush;
	$| = 1; print "ready\n"; sleep 60' "$port" >"$work/clients" &
children="$children $!"
wait_for grep -q ready "$work/clients"
like 'two hundred that say nothing hinder nobody' "$(http $'GET /metrics HTTP/1.1\r\n\r\n')" '^HTTP/1.1 200'
ok 'and take no more than their places' test "$(ls /proc/$server/fd | wc -l)" -lt 90
perl -MIO::Socket::INET -e '
	$SIG{PIPE} = "IGNORE"; my $s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]");
	print $s "GET /metrics HTTP/1.1\r\n" or exit; my $n = 0;
	while ($n++ < 5000) { print $s "X: " . "y" x 1000 . "\r\n" or last; $s->flush or last }' "$port"
like 'a header of five million bytes neither' "$(http $'GET /metrics HTTP/1.1\r\n\r\n')" '^HTTP/1.1 200'
ok 'memory stays small' test "$(awk '/VmRSS/ { print $2 }' /proc/$server/status)" -lt 200000
run 'an address that is taken' 1 rings --listen "127.0.0.1:$port"

# ---- a real Prometheus ----

if command -v prometheus >/dev/null && command -v curl >/dev/null; then
	mkdir "$work/prometheus"
	cat >"$work/prometheus.yml" <<-END
		global: { scrape_interval: 1s }
		scrape_configs:
		  - job_name: torc
		    static_configs: [ { targets: [ '127.0.0.1:$port' ] } ]
	END
	prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/prometheus" \
		--web.listen-address=127.0.0.1:19090 >"$work/prometheus.log" 2>&1 &
	children="$children $!"
	ask() { curl -sG 127.0.0.1:19090/api/v1/query --data-urlencode "query=$1"; }
	scraped() { ask "$1" | grep -q "\"value\":\[[0-9.]*,\"$2\"\]"; }
	ok 'Prometheus scrapes it' wait_for scraped 'up{job="torc"}' 1
	ok 'and has the packets' wait_for scraped 'torc_ring_packets_total{result="received",device="lo",application!="torc"}' 7
	ok 'and the records' wait_for scraped 'torc_flow_records_total{result="acknowledged"}' 3
	is 'it found the text good' "$(grep -ciE 'append failed|out-of-order|duplicate|parse' "$work/prometheus.log")" 0
	like 'in the newer format, with its units' "$(curl -s '127.0.0.1:19090/api/v1/targets/metadata?metric=torc_ring_received_bytes')" \
		'"type":"counter".*"unit":"bytes"'
else
	skip 'a real Prometheus' 'prometheus or curl is not installed'
fi

kill -TERM $server
wait $server
is 'SIGTERM ends it well' $? 0
done_testing
