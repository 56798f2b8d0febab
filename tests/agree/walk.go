// SPDX-License-Identifier: BSD-3-Clause

// gopacket's decoders, called one at a time instead of one inside the other, so that a rule may
// set right what is known to be wrong between two of them. Without rules the walk finds what
// gopacket.NewPacket finds; main.go checks that on every packet.
package main

import (
	"fmt"
	"unsafe"

	"github.com/google/gopacket"
)

const unsaid = -1 // gopacket does not say which bytes a layer takes

// One layer. The three numbers are those of Torc's struct torc_layer.
type place struct {
	name                    string
	layer                   gopacket.Layer // nil when a rule made the layer
	offset, header, payload int
	fields                  fields
}

// What one call of a decoder did: a gopacket.PacketBuilder that does not go on by itself.
type step struct {
	walk       *walk
	decoder    gopacket.Decoder
	data       []byte // what the decoder was given
	offset     int
	layers     []place
	next       gopacket.Decoder
	rest       []byte // what the next one is given
	restOffset int
	truncated  bool
	failure    string
	kept       bool      // D44 has kept what is whole of the layer
	tail       bool      // the failure is in the tail of the layer, which stays
	roles      [4]string // of the first layer with the role: link, network, transport, application
	network    *gopacket.Flow
	transport  *gopacket.Flow
	unknown    []interface{} // registry and number without a decoder
}

type walk struct {
	data    []byte
	link    int
	wire    int // bytes there were on the wire
	options gopacket.DecodeOptions
	cut     bool // by the snaplen
	ruled   bool

	found     []place
	truncated bool
	failure   string
	roles     [4]string
	network   *gopacket.Flow
	transport *gopacket.Flow
	unknown   []interface{}
	fragment  bool // inside the first fragment of several
	applied   []string
}

func (s *step) SetTruncated()                          { s.truncated = true }
func (s *step) SetErrorLayer(gopacket.ErrorLayer)      {}
func (s *step) DumpPacketData()                        {}
func (s *step) DecodeOptions() *gopacket.DecodeOptions { return &s.walk.options }

func (s *step) SetLinkLayer(l gopacket.LinkLayer) { s.role(0, l.LayerType().String()) }

func (s *step) SetNetworkLayer(l gopacket.NetworkLayer) {
	s.role(1, l.LayerType().String())
	if s.network == nil {
		flow := l.NetworkFlow()
		s.network = &flow
	}
}

func (s *step) SetTransportLayer(l gopacket.TransportLayer) {
	s.role(2, l.LayerType().String())
	if s.transport == nil {
		flow := l.TransportFlow()
		s.transport = &flow
	}
}

func (s *step) SetApplicationLayer(l gopacket.ApplicationLayer) { s.role(3, l.LayerType().String()) }

func (s *step) role(i int, name string) {
	if s.roles[i] == "" {
		s.roles[i] = name
	}
}

// The distance of part from the packet's first byte; otherwise when part is empty or a copy.
func (w *walk) offsetOf(part []byte, otherwise int) int {
	if len(part) == 0 || len(w.data) == 0 {
		return otherwise
	}
	offset := int(uintptr(unsafe.Pointer(&part[0])) - uintptr(unsafe.Pointer(&w.data[0])))
	if offset < 0 || offset >= len(w.data) {
		return otherwise
	}
	return offset
}

// Where a layer is; it begins at start unless its bytes say otherwise.
func (w *walk) placeOf(l gopacket.Layer, start int) place {
	contents := l.LayerContents()
	p := place{name: l.LayerType().String(), layer: l, offset: start, header: unsaid, payload: unsaid}
	if len(contents) > 0 || p.name == "DecodeFailure" {
		p.offset = w.offsetOf(contents, start)
		p.header, p.payload = len(contents), len(l.LayerPayload())
	}
	p.fields = fieldsOf(l)
	return p
}

func (s *step) AddLayer(l gopacket.Layer) {
	start := s.offset
	if n := len(s.layers); n > 0 {
		start = s.restOffset
	}
	p := s.walk.placeOf(l, start)
	s.layers = append(s.layers, p)
	s.rest = l.LayerPayload()
	s.restOffset = s.walk.offsetOf(s.rest, p.offset+len(l.LayerContents()))
}

func (s *step) NextDecoder(next gopacket.Decoder) error {
	if next == nil {
		return fmt.Errorf("no decoder")
	}
	s.next = next
	return nil
}

func (s *step) decode() {
	defer func() {
		if problem := recover(); problem != nil {
			s.failure = fmt.Sprint(problem)
		}
	}()
	if err := s.decoder.Decode(s.data, s); err != nil {
		s.failure = err.Error()
	}
}

// Adds a layer that a rule makes; all its bytes are given.
func (s *step) add(name string, offset, header, payload int, f fields) {
	s.layers = append(s.layers, place{name: name, offset: offset, header: header, payload: payload,
		fields: f})
	s.restOffset = offset + header
	s.rest = s.walk.data[s.restOffset : s.restOffset+payload]
}

func (s *step) fail(reason string) {
	s.failure, s.next = reason, nil
}

// The bytes that are left are Payload, as they have no decoder.
func (s *step) payload() {
	s.next, s.failure = nil, ""
	if len(s.rest) > 0 {
		s.add("Payload", s.restOffset, len(s.rest), 0, nil)
		s.role(3, "Payload")
		s.rest = nil
	}
}

// All that the decoder was given is one layer.
func (s *step) leaf(name string, f fields) {
	s.undo()
	s.failure = ""
	s.add(name, s.offset, len(s.data), 0, f)
}

// Forgets the layers that the step added.
func (s *step) undo() {
	s.layers, s.next, s.roles = nil, nil, [4]string{}
	s.network, s.transport, s.truncated = nil, nil, false
	s.rest, s.restOffset = s.data, s.offset
}

func (w *walk) take(s *step) {
	w.found = append(w.found, s.layers...)
	w.truncated = w.truncated || s.truncated
	for i, name := range s.roles {
		if w.roles[i] == "" {
			w.roles[i] = name
		}
	}
	if w.network == nil {
		w.network = s.network
	}
	if w.transport == nil {
		w.transport = s.transport
	}
	if s.unknown != nil {
		w.unknown = s.unknown
	}
	if s.failure != "" {
		w.failure = s.failure
		if !s.tail {
			w.found = append(w.found, place{name: "DecodeFailure", offset: s.restOffset,
				header: len(s.rest)})
		}
	}
}

func (w *walk) run(first gopacket.Decoder) {
	decoder, data, offset := first, w.data, 0
	for {
		s := &step{walk: w, decoder: decoder, data: data, offset: offset, rest: data,
			restOffset: offset}
		s.decode()
		if w.ruled {
			w.amend(s)
		}
		w.take(s)
		if s.next == nil || len(s.rest) == 0 || s.failure != "" && !s.tail {
			return
		}
		if len(s.rest) == len(data) && len(w.found) > 1000 {
			panic("a rule goes round in circles")
		}
		decoder, data, offset = s.next, s.rest, s.restOffset
	}
}
