#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The page of --listen: who may see it, what it says, what a browser makes of it, and hostile names in it
. tests/tap.bash
trap 'kill $children 2>/dev/null; rm -rf "$work"' EXIT
children=

get() { # PORT PATH [HEADER]: the answer, with its head
	exec 9<>"/dev/tcp/127.0.0.1/$1" || return 1
	printf 'GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n' "$2" "${3:+$3$'\r\n'}" >&9
	timeout 5 cat <&9
	exec 9<&- 9>&-
}
listens() { # LOG: sets port
	wait_for grep -q '^listening at' "$1" && port=$(sed -n 's|^listening at http://[^:]*:\([0-9]*\)/.*|\1|p' "$1")
}

# ---- who may see it ----

run 'others can reach it: a token is needed' 2 rings --listen 0.0.0.0:0
like 'and said how' "$err" 'give --token FILE'
echo 'short' >"$work/token"
chmod 600 "$work/token"
run 'a short token' 2 rings --listen 0 --token "$work/token"
echo 'longer-than-16-characters' >"$work/token"
chmod 644 "$work/token"
run 'a token that others may read' 2 rings --listen 0 --token "$work/token"
like 'is mended so' "$err" 'chmod 600'
chmod 600 "$work/token"
run 'a token without --listen' 2 rings --token "$work/token"
run 'no such token file' 2 rings --listen 0 --token "$work/none"

"$TORC" rings --listen 0.0.0.0:0 --token "$work/token" 2>"$work/log" &
children="$children $!"
listens "$work/log" || { cat "$work/log"; skip_all 'it cannot listen here'; }
for path in / /metrics /events /rings.json /history.json; do
	like "$path without the token" "$(get "$port" "$path" | head -n 1)" '^HTTP/1.1 401 '
	like "$path with another" "$(get "$port" "$path?token=longer-than-16-characterz" | head -n 1)" '^HTTP/1.1 401 '
done
like 'in the address' "$(get "$port" '/?token=longer-than-16-characters' | head -n 1)" '^HTTP/1.1 200 '
like 'in a header' "$(get "$port" /metrics 'Authorization: Bearer longer-than-16-characters' | head -n 1)" '^HTTP/1.1 200 '

# ---- what it says ----

name='<img src=x onerror=document.title=1>"&\'
"$TORC" flows -i lo --listen 0 --application-name "$name" udp port 4000 >/dev/null 2>"$work/flows.log" &
flows=$!
children="$children $flows"
listens "$work/flows.log" || {
	skip 'what it says' 'rings cannot be opened here'
	done_testing
}
wait_for eval 'torc rings | grep -q " on "'
send_udp 1000
body() { get "$port" "$1" | sed '1,/^\r$/d'; }
ok 'the rings, as torc rings --json has them' wait_for eval \
	'ours=$(body /rings.json | grep -o "\"received\":[0-9]*" | head -n 1); [ "$ours" = "\"received\":1000" ] &&
	[ "$ours" = "$(torc rings --json | grep -o "\"received\":[0-9]*" | head -n 1)" ]'
like 'flows' "$(body /rings.json)" '"flows":\{"open":(9[0-9]{2}|1000),"begun":(9[0-9]{2}|1000),"no_room":0,"top":\[\{"flow":"UDP 127'
like 'history, with protocols' "$(body /history.json)" '^\{"columns":\["time","packets","bits","drops","TCP","UDP","ICMP","other IP","not IP"\],"rows":\[\['
three_events() {
	[ "$(timeout 4 bash -c "exec 9<>/dev/tcp/127.0.0.1/$port; printf 'GET /events HTTP/1.1\r\n\r\n' >&9; grep -a -m 3 -c '^data: {' <&9")" = 3 ]
}
soon() { for _ in 1 2 3 4 5; do "$@" && return; done; false; } # all may be busy
ok 'an event a second' soon three_events
page=$(get "$port" /)
like 'nothing but its own script runs' "$page" "^Content-Security-Policy: default-src 'none'; script-src 'nonce-[0-9a-f]{32}'"
nonce() { grep -o 'script nonce="[0-9a-f]*"' <<<"$1"; }
ok 'by a number that is new each time' test "$(nonce "$page")" != "$(nonce "$(get "$port" /)")"
is 'nothing comes from elsewhere' "$(grep -Eoc '(src|href)=|https?://' <<<"$(sed "s|'http://www.w3.org/2000/svg'||" <<<"$page")")" 0

# ---- many who look, and the capture ----

for _ in $(seq 10); do
	for _ in $(seq 5); do get "$port" /rings.json >/dev/null; done &
	send_udp 100
done
wait_for eval '[ "$(body /rings.json | grep -o "\"received\":[0-9]*" | head -n 1)" = "\"received\":2000" ]'
is 'they cost it no packet' "$(body /rings.json | grep -o '"received":[0-9]*\|"dropped":[0-9]*' | head -n 2 | tr '\n' ' ')" '"received":2000 "dropped":0 '

perl -MIO::Socket::INET -e 'my @s = map { IO::Socket::INET->new("127.0.0.1:$ARGV[0]") } 1 .. 100; $| = 1;
	print "ready\n"; sleep 60' "$port" >"$work/idle" &
idle=$!
children="$children $idle"
wait_for grep -q ready "$work/idle"
like 'a hundred that say nothing let nobody wait in line' "$(get "$port" /rings.json | head -n 1)" '^HTTP/1.1 200 '
kill "$idle"

# ---- a browser ----

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
if [ -n "$browser" ]; then
	shown=$(perl tests/browser.pl "$browser" "$work/profile" 390 800 "http://127.0.0.1:$port/" - \
		'document.body.dataset.events > 2' 'document.querySelector("#rings td[data-name=application]").textContent' \
		'document.querySelector("#rings td[data-name=received]").textContent' \
		'document.querySelector("#talkers td[data-name=flow]").textContent' \
		'document.title + document.images.length' 'document.getElementById("state").textContent' \
		'document.documentElement.scrollWidth <= innerWidth')
	is 'what it shows' "$(sed -n '2,3p;5,7p' <<<"$shown")" "$(printf '%s\n' '<img src=x onerror=document.title=1>\"&\\' 2000 Torc0 live true)"
	like 'the flow that sends most' "$(sed -n 4p <<<"$shown")" '^UDP 127\.0\.0\.1'
else
	skip 'what it shows' 'there is no Chromium'
	skip 'the flow that sends most' 'there is no Chromium'
fi
kill -TERM "$flows"
wait "$flows"
is 'it ends well' $? 0
done_testing
