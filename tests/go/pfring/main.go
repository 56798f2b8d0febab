// SPDX-License-Identifier: BSD-3-Clause

// A Go program on libpfring through cgo, as Go's capture packages use it: the error of a call is
// errno, the header is on the stack and never initialised, and every packet is read with wait set.
package main

/*
#include <pfring.h>

struct seen {
	u_int64_t timestamp_ns;
	u_int32_t caplen, len;
	int32_t if_index;
	u_int16_t vlan;
};

static int next_packet(pfring *ring, u_char **data, struct seen *seen)
{
	struct pfring_pkthdr hdr;
	int rc = pfring_recv(ring, data, 0, &hdr, 1);

	if (rc <= 0)
		return rc;
	seen->timestamp_ns = hdr.extended_hdr.timestamp_ns;
	seen->caplen = hdr.caplen;
	seen->len = hdr.len;
	seen->if_index = hdr.extended_hdr.if_index;
	seen->vlan = hdr.extended_hdr.parsed_pkt.vlan_id;
	return rc;
}
*/
import "C"

import (
	"fmt"
	"os"
	"time"
	"unsafe"
)

var count, failed int

func ok(good bool, format string, args ...interface{}) {
	word := "ok"
	count++
	if !good {
		word = "not ok"
		failed++
	}
	fmt.Printf("%s %d - %s\n", word, count, fmt.Sprintf(format, args...))
}

func open(device string, flags C.u_int32_t) (*C.pfring, error) {
	name := C.CString(device)
	defer C.free(unsafe.Pointer(name))
	ring, err := C.pfring_open(name, 1500, flags)
	return ring, err
}

func filter(ring *C.pfring, text string) int {
	expression := C.CString(text)
	defer C.free(unsafe.Pointer(expression))
	return int(C.pfring_set_bpf_filter(ring, expression))
}

// A frame of 60 bytes with a type of our own and a number.
func send(ring *C.pfring, number byte) int {
	frame := make([]byte, 60)
	copy(frame, []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xB5, number})
	return int(C.pfring_send(ring, (*C.char)(unsafe.Pointer(&frame[0])), 60, 1))
}

func main() {
	var data *C.u_char
	var seen C.struct_seen
	var stats C.pfring_stat

	_, err := open("nosuch0", 0)
	ok(err != nil, "a device that is not there: %v", err)
	rx, err := open("p1", C.PF_RING_PROMISC|C.PF_RING_TIMESTAMP)
	ok(rx != nil && err == nil, "open, and errno is 0")
	tx, err := open("p0", 0)
	if rx == nil || tx == nil {
		ok(false, "open: %v", err)
		os.Exit(1)
	}
	ok(C.next_packet(rx, &data, &seen) == C.PF_RING_ERROR_RING_NOT_ENABLED, "not enabled")
	ok(C.pfring_set_socket_mode(tx, C.send_only_mode) == 0, "send only")
	ok(C.pfring_set_cluster(rx, 77, C.cluster_per_flow) == 0, "join a cluster")
	ok(C.pfring_set_direction(rx, C.rx_only_direction) == 0, "receive only")
	ok(filter(rx, "ether proto 0x88b5") == 0, "a filter")
	ok(filter(rx, "no such thing") == C.PF_RING_ERROR_INVALID_ARGUMENT, "a bad filter")
	ok(C.pfring_enable_ring(rx) == 0 && C.pfring_enable_ring(tx) == 0, "enable")
	for i := byte(0); i < 10; i++ {
		if send(tx, i) != 60 {
			ok(false, "send %d", i)
		}
	}
	good := true
	for i := byte(0); i < 10; i++ {
		rc := C.next_packet(rx, &data, &seen)
		bytes := C.GoBytes(unsafe.Pointer(data), C.int(seen.caplen))
		age := time.Since(time.Unix(0, int64(seen.timestamp_ns)))
		good = good && rc == 1 && seen.len == 60 && bytes[14] == i && seen.vlan == 0 &&
			seen.if_index > 0 && age > -time.Second && age < time.Minute
	}
	ok(good, "ten packets, in order, with their times")
	ok(C.pfring_stats(rx, &stats) == 0 && stats.recv == 10 && stats.drop == 0, "statistics")

	done := make(chan C.int)
	go func() { done <- C.next_packet(rx, &data, &seen) }()
	time.Sleep(50 * time.Millisecond)
	C.pfring_breakloop(rx)
	ok(<-done == 0, "a waiting read is broken by another goroutine")
	ok(C.pfring_remove_from_cluster(rx) == 0 && C.pfring_remove_bpf_filter(rx) == 0, "leave")
	ok(C.pfring_disable_ring(rx) == 0, "disable")
	C.pfring_close(rx)
	C.pfring_close(tx)
	fmt.Printf("1..%d\n", count)
	if failed > 0 {
		os.Exit(1)
	}
}
