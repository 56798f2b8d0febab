// SPDX-License-Identifier: BSD-3-Clause

// Rules about the chunks of SCTP, and about fields that gopacket reads from the wrong place.
package main

import (
	"github.com/google/gopacket/layers"
)

// Bytes of a chunk with its padding, at most all there are, RFC 9260 §3.2
func chunkBytes(p []byte) int {
	return min((be16(p[2:])+3)&^3, len(p))
}

// D39: chunks behind DATA are chunks, and one of an unknown type is SCTPUnknownChunkType
func bundledChunks(w *walk, s *step) bool {
	p := s.data
	if s.last().name == "SCTPData" {
		end := chunkBytes(p)
		if s.failure != "" || end >= len(p) {
			return false
		}
		s.last().header, s.last().payload = end, len(p)-end
		s.rest, s.restOffset = p[end:], s.offset+end
		s.next, s.roles[3] = layers.SCTPChunkType(p[end]), ""
		return true
	}
	if s.failure == "" || len(s.layers) > 0 || len(p) < 4 || be16(p[2:]) < 4 || !w.inSCTP() ||
		layers.SCTPChunkType(p[0]).String() != "UnknownSCTPChunkType" {
		return false
	}
	if be16(p[2:]) > len(p) {
		s.truncated = true
		return true
	}
	end := chunkBytes(p)
	s.failure = ""
	s.add("SCTPUnknownChunkType", s.offset, end, len(p)-end,
		fields{"chunk_type": p[0], "flags": p[1], "length": be16(p[2:])})
	if end < len(p) {
		s.next = layers.SCTPChunkType(p[end])
	}
	return true
}

// Whether the layer before is SCTP or one of its chunks.
func (w *walk) inSCTP() bool {
	n := len(w.found)
	return n > 0 && len(w.found[n-1].name) >= 4 && w.found[n-1].name[:4] == "SCTP"
}

// D38: FDDI's destination comes first, VXLAN's A bit is 0x08, a dot inside a label is escaped
func swappedFields(w *walk, s *step) bool {
	f := s.last().fields
	switch x := s.last().layer.(type) {
	case *layers.FDDI:
		f["src"], f["dst"] = x.DstMAC.String(), x.SrcMAC.String()
	case *layers.VXLAN:
		if applied := s.data[1]&0x08 != 0; applied != x.GBPApplied {
			f["policy_applied"] = applied
			return true
		}
		return false
	case *layers.SCTPSack: // a gap has a start and an end, RFC 9260 §3.3.4
		gaps, duplicates := 16+4*int(x.NumGapACKs), 4*int(x.NumDuplicateTSNs)
		if x.NumGapACKs == 0 || gaps+duplicates > len(s.data) {
			return false
		}
		f["gaps"] = hexOf(s.data[16:gaps])
		f["duplicates"] = hexOf(s.data[gaps : gaps+duplicates])
	case *layers.DNS:
		name, dotted := labelsOf(s.data[12:])
		if !dotted || len(x.Questions) == 0 {
			return false
		}
		f["questions"].(list)[0]["name"] = name
	default:
		return false
	}
	return true
}

// A name without pointers, and whether there is a dot in one of its labels.
func labelsOf(p []byte) (name string, dotted bool) {
	for len(p) > 1 && p[0] != 0 && p[0] < 64 && int(p[0]) < len(p) {
		for _, c := range p[1 : 1+p[0]] {
			if c == '.' {
				name, dotted = name+"\\", true
			}
			text := nameOf([]byte{c})
			name += text[:len(text)-1]
		}
		name += "."
		p = p[1+p[0]:]
	}
	return name, dotted
}
