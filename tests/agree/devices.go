// SPDX-License-Identifier: BSD-3-Clause

// Layers of which gopacket's answers are taken where the header is whole: Nortel discovery, RUDP and
// LCM; and headers that only newer gopackets have: MDP, PKTAP, AGUE and APSP.
package main

import (
	"encoding/binary"
	"strings"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

const (
	lcmPort     = 7667
	linkPKTAP   = 258
	linkPrivate = 149
)

// What a user of gopacket does for decoders that have a name but no number.
func init() {
	layers.RegisterUDPPortLayerType(lcmPort, layers.LayerTypeLCM)
	if decoder, ok := gopacket.DecodersByLayerName["ApplePktap"]; ok {
		for _, link := range []int{linkPKTAP, linkPrivate} {
			layers.LinkTypeMetadata[link] = layers.EnumMetadata{DecodeWith: decoder,
				Name: "ApplePktap"}
		}
	}
}

func le32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }

func deviceFields(layer gopacket.Layer) fields {
	switch x := layer.(type) {
	case *layers.NortelDiscovery:
		return fields{"address": x.IPAddress.String(), "segment": be32(append([]byte{0},
			x.SegmentID...)), "chassis": x.Chassis, "backplane": x.Backplane,
			"state": x.State, "link_count": x.NumLinks}
	case *layers.RUDP:
		f := fields{"syn": x.SYN, "ack": x.ACK, "eack": x.EACK, "rst": x.RST, "nul": x.NUL,
			"version": x.Version, "header_length_words": x.HeaderLength, "src_port": x.SrcPort,
			"dst_port": x.DstPort, "data_length": x.DataLength, "seq": x.Seq,
			"ack_number": x.Ack, "checksum": x.Checksum}
		if x.RUDPHeaderSYN != nil {
			f["max_outstanding"], f["max_segment_size"] = x.MaxOutstandingSegments, x.MaxSegmentSize
			f["syn_options"] = x.OptionFlags
		}
		if x.RUDPHeaderEACK != nil {
			f["received"] = hexOfNumbers(x.SeqsReceivedOK...)
		}
		return f
	case *layers.LCM:
		f := fields{"magic": x.Magic, "seq": x.SequenceNumber, "fragment": x.Fragmented,
			"message_size": x.PayloadSize, "fragment_offset": x.FragmentOffset,
			"fragment_number": x.FragmentNumber, "fragment_count": x.TotalFragments,
			"channel": x.ChannelName}
		if !x.Fragmented || x.FragmentNumber == 0 {
			f["fingerprint"] = uint64(x.Fingerprint())
		}
		return f
	}
	return nil
}

// D70: Nortel's numbers are its own, and there are two
func nortelNumbers(w *walk, s *step) bool {
	x, ok := s.before().(*layers.SNAP)
	if !ok || hexOf(x.OrganizationalCode) != "000081" || x.Type != 0x01a1 && x.Type != 0x01a2 {
		return false
	}
	failed := s.failure
	s.again(layers.EthernetType(0x01a2), s.data)
	s.truncated = len(s.data) < 11
	if s.failure == "" {
		s.last().offset, s.last().header = s.offset, 11
	}
	return failed != "" || s.truncated
}

// D70: RFC 908 §3.2, of which gopacket asks no version and panics where bytes are missing
func reliableData(w *walk, s *step) bool {
	p := s.data
	if target(s.decoder) != "RUDP" {
		return false
	}
	if len(p) < 18 || p[0]&3 != 1 || p[1] < 9 {
		s.undo()
		s.truncated = len(p) < 18
		s.fail("no header of version 1")
		return true
	}
	header, total := int(p[1])*2, int(p[1])*2+be16(p[4:])
	if s.failure == "" {
		return false
	}
	s.undo()
	s.failure = ""
	s.truncated = total > len(p) && !w.fragment
	f := fields{"syn": p[0]&0x80 != 0, "ack": p[0]&0x40 != 0, "eack": p[0]&0x20 != 0,
		"rst": p[0]&0x10 != 0, "nul": p[0]&8 != 0, "version": 1, "header_length_words": p[1],
		"src_port": p[2], "dst_port": p[3], "data_length": be16(p[4:]), "seq": be32(p[6:]),
		"ack_number": be32(p[10:]), "checksum": be32(p[14:])}
	end := min(total, len(p))
	s.add("RUDP", s.offset, min(header, end), end-min(header, end), f)
	s.role(2, "RUDP")
	flow := gopacket.NewFlow(layers.EndpointRUDPPort, p[2:3], p[3:4])
	s.transport = &flow
	s.next = gopacket.LayerTypePayload
	switch {
	case header > len(p):
		s.fail("too few bytes")
		s.tail, s.kept = true, true
	case p[0]&0x80 != 0 && header != 24, p[0]&0xa0 == 0x20 && (header-18)%4 != 0:
		s.failure, s.tail, s.kept = "a list of another length", true, true
	}
	return true
}

