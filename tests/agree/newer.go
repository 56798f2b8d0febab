// SPDX-License-Identifier: BSD-3-Clause

// Layers that Debian's gopacket has and reads in another way, and those that only newer ones have:
// what they are is then told by the rules here (D49).
package main

import (
	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

func industrialFields(layer gopacket.Layer) fields {
	switch x := layer.(type) {
	case *layers.ModbusTCP:
		return fields{"transaction_id": x.TransactionIdentifier,
			"protocol_id": x.ProtocolIdentifier, "length": x.Length,
			"unit_id": x.UnitIdentifier}
	case *layers.RMCP:
		return fields{"version": x.Version, "seq": x.Sequence, "ack": x.Ack, "class": x.Class}
	case *layers.ASF:
		return fields{"enterprise": x.Enterprise, "message_type": x.Type, "tag": x.Tag,
			"length": x.Length}
	case *layers.ASFPresencePong:
		return fields{"enterprise": x.Enterprise, "ipmi": x.IPMI, "asf_v1": x.ASFv1,
			"security_extensions": x.SecurityExtensions, "dash": x.DASH}
	}
	return nil
}

// D49: the message in a ModbusTCP header is the layer Modbus, and the header tells its length:
// other bytes behind it are no failure, and another protocol number is not Modbus
func modbusMessage(w *walk, s *step) bool {
	p := s.data
	if x, ok := s.before().(*layers.ModbusTCP); ok || len(w.found) > 0 &&
		w.found[len(w.found)-1].name == "ModbusTCP" && x == nil {
		exception := p[0]&0x80 != 0
		f := fields{"function": p[0] & 0x7f, "exception": exception}
		if exception && len(p) < 2 {
			s.leaf("Modbus", f)
			s.failure, s.tail = "an exception without a code", true
			return true
		}
		f["exception_code"], f["data"] = 0, hexOf(p[1:])
		if exception {
			f["exception_code"], f["data"] = p[1], hexOf(p[2:])
		}
		s.leaf("Modbus", f)
		return true
	}
	if target(s.decoder) != "ModbusTCP" || len(p) < 7 {
		return false
	}
	length := be16(p[4:])
	if be16(p[2:]) != 0 || length < 2 || length > 254 {
		s.undo()
		s.fail("no Modbus")
		return true
	}
	s.undo()
	s.truncated = length+6 > len(p)
	s.failure = ""
	s.add("ModbusTCP", s.offset, 7, min(length-1, len(p)-7), fields{"transaction_id": be16(p),
		"protocol_id": 0, "length": length, "unit_id": p[6]})
	s.role(3, "ModbusTCP")
	s.next = gopacket.LayerTypePayload
	return true
}

// D34: ASF says how much belongs to it
func managementLength(w *walk, s *step) bool {
	x, ok := s.last().layer.(*layers.ASF)
	if !ok || s.failure != "" || int(x.Length) == len(s.rest) {
		return false
	}
	if int(x.Length) > len(s.rest) {
		s.truncated = true
	} else {
		s.rest = s.rest[:x.Length]
		s.last().payload = int(x.Length)
	}
	return true
}

// What a decoder says of bytes: nothing where they are another protocol's.
type message struct {
	name   string // of the layer, where several are behind a port
	need   int    // bytes of the fixed header; the others count where they are there
	header int
	total  int // that it says to have, with what it carries
	fields fields
	next   gopacket.Decoder // of what is behind the header
	bad    string           // what is wrong in the tail
	role   bool             // it has the role of an application
	broken bool             // its tail does not fit: cut, or wrong
	cut    bool             // it says to be longer than what there is
	strict bool             // too few bytes are a failure: no port led to it
}

type newer struct {
	name  string
	udp   map[int]bool
	tcp   map[int]bool
	after string // the layer that has it
	read  func(p []byte) *message
}

var newerLayers = []newer{
	{"GTPv2", map[int]bool{2123: true}, map[int]bool{2123: true}, "GTPv2", readGTPv2},
	{"Diameter", map[int]bool{3868: true}, map[int]bool{3868: true}, "Diameter", readDiameter},
	{"AGUEVar0", map[int]bool{666: true}, nil, "", readGUE},
	{"APSP", map[int]bool{1000: true}, nil, "", readAPSP},
	{"ENIP", map[int]bool{2222: true, 44818: true}, map[int]bool{44818: true}, "", readENIP},
	{"CIP", nil, nil, "ENIP", readCIP},
}

// Which layer the bytes are: behind a port, or behind the same layer
func (w *walk) newerLayer() *newer {
	before := w.found[len(w.found)-1]
	source, destination, tcp := 0, 0, false
	switch x := before.layer.(type) {
	case *layers.UDP:
		source, destination = int(x.SrcPort), int(x.DstPort)
	case *layers.TCP:
		if w.options.DecodeStreamsAsDatagrams {
			source, destination, tcp = int(x.SrcPort), int(x.DstPort), true
		}
	}
	for _, port := range []int{destination, source} {
		for i := range newerLayers {
			layer := &newerLayers[i]
			if tcp && layer.tcp[port] || !tcp && layer.udp[port] ||
				layer.after != "" && layer.after == before.name {
				return layer
			}
		}
	}
	return nil
}

// D49: layers of newer gopackets, which Debian's has as Payload
func newerMessage(w *walk, s *step) bool {
	if len(w.found) == 0 || w.fragment || s.decoder != gopacket.LayerTypePayload {
		return false
	}
	layer := w.newerLayer()
	if layer == nil {
		return false
	}
	return s.take(layer.name, layer.read(s.data), w.cut && w.packetEnd() > len(w.data))
}

// Puts what was read in the place of what gopacket found.
func (s *step) take(name string, m *message, cut bool) bool {
	p := s.data
	if m == nil {
		return false
	}
	s.undo()
	s.failure = ""
	if m.name != "" {
		name = m.name
	}
	if len(p) < m.need {
		if !cut && !m.strict {
			s.payload()
			return true
		}
		s.truncated = true
		s.fail("too few bytes")
		return true
	}
	total := m.total
	if total > len(p) {
		total, s.truncated = len(p), true
	}
	s.truncated = s.truncated || m.cut
	header := min(m.header, total)
	s.add(name, s.offset, header, total-header, m.fields)
	if m.role {
		s.role(3, name)
	}
	s.next = m.next
	if m.next == nil {
		s.last().payload, s.rest = 0, nil
	}
	if m.bad != "" && !s.truncated {
		s.failure, s.tail = m.bad, true
	}
	if m.broken {
		s.failure, s.tail = "what is in it does not fit", true
		s.truncated = s.truncated || cut
	}
	return true
}

// 3GPP TS 29.274 §5.1, §8.2.1
func readGTPv2(p []byte) *message {
	if len(p) < 8 {
		return &message{need: 8}
	}
	header, total := 8, 4+be16(p[2:])
	f := fields{"version": 2, "piggybacking": p[0]&16 != 0, "has_teid": p[0]&8 != 0,
		"has_priority": p[0]&4 != 0, "message_type": p[1], "length": be16(p[2:])}
	if p[0]&8 != 0 {
		header = 12
		f["teid"] = be32(p[4:])
	}
	if p[0]>>5 != 2 || total < header {
		return nil
	}
	if len(p) < header {
		return &message{need: header}
	}
	m := &message{need: header, header: total, total: total, fields: f}
	f["seq"] = be32(p[header-4:]) >> 8
	if p[0]&4 != 0 {
		f["priority"] = p[header-1] >> 4
	}
	elements, end := list{}, min(total, len(p))
	at := header
	for at+4 <= end && at+4+be16(p[at+1:]) <= end {
		length := be16(p[at+1:])
		elements = append(elements, fields{"type": p[at], "instance": p[at+3] & 15,
			"value": hexOf(p[at+4 : at+4+length])})
		at += 4 + length
	}
	f["elements"] = elements
	if at != end {
		m.bad = "an element does not fit"
	}
	if p[0]&16 != 0 && total < len(p) {
		m.next, m.total = gopacket.LayerTypePayload, len(p)
	}
	return m
}

func diameterHeader(p []byte) bool {
	length := int(be32(p) & 0xFFFFFF)
	return p[0] == 1 && length >= 20 && length%4 == 0 && p[4]&15 == 0
}

// RFC 6733 §3, §4.1
func readDiameter(p []byte) *message {
	if len(p) < 20 {
		return &message{need: 20}
	}
	if !diameterHeader(p) {
		return nil
	}
	total := int(be32(p) & 0xFFFFFF)
	avps, end := list{}, min(total, len(p))
	at := 20
	for at+8 <= end {
		length, header := int(be32(p[at+4:])&0xFFFFFF), 8
		f := fields{"code": be32(p[at:]), "mandatory": p[at+4]&0x40 != 0, "length": length}
		if p[at+4]&0x80 != 0 {
			header = 12
		}
		if length < header || at+length > end {
			break
		}
		if header == 12 {
			f["vendor_id"] = be32(p[at+8:])
		}
		f["data"] = hexOf(p[at+header : at+length])
		avps = append(avps, f)
		at = min(at+(length+3)&^3, end)
	}
	m := &message{need: 20, header: total, total: total, role: true, fields: fields{"version": 1,
		"length": total, "request": p[4]&0x80 != 0, "proxiable": p[4]&0x40 != 0,
		"error": p[4]&0x20 != 0, "retransmitted": p[4]&0x10 != 0,
		"command": be32(p[4:]) & 0xFFFFFF, "application_id": be32(p[8:]),
		"hop_by_hop_id": be32(p[12:]), "end_to_end_id": be32(p[16:]), "avps": avps}}
	if at != end {
		m.bad = "an AVP does not fit"
	}
	if len(p)-end >= 20 && diameterHeader(p[end:]) {
		m.next, m.total = gopacket.LayerTypePayload, len(p)
	}
	return m
}
