// SPDX-License-Identifier: BSD-3-Clause

// The same packets through gopacket: for each line "dlp" or "new" on standard input, one round over
// all packets of the Ethernet pcap file named, and its nanoseconds of processor time a packet on
// standard output. Time of the garbage collector counts. bench/decode.c builds and drives this.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"syscall"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

func processorTime() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// All packets in one piece of memory, as the C side has them.
func load(path string) [][]byte {
	file, err := os.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	reader, err := pcapgo.NewReader(bufio.NewReaderSize(file, 1<<20))
	if err != nil {
		log.Fatal(err)
	}
	info, _ := file.Stat()
	memory := make([]byte, 0, info.Size())
	var packets [][]byte
	for {
		data, _, err := reader.ZeroCopyReadPacketData()
		if err != nil {
			return packets
		}
		memory = append(memory, data...)
		packets = append(packets, memory[len(memory)-len(data):])
	}
}

func main() {
	packets := load(os.Args[1])
	var (
		ethernet layers.Ethernet
		tag      layers.Dot1Q
		ip4      layers.IPv4
		ip6      layers.IPv6
		tcp      layers.TCP
		udp      layers.UDP
		dns      layers.DNS
		payload  gopacket.Payload
	)
	parser := gopacket.NewDecodingLayerParser(layers.LayerTypeEthernet)
	parser.SetDecodingLayerContainer(gopacket.DecodingLayerArray(nil))
	for _, layer := range []gopacket.DecodingLayer{&ethernet, &tag, &ip4, &ip6, &tcp, &udp, &dns, &payload} {
		parser.AddDecodingLayer(layer)
	}
	parser.IgnoreUnsupported = true
	decoded := make([]gopacket.LayerType, 0, 16)
	found := 0

	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		start := processorTime()
		for _, data := range packets {
			if input.Text() == "dlp" {
				_ = parser.DecodeLayers(data, &decoded)
				found += len(decoded)
			} else {
				packet := gopacket.NewPacket(data, layers.LayerTypeEthernet, gopacket.Default)
				found += len(packet.Layers())
			}
		}
		fmt.Printf("%.2f\n", float64(processorTime()-start)/float64(len(packets)))
	}
	if found == 0 {
		log.Fatal("no layer found")
	}
}
