#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# torc doctor, and the list of interfaces of torc devices: what they say of an interface made for it
. tests/tap.bash
ip link add left type veth peer name right 2>/dev/null || skip_all 'veth pairs cannot be made here'
ip link set right up
ip address add 192.0.2.9/24 dev left
ip address add 2001:db8::9/64 dev left

run 'an interface that is down' 1 doctor left
like 'is bad' "$out" '^left +bad +the interface is down$'
like 'and mended so' "$out" '^ +\$ ip link set left up$'
tests/up left
run 'one that is up' 0 doctor --all left
like 'is good' "$out" '^left +good +up'
like 'the machine too' "$out" '^machine +good +Linux [0-9]'
run 'none of that name' 1 doctor nothing0
like 'is said' "$err" 'no interface nothing0'

# each command that is given makes its finding go away
finding() { torc doctor --json left | grep "\"about\":\"left\",\"check\":\"$1\""; }
if command -v ethtool >/dev/null; then
	ethtool -K left gro on
	like 'GRO is told' "$(finding gro)" '"state":"warning","text":"GRO is on.*","command":"ethtool -K left gro off"'
	eval "$(finding gro | sed 's/.*"command":"\(.*\)"}/\1/')"
	is 'and is off after the command' "$(finding gro)" ''
else
	skip 'GRO is told' 'ethtool is not installed'
fi
run 'JSON' 0 doctor --json
ok 'lines of it' json_lines "$work/out" "$(wc -l <"$work/out")"
is 'nothing but the three states' "$(grep -vcE '"state":"(good|warning|bad)"' "$work/out")" 0
if setpriv --bounding-set=-all --inh-caps=-all true 2>/dev/null && [ "$(id -u)" = 0 ]; then
	is 'no right' "$(setpriv --bounding-set -all --inh-caps -all "$TORC" doctor --json left |
		sed -n 's/.*"check":"capabilities","state":"\([a-z]*\)".*/\1/p')" bad
else
	skip 'no right' 'setpriv cannot give up capabilities here'
fi

captures() { torc doctor --json left | sed -n 's/.*"check":"captures","state":"good","text":"\([0-9]*\) .*/\1/p'; }
is 'nobody captures' "$(captures)" 0
"$TORC" count -i left --for 20s >/dev/null 2>"$work/log" &
pid=$!
if listening "$pid" "$work/log"; then
	is 'a capture is one, whatever sockets it keeps' "$(captures)" 1
	stopped() { torc doctor --json left | grep '"check":"stopped"' | grep "$1" >"$work/stopped"; }
	ok 'its process goes on' stopped '"state":"good"'
	kill -STOP "$pid"
	ok 'one that is stopped is told' wait_for stopped '"state":"warning","text":"process .*kill -CONT'
	like 'and shown by torc rings' "$(torc rings)" "^ +stopped: it reads nothing until 'kill -CONT $pid'"
	like 'and in JSON' "$(torc rings --json)" '"stopped":true'
	kill -CONT "$pid"
	ok 'and is not when it goes on' wait_for stopped '"state":"good"'
else
	skip 'a capture is one, whatever sockets it keeps' 'rings cannot be opened here'
fi
kill "$pid"
wait "$pid"

# ---- the list ----

text=$(torc devices)
like 'addresses' "$text" '^    addresses   192\.0\.2\.9/24, 2001:db8::9/64'
like 'in JSON' "$(torc devices --json | grep '"left"')" '"addresses":\["192.0.2.9/24","2001:db8::9/64"'
like 'link type, driver' "$(torc devices --json | grep '"left"')" '"driver":"veth",.*"link_type":1,'
is 'as many as there are' "$(torc devices --json | wc -l)" "$(ip -o link | wc -l)"
is 'dump -D: the same names' "$(torc dump -D | sed 's/^[0-9]*\.\([^ ]*\).*/\1/' | sort)" \
	"$(ip -o link | sed 's/^[0-9]*: \([^:@]*\).*/\1/' | sort)"
done_testing
