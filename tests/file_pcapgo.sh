#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Cross-reading with gopacket's pcapgo: it reads what we write, and we read what it writes.
. tests/tap.bash

gopath=${GOPATH:-/usr/share/gocode}
command -v go >/dev/null || skip_all "go is not installed"
[ -d "$gopath/src/github.com/google/gopacket/pcapgo" ] || skip_all "gopacket is not installed"

cat >"$work/main.go" <<'GO'
// copy IN OUT: read a capture with pcapgo, print its packets, and write them as the other format
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

type reader interface {
	ReadPacketData() ([]byte, gopacket.CaptureInfo, error)
}

func main() {
	in, err := os.Open(os.Args[1])
	check(err)
	out, err := os.Create(os.Args[2])
	check(err)
	var r reader
	var write func(gopacket.CaptureInfo, []byte) error
	if ng, err := pcapgo.NewNgReader(in, pcapgo.DefaultNgReaderOptions); err == nil {
		r = ng
		w := pcapgo.NewWriterNanos(out)
		check(w.WriteFileHeader(65536, layers.LinkTypeEthernet))
		write = w.WritePacket
	} else {
		_, err = in.Seek(0, io.SeekStart)
		check(err)
		r, err = pcapgo.NewReader(in)
		check(err)
		w, err := pcapgo.NewNgWriter(out, layers.LinkTypeEthernet)
		check(err)
		defer w.Flush()
		write = func(ci gopacket.CaptureInfo, data []byte) error {
			ci.InterfaceIndex = 0
			return w.WritePacket(ci, data)
		}
	}
	for {
		data, ci, err := r.ReadPacketData()
		if err == io.EOF {
			return
		}
		check(err)
		fmt.Printf("%d %d %d %x\n", ci.Timestamp.UnixNano(), ci.CaptureLength, ci.Length,
			data[len(data)-4:])
		check(write(ci, data))
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
GO
(cd "$work" && HOME=$work GOCACHE=$work/cache GOFLAGS= GOPATH=$gopath GO111MODULE=off \
	go build -o copy main.go) || skip_all "the Go program does not build"

# What we say of a file: time, lengths.
ours() {
	torc dump -r "$1" --json 2>/dev/null |
		sed -n 's/.*"timestamp_ns":\([0-9]*\),"caplen":\([0-9]*\),"len":\([0-9]*\),.*/\1 \2 \3/p'
}

make_pcap "$work/in.pcap" 40
torc dump -r "$work/in.pcap" -w "$work/ours.pcap" 2>/dev/null
torc dump -r "$work/in.pcap" -w "$work/ours.pcapng" 2>/dev/null
is 'forty packets' "$(ours "$work/in.pcap" | wc -l)" 40
"$work/copy" "$work/ours.pcap" "$work/theirs.pcapng" >"$work/a"
is 'pcapgo reads our pcap' "$(cut -d' ' -f1-3 "$work/a")" "$(ours "$work/in.pcap")"
is 'we read its pcapng' "$(ours "$work/theirs.pcapng")" "$(ours "$work/in.pcap")"
"$work/copy" "$work/ours.pcapng" "$work/theirs.pcap" >"$work/b"
is 'pcapgo reads our pcapng' "$(cat "$work/b")" "$(cat "$work/a")"
is 'we read its pcap' "$(ours "$work/theirs.pcap")" "$(ours "$work/in.pcap")"
done_testing
