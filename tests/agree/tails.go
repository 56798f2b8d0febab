// SPDX-License-Identifier: BSD-3-Clause

// Rules about what is kept of a header that is not whole, and about numbers that are but a hint.
package main

import (
	"strings"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// A layer that stays where its tail is cut or wrong: the bytes it must have, and how many it says
// to have; 0 when the fixed part itself is not right.
type tailed struct {
	fixed int
	whole func(p []byte) int
}

func all(p []byte) int { return len(p) }

func one(fixed int, good bool, whole int) int {
	if !good {
		return 0
	}
	if whole < fixed {
		return fixed
	}
	return whole
}

func extension(p []byte) int { return 8 + 8*int(p[1]) }

// RFC 2784 §2.1, RFC 2890 §2, RFC 2637 §4.1: what stands in front of the routing entries
func greWords(p []byte) int {
	words := 1
	for _, bits := range []byte{0xC0, 0x20, 0x10} {
		if p[0]&bits != 0 {
			words++
		}
	}
	if p[1]&7 == 1 && p[1]&0x80 != 0 {
		words++
	}
	return words * 4
}

func ospfLength(p []byte) int { return map[byte]int{2: 24, 3: 16}[p[0]] }

var tails = map[string]tailed{
	"IPv4": {20, func(p []byte) int {
		length := int(p[0]&15) * 4
		total := be16(p[2:])
		return one(0, p[0]>>4 == 4 && length >= 20 && (total == 0 || total >= length), length)
	}},
	"TCP":             {20, func(p []byte) int { return one(20, true, int(p[12]>>4)*4) }},
	"UDP":             {8, func(p []byte) int { return 8 }},
	"UDPLite":         {8, func(p []byte) int { return 8 }},
	"IPv6HopByHop":    {8, extension},
	"IPv6Destination": {8, extension},
	"IPv6Routing":     {8, extension},
	"IPSecAH": {12, func(p []byte) int {
		return one(0, p[1] != 0, 4*(int(p[1])+2))
	}},
	"ICMPv6RouterSolicitation":    {4, all},
	"ICMPv6RouterAdvertisement":   {12, all},
	"ICMPv6NeighborSolicitation":  {20, all},
	"ICMPv6NeighborAdvertisement": {20, all},
	"ICMPv6Redirect":              {36, all},
	"DHCPv6": {4, func(p []byte) int {
		return one(0, p[0] != 12 && p[0] != 13 || len(p) >= 34, len(p))
	}},
	"RADIUS": {20, func(p []byte) int {
		return one(0, be16(p[2:]) >= 20, min(len(p), be16(p[2:])))
	}},
	"MLDv2MulticastListenerQuery": {24, func(p []byte) int { return 24 + 16*be16(p[22:]) }},
	"IGMP":                        {12, func(p []byte) int { return one(0, p[0] == 0x11, 12+4*be16(p[10:])) }},
	"ARP":                         {8, func(p []byte) int { return 8 + 2*(int(p[4])+int(p[5])) }},
	"BFD": {24, func(p []byte) int {
		return one(0, p[0]>>5 == 1 && int(p[3]) >= 24+int(p[1]>>2&1)*2, int(p[3]))
	}},
	"Geneve": {8, func(p []byte) int { return one(0, p[0]>>6 == 0, 8+4*int(p[0]&63)) }},
	"GRE": {4, func(p []byte) int {
		if p[0]&0x40 != 0 {
			return len(p) + 1 // what failed are the routing entries
		}
		return one(0, p[1]&7 <= 1, greWords(p))
	}},
	"VRRP": {8, func(p []byte) int {
		return one(0, (p[0]>>4 == 2 || p[0]>>4 == 3) && p[3] != 0, len(p)+1)
	}},
	"GTPv1U": {8, func(p []byte) int {
		return one(0, p[0]>>5 == 1, map[bool]int{false: 8, true: 12}[p[0]&7 != 0])
	}},
	"EAPOLKey":               {95, func(p []byte) int { return 95 + be16(p[93:]) }},
	"CiscoDiscoveryInfo":     {1, all},
	"LinkLayerDiscoveryInfo": {1, all},
	"OSPF":                   {16, func(p []byte) int { return one(0, len(p) >= ospfLength(p) && ospfLength(p) > 0, len(p)) }},
	"DNS":                    {12, func(p []byte) int { return one(0, plausible(p), len(p)) }},
}

// Whether bytes are DNS: a known kind of message, and not more questions and records than find room,
// or the first of them is whole. RFC 1035 §4.1, RFC 8490 §5.4
func plausible(p []byte) bool {
	return p[2]>>3&15 <= 6 && (be16(p[4:])*5+(be16(p[6:])+be16(p[8:])+be16(p[10:]))*11 <= len(p)-12 ||
		firstFits(p))
}

func firstFits(p []byte) bool {
	at, jumped := 12, 0
	for here := 12; ; {
		if here >= len(p) {
			return false
		}
		label := int(p[here])
		if label >= 0xC0 {
			if here+2 > len(p) || be16(p[here:])&0x3FFF >= here {
				return false
			}
			if jumped == 0 {
				at = here + 2
			}
			jumped, here = 1, be16(p[here:])&0x3FFF
			continue
		}
		if label >= 64 {
			return false
		}
		here += 1 + label
		if jumped == 0 {
			at = here
		}
		if label == 0 {
			break
		}
	}
	if be16(p[4:]) > 0 {
		return at+4 <= len(p)
	}
	return be16(p[6:])+be16(p[8:])+be16(p[10:]) > 0 && at+10 <= len(p) && at+10+be16(p[at+8:]) <= len(p)
}

// D44: a layer whose fixed header is whole stays when its tail is cut or wrong
func wholePart(w *walk, s *step) bool {
	if x, ok := s.last().layer.(*layers.UDPLite); ok && len(s.data) >= 8 && x.ChecksumCoverage > 0 &&
		x.ChecksumCoverage < 8 { // RFC 3828 §3.1
		s.failure = "the coverage is below the header"
	}
	if s.failure == "" {
		return false
	}
	name := s.last().name
	if name == "" || tails[name].whole == nil {
		name = target(s.decoder)
	}
	if len(s.layers) < 2 && target(s.decoder) == "IPv6" && hopByHopTail(s) {
		return true
	}
	how, known := tails[name]
	if !known || len(s.layers) > 1 || len(s.data) < how.fixed {
		return false
	}
	whole := how.whole(s.data)
	if whole == 0 {
		return false
	}
	truncated := s.truncated
	s.kept = true
	if len(s.layers) == 0 {
		s.add(name, s.offset, len(s.data), 0, nil)
	}
	p := s.last()
	switch name {
	case "DNS", "RADIUS", "VRRP", "BFD":
		s.role(3, name)
	}
	wholeLists(name, p, s.data)
	if whole > len(s.data) {
		p.header, p.payload, s.rest, s.next = len(s.data), 0, nil, nil
		s.tail, s.truncated = true, true
		return true
	}
	p.header, p.payload = whole, 0
	s.tail, s.rest, s.truncated = true, s.data[whole:], truncated && (name == "IPv4" || name == "UDP")
	s.restOffset = s.offset + whole
	if name == "GTPv1U" && len(s.rest) > 0 { // an extension header of length 0
		s.tail = s.rest[0] != 0
		if s.tail {
			p.header, s.rest, s.truncated = len(s.data), nil, true
		}
	}
	switch x := p.layer.(type) {
	case *layers.UDPLite:
		s.tail = len(s.rest) == 0
		s.next = nil
	case *layers.TCP:
		if x.DataOffset < 5 {
			s.tail = len(s.rest) == 0
		} else if s.next = gopacket.LayerTypePayload; w.options.DecodeStreamsAsDatagrams && !w.fragment {
			s.next = x.NextLayerType()
		}
	case *layers.UDP:
		s.tail = len(s.rest) == 0
	case *layers.IPv4:
		if total := be16(s.data[2:]); total >= whole && total < len(s.data) {
			s.rest = s.data[whole:total]
		}
		s.next = x.NextLayerType()
		if x.FragOffset != 0 {
			s.next = gopacket.LayerTypeFragment
		} else if x.Flags&layers.IPv4MoreFragments != 0 {
			w.fragment = true
			s.next = x.Protocol
		} else {
			s.next = x.Protocol
		}
	case *layers.IPv6Destination:
		s.next = layers.IPProtocol(s.data[0])
	}
	if len(s.rest) > 0 && (s.next != nil || !s.tail) {
		p.payload = len(s.rest)
	} else {
		s.rest = nil
	}
	return true
}

// gopacket decodes hop-by-hop options with the IPv6 header, and loses both.
func hopByHopTail(s *step) bool {
	p := s.data
	if len(p) < 48 || p[0]>>4 != 6 || p[6] != 0 {
		return false
	}
	if end := 40 + be16(p[4:]); end > 40 && end < len(p) {
		p = p[:end]
	}
	x := &layers.IPv6{BaseLayer: layers.BaseLayer{Contents: p[:40], Payload: p[40:]}, Version: 6,
		TrafficClass: uint8(be16(p) >> 4), FlowLabel: uint32(be32(p) & 0xFFFFF),
		Length: uint16(be16(p[4:])), HopLimit: p[7], SrcIP: p[8:24], DstIP: p[24:40]}
	s.undo()
	s.AddLayer(x)
	s.SetNetworkLayer(x)
	hop := p[40:]
	whole := extension(hop)
	s.kept, s.tail, s.truncated = true, true, whole > len(hop)
	if whole > len(hop) {
		s.add("IPv6HopByHop", s.offset+40, len(hop), 0, nil)
	} else {
		s.add("IPv6HopByHop", s.offset+40, whole, len(hop)-whole, nil)
		s.next = layers.IPProtocol(hop[0])
	}
	wholeLists("IPv6HopByHop", s.last(), hop)
	return true
}

// The options of a list that fit; kinds 0 and 1 have no length in TCP and IPv4, 0 in IPv6.
func optionsOf(p []byte, key string, v6 bool) list {
	found := list{}
	for len(p) > 0 {
		f := fields{key: p[0], "data": ""}
		size := 1
		if p[0] > 1 || v6 && p[0] == 1 {
			if len(p) < 2 {
				break
			}
			if size = int(p[1]); v6 {
				size += 2
			}
			if size < 2 || size > len(p) {
				break
			}
			f["data"] = hexOf(p[2:size])
		}
		found = append(found, f)
		if p = p[size:]; f[key] == byte(0) && !v6 {
			break
		}
	}
	return found
}

// Of a list whose end is cut or wrong, what is whole.
func wholeLists(name string, p *place, data []byte) {
	end := func(whole int) int { return min(whole, len(data)) }
	switch name {
	case "TCP":
		if length := int(data[12]>>4) * 4; length >= 20 {
			p.fields["options"] = optionsOf(data[20:end(length)], "kind", false)
		} else {
			p.fields["options"] = list{}
		}
	case "IPv4":
		p.fields["options"] = optionsOf(data[20:end(int(data[0]&15)*4)], "type", false)
	case "IPv6HopByHop", "IPv6Destination":
		p.fields = fields{"next_header": data[0], "length": extension(data),
			"options": optionsOf(data[2:end(extension(data))], "type", true)}
	}
}

// Whether a SIP message begins so, RFC 3261 §7.1 and §7.2; ended says whether it is there whole.
func sipStart(p []byte) (good, ended bool) {
	line := string(p)
	if at := strings.IndexByte(line, '\n'); at >= 0 {
		line, ended = line[:at], true
	}
	line = strings.TrimSuffix(line, "\r")
	words := strings.SplitN(line, " ", 3)
	if words[0] == "SIP/2.0" {
		return len(words) > 1 && len(words[1]) == 3 && words[1][0] >= '1' && words[1][0] <= '6' &&
			strings.Trim(words[1], "0123456789") == "", ended
	}
	return len(words) == 3 && sipMethod(p) && words[1] != "" && words[2] == "SIP/2.0", ended
}

// Whether the first word may be a method, a token of RFC 3261 §25.1 (RFC 9110 §5.6.2 allows some
// characters more), or what a cut left of the version
func sipMethod(p []byte) bool {
	word := strings.TrimSuffix(strings.SplitN(strings.SplitN(string(p), "\n", 2)[0], " ", 2)[0], "\r")
	for i := 0; i < len(word) && !strings.HasPrefix("SIP/2.0", word); i++ {
		if c := word[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"(),/:;<=>?@[\\]{}", c) >= 0 {
			return false
		}
	}
	return word != ""
}

// D45: a port is a hint: what cannot be the protocol is Payload, unless the snaplen cut it
func otherProtocol(w *walk, s *step) bool {
	n := len(w.found)
	if s.failure == "" || s.kept || n == 0 || w.found[n-1].name != "UDP" && w.found[n-1].name != "TCP" {
		return false
	}
	if _, ended := sipStart(s.data); target(s.decoder) == "SIP" && !ended {
		s.truncated = sipMethod(s.data)
	}
	least := map[string]int{"VXLAN": 8, "BFD": 24, "DNS": 12, "TLS": 5, "RADIUS": 20, "Geneve": 8,
		"GTPv1U": 8, "SIP": 4, "MPLS": 4}
	if len(s.data) < least[target(s.decoder)] {
		s.truncated = true
	}
	if p := s.data; target(s.decoder) == "SFlow" && (len(p) >= 8 && be32(p) != 5 ||
		len(p) >= 8 && be32(p[4:]) != 1 && be32(p[4:]) != 2) {
		s.truncated = false
	}
	if s.truncated && w.cut && w.packetEnd() > len(w.data) {
		return false
	}
	s.undo()
	s.payload()
	return true
}

// D46: an access point and a SNAP number are hints too: GVRP is not STP, the number is an EtherType
// behind the right OUI only (RFC 1042), and Novell's frames begin with IPX's checksum, not with LLC
func accessPoints(w *walk, s *step) bool {
	p := s.data
	switch x := s.before().(type) {
	case *layers.Ethernet, *layers.Dot1Q:
		if target(s.decoder) != "LLC" || len(p) < 2 || p[0] != 0xFF || p[1] != 0xFF {
			return false
		}
		s.unknown = []interface{}{"EtherType", 0x8137}
	case *layers.LLC:
		if x.DSAP&0xFE != 0x42 || target(s.decoder) != "STP" || len(p) < 2 || be16(p) == 0 {
			return false
		}
	case *layers.SNAP:
		oui := strings.ToLower(hexOf(x.OrganizationalCode))
		if oui == "000000" || oui == "0000f8" {
			return false
		}
		if oui == "000081" && (x.Type == 0x01a1 || x.Type == 0x01a2) {
			return false
		}
		if oui == "00000c" && (x.Type == 0x2000 || x.Type == 0x010b) {
			return false
		}
		s.unknown = []interface{}{"SNAP protocol", x.Type}
	default:
		return false
	}
	s.undo()
	s.payload()
	return true
}
