// SPDX-License-Identifier: BSD-3-Clause

// Rules about packets that end in a failure, with gopacket or with Torc.
package main

import (
	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// D16: behind an EtherType the version nibble counts too, RFC 791 §3.1, RFC 8200 §3
func ipVersion(w *walk, s *step) bool {
	if len(s.data) == 0 {
		return false
	}
	version := s.data[0] >> 4
	switch s.last().layer.(type) {
	case *layers.IPv4:
		if version == 4 {
			return false
		}
	case *layers.IPv6:
		if version == 6 {
			return false
		}
	default:
		if len(s.layers) != 2 || s.layers[0].name != "IPv6" || version == 6 {
			return false
		}
	}
	s.undo()
	s.fail("the IP version is another")
	return true
}

// D3: a layer is there only when its header is whole and valid
func failedLayer(w *walk, s *step) bool {
	if s.last().name == "STP" && (len(s.data) < bpduLength(s.data) || bpduLength(s.data) == 0) {
		s.undo()
		s.truncated = bpduLength(s.data) != 0
		s.fail("a BPDU that is cut, or of an unknown type")
		return true
	}
	if s.failure == "" || len(s.layers) == 0 {
		return false
	}
	switch s.last().name {
	case "IPv4", "TCP", "UDP":
	case "IPv6":
		if len(s.data) >= 40 { // what failed is behind it
			return false
		}
	default:
		return false
	}
	truncated, name := s.truncated, s.last().name
	s.undo()
	s.truncated = truncated
	if total := be16(append(s.data, 0, 0, 0, 0)[2:]); name == "IPv4" && total >= 20 && total < len(s.data) {
		s.rest = s.data[:total] // what is behind the packet is no part of it
	}
	return true
}

// Bytes that a header needs, as far as they can be told from those that are there; 0: not known
func needed(name string, p []byte) int {
	at := func(i int) int {
		if i < len(p) {
			return int(p[i])
		}
		return 0
	}
	more := func(fixed, whole int) int {
		if len(p) < fixed || whole < fixed {
			return fixed
		}
		return whole
	}
	switch name {
	case "Ethernet":
		return 14
	case "IPv4":
		return more(20, at(0)&15*4)
	case "IPv6":
		return 40
	case "TCP":
		return more(20, at(12)>>4*4)
	case "UDP":
		return 8
	case "SFlow":
		return 28
	case "Linux SLL":
		return 16
	case "ICMPv6RouterSolicitation":
		return 4
	case "ICMPv6NeighborSolicitation", "ICMPv6NeighborAdvertisement":
		return 20
	case "ARP":
		return more(8, 8+2*at(4)+2*at(5))
	}
	return 0
}

// The layer that a decoder decodes
func target(decoder interface{}) string {
	switch d := decoder.(type) {
	case gopacket.LayerType:
		return d.String()
	case layers.EthernetType:
		return d.LayerType().String()
	case layers.IPProtocol:
		return d.LayerType().String()
	case layers.LinkType:
		return d.String()
	case layers.ProtocolFamily:
		return d.LayerType().String()
	case layers.PPPType:
		return d.LayerType().String()
	}
	return ""
}

// D18: a failure for want of bytes is a truncated packet, any other is not
func cutHeader(w *walk, s *step) bool {
	if s.failure == "" {
		return false
	}
	if bytes := needed(target(s.decoder), s.data); bytes != 0 && s.truncated != (bytes > len(s.data)) {
		s.truncated = bytes > len(s.data)
		return true
	}
	return false
}
