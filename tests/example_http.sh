#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# examples/http on a wire, and torc streams --messages over what torc dump wrote of the same.
. tests/tap.bash

http=${B:-build}/examples/http
[ -x "$http" ] || skip_all "the examples are not built"
command -v python3 >/dev/null || skip_all "python3 is not installed"

cat >"$work/server.py" <<'END'
import http.server, socketserver
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        body = b'x' * 5000
        self.send_response(200)
        self.send_header('Content-Type', 'text/plain')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
http.server.HTTPServer(('127.0.0.1', 8080), Handler).serve_forever()
END
python3 "$work/server.py" 2>/dev/null &
server=$!
"$http" lo 'tcp port 8080' >"$work/log" 2>"$work/err" &
logger=$!
"$TORC" dump -i lo -w "$work/seen.pcap" tcp port 8080 2>/dev/null &
dump=$!
trap 'kill $server $logger $dump 2>/dev/null; rm -rf "$work"' EXIT
wait_for sh -c "[ \$(\"$TORC\" rings --json | grep -c '\"enabled\":true') = 2 ]"
wait_for bash -c ': </dev/tcp/127.0.0.1/8080'
python3 - <<'END'
import http.client
c = http.client.HTTPConnection('127.0.0.1', 8080)
for name in 'one', 'two':
    c.request('GET', '/' + name)
    c.getresponse().read()
c.close()
END
ok 'both answers were seen' wait_for sh -c "[ \$(grep -c ' 200 text/plain' '$work/log') = 2 ]"
like 'a request, its host and target' "$(cat "$work/log")" \
	'127\.0\.0\.1:[0-9]* > 127\.0\.0\.1:8080 GET 127\.0\.0\.1:8080/one$'
is 'in their order' "$(grep -o 'GET.*\|200.*' "$work/log" | cut -d / -f 1-2 | tr '\n' ' ')" \
	'GET 127.0.0.1:8080/one 200 text/plain GET 127.0.0.1:8080/two 200 text/plain '
kill -TERM $dump
wait $dump
run 'the same from a file' 0 streams -q --messages -r "$work/seen.pcap"
is 'four messages' "$(grep -c ' message http ' "$work/out")" 4
like 'with their place' "$out" ' message http client 0\+[0-9]* GET 127.0.0.1:8080 /one$'
run 'and as JSON' 0 streams -q --json --messages -r "$work/seen.pcap"
like 'with body and packets' "$out" \
	'"protocol":"http","side":"server",.*"body_length":5000,"packets":\[[0-9,]*\]'

done_testing
