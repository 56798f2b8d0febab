// SPDX-License-Identifier: BSD-3-Clause

// Wireless LANs: fields, and the rules D60 to D62 about how their frames become layers.
package main

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

func radioFields(x *layers.RadioTap) fields {
	return fields{"version": x.Version, "length": x.Length, "present": uint32(x.Present),
		"tsft": x.TSFT, "flags": uint8(x.Flags), "rate": uint8(x.Rate),
		"channel_frequency": uint16(x.ChannelFrequency), "channel_flags": uint16(x.ChannelFlags),
		"fhss": x.FHSS, "dbm_signal": x.DBMAntennaSignal, "dbm_noise": x.DBMAntennaNoise,
		"lock_quality": x.LockQuality, "tx_attenuation": x.TxAttenuation,
		"db_tx_attenuation": x.DBTxAttenuation, "dbm_tx_power": x.DBMTxPower,
		"antenna": x.Antenna, "db_signal": x.DBAntennaSignal, "db_noise": x.DBAntennaNoise,
		"rx_flags": uint16(x.RxFlags), "tx_flags": uint16(x.TxFlags),
		"rts_retries": x.RtsRetries, "data_retries": x.DataRetries,
		"mcs_known": uint8(x.MCS.Known), "mcs_flags": uint8(x.MCS.Flags),
		"mcs_index": x.MCS.MCS, "ampdu_reference": x.AMPDUStatus.Reference,
		"ampdu_flags": uint16(x.AMPDUStatus.Flags), "ampdu_crc": x.AMPDUStatus.CRC,
		"vht_known": uint16(x.VHT.Known), "vht_flags": uint8(x.VHT.Flags),
		"vht_bandwidth": x.VHT.Bandwidth, "vht_coding": x.VHT.Coding,
		"vht_group_id": x.VHT.GroupId, "vht_partial_aid": x.VHT.PartialAID}
}

func frameFields(x *layers.Dot11) fields {
	f := fields{"dot11_type": uint8(x.Type), "version": x.Proto, "flags": uint8(x.Flags),
		"duration": x.DurationID, "address1": x.Address1.String(),
		"address2": x.Address2.String(), "address3": x.Address3.String(),
		"address4": x.Address4.String(), "sequence": x.SequenceNumber,
		"fragment": x.FragmentNumber, "fcs": x.Checksum, "has_qos": x.QOS != nil,
		"has_ht_control": x.HTControl != nil, "fcs_wrong": !x.ChecksumValid()}
	if x.QOS != nil {
		f["tid"], f["end_of_service_period"] = x.QOS.TID, x.QOS.EOSP
		f["ack_policy"], f["txop"] = uint8(x.QOS.AckPolicy), x.QOS.TXOP
	}
	return f
}

func prismFields(x *layers.PrismHeader) fields {
	values := list{}
	for _, v := range x.Values {
		number := binary.LittleEndian.Uint32(append(append([]byte{}, v.Data...), 0, 0, 0, 0))
		values = append(values, fields{"did": uint32(v.DID), "status": v.Status,
			"length": v.Length, "number": number})
	}
	return fields{"code": x.Code, "length": x.Length,
		"device": strings.TrimRight(x.DeviceName, "\x00"), "values": values}
}

func wirelessFields(layer gopacket.Layer) fields {
	switch x := layer.(type) {
	case *layers.RadioTap:
		return radioFields(x)
	case *layers.PrismHeader:
		return prismFields(x)
	case *layers.Dot11:
		return frameFields(x)
	case *layers.Dot11MgmtAssociationReq:
		return fields{"capabilities": x.CapabilityInfo, "listen_interval": x.ListenInterval}
	case *layers.Dot11MgmtAssociationResp:
		return fields{"capabilities": x.CapabilityInfo, "status": uint16(x.Status),
			"association_id": x.AID}
	case *layers.Dot11MgmtReassociationReq:
		return fields{"capabilities": x.CapabilityInfo, "listen_interval": x.ListenInterval,
			"current_ap": x.CurrentApAddress.String()}
	case *layers.Dot11MgmtProbeResp:
		return fields{"timestamp": x.Timestamp, "interval": x.Interval, "capabilities": x.Flags}
	case *layers.Dot11MgmtBeacon:
		return fields{"timestamp": x.Timestamp, "interval": x.Interval, "capabilities": x.Flags}
	case *layers.Dot11MgmtDisassociation:
		return fields{"reason": uint16(x.Reason)}
	case *layers.Dot11MgmtDeauthentication:
		return fields{"reason": uint16(x.Reason)}
	case *layers.Dot11MgmtAuthentication:
		return fields{"algorithm": uint16(x.Algorithm), "sequence": x.Sequence,
			"status": uint16(x.Status)}
	}
	return nil
}

