#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The golden packets, whole and cut at every length, as gopacket decodes them: each agrees in every
# key, or differs as docs/differences.md says. What make agree does with more packets. And for each of
# gopacket's names there is a packet on which its own answer confirms the layer (tests/agree/names.py);
# the names that only the fork gopacket/gopacket has are confirmed where GOPATH has that too.
. tests/tap.bash

gopath=${GOPATH:-/usr/share/gocode}
command -v go >/dev/null || skip_all "go is not installed"
command -v python3 >/dev/null || skip_all "python3 is not installed"
[ -d "$gopath/src/github.com/google/gopacket/pcapgo" ] || skip_all "gopacket is not installed"

GOPATH=$gopath GO111MODULE=off GOFLAGS= CGO_ENABLED=0 HOME=$work GOCACHE=$work/cache \
	go build -p 1 -o "$work/gopacket" tests/agree/*.go
ok 'the program with gopacket builds' test -x "$work/gopacket"
ok 'the captures are written' "$B/tests/agree/captures" "$work"

# agrees NAME FLAG FILE...: no packet disagrees, and there are some
agrees() {
	local name=$1 flag=$2
	shift 2
	printf "$work/%s.pcapng\n" "$@" >"$work/list"
	xargs "$work/gopacket" ${flag:+-streams} <"$work/list" >"$work/jsonl$flag" 2>/dev/null
	ok "$name: gopacket reads them" test -s "$work/jsonl$flag"
	python3 tests/agree/compare.py $flag "$work/jsonl$flag" "$B" "$work/list" >"$work/report" 2>&1
	is "$name: status" $? 0
	like "$name: packets" "$(tail -n 1 "$work/report")" \
		'[0-9]{3,} packets: .* agree exactly, .* under a rule, 0 disagree'
	grep -A 5 DISAGREE "$work/report" | head -n 20 | sed 's/^/# /'
}

agrees 'whole and cut' '' golden cut
agrees 'what TCP carries' --streams golden streams

# named WHAT FLAG: each name has a packet that confirms it, or its reason
named() {
	is "$1: status" "$(python3 tests/agree/names.py $2 "$B" "$work/names" "$work/jsonl" \
		"$work/jsonl--streams" >"$work/report" 2>&1; echo $?)" 0
	like "$1: none is missing" "$(tail -n 1 "$work/report")" '^152 names, .* 0 wrong$'
	grep -v '^152 names' "$work/report" | head -n 20 | sed 's/^/# /'
}

"$work/gopacket" -names >"$work/names"
named "gopacket's names" ''
fork=$gopath/src/github.com/gopacket/gopacket
if [ -d "$fork/layers" ]; then
	GOPATH=$gopath GO111MODULE=off GOFLAGS= CGO_ENABLED=0 HOME=$work GOCACHE=$work/cache \
		go build -p 1 -o "$work/fork" tests/agree/fork/*.go
	"$work/fork" -names >"$work/names"
	"$work/fork" "$work/golden.pcapng" >"$work/jsonl" 2>/dev/null
	"$work/fork" -streams "$work/golden.pcapng" "$work/streams.pcapng" >"$work/jsonl--streams" 2>/dev/null
	named "the fork's names" --fork
else
	skip "the fork's names" "$fork is not there"
fi
chmod -R u+w "$work"
done_testing
