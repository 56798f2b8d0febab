#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# tests/go/pfring: a Go program that uses libpfring.a through cgo, on a veth pair.
skip() {
	echo "1..0 # SKIP $1"
	exit 77
}
command -v go >/dev/null || skip 'go is not installed'
[ -z "$(nm "$B/libpfring.a" 2>/dev/null | grep -m 1 __asan_init)" ] || skip 'cgo does not link sanitized code'
here=$PWD
tmp=$(mktemp -d)
trap 'chmod -R u+w "$tmp" 2>/dev/null; rm -rf "$tmp"' EXIT
ip link add p0 address 02:00:00:00:00:01 type veth peer name p1 address 02:00:00:00:00:02 2>/dev/null ||
	skip 'no veth interfaces here'
for i in p0 p1; do
	echo 1 >/proc/sys/net/ipv6/conf/$i/disable_ipv6
	ip link set $i arp off
done
tests/up p0 p1
export GO111MODULE=off GOFLAGS= GOPATH=$tmp GOCACHE=$tmp/cache HOME=$tmp
export CGO_CFLAGS="-I$here/compat/pfring" CGO_LDFLAGS="$here/$B/libpfring.a -lpcap $(
	for library in zlib libzstd liblzma liblz4; do pkg-config --libs $library 2>/dev/null; done | tr '\n' ' ') -lpthread"
(cd tests/go/pfring && go build -p 1 -o "$tmp/program" .) >"$tmp/log" 2>&1 || {
	grep -q 'C compiler' "$tmp/log" && skip 'cgo has no C compiler'
	sed 's/^/# /' "$tmp/log"
	echo 'not ok 1 - go build'
	echo '1..1'
	exit 1
}
timeout 60 "$tmp/program"
