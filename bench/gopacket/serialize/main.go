// SPDX-License-Identifier: BSD-3-Clause

// Building Ethernet/IPv4/TCP with SerializeLayers, lengths and checksums computed: for each line on standard
// input, a number of bytes of payload, one round, and its nanoseconds of processor time a packet on standard
// output. Time of the garbage collector counts. bench/packets.c builds and drives this.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"syscall"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

const repeat = 50000

func processorTime() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func main() {
	ethernet := layers.Ethernet{
		SrcMAC:       net.HardwareAddr{2, 0, 0, 0, 0, 1},
		DstMAC:       net.HardwareAddr{2, 0, 0, 0, 0, 2},
		EthernetType: layers.EthernetTypeIPv4,
	}
	ip := layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolTCP,
		SrcIP: net.IP{10, 0, 0, 1}, DstIP: net.IP{10, 0, 0, 2}}
	tcp := layers.TCP{SrcPort: 5000, DstPort: 80, ACK: true, Window: 65535}
	if err := tcp.SetNetworkLayerForChecksum(&ip); err != nil {
		log.Fatal(err)
	}
	buffer := gopacket.NewSerializeBuffer()
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		size, err := strconv.Atoi(input.Text())
		if err != nil {
			log.Fatal(err)
		}
		payload := gopacket.Payload(make([]byte, size))
		start := processorTime()
		for i := 0; i < repeat; i++ {
			tcp.Seq++
			if err := gopacket.SerializeLayers(buffer, options, &ethernet, &ip, &tcp, payload); err != nil {
				log.Fatal(err)
			}
		}
		fmt.Printf("%.2f\n", float64(processorTime()-start)/repeat)
	}
}
