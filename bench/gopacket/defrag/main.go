// SPDX-License-Identifier: BSD-3-Clause

// The same fragments through gopacket's ip4defrag: for each line on standard input, one round over all
// packets of the Ethernet pcap file named, and its nanoseconds of processor time a packet on standard
// output. bench/defrag.c builds and drives this.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"syscall"

	"github.com/google/gopacket"
	"github.com/google/gopacket/ip4defrag"
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
	var packets [][]byte
	for {
		data, _, err := reader.ReadPacketData()
		if err != nil {
			return packets
		}
		packets = append(packets, data)
	}
}

func main() {
	packets := load(os.Args[1])
	var ethernet layers.Ethernet
	decoded := make([]gopacket.LayerType, 0, 4)
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		whole := 0
		defragmenter := ip4defrag.NewIPv4Defragmenter()
		start := processorTime()
		for _, data := range packets {
			ip4 := new(layers.IPv4) // ip4defrag keeps it
			parser := gopacket.NewDecodingLayerParser(layers.LayerTypeEthernet, &ethernet, ip4)
			parser.IgnoreUnsupported = true
			_ = parser.DecodeLayers(data, &decoded)
			out, err := defragmenter.DefragIPv4(ip4)
			if err != nil {
				log.Fatal(err)
			}
			if out != nil {
				whole++
			}
		}
		fmt.Printf("%.2f\n", float64(processorTime()-start)/float64(len(packets)))
		if whole == 0 {
			log.Fatal("no datagram came out")
		}
	}
}
