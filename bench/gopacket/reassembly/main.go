// reassembly.go FILE: gopacket's reassembly over the packets of a file in memory; for each line of
// standard input one pass, and a line with the nanoseconds of processor time a packet
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"syscall"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
	"github.com/google/gopacket/reassembly"
)

type stream struct{ bytes *int64 }

func (s stream) Accept(tcp *layers.TCP, ci gopacket.CaptureInfo, dir reassembly.TCPFlowDirection, next reassembly.Sequence, start *bool, ac reassembly.AssemblerContext) bool {
	return true
}
func (s stream) ReassembledSG(sg reassembly.ScatterGather, ac reassembly.AssemblerContext) {
	n, _ := sg.Lengths()
	*s.bytes += int64(n)
}
func (s stream) ReassemblyComplete(ac reassembly.AssemblerContext) bool { return true }

type factory struct{ bytes int64 }

func (f *factory) New(a, b gopacket.Flow, tcp *layers.TCP, ac reassembly.AssemblerContext) reassembly.Stream {
	return stream{&f.bytes}
}

type context gopacket.CaptureInfo

func (c *context) GetCaptureInfo() gopacket.CaptureInfo { return gopacket.CaptureInfo(*c) }

func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func main() {
	file, err := os.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	reader, err := pcapgo.NewReader(file)
	if err != nil {
		panic(err)
	}
	var packets [][]byte
	var infos []gopacket.CaptureInfo
	for {
		data, ci, err := reader.ReadPacketData()
		if err != nil {
			break
		}
		packets = append(packets, data)
		infos = append(infos, ci)
	}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		f := &factory{}
		assembler := reassembly.NewAssembler(reassembly.NewStreamPool(f))
		var eth layers.Ethernet
		var ip layers.IPv4
		var tcp layers.TCP
		parser := gopacket.NewDecodingLayerParser(layers.LayerTypeEthernet, &eth, &ip, &tcp)
		parser.IgnoreUnsupported = true
		var decoded []gopacket.LayerType
		start := cpu()
		for i, data := range packets {
			if parser.DecodeLayers(data, &decoded) == nil {
				c := context(infos[i])
				assembler.AssembleWithContext(ip.NetworkFlow(), &tcp, &c)
			}
		}
		assembler.FlushAll()
		fmt.Printf("%f\n", float64(cpu()-start)/float64(len(packets)))
		if f.bytes == 0 {
			log.Fatal("no byte came out")
		}
	}
}
