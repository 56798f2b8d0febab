// SPDX-License-Identifier: BSD-3-Clause

// EtherNet/IP and CIP, which only newer gopackets have.
package main

import "github.com/google/gopacket"

var enipCommands = map[int]bool{0: true, 4: true, 0x63: true, 0x64: true, 0x65: true, 0x66: true,
	0x6f: true, 0x70: true, 0x72: true, 0x73: true, 0xc8: true}

// The CIP Networks Library, volume 2, §2-3: the header ends where a CIP message begins.
func readENIP(p []byte) *message {
	if len(p) < 24 {
		return &message{need: 24}
	}
	command, length := le16(p), le16(p[2:])
	if !enipCommands[command] || le32(p[20:]) != 0 {
		return nil
	}
	f := fields{"command": command, "length": length, "session": le32(p[4:]),
		"status": le32(p[8:]), "sender_context": hexOf(p[12:20]), "options": 0}
	m := &message{need: 24, header: 24 + length, total: 24 + length, fields: f, role: true}
	end := min(24+length, len(p))
	at := 24
	switch {
	case command == 0x65 && end >= 28:
		f["protocol_version"], f["session_options"] = le16(p[24:]), le16(p[26:])
		return m
	case command == 0x6f || command == 0x70:
		at = 30
	case command != 4 && command != 0x63 && command != 0x64 || length < 2:
		f["data"] = hexOf(p[24:end])
		return m
	}
	m.cut = 24+length > len(p)
	m.readItems(p[:end], at)
	return m
}

// From the count of the items on; CIP is in one of two types, behind interface 0.
func (m *message) readItems(p []byte, at int) {
	f := m.fields
	if at == 30 && len(p) >= 32 {
		f["interface_handle"], f["timeout"] = le32(p[24:]), le16(p[28:])
	}
	if len(p) < at+2 {
		f["data"] = hexOf(p[24:])
		m.broken = true
		return
	}
	f["item_count"] = le16(p[at:])
	count, items := le16(p[at:]), list{}
	cip := at == 30 && le32(p[24:]) == 0
	at += 2
	for n := 0; n < count; n++ {
		if at+4 > len(p) {
			m.broken = true
			break
		}
		kind, size, skip := le16(p[at:]), le16(p[at+2:]), 0
		if kind == 0xb1 {
			skip = 2
		}
		item := fields{"type": kind, "length": size}
		if cip && (kind == 0xb1 || kind == 0xb2) && size > skip {
			if item["data"] = hexOf(p[at+4 : min(at+4+skip, len(p))]); at+4+skip > len(p) {
				m.broken = true
			} else {
				m.header, m.total, m.next = at+4+skip, at+4+size, gopacket.LayerTypePayload
				if skip != 0 {
					f["sequence_count"] = le16(p[at+4:])
				}
			}
			items = append(items, item)
			break
		}
		if at+4+size > len(p) {
			if kind == 0xb1 || kind == 0xb2 {
				item["data"] = hexOf(p[at+4:])
				items = append(items, item)
			}
			m.broken = true
			break
		}
		item["data"] = hexOf(p[at+4 : at+4+size])
		items = append(items, item)
		at += 4 + size
	}
	f["items"] = items
}

// Volume 1, §2-4: all of the item is the message.
func readCIP(p []byte) *message {
	if len(p) < 2 || p[0]&0x80 != 0 && len(p) < 4 {
		return &message{need: len(p) + 1, strict: true}
	}
	m := &message{need: 2, header: len(p), total: len(p), role: true, fields: fields{
		"service": p[0] & 0x7f, "response": p[0]&0x80 != 0}}
	at, words := 2, int(p[1])
	if p[0]&0x80 != 0 {
		at, words = 4, int(p[3])
		m.fields["status"] = p[2]
	}
	end := min(at+words*2, len(p))
	m.broken = at+words*2 > len(p)
	m.fields["data"] = hexOf(p[end:])
	if at == 4 {
		m.fields["additional_status"] = hexOf(p[at:end])
	} else {
		m.fields["path_words"], m.fields["path"] = words, hexOf(p[at:end])
		m.readPath(p[at:end])
	}
	return m
}

// Appendix C-1.4, padded: the first logical segment of each kind, and a symbol.
func (m *message) readPath(p []byte) {
	names := map[byte]string{0: "class", 1: "instance", 3: "connection_point", 4: "attribute"}
	for length := 0; len(p) >= 2; p = p[length:] {
		switch p[0] >> 5 {
		case 0:
			length = 2
			if p[0]&16 != 0 {
				length += int(p[1])
			}
			if p[0]&15 == 15 {
				length += 2
			}
			length += length & 1
		case 1:
			length = []int{2, 4, 6, len(p) + 1}[p[0]&3]
			if p[0] == 0x34 {
				length = 10
			}
		case 2:
			length = 2
			if p[0]&16 != 0 {
				length += int(p[1]) * 2
			}
		case 4:
			if length = 2 + int(p[1])*2; p[0] == 0x91 {
				length = 2 + int(p[1]) + int(p[1])&1
				if _, there := m.fields["symbol"]; !there && 2+int(p[1]) <= len(p) {
					m.fields["symbol"] = string(p[2 : 2+int(p[1])])
				}
			}
		default:
			return
		}
		if length > len(p) {
			return
		}
		name := names[p[0]>>2&7]
		if _, there := m.fields[name]; p[0]>>5 != 1 || name == "" || there || p[0] == 0x34 {
			continue
		}
		m.fields[name] = map[int]func() interface{}{
			2: func() interface{} { return p[1] }, 4: func() interface{} { return le16(p[2:]) },
			6: func() interface{} { return le32(p[2:]) }}[length]()
	}
}
