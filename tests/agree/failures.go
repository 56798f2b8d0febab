// SPDX-License-Identifier: BSD-3-Clause

// Rules about packets that end in a failure, with gopacket or with Torc.
package main

import (
	"strings"

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
	if x, ok := s.last().layer.(*layers.IGMP); ok && x.Type == layers.IGMPMembershipQuery &&
		12+4*be16(s.data[10:]) > len(s.data) {
		s.kept, s.tail, s.truncated, s.failure = true, true, true, "IGMP: too few bytes"
		s.next, s.rest = nil, nil
		p := s.last()
		p.header, p.payload = len(s.data), 0
		p.fields["sources"] = hexOf(s.data[12 : 12+(len(s.data)-12)/4*4])
		return true
	}
	if s.last().name == "STP" && (len(s.data) < bpduLength(s.data) || bpduLength(s.data) == 0) {
		s.undo()
		s.truncated = bpduLength(s.data) != 0
		s.fail("a BPDU that is cut, or of an unknown type")
		return true
	}
	if s.failure == "" || s.kept || len(s.layers) == 0 {
		return false
	}
	switch s.last().name {
	case "IPv4", "TCP", "UDP", "SCTP", "IPv6HopByHop", "IPv6Destination", "IPv6Routing", "RMCP":
	case "IPv6":
		if len(s.data) == 40 { // what failed is behind it, where nothing is
			s.failure = ""
			return true
		}
		if len(s.data) > 40 {
			return false
		}
	default:
		return false
	}
	truncated, name := s.truncated, s.last().name
	s.undo()
	s.truncated = truncated
	if name == "IPv4" && len(s.data) >= 20 {
		total := be16(s.data[2:]) // what is behind the packet is no part of it
		if total >= 20 && total < len(s.data) {
			s.rest = s.data[:total]
		}
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
	case "SCTP":
		return 12
	case "SFlow":
		return 28
	case "RADIUS":
		return 20
	case "VRRP":
		return more(8, 8+4*at(3))
	case "IPv6HopByHop", "IPv6Destination", "IPv6Routing":
		return more(8, 8+8*at(1))
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
	if s.failure == "" || s.kept {
		return false
	}
	if bytes := needed(target(s.decoder), s.data); bytes != 0 && s.truncated != (bytes > len(s.data)) {
		s.truncated = bytes > len(s.data)
		return true
	}
	return false
}

// What a standard forbids in the fixed header of a layer, and gopacket does not look at
func forbidden(name string, p []byte) bool {
	switch name {
	case "DHCPv4": // RFC 2131 §2: a request or a reply
		return p[0] != 1 && p[0] != 2
	case "BFD": // RFC 5880 §6.8.6
		return p[0]>>5 != 1
	case "GRE": // RFC 2784 §2.3.1, RFC 2637 §4.1
		return p[1]&7 > 1
	case "ERSPAN Type II": // draft-foschiano-erspan-03
		return p[0]>>4 != 1
	case "PPPoE": // RFC 2516 §4
		return p[0] != 0x11
	case "EtherIP": // RFC 3378 §3
		return p[0]>>4 != 3
	case "NTP": // RFC 5905 §7.3
		return p[0]>>3&7 < 1 || p[0]>>3&7 > 4
	case "VXLAN": // RFC 7348 §5: the flag of the network identifier
		return p[0]&8 == 0
	case "RMCP": // DSP0136 §3.2.2.2
		return p[0] != 6
	case "SIP": // RFC 3261 §7.2: SIP/2.0, and a code of three digits
		good, _ := sipStart(p)
		return !good
	}
	return false
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

// D36: such a value is malformed
func forbiddenValue(w *walk, s *step) bool {
	if s.failure != "" || len(s.layers) == 0 || !forbidden(s.last().name, s.data) {
		return false
	}
	s.undo()
	s.fail("a value that the standard forbids")
	return true
}

// D37: TLVs that do not fit, or are missing, do not take the layer away that stands before them
func headerBeforeList(w *walk, s *step) bool {
	p := s.data
	switch {
	case len(p) >= 4 && (strings.HasPrefix(s.failure, "Invalid CiscoDiscovery value length") ||
		strings.HasPrefix(s.failure, "CDP TLV <")):
		s.undo()
		s.truncated = !strings.HasPrefix(s.failure, "Invalid")
		s.add("CiscoDiscovery", s.offset, 4, len(p)-4, fields{"version": p[0], "ttl": p[1],
			"checksum": be16(p[2:])})
		if len(p) > 4 {
			s.add("CiscoDiscoveryInfo", s.restOffset, len(p)-4, 0, nil)
			s.kept, s.tail = true, true // D44
		}
		return true
	case strings.HasPrefix(strings.ToLower(s.failure), "lldp vdata <"),
		s.failure == "Missing mandatory LinkLayerDiscovery TLV":
		return lldpBeforeList(s)
	case len(s.layers) == 2 && s.layers[0].name == "LinkLayerDiscovery":
		ttl := s.layers[0].header - 4
		if ttl >= 0 && p[ttl]>>1 == 3 {
			return false
		}
		s.undo()
		s.fail("LLDP: the first three TLVs are not those that must be there")
		return true
	}
	return false
}

// The mandatory TLVs and, when all of those behind fit, they too; the end TLV may be cut.
func lldpBeforeList(s *step) bool {
	p, at := s.data, 0
	for _, kind := range []byte{1, 2, 3} {
		if at+2 > len(p) || p[at]>>1 != kind {
			return false
		}
		at += 2 + be16(p[at:])&0x1FF
	}
	if at > len(p) {
		return false
	}
	failed := s.failure != "Missing mandatory LinkLayerDiscovery TLV"
	s.undo()
	s.add("LinkLayerDiscovery", s.offset, at, len(p)-at, fields{"ttl": be16(p[at-2:])})
	s.truncated = true
	if !failed {
		s.failure = ""
		if at < len(p) {
			s.add("LinkLayerDiscoveryInfo", s.restOffset, len(p)-at, 0, nil)
		}
	} else if at < len(p) {
		s.add("LinkLayerDiscoveryInfo", s.restOffset, len(p)-at, 0, nil)
		s.kept, s.tail = true, true // D44
	}
	return true
}
