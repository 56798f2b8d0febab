// SPDX-License-Identifier: BSD-3-Clause

// The link type of each packet of a file, all 16 bits of it: gopacket keeps 8 (D6).
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

// linkTypes returns what tells the link type of packet n, the first being 1.
func linkTypes(path string) (func(n int) int, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(data) < 24 {
		return nil, errors.New("too short for a capture")
	}
	if binary.LittleEndian.Uint32(data) == blockSection {
		links := ngLinkTypes(data)
		return func(n int) int {
			if n > len(links) {
				return -1
			}
			return links[n-1]
		}, nil
	}
	var order binary.ByteOrder = binary.LittleEndian
	if magic := order.Uint32(data); magic != pcapMicroseconds && magic != pcapNanoseconds {
		order = binary.BigEndian
	}
	link := int(order.Uint32(data[20:]) & 0xFFFF)
	return func(int) int { return link }, nil
}

// draft-ietf-opsawg-pcapng §4: blocks, and the interfaces of each section
func ngLinkTypes(data []byte) (links []int) {
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
			links = append(links, interfaces[which])
		}
		data = data[length:]
	}
	return links
}
