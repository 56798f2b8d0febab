// SPDX-License-Identifier: BSD-3-Clause

// The fields of gopacket's layers under the names that they have in Torc's JSON (docs/json.md), with
// values written as there: addresses as text, bytes in hex, lists as arrays of objects.
package main

import (
	"encoding/hex"
	"encoding/json"
	"net"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

type fields map[string]interface{}
type list []fields

// Keys come sorted, so that equal fields are equal lines.
func (f fields) MarshalJSON() ([]byte, error) { return json.Marshal(map[string]interface{}(f)) }

// The layers of one family; nil for those of another.
var families = []func(gopacket.Layer) fields{
	linkFields, internetFields, extensionFields, transportFields, chunkFields, controlFields,
	listenerFields, neighborFields, tunnelFields, discoveryFields, accessFields, routingFields,
	hostFields, applicationFields, tlsFields,
	industrialFields, hostLinkFields,
	deviceFields,
	wirelessFields,
}

// A layer that failed has fields nobody set; reading them may panic.
func fieldsOf(l gopacket.Layer) (f fields) {
	defer func() {
		if recover() != nil {
			f = nil
		}
	}()
	for _, family := range families {
		if f = family(l); f != nil {
			return f
		}
	}
	return nil
}

func be16(b []byte) int { return int(b[0])<<8 | int(b[1]) }
func be32(b []byte) uint32 {
	return uint32(be16(b))<<16 | uint32(be16(b[2:]))
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }

// Several addresses, one behind the other.
func hexOfAll(addresses []net.IP) string {
	text := ""
	for _, address := range addresses {
		text += hexOf(address)
	}
	return text
}

func ipOf(number uint32) string {
	return net.IPv4(byte(number>>24), byte(number>>16), byte(number>>8), byte(number)).String()
}

func linkFields(layer gopacket.Layer) fields {
	switch x := layer.(type) {
	case *layers.Ethernet:
		f := fields{"src": x.SrcMAC.String(), "dst": x.DstMAC.String(), "length": x.Length}
		f["ether_type"] = be16(x.Contents[12:])
		if x.Length != 0 || x.EthernetType == layers.EthernetTypeLLC {
			f["ether_type"], f["length"] = 0, x.Length
		}
		return f
	case *layers.Dot1Q:
		f := fields{"vlan_id": x.VLANIdentifier, "priority": x.Priority,
			"drop_eligible": x.DropEligible, "ether_type": x.Type}
		if x.Type < 0x600 {
			f["ether_type"], f["length"] = 0, x.Type
		}
		return f
	case *layers.FDDI:
		return fields{"frame_control": x.Contents[0], "priority": x.Priority,
			"src": x.SrcMAC.String(), "dst": x.DstMAC.String()}
	case *layers.LinuxSLL:
		f := fields{"packet_type": x.PacketType, "hardware_type": x.AddrType,
			"address_length": x.AddrLen, "ether_type": x.EthernetType}
		if len(x.Addr) == 6 {
			f["src"] = x.Addr.String()
		}
		return f
	case *layers.Loopback:
		return fields{"family": x.Family}
	case *layers.LLC:
		return fields{"dsap": x.DSAP, "ssap": x.SSAP, "group": x.IG, "response": x.CR,
			"control": x.Control}
	case *layers.SNAP:
		oui := net.HardwareAddr(x.OrganizationalCode)
		return fields{"oui": oui.String(), "ether_type": x.Type}
	case *layers.PPP:
		return fields{"protocol": x.PPPType, "address_control": x.HasPPTPHeader}
	case *layers.PPPoE:
		return fields{"version": x.Version, "pppoe_type": x.Type, "code": x.Code,
			"session_id": x.SessionId, "length": x.Length}
	}
	return nil
}

func internetFields(layer gopacket.Layer) fields {
	switch x := layer.(type) {
	case *layers.IPv4:
		options := list{}
		for _, o := range x.Options {
			options = append(options, fields{"type": o.OptionType, "data": hexOf(o.OptionData)})
		}
		return fields{"src": x.SrcIP.String(), "dst": x.DstIP.String(), "tos": x.TOS,
			"total_length": x.Length, "id": x.Id, "dont_fragment": x.Flags&2 != 0,
			"more_fragments": x.Flags&1 != 0, "reserved": x.Flags&4 != 0,
			"fragment_offset": int(x.FragOffset) * 8, "ttl": x.TTL, "protocol": x.Protocol,
			"checksum": x.Checksum, "options": options}
	case *layers.IPv6:
		return fields{"src": x.SrcIP.String(), "dst": x.DstIP.String(),
			"traffic_class": x.TrafficClass, "flow_label": x.FlowLabel, "length": x.Length,
			"next_header": x.NextHeader, "hop_limit": x.HopLimit}
	case *layers.ARP:
		f := fields{"operation": x.Operation, "hardware_type": be16(x.Contents),
			"protocol_type": x.Protocol, "hardware_length": x.HwAddressSize,
			"protocol_length": x.ProtAddressSize}
		if x.HwAddressSize == 6 {
			f["sender_mac"] = net.HardwareAddr(x.SourceHwAddress).String()
			f["target_mac"] = net.HardwareAddr(x.DstHwAddress).String()
		}
		if x.ProtAddressSize == 4 && x.Protocol == layers.EthernetTypeIPv4 {
			f["sender_ip"] = net.IP(x.SourceProtAddress).String()
			f["target_ip"] = net.IP(x.DstProtAddress).String()
		}
		return f
	}
	return nil
}

func extensionFields(layer gopacket.Layer) fields {
	options := list{}
	switch x := layer.(type) {
	case *layers.IPv6HopByHop:
		for _, o := range x.Options {
			options = append(options, fields{"type": o.OptionType, "data": hexOf(o.OptionData)})
		}
		return fields{"next_header": x.NextHeader, "length": x.ActualLength, "options": options}
	case *layers.IPv6Destination:
		for _, o := range x.Options {
			options = append(options, fields{"type": o.OptionType, "data": hexOf(o.OptionData)})
		}
		return fields{"next_header": x.NextHeader, "length": x.ActualLength, "options": options}
	case *layers.IPv6Routing:
		for _, address := range x.SourceRoutingIPs {
			options = append(options, fields{"address": address.String()})
		}
		return fields{"next_header": x.NextHeader, "length": x.ActualLength,
			"routing_type": x.RoutingType, "segments_left": x.SegmentsLeft, "addresses": options}
	case *layers.IPv6Fragment:
		return fields{"next_header": x.NextHeader, "fragment_offset": int(x.FragmentOffset) * 8,
			"more_fragments": x.MoreFragments, "id": x.Identification}
	case *layers.IPSecAH:
		return fields{"next_header": x.NextHeader, "length": x.ActualLength, "spi": x.SPI,
			"seq": x.Seq, "icv": hexOf(x.AuthenticationData)}
	case *layers.IPSecESP:
		return fields{"spi": x.SPI, "seq": x.Seq, "encrypted": hexOf(x.Encrypted)}
	}
	return nil
}

// The nine flags as one number, RFC 9293 §3.1 and RFC 3540's NS
func tcpFlags(x *layers.TCP) (flags int) {
	for i, set := range []bool{x.FIN, x.SYN, x.RST, x.PSH, x.ACK, x.URG, x.ECE, x.CWR, x.NS} {
		if set {
			flags |= 1 << i
		}
	}
	return flags
}

func tcpOption(o layers.TCPOption) fields {
	f := fields{"kind": o.OptionType, "data": hexOf(o.OptionData)}
	switch data := o.OptionData; {
	case o.OptionType == layers.TCPOptionKindMSS && len(data) == 2:
		f["mss"] = be16(data)
	case o.OptionType == layers.TCPOptionKindWindowScale && len(data) == 1:
		f["shift"] = data[0]
	case o.OptionType == layers.TCPOptionKindTimestamps && len(data) == 8:
		f["value"], f["echo_reply"] = be32(data), be32(data[4:])
	}
	return f
}

func transportFields(layer gopacket.Layer) fields {
	switch x := layer.(type) {
	case *layers.TCP:
		options := list{}
		for _, o := range x.Options {
			options = append(options, tcpOption(o))
		}
		return fields{"src_port": x.SrcPort, "dst_port": x.DstPort, "seq": x.Seq, "ack": x.Ack,
			"flags": tcpFlags(x), "window": x.Window, "checksum": x.Checksum,
			"urgent": x.Urgent, "options": options}
	case *layers.UDP:
		return fields{"src_port": x.SrcPort, "dst_port": x.DstPort, "length": x.Length,
			"checksum": x.Checksum}
	case *layers.UDPLite:
		return fields{"src_port": x.SrcPort, "dst_port": x.DstPort,
			"coverage": x.ChecksumCoverage, "checksum": x.Checksum}
	case *layers.SCTP:
		return fields{"src_port": x.SrcPort, "dst_port": x.DstPort,
			"verification_tag": x.VerificationTag, "checksum": x.Checksum}
	}
	return nil
}

func chunkOf(c *layers.SCTPChunk) fields {
	return fields{"chunk_type": c.Type, "flags": c.Flags, "length": c.Length}
}

func sctpParameters(parameters []layers.SCTPInitParameter) (of list) {
	for _, p := range parameters {
		of = append(of, fields{"type": p.Type, "value": hexOf(p.Value)})
	}
	return of
}

func chunkFields(layer gopacket.Layer) fields {
	switch x := layer.(type) {
	case *layers.SCTPData:
		return fields{"flags": x.Flags, "length": x.Length, "unordered": x.Unordered,
			"begin": x.BeginFragment, "end": x.EndFragment, "tsn": x.TSN,
			"stream_id": x.StreamId, "stream_seq": x.StreamSequence, "ppid": x.PayloadProtocol}
	case *layers.SCTPInit:
		return fields{"flags": x.Flags, "length": x.Length, "initiate_tag": x.InitiateTag,
			"advertised_window": x.AdvertisedReceiverWindowCredit,
			"outbound_streams":  x.OutboundStreams, "inbound_streams": x.InboundStreams,
			"initial_tsn": x.InitialTSN, "parameters": sctpParameters(x.Parameters)}
	case *layers.SCTPSack:
		return fields{"flags": x.Flags, "length": x.Length, "cumulative_tsn": x.CumulativeTSNAck,
			"advertised_window": x.AdvertisedReceiverWindowCredit, "gap_count": x.NumGapACKs,
			"duplicate_count": x.NumDuplicateTSNs, "duplicates": hexOfNumbers(x.DuplicateTSNs...)}
	case *layers.SCTPHeartbeat:
		f := chunkOf(&x.SCTPChunk)
		f["value"] = hexOf(x.Contents[4:x.Length])
		return f
	case *layers.SCTPError:
		return chunkOf(&x.SCTPChunk)
	case *layers.SCTPShutdown:
		f := chunkOf(&x.SCTPChunk)
		f["value"] = hexOf(x.Contents[4:])
		return f
	case *layers.SCTPShutdownAck:
		return chunkOf(&x.SCTPChunk)
	case *layers.SCTPCookieEcho:
		f := chunkOf(&x.SCTPChunk)
		f["value"] = hexOf(x.Cookie)
		return f
	case *layers.SCTPEmptyLayer:
		return chunkOf(&x.SCTPChunk)
	case *layers.SCTPUnknownChunkType:
		return chunkOf(&x.SCTPChunk)
	}
	return nil
}

// And the first's type, which stands in the header.
func gtpExtensions(headers []layers.GTPExtensionHeader) (extensions list, first uint8) {
	extensions = list{}
	for _, h := range headers {
		extensions = append(extensions, fields{"type": h.Type, "length": len(h.Content) + 2,
			"content": hexOf(h.Content)})
		first = headers[0].Type
	}
	return extensions, first
}

func tunnelFields(layer gopacket.Layer) fields {
	switch x := layer.(type) {
	case *layers.GRE:
		return fields{"version": x.Version, "protocol": x.Protocol,
			"has_checksum": x.ChecksumPresent, "has_routing": x.RoutingPresent,
			"has_key": x.KeyPresent, "has_sequence": x.SeqPresent, "has_ack": x.AckPresent,
			"strict_source_route": x.StrictSourceRoute, "recursion_control": x.RecursionControl,
			"checksum": x.Checksum, "gre_offset": x.Offset, "key": x.Key, "seq": x.Seq,
			"ack": x.Ack}
	case *layers.MPLS:
		return fields{"label": x.Label, "tc": x.TrafficClass, "bottom": x.StackBottom,
			"ttl": x.TTL}
	case *layers.VXLAN:
		return fields{"flags": x.Contents[0], "has_vni": x.ValidIDFlag, "vni": x.VNI,
			"has_policy": x.GBPExtension,
			"dont_learn": x.GBPDontLearn, "policy_applied": x.GBPApplied,
			"policy_id": x.GBPGroupPolicyID}
	case *layers.Geneve:
		options := list{}
		for _, o := range x.Options {
			options = append(options, fields{"class": o.Class, "type": o.Type,
				"data": hexOf(o.Data)})
		}
		return fields{"version": x.Version, "options_length": x.OptionsLength,
			"control": x.OAMPacket, "critical": x.CriticalOption, "protocol": x.Protocol,
			"vni": x.VNI, "options": options}
	case *layers.GTPv1U:
		extensions, next := gtpExtensions(x.GTPExtensionHeaders)
		return fields{"extensions": extensions, "next_extension": next,
			"version": x.Version, "protocol_type": x.ProtocolType == 1,
			"has_extension": x.ExtensionHeaderFlag, "has_seq": x.SequenceNumberFlag,
			"has_npdu": x.NPDUFlag, "message_type": x.MessageType, "length": x.MessageLength,
			"teid": x.TEID, "seq": x.SequenceNumber, "npdu_number": x.NPDU}
	case *layers.ERSPANII:
		return fields{"version": x.Version, "vlan_id": x.VLANIdentifier, "cos": x.CoS,
			"encapsulation": x.TrunkEncap, "truncated": x.IsTruncated,
			"session_id": x.SessionID, "reserved": x.Reserved, "index": x.Index}
	case *layers.EtherIP:
		return fields{"version": x.Version, "reserved": x.Reserved}
	}
	return nil
}
