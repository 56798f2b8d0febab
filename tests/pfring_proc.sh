#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# torc rings --pf-ring: a live ring as PF_RING's /proc/net/pf_ring would show it.
[ -x "$TORC" ] || { echo '1..0 # SKIP torc is not built'; exit 77; }
count=0 bad=0
ok() { # DESCRIPTION: from the status of the command before
	[ $? = 0 ] && word=ok || { word='not ok' bad=1; }
	count=$((count + 1))
	echo "$word $count - $1"
}
"$TORC" count -i lo --for 60s >/dev/null 2>&1 &
child=$!
trap 'kill $child 2>/dev/null' EXIT
for try in $(seq 100); do
	[ "$("$TORC" rings --json | grep -c '"interface":"lo"')" = 1 ] && break
	sleep 0.1
done
"$TORC" rings --json | grep -q '"interface":"lo"' || { echo '1..0 # SKIP cannot open a ring here'; exit 77; }

[ "$("$TORC" rings --pf-ring info | sed -n 2p)" = 'Total rings              : 1' ]
ok "info counts the rings"
[ "$("$TORC" rings --pf-ring dev/lo/info | grep Sockets)" = '# Bound Sockets:  1' ]
ok "dev/lo/info counts those of the interface"
[ "$("$TORC" rings --pf-ring dev/lo/info | grep Promisc)" = 'Promisc:      Enabled' ]
ok "and sees promiscuous mode that a ring asked for"
name=$("$TORC" rings --pf-ring | sed -n 's/^==> \([0-9]*-lo\.[0-9]*\) <==$/\1/p')
[ -n "$name" ]
ok "the ring has a name"
text=$("$TORC" rings --pf-ring "$name")
[ "$(echo "$text" | sed -n 1p)" = 'Bound Device(s)        : lo' ]
ok "its device"
echo "$text" | grep -q '^Appl. Name             : torc$'
ok "its application"
[ "$(echo "$text" | cut -c 1-25 | grep -vc ': $\|: [A-Z0-9]')" = 0 ]
ok "every value is in column 25"
! "$TORC" rings --pf-ring nothing 2>/dev/null
ok "a name that is not there fails"
! "$TORC" rings nothing 2>/dev/null
ok "and names without the option are refused"
echo "1..$count"
exit $bad
