// SPDX-License-Identifier: BSD-3-Clause

// The link type of each packet of a file, all 16 bits of it: gopacket keeps 8 (D6); and the times of
// pcap files, which gopacket computes in 32 bits (D15).
package main

import (
	"encoding/binary"
	"errors"
	"os"
)

const (
	blockSection     = 0x0A0D0D0A
	blockInterface   = 1
	blockOldPacket   = 2
	blockSimple      = 3
	blockEnhanced    = 6
	byteOrderMagic   = 0x1A2B3C4D
	pcapMicroseconds = 0xA1B2C3D4
	pcapNanoseconds  = 0xA1B23C4D
)

// What the file says of a packet; time is -1 where it is left to gopacket.
type record struct {
	link int
	time int64
}

// packetRecords returns the records of a capture file; there may be more than gopacket reads.
func packetRecords(path string) ([]record, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(data) < 24 {
		return nil, errors.New("too short for a capture")
	}
	if binary.LittleEndian.Uint32(data) == blockSection {
		return ngRecords(data), nil
	}
	return pcapRecords(data), nil
}

// draft-ietf-opsawg-pcap §4, §5
func pcapRecords(data []byte) (records []record) {
	var order binary.ByteOrder = binary.LittleEndian
	magic := order.Uint32(data)
	if magic != pcapMicroseconds && magic != pcapNanoseconds {
		order = binary.BigEndian
		magic = order.Uint32(data)
	}
	unit := int64(1000)
	if magic == pcapNanoseconds {
		unit = 1
	}
	link := int(order.Uint32(data[20:]) & 0xFFFF)
	for data = data[24:]; len(data) >= 16; {
		part := int64(order.Uint32(data[4:]))
		if before := part - 1<<32; part*unit >= 1e9 && before*unit > -1e9 {
			part = before // a little before the second, as some writers have it
		}
		time := int64(order.Uint32(data))*1e9 + part*unit
		records = append(records, record{link, time})
		length := int(order.Uint32(data[8:]))
		data = data[min(16+length, len(data)):]
	}
	return records
}

// draft-ietf-opsawg-pcapng §4: blocks, and the interfaces of each section
func ngRecords(data []byte) (records []record) {
	var order binary.ByteOrder = binary.LittleEndian
	var interfaces []int
	for len(data) >= 16 {
		if binary.LittleEndian.Uint32(data) == blockSection {
			interfaces, order = nil, binary.LittleEndian
			if order.Uint32(data[8:]) != byteOrderMagic {
				order = binary.BigEndian
			}
		}
		length := int(order.Uint32(data[4:]))
		if length < 12 || length > len(data) {
			break
		}
		which := -1
		switch order.Uint32(data) {
		case blockInterface:
			interfaces = append(interfaces, int(order.Uint16(data[8:])))
		case blockEnhanced:
			which = int(order.Uint32(data[8:]))
		case blockOldPacket:
			which = int(order.Uint16(data[8:]))
		case blockSimple:
			which = 0
		}
		if which >= 0 && which < len(interfaces) {
			records = append(records, record{interfaces[which], -1})
		}
		data = data[length:]
	}
	return records
}
