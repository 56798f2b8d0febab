// SPDX-License-Identifier: BSD-3-Clause

// One JSON line for each packet of the pcap and pcapng files named, as gopacket sees it, with the
// keys that tests/agree/compare.py reads.
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"unsafe"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

type packetSource interface {
	ReadPacketData() ([]byte, gopacket.CaptureInfo, error)
}

type line struct {
	File      string   `json:"file"`
	Number    int      `json:"n"`
	Caplen    int      `json:"caplen"`
	Len       int      `json:"len"`
	LinkType  int      `json:"link"`
	Stack     []string `json:"stack"`
	Places    [][3]int `json:"places"`
	Network   []string `json:"network"`
	Transport []string `json:"transport"`
	Truncated bool     `json:"truncated"`
	Error     string   `json:"error"`
}

// Printing the flow of a layer whose header failed panics there.
func ends(flow gopacket.Flow) (text []string) {
	defer func() {
		if recover() != nil {
			text = nil
		}
	}()
	return []string{flow.Src().String(), flow.Dst().String()}
}

func place(data []byte, layer gopacket.Layer) [3]int {
	contents := layer.LayerContents()
	if len(data) == 0 || len(contents) == 0 {
		return [3]int{-1, 0, 0}
	}
	offset := int(uintptr(unsafe.Pointer(&contents[0])) - uintptr(unsafe.Pointer(&data[0])))
	return [3]int{offset, len(contents), len(layer.LayerPayload())}
}

func decode(data []byte, link layers.LinkType, info gopacket.CaptureInfo) line {
	l := line{Caplen: info.CaptureLength, Len: info.Length, LinkType: int(link)}
	packet := gopacket.NewPacket(data, link, gopacket.NoCopy)
	for _, layer := range packet.Layers() {
		l.Stack = append(l.Stack, layer.LayerType().String())
		l.Places = append(l.Places, place(data, layer))
	}
	if network := packet.NetworkLayer(); network != nil {
		l.Network = ends(network.NetworkFlow())
	}
	if transport := packet.TransportLayer(); transport != nil {
		l.Transport = ends(transport.TransportFlow())
	}
	if failure := packet.ErrorLayer(); failure != nil {
		l.Error = failure.Error().Error()
	}
	l.Truncated = packet.Metadata().Truncated || info.CaptureLength < info.Length
	return l
}

func open(file *os.File) (packetSource, layers.LinkType, error) {
	buffered := bufio.NewReaderSize(file, 1<<20)
	magic, err := buffered.Peek(4)
	if err != nil {
		return nil, 0, err
	}
	if string(magic) == "\x0a\x0d\x0d\x0a" {
		options := pcapgo.DefaultNgReaderOptions
		options.WantMixedLinkType, options.SkipUnknownVersion = true, true
		reader, err := pcapgo.NewNgReader(buffered, options)
		return reader, 0, err
	}
	reader, err := pcapgo.NewReader(buffered)
	if err != nil {
		return nil, 0, err
	}
	reader.SetSnaplen(1 << 24)
	return reader, reader.LinkType(), nil
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	for _, path := range os.Args[1:] {
		file, err := os.Open(path)
		if err != nil {
			continue
		}
		source, fixed, err := open(file)
		for n := 1; err == nil; n++ {
			var data []byte
			var info gopacket.CaptureInfo
			if data, info, err = source.ReadPacketData(); err != nil {
				break
			}
			link := fixed
			if len(info.AncillaryData) > 0 {
				if own, ok := info.AncillaryData[0].(layers.LinkType); ok {
					link = own
				}
			}
			l := decode(data, link, info)
			l.File, l.Number = path, n
			_ = encoder.Encode(&l)
		}
		file.Close()
	}
}
