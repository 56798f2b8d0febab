// SPDX-License-Identifier: BSD-3-Clause

// Rules about packets that are shorter than their lengths say, most often cut by the snaplen (D34).
package main

import (
	"bytes"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// D34: a message whose fixed header is whole is there, though the capture cut it or a length in it
// promises more; BOOTP without DHCP's cookie is whole too, RFC 951 §3
func cutMessage(w *walk, s *step) bool {
	p := s.data
	switch {
	case s.failure == "" || len(s.layers) > 0:
		return false
	case s.failure == "Option is malformed" && target(s.decoder) == "DHCPv4" && len(p) >= 240:
		s.leaf("DHCPv4", fields{"operation": p[0], "xid": be32(p[4:])})
	case s.failure == "ethernet counters too small" && len(p) >= 28 && be32(p[4:]) == 1:
		s.leaf("SFlow", sflowHeader(p))
		s.role(3, "SFlow")
	case s.failure == "Bad DHCP header" && len(p) >= 240 && be32(p[236:]) != 0x63825363:
		s.leaf("DHCPv4", fields{"operation": p[0], "xid": be32(p[4:]),
			"your_ip": ipOf(be32(p[16:])), "relay_ip": ipOf(be32(p[24:])), "options": list{}})
	case target(s.decoder) == "DNS" && len(p) >= 12 && w.cut:
		s.leaf("DNS", fields{"id": be16(p), "response": p[2]&0x80 != 0, "rcode": p[3] & 15,
			"question_count": be16(p[4:]), "answer_count": be16(p[6:]),
			"authority_count": be16(p[8:]), "additional_count": be16(p[10:])})
		s.role(3, "DNS")
	case target(s.decoder) == "RADIUS" && len(p) >= 20 && be16(p[2:]) > len(p):
		s.leaf("RADIUS", fields{"code": p[0], "id": p[1], "length": be16(p[2:])})
		s.truncated = true
		s.role(3, "RADIUS")
	case (w.cut || target(s.decoder) == "MLDv2MulticastListenerReport") &&
		fixedLength(target(s.decoder), p) > 0 &&
		len(p) >= fixedLength(target(s.decoder), p):
		s.leaf(target(s.decoder), nil)
		s.truncated = true
		if name := target(s.decoder); name == "SFlow" {
			s.role(3, name)
		}
	default:
		return false
	}
	return true
}

// The fixed header of messages that gopacket reads as a whole or not at all; 0: of no such message
func fixedLength(name string, p []byte) int {
	switch name {
	case "DHCPv4": // RFC 951 §3, up to the vendor's area
		return 236
	case "DHCPv6": // RFC 8415 §8, relays §9
		if len(p) > 0 && (p[0] == 12 || p[0] == 13) {
			return 34
		}
		return 4
	case "SFlow":
		if len(p) < 8 || be32(p) != 5 {
			return 0
		}
		return map[uint32]int{1: 28, 2: 40}[be32(p[4:])]
	case "OSPF": // RFC 2328 §A.3, RFC 5340 §A.3; by version and type
		if len(p) < 16 || p[0] != 2 && p[0] != 3 {
			return 0
		}
		body := map[byte]int{1: 20, 2: 8, 4: 4}[p[1]]
		if p[0] == 3 && p[1] == 2 {
			body = 12
		}
		return map[byte]int{2: 24, 3: 16}[p[0]] + body
	case "EAP", "ICMPv6RouterSolicitation", "MLDv2MulticastListenerReport":
		return 4
	case "ICMPv6RouterAdvertisement":
		return 12
	case "ICMPv6NeighborSolicitation", "ICMPv6NeighborAdvertisement":
		return 20
	case "ICMPv6Redirect":
		return 36
	}
	return 0
}

// D34: a header whose length promises more than there is is whole, and what it carries is there
func cutTunnel(w *walk, s *step) bool {
	p := s.data
	if s.failure == "" || len(s.layers) > 0 || !w.cut {
		return false
	}
	switch target(s.decoder) {
	case "PPPoE":
		if len(p) < 6 {
			return false
		}
		s.failure = ""
		s.truncated = true
		f := fields{"code": p[1], "session_id": be16(p[2:]), "length": be16(p[4:])}
		if p[1] != 0 {
			s.leaf("PPPoE", f)
			return true
		}
		s.add("PPPoE", s.offset, 6, len(p)-6, f)
		s.next = layers.LayerTypePPP
	case "GTPv1U":
		header := gtpHeader(p)
		if header == 0 || header > len(p) {
			return false
		}
		s.failure = ""
		s.truncated = true
		s.add("GTPv1U", s.offset, header, len(p)-header, fields{"message_type": p[1],
			"length": be16(p[2:]), "teid": be32(p[4:])})
		s.next = gtpNext(p[1], s.rest)
	default:
		return false
	}
	return true
}

// 3GPP TS 29.281 §5.1, §5.2: 8 bytes, 4 more with any of three flags, and extension headers
func gtpHeader(p []byte) int {
	if len(p) < 8 || p[0]&7 != 0 && len(p) < 12 {
		return 0
	}
	if p[0]&7 == 0 {
		return 8
	}
	at := 12
	for next := p[11]; p[0]&4 != 0 && next != 0; next = p[at-1] {
		if at >= len(p) || p[at] == 0 || at+4*int(p[at]) > len(p) {
			return 0
		}
		at += 4 * int(p[at])
	}
	return at
}

func gtpNext(message byte, rest []byte) gopacket.Decoder {
	if message != 255 {
		return gopacket.LayerTypePayload
	}
	if len(rest) > 0 && rest[0]>>4 == 4 {
		return layers.LayerTypeIPv4
	}
	if len(rest) > 0 && rest[0]>>4 == 6 {
		return layers.LayerTypeIPv6
	}
	return layers.LayerTypePPP
}

// D34: SIP is there when its first line is; its headers end at the empty line or with the capture
func cutSIP(w *walk, s *step) bool {
	if s.last().name != "SIP" || !w.cut {
		return false
	}
	p := s.data
	switch {
	case !bytes.Contains(p, []byte("\n")) && !startLine(bytes.Fields(p)):
		s.undo()
		s.truncated = sipMethod(p)
		s.fail("SIP: the first line is cut")
	case !bytes.Contains(p, []byte("\n\r\n")) && !bytes.Contains(p, []byte("\n\n")):
		s.last().header, s.last().payload = len(p), 0
		s.last().fields = fields{"response": bytes.HasPrefix(p, []byte("SIP/2.0"))}
		s.next, s.rest = nil, nil
	default:
		return false
	}
	return true
}

// D34: a record of an IGMP report is listed when all of it is there
func cutRecords(w *walk, s *step) bool {
	x, ok := s.last().layer.(*layers.IGMP)
	p := s.data
	if !ok || x.Type != layers.IGMPMembershipReportV3 {
		return false
	}
	if len(p) < 8 {
		s.undo()
		s.truncated = true
		s.fail("IGMP: too few bytes")
		return true
	}
	whole := list{}
	records := s.last().fields["records"].(list)
	for at := 8; len(whole) < len(records) && at+8 <= len(p); {
		at += 8 + 4*be16(p[at+2:]) + 4*int(p[at+1])
		if at > len(p) {
			break
		}
		whole = append(whole, records[len(whole)])
	}
	if len(whole) == be16(p[6:]) {
		return false
	}
	s.last().fields["records"] = whole
	s.truncated = true
	return true
}

// D34: DATA whose fixed header is whole is there, though the capture cut its data
func cutChunk(w *walk, s *step) bool {
	p := s.data
	if len(p) < 4 || !w.inSCTP() || s.last().name == "Payload" {
		return false
	}
	length := be16(p[2:])
	switch {
	case p[0] == 0 && len(p) >= 16 && length >= 16 && (length+3)&^3 > len(p):
		s.undo()
		s.failure = ""
		s.truncated = length > len(p)
		s.add("SCTPData", s.offset, 16, min(length, len(p))-16, fields{"flags": p[1],
			"length": length, "unordered": p[1]&4 != 0, "begin": p[1]&2 != 0,
			"end": p[1]&1 != 0, "tsn": be32(p[4:]), "stream_id": be16(p[8:]),
			"stream_seq": be16(p[10:]), "ppid": be32(p[12:])})
		s.payload()
	case s.failure != "" && length >= 4 && length <= len(p) && (length+3)&^3 > len(p):
		// only its padding is cut
		name := "SCTPUnknownChunkType"
		if p[0] == 10 {
			name = "SCTPCookieEcho"
		}
		s.leaf(name, fields{"flags": p[1], "length": length})
	default:
		return false
	}
	return true
}

// Whether the words of a cut line are enough of one: "SIP/2.0 200", "INVITE sip:a@b SIP/2.0"
func startLine(words [][]byte) bool {
	version := func(i int) bool { return len(words) > i && string(words[i]) == "SIP/2.0" }
	return version(0) && len(words) > 1 && len(words[1]) == 3 || version(2)
}

// D34: the length on the wire tells the version of a query, RFC 3376 §7.1, RFC 3810 §8.1
func cutQuery(w *walk, s *step) bool {
	whole := 0
	switch x := s.last().layer.(type) {
	case *layers.MLDv1MulticastListenerQueryMessage:
		whole = 20
	case *layers.IGMPv1or2:
		whole = 11
		if x.Type != layers.IGMPMembershipQuery {
			return false
		}
	}
	if whole == 0 || !w.cut || w.packetEnd() <= s.offset+whole {
		return false
	}
	s.undo()
	s.truncated = true
	s.fail("a query of the other version: too few bytes")
	return true
}

// Where the innermost IP packet ends on the wire.
func (w *walk) packetEnd() int {
	for i := len(w.found) - 1; i >= 0; i-- {
		switch x := w.found[i].layer.(type) {
		case *layers.IPv4:
			return w.found[i].offset + int(x.Length)
		case *layers.IPv6:
			return w.found[i].offset + 40 + int(x.Length)
		}
	}
	return 0
}
