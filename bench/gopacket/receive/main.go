// SPDX-License-Identifier: BSD-3-Clause

// Receives with gopacket's afpacket on the device named, as many packets as told or until none
// comes for two seconds; prints how many, and its processor nanoseconds from the first wait on, the
// garbage collector's included. A third argument: with the package's own defaults for the ring.
// bench/capture.c and bench/depth.c build and start this.
package main

import (
	"fmt"
	"log"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/google/gopacket/afpacket"
)

const (
	blockBytes = 128 << 10
	blockCount = 256
)

func processorTime() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func main() {
	most, _ := strconv.ParseUint(os.Args[2], 10, 64)
	options := []interface{}{afpacket.OptInterface(os.Args[1]),
		afpacket.OptTPacketVersion(afpacket.TPacketVersion3),
		afpacket.OptPollTimeout(2 * time.Second)}
	if len(os.Args) < 4 { // else its own defaults: 64 MiB
		options = append(options, afpacket.OptFrameSize(2048),
			afpacket.OptBlockSize(blockBytes), afpacket.OptNumBlocks(blockCount),
			afpacket.OptBlockTimeout(2*time.Millisecond))
	}
	ring, err := afpacket.NewTPacket(options...)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready")
	start := processorTime()
	var count, sum uint64
	for count < most {
		data, info, err := ring.ZeroCopyReadPacketData()
		if err != nil {
			break
		}
		sum += uint64(data[12]) + uint64(info.Length) + uint64(info.Timestamp.UnixNano())
		count++
	}
	fmt.Println(count, processorTime()-start, sum)
}
