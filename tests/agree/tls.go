// SPDX-License-Identifier: BSD-3-Clause

// TLS: gopacket knows the records; what a ClientHello says is asked of Go's own crypto/tls.
package main

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

func tlsFields(layer gopacket.Layer) fields {
	x, ok := layer.(*layers.TLS)
	if !ok {
		return nil
	}
	f := tlsFirst(x.Contents)
	f["records"] = fields{"?": tlsRecords(x)}
	return f
}

// The first record, RFC 8446 §5.1, and its ClientHello when it is whole
func tlsFirst(p []byte) fields {
	f := fields{"content_type": p[0], "version": be16(p[1:]), "length": be16(p[3:])}
	if end := 5 + be16(p[3:]); p[0] == 22 && end <= len(p) && end > 9 && p[5] == 1 {
		helloFields(f, p[:end])
	}
	return f
}

func recordText(kind, version, length int) string {
	return fmt.Sprintf("%d %d %d", kind, version, length)
}

// Records come from gopacket sorted by type.
func tlsRecords(x *layers.TLS) (of []string) {
	add := func(h layers.TLSRecordHeader) {
		of = append(of, recordText(int(h.ContentType), int(h.Version), int(h.Length)))
	}
	for _, r := range x.ChangeCipherSpec {
		add(r.TLSRecordHeader)
	}
	for _, r := range x.Handshake {
		add(r.TLSRecordHeader)
	}
	for _, r := range x.AppData {
		add(r.TLSRecordHeader)
	}
	for _, r := range x.Alert {
		add(r.TLSRecordHeader)
	}
	return of
}

// A connection that gives some bytes and takes any.
type onlyBytes struct {
	net.Conn
	from *bytes.Reader
}

func (c onlyBytes) Read(p []byte) (int, error)  { return c.from.Read(p) }
func (c onlyBytes) Write(p []byte) (int, error) { return len(p), nil }
func (c onlyBytes) Close() error                { return nil }

func helloFields(f fields, record []byte) {
	enough := errors.New("enough")
	config := &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		f["sni"], f["cipher_suite_count"] = hello.ServerName, len(hello.CipherSuites)
		if len(hello.SupportedProtos) > 0 {
			f["alpn"] = hello.SupportedProtos[0]
		}
		return nil, enough
	}}
	server := tls.Server(onlyBytes{from: bytes.NewReader(record)}, config)
	if err := server.Handshake(); err != enough && err != io.EOF {
		delete(f, "sni")
	}
}

// The head of a record, RFC 8446 §5.1
func recordHead(p []byte) bool {
	length := be16(p[3:])
	return p[0] >= 20 && p[0] <= 23 && p[1] == 3 && p[2] <= 4 && length > 0 && length <= 16384+2048
}

// What its kind begins with, §4, §5.1 and §6, and behind it another one or nothing
func beginsRecord(p []byte) bool {
	if len(p) < 6 || !recordHead(p) {
		return false
	}
	length := be16(p[3:])
	switch p[0] {
	case 20:
		if length != 1 || p[5] != 1 {
			return false
		}
	case 21:
		if length != 2 && length < 16 {
			return false
		}
	case 22:
		hello := p[5] <= 2
		if p[5] > 24 || hello && len(p) > 9 && (p[6] != 0 || p[9] != 3) {
			return false
		}
	}
	end := 5 + length
	if len(p) >= end+5 {
		return recordHead(p[end:])
	}
	return len(p) <= end || p[end] >= 20 && p[end] <= 23
}

// D52: TLS and SIP's replies are known by their first bytes where the ports of TCP lead nowhere
func onAnyPort(w *walk, s *step) bool {
	n := len(w.found)
	if n == 0 || w.found[n-1].name != "TCP" || !w.options.DecodeStreamsAsDatagrams || w.fragment ||
		s.decoder != gopacket.LayerTypePayload {
		return false
	}
	switch {
	case beginsRecord(s.data):
		s.again(layers.LayerTypeTLS, s.data)
	case len(s.data) > 8 && string(s.data[:8]) == "SIP/2.0 ":
		s.again(layers.LayerTypeSIP, s.data)
	default:
		return false
	}
	return true
}

// D40: a record goes on in the next segment, RFC 8446 §5.1; several are one layer, not the last alone
func openRecord(w *walk, s *step) bool {
	p := s.data
	several := s.last().name == "TLS" && s.last().offset != s.offset
	cut := s.failure == "TLS packet length mismatch" || s.failure == "TLS record too short"
	if !several && !cut || len(p) < 5 {
		return false
	}
	var records []string
	for at := 0; at+5 <= len(p); at += 5 + be16(p[at+3:]) {
		records = append(records, recordText(int(p[at]), be16(p[at+1:]), be16(p[at+3:])))
	}
	f := tlsFirst(p)
	f["records"] = fields{"?": records}
	s.leaf("TLS", f)
	s.role(3, "TLS")
	return true
}

// D41: over TCP a DNS message has its length in front, RFC 1035 §4.2.2
func lengthInFront(w *walk, s *step) bool {
	n := len(w.found)
	if n == 0 || w.found[n-1].name != "TCP" || target(s.decoder) != "DNS" || len(s.data) < 2 {
		return false
	}
	all, offset := s.data, s.offset
	s.again(layers.LayerTypeDNS, all[2:min(len(all), 2+be16(all))])
	if s.failure != "" && cutMessage(w, s) || s.failure == "" {
		s.last().offset, s.last().header = offset, len(all)
	} else {
		s.rest, s.restOffset = all, offset
		s.truncated = w.cut
	}
	return true
}