func le16(b []byte) int { return int(binary.LittleEndian.Uint16(b)) }

// Whether the step is the packet's first, of that link type
func (s *step) isFirst(link int) bool {
	_, first := s.decoder.(layers.LinkType)
	return first && s.walk.link == link
}

// A header that is cut is the layer, and nothing is behind it.
func (s *step) cutOff(name string, length int) {
	s.undo()
	s.add(name, s.offset, length, 0, nil)
	s.failure, s.tail, s.kept, s.truncated, s.rest = name+" is cut", true, true, true, nil
}

// Width and alignment of RadioTap's fields, by bit
var radioWidths = [][2]int{{8, 8}, {1, 1}, {1, 1}, {4, 2}, {2, 1}, {1, 1}, {1, 1}, {2, 2}, {2, 2},
	{2, 2}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {2, 2}, {2, 2}, {1, 1}, {1, 1}, {8, 4}, {3, 1}, {8, 4},
	{12, 2}, {12, 8}, {12, 2}, {12, 2}, {6, 2}, {1, 1}, {4, 2}}

// Whether the fields of the first bitmap fit in the header
func radioFits(p []byte) bool {
	at, present := 4, binary.LittleEndian.Uint32(p[4:])
	for ; binary.LittleEndian.Uint32(p[at:])>>31 != 0; at += 4 {
		if at+8 > len(p) {
			return false
		}
	}
	at += 4
	for bit, width := range radioWidths {
		if present>>bit&1 == 1 {
			at = (at+width[1]-1)/width[1]*width[1] + width[0]
		}
	}
	return at <= len(p)
}

// D60: RadioTap's and Prism's headers: what is whole of one that is cut; the frame behind it has
// the bytes that were captured, no checksum made for it; fields behind one of another width
func radioHeader(w *walk, s *step) bool {
	p, name, least, length := s.data, "RadioTap", 8, 0
	switch {
	case s.isFirst(127) && len(p) >= 8:
		length = le16(p[2:])
	case s.isFirst(119):
		name, least = "Prism monitor mode header", 24
		if len(p) >= least {
			length = int(binary.LittleEndian.Uint32(p[4:]))
		}
	default:
		return false
	}
	switch {
	case len(p) < least:
		s.undo()
		s.truncated = true
		s.fail("too few bytes")
	case name == "RadioTap" && p[0] != 0:
		s.undo()
		s.fail("another version")
	case length > len(p):
		s.cutOff(name, len(p))
	case name == "RadioTap" && !radioFits(p[:length]):
		s.undo()
		s.add(name, 0, length, len(p)-length, nil)
		s.next, s.failure, s.tail, s.kept = layers.LayerTypeDot11, "a field does not fit", true, true
	case s.failure != "":
		s.undo()
		s.failure = ""
		s.add(name, 0, length, len(p)-length, nil)
		s.next = layers.LayerTypeDot11
	default:
		was := s.last().payload
		s.last().header, s.last().payload = length, len(p)-length
		s.rest, s.restOffset = p[length:], length
		if name == "RadioTap" && p[6]&4 != 0 { // XChannel
			for _, field := range []string{"mcs", "ampdu", "vht"} {
				for key := range s.last().fields {
					if strings.HasPrefix(key, field) {
						delete(s.last().fields, key)
					}
				}
			}
			return true
		}
		return was != len(p)-length
	}
	return true
}

// Bytes of a frame's header, IEEE 802.11-2016 §9.2.4, §9.3.1
func frameHeader(p []byte) int {
	subtype, length := p[0]>>4, 24
	switch p[0] >> 2 & 3 {
	case 1:
		if 0xCF34>>subtype&1 == 1 {
			return 16
		}
		return 10
	case 3:
		return 10
	case 2:
		if p[1]&3 == 3 {
			length += 6
		}
		if subtype&8 != 0 {
			length += 2
		}
	}
	if p[1]&0x80 != 0 && (p[0]>>2&3 == 0 || subtype&8 != 0) {
		length += 4
	}
	return length
}

