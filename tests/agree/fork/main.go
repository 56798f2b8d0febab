// SPDX-License-Identifier: BSD-3-Clause

// What the fork of gopacket finds in the packets of the pcapng files named, in the keys that
// tests/agree/names.py reads: file n stack places fields. The fields are those of the layers that
// the fork alone has, under Torc's names. With -streams, what TCP carries goes to the decoder of its
// port; -names lists the layer types. Nothing is set right here: these are its own answers.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"unsafe"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

type fields map[string]interface{}

type line struct {
	File   string   `json:"file"`
	Number int      `json:"n"`
	Stack  []string `json:"stack"`
	Places [][3]int `json:"places"`
	Fields []fields `json:"fields"`
}

// What a user does for decoders that no number of Ethernet, IP or a port leads to on this system.
func init() {
	layers.RegisterUDPPortLayerType(7667, layers.LayerTypeLCM)
	layers.RegisterTCPPortLayerType(3868, layers.LayerTypeDiameter)
	layers.LinkTypeMetadata[258] = layers.EnumMetadata{DecodeWith: layers.LayerTypePktap, Name: "PKTAP"}
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }

func industrialFields(l gopacket.Layer) fields {
	switch x := l.(type) {
	case *layers.ENIP:
		return fields{"command": x.Command, "length": x.Length, "session": x.SessionHandle,
			"status": x.Status, "sender_context": hexOf(x.SenderContext), "options": x.Options}
	case *layers.CIP:
		f := fields{"response": x.Response, "service": x.ServiceID, "class": x.ClassID,
			"instance": x.InstanceID, "status": x.Status}
		if x.Response {
			f["data"] = hexOf(x.Data)
		}
		return f
	case *layers.Modbus:
		return fields{"function": x.FunctionCode & 0x7f, "exception": x.Exception}
	case *layers.Diameter:
		return fields{"version": x.Version, "length": x.MessageLength,
			"request": x.CommandFlags.Request, "proxiable": x.CommandFlags.Proxiable,
			"command": x.CommandCode, "application_id": x.ApplicationID,
			"hop_by_hop_id": x.HopByHopID, "end_to_end_id": x.EndToEndID}
	case *layers.GTPv2:
		return fields{"version": x.Version, "piggybacking": x.PiggybackingFlag,
			"has_teid": x.TEIDflag, "message_type": x.MessageType, "length": x.MessageLength,
			"teid": x.TEID, "seq": x.SequenceNumber}
	}
	return nil
}

func otherFields(l gopacket.Layer) fields {
	switch x := l.(type) {
	case layers.AGUEVar0:
		return fields{"version": x.Version, "control": x.C, "protocol": x.Protocol,
			"flags": x.Flags, "extensions": hexOf(x.Extensions)}
	case layers.AGUEVar1:
		return fields{"protocol": x.Protocol}
	case layers.APSP:
		return fields{"next_header": x.NextHeader, "length": x.HdrExtLen,
			"crypt_offset": x.CryptOffset & 0x3f, "spi": x.SecParamIdx, "iv": x.InitVector,
			"security_token": x.SecTokenV2, "virtual_key": x.VirtKey,
			"src_endpoint": x.SrcEndpointID, "dst_endpoint": x.DstEndpointID}
	case *layers.MDP:
		return fields{"preamble": hexOf(x.PreambleData), "device": x.DeviceInfo,
			"network": x.NetworkInfo, "address": x.IPAddress.String()}
	case *layers.PktapV1:
		return fields{"length": x.HeaderLength, "record_type": x.RecordType, "link_type": x.DLT,
			"interface": x.InterfaceName, "flags": x.Flags, "protocol_family": x.ProtocolFamily,
			"link_header_length": x.LinkLayerHeaderLength, "pid": int32(x.PID),
			"command": x.CommandName, "service_class": uint32(x.ServiceClass),
			"interface_type": x.InterfaceType, "interface_unit": x.InterfaceUnit,
			"effective_pid": int32(x.EffectivePID), "effective_command": x.EffectiveCommandName}
	case *layers.LinuxSLL2:
		return fields{"ether_type": x.ProtocolType, "interface_index": x.InterfaceIndex,
			"hardware_type": x.ARPHardwareType, "packet_type": x.PacketType,
			"address_length": x.AddrLength, "src": x.Addr.String()}
	}
	return industrialFields(l)
}

// The distance of part from the packet's first byte; -1 when the layer does not say its bytes.
func offsetOf(data, part []byte) int {
	if len(part) == 0 || len(data) == 0 {
		return -1
	}
	offset := int(uintptr(unsafe.Pointer(&part[0])) - uintptr(unsafe.Pointer(&data[0])))
	if offset < 0 || offset >= len(data) {
		return -1
	}
	return offset
}

func describe(data []byte, link layers.LinkType, streams bool) (l line) {
	options := gopacket.DecodeOptions{NoCopy: true, DecodeStreamsAsDatagrams: streams}
	for _, x := range gopacket.NewPacket(data, link, options).Layers() {
		l.Stack = append(l.Stack, x.LayerType().String())
		l.Places = append(l.Places, [3]int{offsetOf(data, x.LayerContents()), -1, -1})
		l.Fields = append(l.Fields, otherFields(x))
	}
	return l
}

func readFile(path string, encoder *json.Encoder, streams bool) {
	file, err := os.Open(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer file.Close()
	options := pcapgo.DefaultNgReaderOptions
	options.WantMixedLinkType = true
	source, err := pcapgo.NewNgReader(bufio.NewReader(file), options)
	for n := 1; err == nil; n++ {
		data, info, failure := source.ReadPacketData()
		if failure != nil {
			return
		}
		link, _ := info.AncillaryData[0].(layers.LinkType)
		l := describe(data, link, streams)
		l.File, l.Number = path, n
		_ = encoder.Encode(&l)
	}
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	os.Stdout = os.Stderr
	defer out.Flush()
	paths, streams := os.Args[1:], false
	if len(paths) > 0 && paths[0] == "-names" {
		for number := gopacket.LayerType(0); number < 2000; number++ {
			if name := number.String(); name != fmt.Sprint(int(number)) {
				fmt.Fprintf(out, "%d %s\n", number, name)
			}
		}
		return
	}
	if len(paths) > 0 && paths[0] == "-streams" {
		paths, streams = paths[1:], true
	}
	encoder := json.NewEncoder(out)
	for _, path := range paths {
		readFile(path, encoder, streams)
	}
}