// D70: the channel of LCM ends in a zero byte, after 63 at most, and its fingerprint may be missing
func lcmChannel(w *walk, s *step) bool {
	p := s.data
	if target(s.decoder) != "LCM" {
		return false
	}
	header := 8
	if len(p) >= 8 && be32(p) == 0x4c433033 {
		header = 20
	}
	if len(p) < header || be32(p)>>1 != 0x4c433032>>1 {
		s.undo()
		s.truncated = len(p) < header
		s.fail("no magic")
		return true
	}
	channel := header == 8 || be16(p[16:]) == 0
	name := string(p[header:])
	end := strings.IndexByte(name, 0)
	if (!channel || end >= 0 && end < 64) && s.failure == "" {
		return false
	}
	cut := w.cut && w.packetEnd() > len(w.data)
	s.undo()
	s.failure = ""
	if !channel {
		s.add("LCM", s.offset, header, len(p)-header, fields{"seq": be32(p[4:])})
		s.role(3, "LCM")
		s.next = gopacket.LayerTypeFragment
		return true
	}
	if end < 0 && len(name) < 64 && cut {
		s.leaf("LCM", fields{"seq": be32(p[4:])})
		s.role(3, "LCM")
		s.truncated, s.tail, s.kept, s.failure = true, true, true, "too few bytes"
		return true
	}
	if end < 0 || end > 63 {
		s.fail("the channel has no end")
		return true
	}
	s.add("LCM", s.offset, header+end+1, len(p)-header-end-1, fields{"seq": be32(p[4:]),
		"channel": name[:end]})
	s.role(3, "LCM")
	s.next = gopacket.LayerTypePayload
	return true
}

// D49: PKTAP, which gopacket has for programs on macOS
func packetTap(w *walk, s *step) bool {
	p := s.data
	if len(w.found) > 0 || !s.isFirst(linkPKTAP) && !s.isFirst(linkPrivate) {
		return false
	}
	s.undo()
	s.failure, s.unknown, s.decoder = "", nil, gopacket.LayerTypePayload
	if len(p) < 12 || le32(p) >= 108 && int(le32(p)) > len(p) &&
		(w.link == linkPKTAP || le32(p) <= 4096 && le32(p[4:]) < 2) {
		s.truncated = true
		s.fail("too few bytes")
		return true
	}
	header, record, link := int(le32(p)), le32(p[4:]), int(le32(p[8:]))
	if w.link == linkPrivate && (header < 108 || header > 4096 || record > 1) {
		s.unknown = []interface{}{"link type", linkPrivate}
		s.payload()
		return true
	}
	if header < 108 {
		s.fail("the length is less than 108")
		return true
	}
	s.add("ApplePktap", 0, header, len(p)-header, tapFields(p, header))
	s.next = gopacket.LayerTypePayload
	if record != 1 {
		return true
	}
	if link == 12 && header < len(p) && p[header]>>4 == 6 {
		s.next = layers.LayerTypeIPv6
	} else if link == 12 {
		s.next = layers.LayerTypeIPv4
	} else if s.next = layers.LinkType(link); undecodable(s.next) && len(s.rest) > 0 {
		s.unknown = []interface{}{"link type", link}
		s.payload()
	}
	return true
}

func tapFields(p []byte, header int) fields {
	f := fields{"length": header, "record_type": le32(p[4:]), "link_type": le32(p[8:]),
		"interface": untilZero(p[12:36]), "flags": le32(p[36:]), "protocol_family": le32(p[40:]),
		"link_header_length": le32(p[44:]), "link_trailer_length": le32(p[48:]),
		"pid": int32(le32(p[52:])), "command": untilZero(p[56:76]), "service_class": le32(p[76:]),
		"interface_type": le16(p[80:]), "interface_unit": le16(p[82:]),
		"effective_pid": int32(le32(p[84:])), "effective_command": untilZero(p[88:108])}
	if header >= 156 {
		f["flow_id"], f["ip_protocol"] = le32(p[108:]), le32(p[112:])
		f["timestamp"], f["microseconds"] = le32(p[116:]), le32(p[120:])
		f["uuid"], f["effective_uuid"] = hexOf(p[124:140]), hexOf(p[140:156])
	}
	return f
}

