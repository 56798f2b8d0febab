// SPDX-License-Identifier: BSD-3-Clause

// The deliberate differences of docs/differences.md, one function each. A rule recognises its class
// by what the decoder was given, what it found and what was announced; it then sets that one step
// right, by what the standard says or by gopacket's own decoder on the right bytes. All that comes
// before, beside and behind is compared as ever.
package main

import (
	"fmt"
	"net"
	"strings"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

type rule struct {
	id    string
	apply func(w *walk, s *step) bool
}

var rules = []rule{
	{"D60", radioHeader},
	{"D61", wirelessFrame},
	{"D62", wirelessBody},
	{"D6", linkTypes16},
	{"D49", packetTap},
	{"D49", merakiFrame},
	{"D70", nortelNumbers},
	{"D70", reliableData},
	{"D70", lcmChannel},
	{"D23", keyData},
	{"D19", oldTag},
	{"D20", longAddress},
	{"D9", noLength},
	{"D2", hopByHop},
	{"D8", lengthBehindTag},
	{"D46", accessPoints},
	{"D42", otherNumbers},
	{"D43", controlMessage},
	{"D4", unknownNext},
	{"D5", padding},
	{"D1", firstFragment},
	{"D1", insideFragment},
	{"D5", accessLength},
	{"D17", routingHeader},
	{"D21", erspanType1},
	{"D22", otherPorts},
	{"D24", pppFraming},
	{"D25", lldpLength},
	{"D26", unknownInside},
	{"D27", missingRole},
	{"D28", vrrpVersion3},
	{"D29", timerCodes},
	{"D30", messageInside},
	{"D31", reverseARP},
	{"D32", extendedCode},
	{"D33", discoveryTags},
	{"D50", usbHeader},
	{"D50", pflogVersion},
	{"D18", cutFunction},
	{"D49", modbusMessage},
	{"D34", managementLength},
	{"D41", lengthInFront},
	{"D52", onAnyPort},
	{"D40", openRecord},
	{"D34", cutMessage},
	{"D34", cutChunk},
	{"D34", cutTunnel},
	{"D34", cutSIP},
	{"D34", cutQuery},
	{"D34", cutRecords},
	{"D37", headerBeforeList},
	{"D38", swappedFields},
	{"D39", bundledChunks},
	{"D14", otherGeneve},
	{"D36", forbiddenValue},
	{"D35", echoData},
	{"D16", ipVersion},
	{"D44", wholePart},
	{"D3", failedLayer},
	{"D18", cutHeader},
	{"D45", otherProtocol},
	{"D48", flowRecords},
	{"D49", newerMessage},
}

func (w *walk) amend(s *step) {
	for _, r := range rules {
		if r.apply(w, s) {
			w.applied = append(w.applied, r.id)
		}
	}
}

// The layer before this step, or nil.
func (s *step) before() gopacket.Layer {
	if n := len(s.walk.found); n > 0 {
		return s.walk.found[n-1].layer
	}
	return nil
}

func (s *step) last() *place {
	if n := len(s.layers); n > 0 {
		return &s.layers[n-1]
	}
	return &place{}
}

// Forgets what was found and decodes again, perhaps as something else.
func (s *step) again(decoder gopacket.Decoder, data []byte) {
	s.undo()
	s.failure, s.unknown = "", nil
	s.decoder, s.data, s.rest = decoder, data, data
	s.decode()
}

// What a layer says of the next one: registry and number.
func (w *walk) announced(l gopacket.Layer) []interface{} {
	switch x := l.(type) {
	case nil:
		return []interface{}{"link type", w.link}
	case *layers.Ethernet:
		return []interface{}{"EtherType", x.EthernetType}
	case *layers.Dot1Q:
		return []interface{}{"EtherType", x.Type}
	case *layers.SNAP:
		return []interface{}{"EtherType", x.Type}
	case *layers.LinuxSLL:
		return []interface{}{"EtherType", x.EthernetType}
	case *layers.GRE:
		return []interface{}{"EtherType", x.Protocol}
	case *layers.Geneve:
		return []interface{}{"EtherType", x.Protocol}
	case *layers.LLC:
		return []interface{}{"LLC service access point", x.DSAP}
	case *layers.PPP:
		return []interface{}{"PPP protocol", x.PPPType}
	case *layers.Loopback:
		return []interface{}{"address family", x.Family}
	case *layers.PFLog:
		return []interface{}{"address family", x.Family}
	case *layers.IPv4:
		return []interface{}{"IP protocol", x.Protocol}
	case *layers.IPv6:
		return []interface{}{"IP protocol", x.NextHeader}
	case *layers.IPv6HopByHop:
		return []interface{}{"IP protocol", x.NextHeader}
	case *layers.IPv6Routing:
		return []interface{}{"IP protocol", x.NextHeader}
	case *layers.IPv6Destination:
		return []interface{}{"IP protocol", x.NextHeader}
	case *layers.IPv6Fragment:
		return []interface{}{"IP protocol", x.NextHeader}
	case *layers.IPSecAH:
		return []interface{}{"IP protocol", x.NextHeader}
	}
	return nil
}

// D6: raw IP of link types 14, 228 and 229, and Linux cooked v2; tcpdump.org/linktypes
func linkTypes16(w *walk, s *step) bool {
	if _, first := s.decoder.(layers.LinkType); !first {
		return false
	}
	switch w.link {
	case 14:
		s.again(layers.LinkType(12), s.data)
	case 228:
		s.again(layers.LayerTypeIPv4, s.data)
	case 229:
		s.again(layers.LayerTypeIPv6, s.data)
	case 50:
		s.again(layers.LayerTypePPP, s.data)
	case 276:
		s.undo()
		s.failure, s.decoder = "", layers.LayerTypeLinuxSLL
		if p := s.data; len(p) < 20 {
			s.truncated = true
			s.fail("Linux SLL2: too few bytes")
		} else {
			s.add("Linux SLL2", 0, 20, len(p)-20, fields{"ether_type": be16(p),
				"interface_index": be32(p[4:]), "hardware_type": be16(p[8:]),
				"packet_type": p[10], "address_length": p[11],
				"src": net.HardwareAddr(p[12:18]).String()})
			s.role(0, "Linux SLL2")
			s.next = layers.EthernetType(be16(p))
		}
	default:
		return false
	}
	return true
}

// Whether nothing decodes what is announced.
func undecodable(decoder gopacket.Decoder) bool {
	switch d := decoder.(type) {
	case gopacket.LayerType:
		return d == gopacket.LayerTypeZero
	case layers.LinkType, layers.EthernetType, layers.IPProtocol, layers.PPPType,
		layers.ProtocolFamily:
		return strings.HasPrefix(fmt.Sprint(d), "Unknown")
	}
	return false
}

// D4: no decoder, said as a failure, or by silence behind layers built on decodingLayerDecoder
func unknownNext(w *walk, s *step) bool {
	if x, ok := s.last().layer.(*layers.GRE); ok && x.Protocol == 0 && len(s.rest) > 0 {
		s.unknown = w.announced(x) // not LLC, which gopacket calls EtherType 0
		s.payload()
		return true
	}
	if s.failure == "Unable to guess protocol of packet data" {
		s.payload() // behind an MPLS label nothing announces what comes, RFC 3032 §2.2
		return true
	}
	if s.failure != "" && len(s.layers) == 0 && undecodable(s.decoder) {
		s.unknown = w.announced(s.before())
		s.payload()
		return true
	}
	if s.failure != "" || s.next != nil || len(s.rest) == 0 {
		return false
	}
	switch s.last().name {
	case "Dot1Q", "GRE", "Geneve", "Loopback", "SNAP", "PFLog":
		s.unknown = w.announced(s.last().layer)
		s.payload()
		return true
	}
	return false
}

// D23: a key's data is not 802.11 elements
func keyData(w *walk, s *step) bool {
	x, ok := s.last().layer.(*layers.EAPOLKey)
	if !ok || s.next == nil {
		return false
	}
	end := 95 + int(x.KeyDataLength)
	s.last().fields["key_data"] = hexOf(s.data[95:end])
	s.last().header, s.last().payload = end, 0
	s.next, s.rest = nil, nil
	return true
}

// D20: an address longer than the 8 bytes that Linux cooked headers have for it
func longAddress(w *walk, s *step) bool {
	p := s.data
	if s.failure == "" || len(s.layers) > 0 || target(s.decoder) != "Linux SLL" || len(p) < 16 ||
		be16(p[4:]) <= 8 {
		return false
	}
	x := &layers.LinuxSLL{BaseLayer: layers.BaseLayer{Contents: p[:16], Payload: p[16:]},
		PacketType: layers.LinuxSLLPacketType(be16(p)), AddrType: uint16(be16(p[2:])),
		AddrLen: uint16(be16(p[4:])), EthernetType: layers.EthernetType(be16(p[14:]))}
	s.failure = ""
	s.AddLayer(x)
	s.SetLinkLayer(x)
	s.next = x.EthernetType
	return true
}

// D19: 0x9100 is a VLAN tag too
func oldTag(w *walk, s *step) bool {
	kind, ok := s.decoder.(layers.EthernetType)
	if !ok || kind != 0x9100 {
		return false
	}
	s.again(layers.LayerTypeDot1Q, s.data)
	return true
}

// D8: a length behind a tag leads to LLC and cuts what is behind it, IEEE 802.1Q §9.4
func lengthBehindTag(w *walk, s *step) bool {
	tag, ok := s.last().layer.(*layers.Dot1Q)
	if !ok || tag.Type >= 0x600 || s.next != nil {
		return false
	}
	if length := int(tag.Type); length > len(s.rest) {
		s.truncated = true
	} else {
		s.rest = s.rest[:length]
		s.last().payload = length
	}
	s.next = layers.LayerTypeLLC
	return true
}

// D14: the version of Geneve has two bits; of another version than 0 nothing is known
func otherGeneve(w *walk, s *step) bool {
	if s.last().name != "Geneve" || s.data[0]>>6 == 0 {
		return false
	}
	s.last().fields["version"] = s.data[0] >> 6
	s.next = gopacket.LayerTypePayload
	return true
}

// D5: what is behind ARP and BPDUs is padding of the link layer
func padding(w *walk, s *step) bool {
	p := s.last()
	switch p.name {
	case "ARP":
		if len(s.rest) == 0 {
			return false
		}
		p.payload = 0
	case "STP":
		length := bpduLength(s.data)
		if _, snap := s.before().(*layers.SNAP); snap && len(s.data) >= 42 && be32(s.data[36:]) == 2 {
			length = 42 // and which VLAN it is of
		}
		if length >= p.header {
			return false
		}
		p.header = length
	default:
		return false
	}
	s.next, s.rest = nil, nil
	return true
}

// IEEE 802.1D §9.3: 4 bytes of topology change, 35 of configuration, 36 of RST; with version 3
// (802.1Q §14) and 4 (802.1aq §14) each a length and that many bytes more
func bpduLength(p []byte) int {
	if len(p) < 4 {
		return 4
	}
	length := map[byte]int{0: 35, 2: 36, 0x80: 4}[p[3]]
	if p[3] == 2 {
		for version := byte(3); version <= 4 && version <= p[2]; version++ {
			if length+2 <= len(p) && length+2+be16(p[length:]) <= len(p) {
				length += 2 + be16(p[length:])
			}
		}
	}
	return length
}

// D1: an offset-0 fragment has its transport header; an atomic IPv6 fragment is a whole packet
func firstFragment(w *walk, s *step) bool {
	switch x := s.last().layer.(type) {
	case *layers.IPv4:
		if s.failure != "" || x.FragOffset != 0 || x.Flags&layers.IPv4MoreFragments == 0 {
			return false
		}
		w.fragment = true
		s.next = x.Protocol
	case *layers.IPv6Fragment:
		if x.FragmentOffset != 0 {
			return false
		}
		w.fragment = w.fragment || x.MoreFragments
		s.next = x.NextHeader
	default:
		return false
	}
	return true
}

// D1: lengths in a first fragment are those of the datagram, and so is the application
func insideFragment(w *walk, s *step) bool {
	if !w.fragment {
		return false
	}
	switch s.last().layer.(type) {
	case *layers.TCP, *layers.UDP:
		s.next = gopacket.LayerTypePayload
		s.truncated = s.truncated && s.failure != ""
		return true
	}
	return false
}

// D9: length 0 is that of a packet larger than 65,535 bytes or not yet filled in: all that is there
func noLength(w *walk, s *step) bool {
	if strings.HasSuffix(s.failure, "does not have jumbogram option") {
		s.failure = ""
		s.next = s.last().layer.(*layers.IPv6HopByHop).NextHeader
		return true
	}
	switch x := s.last().layer.(type) {
	case *layers.IPv4:
		if len(x.Contents) < 4 || be16(x.Contents[2:]) != 0 {
			return false
		}
		s.last().fields["total_length"] = 0
		x.Payload = s.data[len(x.Contents):]
		s.last().payload, s.rest = len(x.Payload), x.Payload
		return true
	case *layers.IPv6:
		if s.failure == "" || x.Length != 0 || len(s.data) < 40 {
			return false
		}
		x.BaseLayer = layers.BaseLayer{Contents: s.data[:40], Payload: s.data[40:]}
		s.undo()
		s.failure = ""
		s.AddLayer(x)
		s.SetNetworkLayer(x)
		s.next = x.NextHeader
		return true
	}
	return false
}

// D2: the payload length counts the hop-by-hop header too
func hopByHop(w *walk, s *step) bool {
	if len(s.layers) != 2 || s.failure != "" {
		return false
	}
	x, ok := s.layers[0].layer.(*layers.IPv6)
	if !ok || x.HopByHop == nil || x.Length == 0 {
		return false
	}
	end := 40 + int(x.Length)
	s.truncated = end > len(s.data)
	if !s.truncated {
		s.data = s.data[:end]
	}
	hop := &s.layers[1]
	s.layers[0].payload = len(s.data) - 40
	hop.payload = len(s.data) - 40 - hop.header
	if hop.payload < 0 {
		return false
	}
	s.rest = s.data[40+hop.header:]
	return true
}

// D24: address and control, where they are, belong to PPP's header, RFC 1662 §3.1
func pppFraming(w *walk, s *step) bool {
	x, ok := s.last().layer.(*layers.PPP)
	if !ok || !x.HasPPTPHeader {
		return false
	}
	s.last().offset -= 2
	s.last().header += 2
	return true
}

// D25: the three mandatory TLVs are one layer, the optional ones the next, IEEE 802.1AB §8.2
func lldpLength(w *walk, s *step) bool {
	if len(s.layers) != 2 || s.layers[0].name != "LinkLayerDiscovery" {
		return false
	}
	header := 0
	for i := 0; i < 3 && header+2 <= len(s.data); i++ {
		header += 2 + be16(s.data[header:])&0x1FF
	}
	s.layers[0].header, s.layers[0].payload = header, len(s.data)-header
	end := header
	for kind := byte(0xFF); kind>>1 != 0 && end+2 <= len(s.data); {
		kind = s.data[end]
		end += 2 + be16(s.data[end:])&0x1FF
	}
	s.layers[1].offset, s.layers[1].header, s.layers[1].payload = s.offset+header, end-header, 0
	return true
}
