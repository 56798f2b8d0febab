// SPDX-License-Identifier: BSD-3-Clause

// One JSON line for each packet of the pcap and pcapng files named, as gopacket sees it, with the
// keys that tests/agree/compare.py reads:
//
//	file n timestamp_ns caplen len link   which packet; link has all 16 bits
//	stack places fields                   of each layer; a number of -1 is not said by gopacket
//	network transport                     endpoints of the outermost flows
//	network_hash transport_hash           their FastHash
//	roles                                 outermost link, network, transport, application layer
//	time_rule                             the rule that set the time right, if any
//	truncated error unknown               error is "" or gopacket's text
//	rules amended                         when rules of rules.go apply: which, and what is then found
//
// With -streams, what TCP carries goes to the decoder of its port. -names lists gopacket's layer types.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

type packetSource interface {
	ReadPacketData() ([]byte, gopacket.CaptureInfo, error)
}

type decoded struct {
	Stack         []string      `json:"stack"`
	Places        [][3]int      `json:"places"`
	Fields        []fields      `json:"fields"`
	Network       []string      `json:"network"`
	Transport     []string      `json:"transport"`
	NetworkHash   string        `json:"network_hash"`
	TransportHash string        `json:"transport_hash"`
	Roles         [4]string     `json:"roles"`
	Truncated     bool          `json:"truncated"`
	Error         string        `json:"error"`
	Unknown       []interface{} `json:"unknown"`
}

type line struct {
	File      string `json:"file"`
	Number    int    `json:"n"`
	Timestamp int64  `json:"timestamp_ns"`
	Caplen    int    `json:"caplen"`
	Len       int    `json:"len"`
	LinkType  int    `json:"link"`
	TimeRule  string `json:"time_rule,omitempty"`
	decoded
	Rules   []string `json:"rules,omitempty"`
	Amended *decoded `json:"amended,omitempty"`
}

// Printing the flow of a layer whose header failed panics there.
func ends(flow gopacket.Flow) (text []string) {
	defer func() {
		if recover() != nil {
			text = nil
		}
	}()
	return []string{flow.Src().String(), flow.Dst().String()}
}

func (d *decoded) take(found []place, network, transport *gopacket.Flow) {
	for i, p := range found {
		if i > 0 && p.layer != nil && strings.HasSuffix(p.name, "DiscoveryInfo") {
			listsFrom(&found[i-1], &p)
		}
		d.Stack = append(d.Stack, p.name)
		d.Places = append(d.Places, [3]int{p.offset, p.header, p.payload})
		d.Fields = append(d.Fields, p.fields)
	}
	if network != nil {
		d.Network, d.NetworkHash = ends(*network), fmt.Sprintf("%016x", network.FastHash())
	}
	if transport != nil {
		d.Transport = ends(*transport)
		d.TransportHash = fmt.Sprintf("%016x", transport.FastHash())
	}
}

// Where RadioTap tells of padding, gopacket moves the frame's header over it, in the packet itself:
// each decodes a copy of its own.
func (w *walk) own() { w.data = append(make([]byte, 0, len(w.data)), w.data...) }

// As gopacket has it.
func plain(w walk, link layers.LinkType) (d decoded) {
	w.own()
	packet := gopacket.NewPacket(w.data, link, w.options)
	var found []place
	var network, transport *gopacket.Flow
	start := 0
	for _, layer := range packet.Layers() {
		p := w.placeOf(layer, start)
		found = append(found, p)
		start = w.offsetOf(layer.LayerPayload(), p.offset+len(layer.LayerContents()))
	}
	if l := packet.LinkLayer(); l != nil {
		d.Roles[0] = l.LayerType().String()
	}
	if l := packet.NetworkLayer(); l != nil {
		flow := l.NetworkFlow()
		d.Roles[1], network = l.LayerType().String(), &flow
	}
	if l := packet.TransportLayer(); l != nil {
		flow := l.TransportFlow()
		d.Roles[2], transport = l.LayerType().String(), &flow
	}
	if l := packet.ApplicationLayer(); l != nil {
		d.Roles[3] = l.LayerType().String()
	}
	if failure := packet.ErrorLayer(); failure != nil {
		d.Error = failure.Error().Error()
	}
	d.take(found, network, transport)
	d.Truncated = packet.Metadata().Truncated || w.cut
	return d
}