// D49: frames of Meraki's access points, told by EtherType
func merakiFrame(w *walk, s *step) bool {
	kind, ok := s.decoder.(layers.EthernetType)
	if p := s.data; !ok || kind != 0x0712 && kind != 0x0713 {
		return false
	} else if len(p) < 28 {
		s.undo()
		s.truncated, s.decoder = true, gopacket.LayerTypePayload
		s.fail("too few bytes")
		return true
	}
	names := map[byte]string{2: "device", 3: "network", 4: "latitude", 5: "longitude", 11: "address"}
	p, at, tlvs := s.data, 28, list{}
	f := fields{"preamble": hexOf(p[:28])}
	for at+2 <= len(p) && p[at] != 255 && at+2+int(p[at+1]) <= len(p) {
		value := p[at+2 : at+2+int(p[at+1])]
		tlvs = append(tlvs, fields{"type": p[at], "length": p[at+1], "value": hexOf(value)})
		if name := names[p[at]]; name != "" {
			f[name] = string(value)
		}
		at += 2 + len(value)
	}
	f["tlvs"] = tlvs
	s.unknown = nil
	s.leaf("MDP", f)
	if at < len(p) && p[at] != 255 {
		s.failure, s.tail, s.kept = "a TLV does not fit", true, true
		s.truncated = w.cut && w.packetEnd() > len(w.data)
	}
	return true
}

// draft-ietf-intarea-gue §3: the header's length is in units of 4 bytes
func readGUE(p []byte) *message {
	if len(p) == 0 || p[0]>>6 != 0 {
		return readGUE1(p)
	}
	if len(p) < 4 {
		return &message{need: 4}
	}
	header := 4 + int(p[0]&31)*4
	if len(p) < header {
		return &message{need: header}
	}
	m := &message{name: "AGUEVar0", need: 4, header: header, total: len(p), fields: fields{"version": 0,
		"control": p[0]&32 != 0, "extension_words": p[0] & 31, "protocol": p[1],
		"flags": be16(p[2:]), "extensions": hexOf(p[4:header])}}
	if p[0]&32 != 0 {
		m.next = gopacket.LayerTypePayload
		if p[1] != 0 {
			return nil
		}
		return m
	}
	m.next = layers.IPProtocol(p[1])
	if p[1] == 4 && len(p) > header && p[header]>>4 != 4 ||
		p[1] == 41 && len(p) > header && p[header]>>4 != 6 || undecodable(m.next) {
		return nil
	}
	return m
}

func readGUE1(p []byte) *message {
	if len(p) == 0 || p[0]>>4 != 4 && p[0]>>4 != 6 {
		return nil
	}
	m := &message{name: "AGUEVar1", total: len(p), fields: fields{"protocol": 4},
		next: layers.LayerTypeIPv4}
	if p[0]>>4 == 6 {
		m.fields["protocol"], m.next = 41, layers.LayerTypeIPv6
	}
	return m
}

// The PSP Security Protocol's header, and 24 bytes of Andromeda's; an IP header that is encrypted is none
func readAPSP(p []byte) *message {
	if len(p) < 40 {
		return &message{need: 40}
	}
	if p[0] != 4 && p[0] != 41 || p[1] != 4 || p[2]&0xc0 != 0 || p[3]&1 == 0 {
		return nil
	}
	m := &message{need: 40, header: 40, total: len(p), fields: fields{"next_header": p[0],
		"length": p[1], "crypt_offset": p[2], "sampled": p[3]&0x80 != 0, "drop": p[3]&0x40 != 0,
		"version": p[3] >> 2 & 15, "virtual_cookie": p[3]&2 != 0, "spi": be32(p[4:]),
		"iv": binary.BigEndian.Uint64(p[8:]), "security_token": be32(p[16:]),
		"virtual_key": be32(p[20:]), "src_endpoint": binary.BigEndian.Uint64(p[24:]),
		"dst_endpoint": binary.BigEndian.Uint64(p[32:])}, next: gopacket.LayerTypePayload}
	if clear := 16 + int(p[2])*4; p[0] == 4 && clear >= 60 {
		m.next = layers.LayerTypeIPv4
	} else if p[0] == 41 && clear >= 80 {
		m.next = layers.LayerTypeIPv6
	}
	return m
}