// Where a frame's body ends: in front of its checksum, if it has one
func (s *step) frameEnd() int {
	p, w := s.data, s.walk
	missing := w.wire - len(w.data)
	if len(w.found) > 0 && w.found[0].name == "RadioTap" && w.data[4]&2 != 0 {
		at := 4
		for binary.LittleEndian.Uint32(w.data[at:])>>31 != 0 {
			at += 4
		}
		at += 4
		if w.data[4]&1 != 0 {
			at = (at+7)&^7 + 8
		}
		if w.data[at]&0x10 != 0 && len(p)+missing >= 14 {
			return min(len(p), len(p)+missing-4)
		}
		return len(p)
	}
	if missing == 0 && len(p) >= 14 &&
		crc32.ChecksumIEEE(p[:len(p)-4]) == binary.LittleEndian.Uint32(p[len(p)-4:]) {
		return len(p) - 4
	}
	return len(p)
}

// D61: a frame ends with a checksum where one was captured; its kind is a layer, with bytes or not
func wirelessFrame(w *walk, s *step) bool {
	p := s.data
	if (target(s.decoder) != "Dot11" && !s.isFirst(105)) || len(p) < 10 {
		return false
	}
	end, header := s.frameEnd(), frameHeader(p)
	switch {
	case p[0]&3 != 0:
		s.undo()
		s.fail("another version")
		return true
	case header > end:
		s.cutOff("Dot11", end)
		s.role(0, "Dot11")
		s.last().fields = fields{"flags": p[1], "duration": le16(p[2:])}
		return true
	}
	frame := append(append([]byte{}, p[:end]...), 0, 0, 0, 0)
	if end+4 <= len(p) {
		copy(frame[end:], p[end:])
	}
	s.again(layers.LayerTypeDot11, frame)
	s.data = p
	if s.failure != "" {
		s.undo()
		s.failure = ""
		s.add("Dot11", s.offset, header, end-header, fields{"flags": p[1]})
	}
	x := s.layers[0]
	x.offset, x.header, x.payload = s.offset, header, end-header
	if x.layer != nil && end+4 > len(p) {
		x.fields["fcs"], x.fields["fcs_wrong"] = 0, false
	}
	if header == 16 {
		x.fields["address2"] = fmt.Sprintf("%x:%x:%x:%x:%x:%x", p[10:11], p[11:12], p[12:13],
			p[13:14], p[14:15], p[15:16])
	}
	s.layers[0] = x
	s.rest, s.restOffset = w.data[s.offset+header:s.offset+end], s.offset+header
	s.role(0, "Dot11")
	frameKind(s, p)
	return true
}

// What is behind the header
func frameKind(s *step, p []byte) {
	subtype := p[0] >> 4
	protected := p[1]&0x40 != 0
	switch p[0] >> 2 & 3 {
	case 0:
		switch {
		case protected && len(s.rest) > 0:
			s.next = layers.LayerTypeDot11WEP
		case subtype == 4 && len(s.rest) == 0:
			s.add("Dot11MgmtProbeReq", s.restOffset, 0, 0, nil)
		case subtype == 9 && len(s.rest) == 0:
			s.add("Dot11MgmtATIM", s.restOffset, 0, 0, nil)
		case subtype == 15:
			s.next = layers.LayerTypeDot11MgmtArubaWLAN
		case subtype == 7:
			s.next = gopacket.LayerTypePayload
		}
	case 1:
		names := [16]string{10: "PowersavePoll", "RTS", "CTS", "Ack", "CFEnd", "CFEndAck"}
		switch {
		case subtype >= 10:
			s.next = nil
			s.layers[0].payload = len(s.rest)
			s.add("Dot11Ctrl"+names[subtype], s.restOffset, 0, 0, nil)
		case subtype < 8:
			s.next = layers.LayerTypeDot11Ctrl
		}
		if len(s.rest) == 0 && subtype < 10 {
			s.next = nil
			s.layers[0].payload = 0
		}
	case 2:
		dataKind(s, p)
	default:
		s.next = gopacket.LayerTypePayload
	}
	if len(s.rest) == 0 && len(s.layers) == 1 {
		s.layers[0].payload = 0
	}
}

