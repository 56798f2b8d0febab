// SPDX-License-Identifier: BSD-3-Clause

// Link layers of hosts: USB, the log of pf, and Ethernet's configuration testing protocol.
package main

import (
	"encoding/binary"
	"strings"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

func hostLinkFields(layer gopacket.Layer) fields {
	switch x := layer.(type) {
	case *layers.USB:
		return fields{"id": x.ID, "event_type": x.EventType, "transfer_type": x.TransferType,
			"in": x.Direction == layers.USBDirectionTypeIn, "endpoint": x.EndpointNumber,
			"device": x.DeviceAddress, "bus": x.BusID, "has_setup": x.Setup, "has_data": x.Data,
			"seconds": x.TimestampSec, "microseconds": x.TimestampUsec, "status": x.Status,
			"urb_length": x.UrbLength, "data_length": x.UrbDataLength}
	case *layers.USBRequestBlockSetup:
		return fields{"request_type": x.RequestType, "request": x.Request, "value": x.Value,
			"index": x.Index, "length": x.Length}
	case *layers.PFLog:
		return fields{"length": x.Length, "family": x.Family, "action": x.Action,
			"reason": x.Reason, "interface": untilZero(x.IFName),
			"ruleset": untilZero(x.Ruleset), "rule": x.RuleNum, "subrule": x.SubruleNum,
			"uid": x.UID, "pid": x.PID, "rule_uid": x.RuleUID, "rule_pid": x.RulePID,
			"direction": x.Direction}
	case *layers.EthernetCTP:
		return fields{"skip_count": x.SkipCount}
	case *layers.EthernetCTPForwardData:
		return fields{"function": x.Function,
			"address": strings.Join(octets(x.ForwardAddress), ":")}
	case *layers.EthernetCTPReply:
		return fields{"function": x.Function, "receipt_number": x.ReceiptNumber,
			"data": hexOf(x.Data)}
	}
	return nil
}

func octets(b []byte) (text []string) {
	for i := range b {
		text = append(text, hexOf(b[i:i+1]))
	}
	return text
}

// Makes a layer of a header, of which gopacket knows the fields where it has read one.
func (s *step) header(name string, header int, next gopacket.Decoder) {
	var f fields
	if len(s.layers) > 0 {
		f = s.last().fields
	}
	s.undo()
	s.failure, s.next = "", next
	s.add(name, s.offset, header, len(s.data)-header, f)
}

// D50: usbmon's header has 48 bytes (link type 189) or 64 and the descriptors (220); a setup packet
// is a layer with the rest of it, and the data as long as the header says
func usbHeader(w *walk, s *step) bool {
	p, whole := s.data, map[int]int{189: 48, 220: 64}[w.link]
	if whole == 0 {
		return false
	}
	if len(w.found) > 0 && w.found[0].name == "USB" {
		return usbBehind(w, s, whole-40)
	}
	if _, first := s.decoder.(layers.LinkType); !first {
		return false
	}
	s.again(layers.LayerTypeUSB, p)
	if len(p) < whole || p[9] > 3 {
		s.undo()
		s.truncated = len(p) < whole
		s.fail("USB: too few bytes, or no transfer")
		return true
	}
	total := whole + int(binary.LittleEndian.Uint32(p[36:]))
	if s.truncated = total > len(p); !s.truncated {
		s.data = p[:total]
	}
	cut, wire := s.truncated, total
	next := map[byte]gopacket.Decoder{0: gopacket.LayerTypePayload, 1: layers.LayerTypeUSBInterrupt,
		2: layers.LayerTypeUSBControl, 3: layers.LayerTypeUSBBulk}[p[9]]
	if len(s.layers) == 0 { // gopacket takes the data from in front of the packet
		x := &layers.USB{}
		_ = x.DecodeFromBytes(append(append([]byte{}, p[:36]...), 0, 0, 0, 0), s)
		x.Contents, x.UrbDataLength = p[:40], binary.LittleEndian.Uint32(p[36:])
		s.AddLayer(x)
	}
	header := whole
	if p[14] == 0 {
		header, next = 40, layers.LayerTypeUSBRequestBlockSetup
	} else if p[9] == 0 && whole == 64 {
		n := int(binary.LittleEndian.Uint32(p[60:]))
		if n > (wire-64)/16 {
			s.header("USB", 64, next)
			s.failure, s.tail, s.truncated = "the descriptors do not fit", true, cut
			return true
		}
		header += 16 * n
	}
	if len(s.data) < header {
		s.header("USB", len(s.data), nil)
		s.failure, s.tail, s.truncated = "cut among the descriptors", true, true
		return true
	}
	s.header("USB", header, next)
	s.truncated = cut
	return true
}

func usbBehind(w *walk, s *step, rest int) bool {
	switch target(s.decoder) {
	case "USBRequestBlockSetup":
		if len(s.data) < rest {
			s.undo()
			s.truncated = true
			s.fail("too few bytes")
			return true
		}
		s.header("USBRequestBlockSetup", rest, gopacket.LayerTypePayload)
	case "USBInterrupt", "USBControl", "USBBulk":
		s.leaf(target(s.decoder), fields{"data": hexOf(s.data)})
	default:
		return false
	}
	return true
}

// D50: the length of pf's log tells its version; it is rounded up to four bytes
func pflogVersion(w *walk, s *step) bool {
	p := s.data
	if _, first := s.decoder.(layers.LinkType); !first || w.link != 117 {
		return false
	}
	header := 1
	if len(p) > 0 && p[0] >= 45 {
		header = (int(p[0]) + 3) &^ 3
	}
	if len(p) < header || p[0] < 45 {
		s.undo()
		s.truncated = len(p) < header
		s.fail("PFLog: too few bytes, or an impossible length")
		return true
	}
	if s.failure == "" && len(s.layers) > 0 && p[0] >= 61 {
		return false
	}
	f := fields{"length": p[0], "family": p[1], "action": p[2], "reason": p[3],
		"interface": untilZero(p[4:20]), "ruleset": untilZero(p[20:36]), "rule": be32(p[36:]),
		"subrule": be32(p[40:]), "direction": p[44]}
	if p[0] >= 61 {
		f["uid"], f["pid"], f["direction"] = be32(p[44:]), int32(be32(p[48:])), p[60]
	}
	s.undo()
	s.failure, s.next = "", layers.ProtocolFamily(p[1])
	s.add("PFLog", s.offset, header, len(p)-header, f)
	return true
}

// D18: which functions of the configuration testing protocol are cut
func cutFunction(w *walk, s *step) bool {
	p := s.data
	if target(s.decoder) == "EthernetCTP" {
		if s.failure == "" || len(p) >= 2 {
			return false
		}
	} else if n := len(w.found); n == 0 || !strings.HasPrefix(w.found[n-1].name, "EthernetCTP") {
		return false
	}
	least := 2
	if len(p) >= 2 && target(s.decoder) != "EthernetCTP" {
		least = map[int]int{0x100: 4, 0x200: 8}[be16(p)]
	}
	if len(p) >= least {
		return false
	}
	s.undo()
	s.truncated = true
	s.fail("too few bytes")
	return true
}
