// SPDX-License-Identifier: BSD-3-Clause

// Fields of the protocols that run a network: ICMP and its messages, discovery, access, routing.
package main

import (
	"fmt"
	"net"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

func milliseconds(d time.Duration) int64 { return int64(d / time.Millisecond) }

func controlFields(layer gopacket.Layer) fields {
	switch x := layer.(type) {
	case *layers.ICMPv4:
		return fields{"icmp_type": x.TypeCode.Type(), "code": x.TypeCode.Code(),
			"checksum": x.Checksum, "id": x.Id, "seq": x.Seq}
	case *layers.ICMPv6:
		return fields{"icmp_type": x.TypeCode.Type(), "code": x.TypeCode.Code(),
			"checksum": x.Checksum}
	case *layers.ICMPv6Echo:
		return fields{"id": x.Identifier, "seq": x.SeqNumber}
	case *layers.IGMPv1or2:
		f := fields{"igmp_type": x.Type, "checksum": x.Checksum, "group": x.GroupAddress.String(),
			"max_response_time": milliseconds(x.MaxResponseTime)}
		return f
	case *layers.IGMP:
		f := fields{"version": x.Version, "igmp_type": x.Type, "checksum": x.Checksum}
		if x.Type == layers.IGMPMembershipReportV3 {
			records := list{}
			for _, r := range x.GroupRecords {
				records = append(records, fields{"type": r.Type, "source_count": r.NumberOfSources,
					"group":   r.MulticastAddress.String(),
					"sources": hexOfAll(r.SourceAddresses)})
			}
			f["records"], f["record_count"] = records, x.NumberOfGroupRecords
			return f
		}
		f["group"], f["suppress"] = x.GroupAddress.String(), x.SupressRouterProcessing
		f["robustness"], f["source_count"] = x.RobustnessValue, x.NumberOfSources
		f["max_response_time"] = milliseconds(x.MaxResponseTime)
		f["query_interval"] = int64(x.IntervalTime / time.Second)
		f["sources"] = hexOfAll(x.SourceAddresses)
		return f
	}
	return nil
}

func mldv1(m *layers.MLDv1Message) fields {
	return fields{"max_response_time": milliseconds(m.MaximumResponseDelay),
		"group": m.MulticastAddress.String()}
}

func listenerFields(layer gopacket.Layer) fields {
	switch x := layer.(type) {
	case *layers.MLDv1MulticastListenerQueryMessage:
		return mldv1(&x.MLDv1Message)
	case *layers.MLDv1MulticastListenerReportMessage:
		return mldv1(&x.MLDv1Message)
	case *layers.MLDv1MulticastListenerDoneMessage:
		return mldv1(&x.MLDv1Message)
	case *layers.MLDv2MulticastListenerQueryMessage:
		return fields{"max_response_time": milliseconds(x.MaximumResponseDelay()),
			"group": x.MulticastAddress.String(), "suppress": x.SuppressRoutersideProcessing,
			"robustness":     x.QueriersRobustnessVariable,
			"query_interval": int64(x.QQI() / time.Second),
			"source_count":   x.NumberOfSources, "sources": hexOfAll(x.SourceAddresses)}
	case *layers.MLDv2MulticastListenerReportMessage:
		records := list{}
		for _, r := range x.MulticastAddressRecords {
			records = append(records, fields{"type": r.RecordType, "source_count": r.N,
				"group": r.MulticastAddress.String(), "sources": hexOfAll(r.SourceAddresses)})
		}
		return fields{"record_count": x.NumberOfMulticastAddressRecords, "records": records}
	}
	return nil
}

func ndpOptions(options layers.ICMPv6Options) (of list) {
	for _, o := range options {
		of = append(of, fields{"type": o.Type, "data": hexOf(o.Data)})
	}
	return of
}

func neighborFields(layer gopacket.Layer) fields {
	switch x := layer.(type) {
	case *layers.ICMPv6RouterSolicitation:
		return fields{"options": ndpOptions(x.Options)}
	case *layers.ICMPv6RouterAdvertisement:
		return fields{"hop_limit": x.HopLimit, "managed": x.ManagedAddressConfig(),
			"other": x.OtherConfig(), "router_lifetime": x.RouterLifetime,
			"reachable_time": x.ReachableTime, "retransmission_time": x.RetransTimer,
			"options": ndpOptions(x.Options)}
	case *layers.ICMPv6NeighborSolicitation:
		return fields{"target": x.TargetAddress.String(), "options": ndpOptions(x.Options)}
	case *layers.ICMPv6NeighborAdvertisement:
		return fields{"target": x.TargetAddress.String(), "router": x.Router(),
			"solicited": x.Solicited(), "override": x.Override(),
			"options": ndpOptions(x.Options)}
	case *layers.ICMPv6Redirect:
		return fields{"target": x.TargetAddress.String(), "dst": x.DestinationAddress.String(),
			"options": ndpOptions(x.Options)}
	}
	return nil
}

// The optional TLVs, IEEE 802.1AB §8.5; organizationally specific ones (127) begin with OUI and
// subtype
func lldpValues(values []layers.LinkLayerDiscoveryValue) (of list) {
	for _, v := range values {
		f := fields{"type": v.Type, "value": string(v.Value)}
		if v.Type == layers.LLDPTLVOrgSpecific && len(v.Value) >= 4 {
			f["oui"], f["subtype"] = int(v.Value[0])<<16|be16(v.Value[1:]), v.Value[3]
			f["value"] = string(v.Value[4:])
		}
		of = append(of, f)
	}
	return of
}

func cdpValues(values []layers.CiscoDiscoveryValue) (of list) {
	for _, v := range values {
		of = append(of, fields{"type": v.Type, "value": string(v.Value)})
	}
	return of
}

// gopacket keeps the list of TLVs in the layer before the one that they are in.
func listsFrom(before, info *place) {
	switch x := before.layer.(type) {
	case *layers.LinkLayerDiscovery:
		info.fields = fields{"tlvs": lldpValues(x.Values)}
	case *layers.CiscoDiscovery:
		info.fields = fields{"tlvs": cdpValues(x.Values)}
	}
}

func discoveryFields(layer gopacket.Layer) fields {
	switch x := layer.(type) {
	case *layers.LinkLayerDiscovery:
		f := fields{"chassis_subtype": x.ChassisID.Subtype, "ttl": x.TTL,
			"chassis_id":   hexOf(x.ChassisID.ID),
			"port_subtype": x.PortID.Subtype, "port_id": string(x.PortID.ID)}
		if x.ChassisID.Subtype == layers.LLDPChassisIDSubTypeMACAddr && len(x.ChassisID.ID) == 6 {
			f["chassis"] = net.HardwareAddr(x.ChassisID.ID).String()
		}
		if x.PortID.Subtype == layers.LLDPPortIDSubtypeMACAddr && len(x.PortID.ID) == 6 {
			f["port"] = net.HardwareAddr(x.PortID.ID).String()
		}
		return f
	case *layers.CiscoDiscovery:
		return fields{"version": x.Version, "ttl": x.TTL, "checksum": x.Checksum}
	case *layers.STP:
		return stpFields(x.Contents)
	}
	return nil
}

// gopacket finds no fields in a BPDU; these are IEEE 802.1D §9.3's, in wire order.
func stpFields(p []byte) fields {
	f := fields{"protocol_id": be16(p), "version": p[2], "stp_type": p[3]}
	if len(p) < 35 || p[3]&0x7F == 0 && p[3] != 0 {
		return f
	}
	f["flags"], f["tc"], f["tca"] = p[4], p[4]&1 != 0, p[4]&0x80 != 0
	f["root_priority"], f["root_system_id"] = be16(p[5:])&0xF000, be16(p[5:])&0xFFF
	f["root"], f["bridge"] = net.HardwareAddr(p[7:13]).String(), net.HardwareAddr(p[19:25]).String()
	f["cost"], f["port_id"] = be32(p[13:]), be16(p[25:])
	f["bridge_priority"], f["bridge_system_id"] = be16(p[17:])&0xF000, be16(p[17:])&0xFFF
	for i, name := range []string{"message_age", "max_age", "hello_time", "forward_delay"} {
		f[name] = be16(p[27+2*i:]) * 1000 / 256
	}
	return f
}

func accessFields(layer gopacket.Layer) fields {
	switch x := layer.(type) {
	case *layers.EAPOL:
		return fields{"version": x.Version, "eapol_type": x.Type, "length": x.Length}
	case *layers.EAPOLKey:
		return fields{"descriptor_type": x.KeyDescriptorType, "key_length": x.KeyLength,
			"key_information": be16(x.Contents[1:]), "replay_counter": x.ReplayCounter,
			"nonce": hexOf(x.Nonce), "iv": hexOf(x.IV), "receive_sequence": x.RSC,
			"key_id": x.ID, "mic": hexOf(x.MIC)}
	case *layers.EAP:
		return fields{"code": x.Code, "id": x.Id, "length": x.Length, "eap_type": x.Type,
			"data": hexOf(x.TypeData)}
	case *layers.RADIUS:
		attributes := list{}
		for _, a := range x.Attributes {
			attributes = append(attributes, fields{"type": a.Type, "value": string(a.Value)})
		}
		return fields{"code": x.Code, "id": x.Identifier, "length": x.Length,
			"attributes": attributes}
	}
	return nil
}

func hexOfNumbers(numbers ...uint32) (text string) {
	for _, n := range numbers {
		text += fmt.Sprintf("%08x", n)
	}
	return text
}

func ospfHeader(x *layers.OSPF) fields {
	return fields{"version": x.Version, "ospf_type": x.Type, "length": x.PacketLength,
		"router_id": ipOf(x.RouterID), "area_id": ipOf(x.AreaID), "checksum": x.Checksum}
}

func ospfContent(f fields, content interface{}) fields {
	switch c := content.(type) {
	case layers.HelloPkgV2:
		f["mask"] = ipOf(c.NetworkMask)
		return ospfContent(f, c.HelloPkg)
	case layers.HelloPkg:
		f["priority"], f["options"], f["interface_id"] = c.RtrPriority, c.Options, c.InterfaceID
		f["neighbors"] = hexOfNumbers(c.NeighborID...)
		f["hello_interval"], f["dead_interval"] = c.HelloInterval, c.RouterDeadInterval
		f["designated_router"] = ipOf(c.DesignatedRouterID)
		f["backup_router"] = ipOf(c.BackupDesignatedRouterID)
	case layers.DbDescPkg:
		f["mtu"], f["flags"], f["seq"] = c.InterfaceMTU, c.Flags, c.DDSeqNumber
		f["options"] = c.Options
	case []layers.LSReq:
		requests := ""
		for _, r := range c {
			requests += hexOfNumbers(uint32(r.LSType), r.LSID, r.AdvRouter)
		}
		f["requests"] = requests
	case layers.LSUpdate:
		lsas := list{}
		for _, lsa := range c.LSAs {
			lsas = append(lsas, fields{"age": lsa.LSAge, "type": lsa.LSType,
				"id": ipOf(lsa.LinkStateID), "advertising_router": ipOf(lsa.AdvRouter),
				"seq": lsa.LSSeqNumber, "checksum": lsa.LSChecksum, "length": lsa.Length})
		}
		f["lsa_count"], f["lsas"] = c.NumOfLSAs, lsas
	}
	return f
}

// All that is behind type, length and key: with digests a reserved byte and a number come first,
// RFC 5880 §4.2 to §4.4
func bfdAuthentication(x *layers.BFD) string {
	if x.AuthHeader.AuthType == layers.BFDAuthTypePassword {
		return hexOf(x.AuthHeader.Data)
	}
	return fmt.Sprintf("00%08x", uint32(x.AuthHeader.SequenceNumber)) + hexOf(x.AuthHeader.Data)
}

func routingFields(layer gopacket.Layer) fields {
	switch x := layer.(type) {
	case *layers.OSPFv2:
		f := ospfContent(ospfHeader(&x.OSPF), x.Content)
		f["authentication_type"] = x.AuType
		return f
	case *layers.OSPFv3:
		f := ospfContent(ospfHeader(&x.OSPF), x.Content)
		f["instance_id"] = x.Instance
		return f
	case *layers.VRRPv2:
		addresses := list{}
		for _, address := range x.IPAddress {
			addresses = append(addresses, fields{"ipv4": address.String()})
		}
		return fields{"version": x.Version, "vrrp_type": x.Type, "vrid": x.VirtualRtrID,
			"priority": x.Priority, "address_count": x.CountIPAddr, "checksum": x.Checksum,
			"authentication_type": x.AuthType, "interval": int(x.AdverInt) * 1000,
			"addresses": addresses}
	case *layers.BFD:
		f := fields{"version": x.Version, "diagnostic": x.Diagnostic, "state": x.State,
			"poll": x.Poll, "final": x.Final, "authentication_present": x.AuthPresent,
			"control_plane_independent": x.ControlPlaneIndependent, "demand": x.Demand,
			"multipoint": x.Multipoint, "detect_multiplier": x.DetectMultiplier,
			"length":             x.Contents[3],
			"my_discriminator":   x.MyDiscriminator,
			"your_discriminator": x.YourDiscriminator, "desired_min_tx": x.DesiredMinTxInterval,
			"required_min_rx":      x.RequiredMinRxInterval,
			"required_min_echo_rx": x.RequiredMinEchoRxInterval}
		if x.AuthHeader != nil {
			f["authentication_type"] = x.AuthHeader.AuthType
			f["authentication_key_id"] = x.AuthHeader.KeyID
			f["authentication"] = bfdAuthentication(x)
		}
		return f
	}
	return nil
}
