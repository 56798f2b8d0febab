// SPDX-License-Identifier: BSD-3-Clause

// Fields of the protocols that applications speak.
package main

import (
	"bytes"
	"fmt"
	"sort"
	"strings"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// A domain name as RFC 1035 §5.1 writes it; gopacket leaves the last dot and the escapes out.
func nameOf(name []byte) string {
	text := ""
	for _, c := range name {
		if c != '.' && (c == '\\' || c <= ' ' || c >= 0x7F) {
			text += fmt.Sprintf("\\%03d", c)
			continue
		}
		text += string(rune(c))
	}
	return text + "."
}

// gopacket knows the data of these types; data is compared byte by byte for all.
func recordOf(r *layers.DNSResourceRecord) fields {
	f := fields{"name": nameOf(r.Name), "type": r.Type, "class": r.Class, "ttl": r.TTL,
		"data": hexOf(r.Data)}
	switch r.Type {
	case layers.DNSTypeA:
		f["ipv4"] = r.IP.String()
	case layers.DNSTypeAAAA:
		f["ipv6"] = r.IP.String()
	case layers.DNSTypeNS:
		f["target"] = nameOf(r.NS)
	case layers.DNSTypeCNAME:
		f["target"] = nameOf(r.CNAME)
	case layers.DNSTypePTR:
		f["target"] = nameOf(r.PTR)
	case layers.DNSTypeMX:
		f["target"], f["preference"] = nameOf(r.MX.Name), r.MX.Preference
	case layers.DNSTypeSRV:
		f["target"], f["priority"] = nameOf(r.SRV.Name), r.SRV.Priority
		f["weight"], f["port"] = r.SRV.Weight, r.SRV.Port
	case layers.DNSTypeSOA:
		f["target"], f["mailbox"] = nameOf(r.SOA.MName), nameOf(r.SOA.RName)
		f["serial"], f["refresh"], f["retry"] = r.SOA.Serial, r.SOA.Refresh, r.SOA.Retry
		f["expire"], f["minimum"] = r.SOA.Expire, r.SOA.Minimum
	}
	return f
}

func recordsOf(records []layers.DNSResourceRecord) (of list) {
	for i := range records {
		of = append(of, recordOf(&records[i]))
	}
	return of
}

func dnsFields(x *layers.DNS) fields {
	questions := list{}
	for _, q := range x.Questions {
		questions = append(questions, fields{"name": nameOf(q.Name), "type": q.Type,
			"class": q.Class})
	}
	return fields{"id": x.ID, "response": x.QR, "opcode": x.OpCode, "authoritative": x.AA,
		"truncated": x.TC, "recursion_desired": x.RD, "recursion_available": x.RA,
		"authentic_data": x.Z&2 != 0, "checking_disabled": x.Z&1 != 0, "rcode": x.ResponseCode,
		"question_count": x.QDCount, "answer_count": x.ANCount, "authority_count": x.NSCount,
		"additional_count": x.ARCount, "questions": questions, "answers": recordsOf(x.Answers),
		"authorities": recordsOf(x.Authorities), "additionals": recordsOf(x.Additionals)}
}

// A string that ends at its first zero byte
func untilZero(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

func dhcpFields(x *layers.DHCPv4) fields {
	message := byte(0)
	options := list{}
	for _, o := range x.Options {
		if o.Type == layers.DHCPOptEnd {
			break
		}
		if o.Type == layers.DHCPOptMessageType && len(o.Data) == 1 {
			message = o.Data[0]
		}
		if o.Type != layers.DHCPOptPad {
			options = append(options, fields{"type": o.Type, "data": hexOf(o.Data)})
		}
	}
	f := fields{"operation": x.Operation, "hardware_type": x.HardwareType,
		"hardware_length": x.HardwareLen, "hops": x.HardwareOpts, "xid": x.Xid,
		"seconds": x.Secs, "flags": x.Flags, "client_ip": x.ClientIP.String(),
		"your_ip": x.YourClientIP.String(), "server_ip": x.NextServerIP.String(),
		"relay_ip": x.RelayAgentIP.String(), "server_name": untilZero(x.ServerName),
		"boot_file": untilZero(x.File), "options": options, "message_type": message}
	if x.HardwareLen == 6 {
		f["client"] = x.ClientHWAddr.String()
	}
	return f
}

func hostFields(layer gopacket.Layer) fields {
	switch x := layer.(type) {
	case *layers.DNS:
		return dnsFields(x)
	case *layers.DHCPv4:
		return dhcpFields(x)
	case *layers.DHCPv6:
		options := list{}
		for _, o := range x.Options {
			options = append(options, fields{"code": o.Code, "data": hexOf(o.Data)})
		}
		f := fields{"message_type": x.MsgType, "options": options}
		if x.MsgType == layers.DHCPv6MsgTypeRelayForward || x.MsgType == layers.DHCPv6MsgTypeRelayReply {
			f["hop_count"] = x.HopCount
			f["link_address"], f["peer_address"] = x.LinkAddr.String(), x.PeerAddr.String()
		} else {
			f["xid"] = int(x.TransactionID[0])<<16 | be16(x.TransactionID[1:])
		}
		return f
	case *layers.NTP:
		return fields{"leap_indicator": x.LeapIndicator, "version": x.Version, "mode": x.Mode,
			"stratum": x.Stratum, "poll": x.Poll, "precision": x.Precision,
			"root_delay": x.RootDelay, "root_dispersion": x.RootDispersion,
			"reference_id": x.ReferenceID, "reference_timestamp": x.ReferenceTimestamp,
			"origin_timestamp": x.OriginTimestamp, "receive_timestamp": x.ReceiveTimestamp,
			"transmit_timestamp": x.TransmitTimestamp, "extensions": hexOf(x.ExtensionBytes)}
	}
	return nil
}

func applicationFields(layer gopacket.Layer) fields {
	switch x := layer.(type) {
	case *layers.SIP:
		f := fields{"response": x.IsResponse, "version": x.Version.String()}
		if x.IsResponse {
			f["status"], f["reason"] = x.ResponseCode, x.ResponseStatus
		} else {
			f["method"], f["uri"] = x.Method.String(), x.RequestURI
		}
		f["headers"] = fields{"?": sipHeaders(x)}
		return f
	case *layers.SFlowDatagram:
		f := fields{"version": x.DatagramVersion, "sub_agent_id": x.SubAgentID,
			"seq": x.SequenceNumber, "uptime": x.AgentUptime, "sample_count": x.SampleCount}
		if address := x.AgentAddress; len(address) == 4 {
			f["agent"] = address.String()
		} else {
			f["agent6"] = address.String()
		}
		return f
	}
	return nil
}

// Headers come from gopacket as a map, so without their order.
func sipHeaders(x *layers.SIP) (of []string) {
	for name, values := range x.Headers {
		for _, value := range values {
			of = append(of, strings.ToLower(name)+": "+strings.Join(strings.Fields(value), " "))
		}
	}
	sort.Strings(of)
	return of
}