func dataKind(s *step, p []byte) {
	subtype, qos := p[0]>>4, 24
	if subtype == 13 {
		s.next = gopacket.LayerTypePayload
		return
	}
	if p[1]&3 == 3 {
		qos = 30
	}
	kind := &s.layers[1]
	if subtype&7 >= 5 && subtype < 8 { // gopacket names them as those with data
		kind.name += "NoData"
	}
	kind.offset, kind.header, kind.payload = s.restOffset, 0, len(s.rest)
	switch {
	case subtype&4 != 0:
		kind.payload, s.next, s.rest = 0, nil, nil
	case p[1]&0x40 != 0:
	case p[22]&15 != 0:
		s.next = gopacket.LayerTypeFragment
	case subtype&8 != 0 && p[qos]&0x80 != 0:
		s.next = gopacket.LayerTypePayload
	}
	if len(s.rest) == 0 {
		s.next = nil
	}
}

// Fixed fields of management frames, §9.3.3; the others are bytes
var fixedFields = map[string]int{"Dot11MgmtAssociationReq": 4, "Dot11MgmtAssociationResp": 6,
	"Dot11MgmtReassociationReq": 10, "Dot11MgmtReassociationResp": 6, "Dot11MgmtProbeReq": 0,
	"Dot11MgmtProbeResp": 12, "Dot11MgmtBeacon": 12, "Dot11MgmtATIM": 0,
	"Dot11MgmtDisassociation": 2, "Dot11MgmtAuthentication": 6, "Dot11MgmtDeauthentication": 2}

// Bytes that other frames must have
var leastBytes = map[string]int{"Dot11MgmtAction": 2, "Dot11MgmtActionNoAck": 2,
	"Dot11CtrlBlockAckReq": 4, "Dot11CtrlBlockAck": 4, "Dot11WEP": 4}

// D62: fixed fields, then elements, which are one layer; what is encrypted has its IV
func wirelessBody(w *walk, s *step) bool {
	p, name := s.data, target(s.decoder)
	fixed, known := fixedFields[name]
	least := leastBytes[name]
	if name == "Dot11WEP" && len(p) >= 4 && p[3]&0x20 != 0 {
		least = 8
	}
	switch {
	case len(p) < fixed || len(p) < least:
		s.undo()
		s.truncated = true
		s.fail("too few bytes")
	case name == "Dot11InformationElement":
		elements(s)
	case known:
		if s.failure != "" || len(s.layers) == 0 {
			s.undo()
			s.failure = ""
			s.add(name, s.offset, fixed, len(p)-fixed, nil)
		}
		s.last().offset, s.last().header, s.last().payload = s.offset, fixed, len(p)-fixed
		s.rest, s.restOffset = p[fixed:], s.offset+fixed
		s.next = layers.LayerTypeDot11InformationElement
		if name == "Dot11MgmtAuthentication" && p[0] == 3 {
			s.next = gopacket.LayerTypePayload
		}
		if name == "Dot11MgmtReassociationResp" {
			s.last().fields = fields{"capabilities": le16(p), "status": le16(p[2:]),
				"association_id": le16(p[4:])}
		}
	default:
		return false
	}
	return true
}

// Each element by gopacket's decoder, which wants four bytes behind a short one
func elements(s *step) {
	p, at, found := s.data, 0, list{}
	for at+2 <= len(p) && at+2+int(p[at+1]) <= len(p) {
		end := at + 2 + int(p[at+1])
		x := &layers.Dot11InformationElement{}
		f := fields{"id": p[at], "length": p[at+1], "value": hexOf(p[at+2 : end])}
		if p[at] != 221 || p[at+1] >= 4 {
			err := x.DecodeFromBytes(append(append([]byte{}, p[at:end]...), 0, 0, 0, 0),
				gopacket.NilDecodeFeedback)
			f = fields{"id": uint8(x.ID), "length": x.Length, "value": hexOf(append(x.OUI, x.Info...))}
			if err != nil {
				f = nil
			}
		}
		found = append(found, f)
		at = end
	}
	s.leaf("Dot11InformationElement", fields{"elements": found})
	if at < len(p) {
		s.failure, s.tail, s.kept, s.truncated = "an element is cut", true, true, true
	}
}
