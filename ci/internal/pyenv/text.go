package pyenv

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// text is what a file says, in the encodings that pip and uv read: editors of some
// systems write a mark of their byte order first.
func text(raw []byte) string {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(raw, []byte{0xef, 0xbb, 0xbf}):
		return string(raw[3:])
	case bytes.HasPrefix(raw, []byte{0xff, 0xfe}):
		order = binary.LittleEndian
	case bytes.HasPrefix(raw, []byte{0xfe, 0xff}):
		order = binary.BigEndian
	default:
		return string(raw)
	}
	var units []uint16
	for at := 2; at+1 < len(raw); at += 2 {
		units = append(units, order.Uint16(raw[at:]))
	}
	return string(utf16.Decode(units))
}