// As the walk has it, with rules or without.
func walked(w walk, link layers.LinkType, ruled bool) (decoded, []string) {
	w.ruled = ruled
	w.own()
	w.run(link)
	d := decoded{Roles: w.roles, Truncated: w.truncated || w.cut, Error: w.failure,
		Unknown: w.unknown}
	d.take(w.found, w.network, w.transport)
	return d, w.applied
}

// The walk without rules must find what gopacket does by itself, or its amendments prove nothing.
func same(a, b decoded) bool {
	a.Error, b.Error = fmt.Sprint(a.Error != ""), fmt.Sprint(b.Error != "")
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return reflect.DeepEqual(x, y)
}

func describe(data []byte, link int, info gopacket.CaptureInfo, streams bool) line {
	l := line{Timestamp: info.Timestamp.UnixNano(), Caplen: info.CaptureLength, Len: info.Length,
		LinkType: link}
	w := walk{data: data, link: link, wire: info.Length,
		cut: info.CaptureLength < info.Length}
	w.options = gopacket.DecodeOptions{NoCopy: true, DecodeStreamsAsDatagrams: streams}
	l.decoded = plain(w, layers.LinkType(link))
	if unruled, _ := walked(w, layers.LinkType(link), false); !same(l.decoded, unruled) {
		fmt.Fprintf(os.Stderr, "the walk differs from gopacket:\n%+v\n%+v\n", l.decoded, unruled)
		os.Exit(3)
	}
	if amended, rules := walked(w, layers.LinkType(link), true); len(rules) > 0 {
		l.Rules, l.Amended = rules, &amended
	}
	return l
}

func open(file *os.File) (packetSource, error) {
	buffered := bufio.NewReaderSize(file, 1<<20)
	magic, err := buffered.Peek(4)
	if err != nil {
		return nil, err
	}
	if string(magic) == "\x0a\x0d\x0d\x0a" {
		options := pcapgo.DefaultNgReaderOptions
		options.WantMixedLinkType, options.SkipUnknownVersion = true, true
		return pcapgo.NewNgReader(buffered, options)
	}
	reader, err := pcapgo.NewReader(buffered)
	if err != nil {
		return nil, err
	}
	reader.SetSnaplen(1 << 24)
	return reader, nil
}

func readFile(path string, encoder *json.Encoder, streams bool) {
	records, err := packetRecords(path)
	if err != nil {
		return
	}
	file, err := os.Open(path)
	if err != nil {
		return
	}
	defer file.Close()
	source, err := open(file)
	for n := 1; err == nil; n++ {
		var data []byte
		var info gopacket.CaptureInfo
		if data, info, err = source.ReadPacketData(); err != nil {
			break
		}
		if n > len(records) {
			fmt.Fprintf(os.Stderr, "%s: gopacket reads more packets than there are\n", path)
			os.Exit(3)
		}
		l := describe(data, records[n-1].link, info, streams)
		if time := records[n-1].time; time >= 0 && time != l.Timestamp {
			l.Timestamp, l.TimeRule = time, "D15"
		}
		l.File, l.Number = path, n
		_ = encoder.Encode(&l)
	}
}

// The layer types that gopacket has: number and name, one a line.
func names(out *bufio.Writer) {
	for number := gopacket.LayerType(0); number < 2000; number++ {
		if name := number.String(); name != fmt.Sprint(int(number)) {
			fmt.Fprintf(out, "%d %s\n", number, name)
		}
	}
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	os.Stdout = os.Stderr // gopacket prints there in one place
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	paths, streams := os.Args[1:], false
	if len(paths) > 0 && paths[0] == "-names" {
		names(out)
		return
	}
	if len(paths) > 0 && paths[0] == "-streams" {
		paths, streams = paths[1:], true
	}
	for _, path := range paths {
		readFile(path, encoder, streams)
	}
}
