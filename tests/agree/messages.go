// SPDX-License-Identifier: BSD-3-Clause

// Rules about single protocols that gopacket reads in another way than their standards.
package main

import (
	"net"
	"strings"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// D5: EAPOL's body is as long as its header says, IEEE 802.1X-2010 §11.3; the rest is padding
func accessLength(w *walk, s *step) bool {
	x, ok := s.last().layer.(*layers.EAPOL)
	if !ok {
		return false
	}
	length := int(x.Length)
	if length > len(s.rest) {
		s.truncated = true
		length = len(s.rest)
	}
	s.rest = s.rest[:length]
	s.last().payload = length
	key := x.Type == layers.EAPOLTypeKey && length > 0
	if s.next == nil || key && s.rest[0] != 2 && s.rest[0] != 254 {
		s.next = gopacket.LayerTypePayload // another key descriptor than that of 802.11
	}
	return true
}

// D17: any routing header is a layer; addresses are known of types 0, 2 and 4
func routingHeader(w *walk, s *step) bool {
	if s.failure == "" || !strings.HasPrefix(s.failure, "Unknown IPv6 routing header type") {
		return false
	}
	p := s.data
	length := 8 + 8*int(p[1])
	s.undo()
	if length > len(p) {
		s.fail("IPv6Routing: too few bytes")
		return true
	}
	s.failure = ""
	s.add("IPv6Routing", s.offset, length, len(p)-length, fields{"next_header": p[0],
		"length": length, "routing_type": p[2], "segments_left": p[3]})
	s.next = layers.IPProtocol(p[0])
	s.last().layer = &layers.IPv6Destination{}
	s.last().layer.(*layers.IPv6Destination).NextHeader = layers.IPProtocol(p[0])
	return true
}

// D21: without a GRE sequence number ERSPAN is type I, which has no header of its own
func erspanType1(w *walk, s *step) bool {
	x, ok := s.last().layer.(*layers.GRE)
	if !ok || x.Protocol != layers.EthernetTypeERSPAN || x.SeqPresent {
		return false
	}
	s.next = layers.LayerTypeEthernet
	return true
}

// D22: further ports of DNS, RADIUS and BFD
func otherPorts(w *walk, s *step) bool {
	x, ok := s.last().layer.(*layers.UDP)
	if !ok || w.fragment || s.next != gopacket.LayerTypePayload {
		return false
	}
	for _, port := range []layers.UDPPort{x.DstPort, x.SrcPort} {
		switch port {
		case 1645, 1646, 1700, 1813, 3799:
			s.next = layers.LayerTypeRADIUS
		case 6635:
			s.next = layers.LayerTypeMPLS
		case 4784, 6784, 7784:
			s.next = layers.LayerTypeBFD
		case 5353, 5355:
			s.next = layers.LayerTypeDNS
		default:
			continue
		}
		return true
	}
	return false
}

// Of an agent with an IPv4 address, sflow.org v5 §5
func sflowHeader(p []byte) fields {
	return fields{"version": be32(p), "agent": ipOf(be32(p[8:])), "sub_agent_id": be32(p[12:]),
		"seq": be32(p[16:]), "uptime": be32(p[20:]), "sample_count": be32(p[24:])}
}

// D26: a value inside a layer that gopacket does not know is no failure of the layer
func unknownInside(w *walk, s *step) bool {
	p := s.data
	switch {
	case s.failure == "":
		return false
	case s.last().name == "CiscoDiscoveryInfo":
		s.failure = ""
	case s.failure == "Unable to determine IGMP type." && len(p) >= 8 && !(w.cut && p[0] == 0x11):
		s.leaf("IGMP", fields{"igmp_type": p[0], "checksum": be16(p[2:])})
	case strings.HasPrefix(s.failure, "Cannot parse Link State") && len(p) >= 16:
		s.leaf("OSPF", fields{"version": p[0], "ospf_type": p[1], "length": be16(p[2:]),
			"router_id": ipOf(be32(p[4:])), "area_id": ipOf(be32(p[8:])),
			"checksum": be16(p[12:])})
	case target(s.decoder) == "DNS" && len(p) >= 12 && p[2]>>3&15 == 5 &&
		s.failure == "dns name offset too high", // records without data, RFC 2136 §2.4
		strings.HasPrefix(s.failure, "DNSOPT record is of length"):
		s.leaf("DNS", fields{"id": be16(p), "opcode": p[2] >> 3 & 15})
		s.role(3, "DNS")
	case strings.HasPrefix(s.failure, "Invalid counter record type") && be32(p[4:]) == 1:
		s.leaf("SFlow", sflowHeader(p))
		s.role(3, "SFlow")
	default:
		return false
	}
	return true
}

// D35: the data of an echo is Payload, RFC 4443 §4.1, and so is the body of SIP, RFC 3261 §7.4
func echoData(w *walk, s *step) bool {
	p := s.last()
	if p.name == "SIP" && len(s.rest) > 0 && s.next == nil {
		s.next = gopacket.LayerTypePayload
		return true
	}
	if p.name != "ICMPv6Echo" || len(s.data) <= 4 {
		return false
	}
	p.header, p.payload = 4, len(s.data)-4
	s.rest, s.restOffset = s.data[4:], s.offset+4
	s.next = gopacket.LayerTypePayload
	return true
}

// D27: BSD loopback is a link layer, VRRP an application
func missingRole(w *walk, s *step) bool {
	switch s.last().name {
	case "Loopback":
		s.role(0, "Loopback")
	case "VRRP":
		s.role(3, "VRRP")
	default:
		return false
	}
	return true
}

// D28: VRRP version 3, RFC 5798 §5.2: the interval in centiseconds, addresses of the IP below
func vrrpVersion3(w *walk, s *step) bool {
	p := s.last()
	if p.name != "VRRP" || len(s.data) < 8 || s.data[0]>>4 != 3 {
		return false
	}
	addresses := list{}
	key, size := "ipv4", 4
	for _, below := range w.found {
		if below.name == "IPv6" {
			key, size = "ipv6", 16
		}
	}
	if 8+size*int(s.data[3]) > len(s.data) {
		s.tail, s.truncated, s.failure = true, true, "VRRP: too few bytes"
	}
	for at := 8; len(addresses) < int(s.data[3]) && at+size <= len(s.data); at += size {
		addresses = append(addresses, fields{key: net.IP(s.data[at : at+size]).String()})
	}
	p.fields["authentication_type"] = 0
	p.fields["interval"] = be16(s.data[4:]) & 0xFFF * 10
	p.fields["addresses"] = addresses
	return true
}

// The floating point of RFC 3376 §4.1.1 and RFC 3810 §5.1.3
func timerOf(code, fraction int) int64 {
	top := 1 << (fraction + 3)
	if code < top {
		return int64(code)
	}
	mantissa, exponent := code&(1<<fraction-1), code>>fraction&7
	return int64(mantissa|1<<fraction) << (exponent + 3)
}

// D29: timer codes of multicast queries
func timerCodes(w *walk, s *step) bool {
	f := s.last().fields
	switch x := s.last().layer.(type) {
	case *layers.IGMP:
		if x.Type != layers.IGMPMembershipQuery {
			return false
		}
		f["max_response_time"] = timerOf(int(s.data[1]), 4) * 100
		f["query_interval"] = timerOf(int(s.data[9]), 4)
	case *layers.IGMPv1or2:
		f["max_response_time"] = int(s.data[1]) * 100 // RFC 2236 §2.2: no floating point yet
	case *layers.MLDv2MulticastListenerQueryMessage:
		f["max_response_time"] = timerOf(int(x.MaximumResponseCode), 12)
		f["query_interval"] = timerOf(int(x.QueriersQueryIntervalCode), 4)
	default:
		return false
	}
	return true
}

// D30: EAP in RADIUS attributes is in several pieces; it is no layer of the packet
func messageInside(w *walk, s *step) bool {
	if s.last().name != "RADIUS" || len(s.rest) == 0 {
		return false
	}
	s.last().payload = 0
	s.next, s.rest = nil, nil
	return true
}

// D31: reverse ARP has ARP's format, RFC 903
func reverseARP(w *walk, s *step) bool {
	kind, ok := s.decoder.(layers.EthernetType)
	if !ok || kind != 0x8035 {
		return false
	}
	s.again(layers.LayerTypeARP, s.data)
	padding(w, s)
	return true
}

// D32: the response code is the header's; the upper bits of an OPT record are in that record
func extendedCode(w *walk, s *step) bool {
	x, ok := s.last().layer.(*layers.DNS)
	if !ok || x.ResponseCode < 16 {
		return false
	}
	s.last().fields["rcode"] = s.data[3] & 15
	return true
}

// D33: discovery's tags belong to PPPoE's header
func discoveryTags(w *walk, s *step) bool {
	x, ok := s.last().layer.(*layers.PPPoE)
	if !ok || x.Code == layers.PPPoECodeSession {
		return false
	}
	s.last().header, s.last().payload = s.last().header+s.last().payload, 0
	s.next, s.rest = nil, nil
	return true
}

// D42: Ethernet as an IP protocol, RFC 8986 §10.1; the spanning tree of one VLAN, behind SNAP
func otherNumbers(w *walk, s *step) bool {
	protocol := layers.IPProtocol(0)
	switch x := s.before().(type) {
	case *layers.IPv4:
		protocol = x.Protocol
	case *layers.IPv6:
		protocol = x.NextHeader
	case *layers.IPv6Destination: // and routing headers, of which rule D17 makes one
		protocol = x.NextHeader
	case *layers.SNAP:
		if x.Type == 0x010b && s.last().name == "" {
			s.again(layers.LayerTypeSTP, s.data)
			return true
		}
	}
	if protocol != 143 || s.last().name != "" {
		return false
	}
	s.again(layers.LayerTypeEthernet, s.data)
	return true
}

// D43: NTP's control and private messages have a format of their own, RFC 9327 §2
func controlMessage(w *walk, s *step) bool {
	p := s.data
	if target(s.decoder) != "NTP" || len(p) == 0 || p[0]&7 < 6 {
		return false
	}
	control := p[0]&7 == 6
	if length := map[bool]int{true: 12, false: 8}[control]; len(p) < length {
		s.undo()
		s.truncated = true
		s.fail("NTP: too few bytes")
		return true
	}
	f := fields{"version": p[0] >> 3 & 7, "mode": p[0] & 7}
	if control {
		f["leap_indicator"], f["response"], f["operation"] = p[0]>>6, p[1]&0x80 != 0, p[1]&31
		f["seq"], f["association_id"], f["message"] = be16(p[2:]), be16(p[6:]), hexOf(p[12:])
	} else {
		f["response"], f["operation"] = p[0]&0x80 != 0, p[3]
		f["seq"], f["message"] = p[1]&0x7f, hexOf(p[8:])
	}
	s.leaf("NTP", f)
	s.role(3, "NTP")
	return true
}

// The first sets that fit, RFC 3954 §5.2, RFC 7011 §3.3.2: how many, and whether they are all
func flowSets(p []byte, cut bool) (int, bool) {
	count := 0
	for len(p) > 0 {
		if len(p) < 4 {
			return count, cut
		}
		if be16(p[2:]) < 4 {
			return count, false
		}
		if be16(p[2:]) > len(p) {
			return count, cut
		}
		p = p[be16(p[2:]):]
		count++
	}
	return count, true
}

// D48: NetFlow and IPFIX, which gopacket does not have, by port and version
func flowRecords(w *walk, s *step) bool {
	n, p := len(w.found), s.data
	if n == 0 || w.fragment || s.decoder != gopacket.LayerTypePayload {
		return false
	}
	x, ok := w.found[n-1].layer.(*layers.UDP)
	flows := map[layers.UDPPort]bool{2055: true, 4739: true, 9995: true, 9996: true}
	if !ok || !flows[x.DstPort] && !flows[x.SrcPort] {
		return false
	}
	cut := w.cut && w.packetEnd() > len(w.data)
	version := 0
	if len(p) >= 2 {
		version = be16(p)
	}
	header := map[int]int{5: 24, 9: 20, 10: 16}[version]
	if len(p) < 2 || len(p) < header {
		if cut {
			s.undo()
			s.truncated = true
			s.fail("too few bytes")
		}
		return cut
	}
	end, f := len(p), fields{"version": version}
	switch version {
	case 5:
		if be16(p[2:]) < 1 || be16(p[2:]) > 30 {
			return false
		}
		end = 24 + 48*be16(p[2:])
		f["count"], f["uptime"], f["export_time"] = be16(p[2:]), be32(p[4:]), be32(p[8:])
		f["seq"] = be32(p[16:])
	case 9:
		f["count"], f["uptime"], f["export_time"] = be16(p[2:]), be32(p[4:]), be32(p[8:])
		f["seq"], f["domain"] = be32(p[12:]), be32(p[16:])
	case 10:
		end = be16(p[2:])
		if end < 16 {
			return false
		}
		f["length"], f["export_time"], f["seq"], f["domain"] = end, be32(p[4:]), be32(p[8:]), be32(p[12:])
	default:
		return false
	}
	s.undo()
	s.truncated = cut && version == 9 || end > len(p)
	if end > len(p) {
		end = len(p)
	}
	s.add("NetFlow", s.offset, end, 0, f)
	s.rest = nil
	s.role(3, "NetFlow")
	if version != 5 {
		count, fit := flowSets(p[header:end], s.truncated)
		f["set_count"] = count
		if !fit {
			s.failure, s.tail = "a set does not fit", true
		}
	}
	return true
}
