package archive

import (
	"archive/tar"
	"errors"
	"strconv"
	"strings"
)

// place is where content stands first in an archive: in a file, counted by
// those that have content, at a byte of it.
type place struct {
	file   int
	offset int64
}

// newContent is the place of what stands nowhere else yet.
var newContent = place{file: -1}

// part is a part of a file.
type part struct {
	from   place
	length int64
}

func (p part) isNew() bool { return p.from.file < 0 }

// parts are all of a file, in their order.
type parts []part

// with adds a part, to the last one if it goes on with that.
func (ps parts) with(next part) parts {
	if len(ps) > 0 {
		last := &ps[len(ps)-1]
		goesOn := last.from.file == next.from.file && last.from.offset+last.length == next.from.offset
		if last.isNew() && next.isNew() || !next.isNew() && goesOn {
			last.length += next.length
			return ps
		}
	}
	return append(ps, next)
}

// Records of a header whose file has parts of others: its size, and the parts,
// such as "+4096 7:512+1024": 4096 bytes that are new, then 1024 of file 7 from
// its byte 512 on.
const (
	sizeRecord  = "PINGVAS.size"
	partsRecord = "PINGVAS.parts"
)

// describe writes the parts into a header, unless all is new.
func (ps parts) describe(header *tar.Header) {
	if len(ps) == 1 && ps[0].isNew() {
		return
	}
	if header.PAXRecords == nil {
		header.PAXRecords = map[string]string{}
	}
	header.PAXRecords[sizeRecord] = strconv.FormatInt(header.Size, 10)
	header.Size = 0
	var text strings.Builder
	for i, p := range ps {
		if i > 0 {
			text.WriteByte(' ')
		}
		if p.isNew() {
			header.Size += p.length
		} else {
			text.WriteString(strconv.Itoa(p.from.file) + ":" + strconv.FormatInt(p.from.offset, 10))
		}
		text.WriteString("+" + strconv.FormatInt(p.length, 10))
	}
	header.PAXRecords[partsRecord] = text.String()
}

var errParts = errors.New("what it says of its parts makes no sense")

// readParts reads what a header says, and the size of the file.
func readParts(header *tar.Header) (all parts, size int64, err error) {
	text, some := header.PAXRecords[partsRecord]
	if !some {
		return parts{{newContent, header.Size}}, header.Size, nil
	}
	size, err = strconv.ParseInt(header.PAXRecords[sizeRecord], 10, 64)
	if err != nil {
		return nil, 0, errParts
	}
	rest, fresh := size, header.Size
	for field := range strings.FieldsSeq(text) {
		p, err := readPart(field)
		if err != nil || p.length > rest {
			return nil, 0, errParts
		}
		if rest -= p.length; p.isNew() {
			fresh -= p.length
		}
		all = append(all, p)
	}
	if rest != 0 || fresh != 0 {
		return nil, 0, errParts
	}
	return all, size, nil
}

func readPart(field string) (p part, err error) {
	from, length, _ := strings.Cut(field, "+")
	if p.length, err = strconv.ParseInt(length, 10, 64); err != nil || p.length <= 0 {
		return p, errParts
	}
	if from == "" {
		p.from = newContent
		return p, nil
	}
	file, offset, _ := strings.Cut(from, ":")
	p.from.file, err = strconv.Atoi(file)
	if err == nil {
		p.from.offset, err = strconv.ParseInt(offset, 10, 64)
	}
	if err != nil || p.from.file < 0 || p.from.offset < 0 {
		return p, errParts
	}
	return p, nil
}

// copied tells that others have a part.
func (ps parts) copied() bool {
	for _, p := range ps {
		if !p.isNew() {
			return true
		}
	}
	return false
}
