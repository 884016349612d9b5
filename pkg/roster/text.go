package roster

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// text says how the bytes of a file become lines of UTF-8.
type text struct {
	encoding string // as in Mapping
	bom      int    // bytes of the byte-order mark, of UTF-8 only; some programs put it before Windows-1252
	loneCR   bool   // lines end with CR alone, as on the classic Mac
	lines    int    // LFs
}

const (
	utf8Name    = "UTF-8"
	utf16LEName = "UTF-16LE"
	utf16BEName = "UTF-16BE"
	ansiName    = "Windows-1252"
)

const saveAsUTF8 = `save it in the spreadsheet program as "CSV UTF-8" and give that file`

// surveyText reads the whole file once, quickly, to decide what cannot be decided
// from its start: one wrong byte in the last line makes the file Windows-1252,
// and then the first line is, too. Every later pass relies on the answer.
//
// A file that is valid UTF-8 is UTF-8. Any other is Windows-1252; where ansiCensus finds
// that it cannot be that either, the file is refused, so that no name is spoilt by the
// wrong table.
func surveyText(s *source, maxLine int) (text, error) {
	head, err := readHead(s)
	if err != nil {
		return text{}, err
	}
	t, err := sniffText(head)
	if err != nil {
		return text{}, err
	}
	c := census{maxLine: maxLine}
	if err := t.survey(s, &c); err != nil {
		return text{}, err
	}
	if c.invalid {
		t.encoding = ansiName
		if err := surveyANSI(s, t.bom); err != nil {
			return text{}, err
		}
	}
	t.loneCR, t.lines = c.cr && !c.lf, c.line
	return t, nil
}

func readHead(s *source) ([]byte, error) {
	in, err := s.open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	head := make([]byte, 4096)
	n, err := io.ReadFull(in, head)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return head[:n], err
}

// sniffText goes by the first bytes: the byte-order mark, or the mark of
// something that is no text.
func sniffText(head []byte) (text, error) {
	has := func(prefix string) bool { return bytes.HasPrefix(head, []byte(prefix)) }
	switch {
	case has("\xff\xfe\x00\x00"), has("\x00\x00\xfe\xff"):
		return text{}, &Error{Message: "this is UTF-32 text", Hint: saveAsUTF8}
	case has("\xef\xbb\xbf"):
		return text{encoding: utf8Name, bom: 3}, nil
	case has("\xff\xfe"):
		return text{encoding: utf16LEName}, nil
	case has("\xfe\xff"):
		return text{encoding: utf16BEName}, nil
	}
	for _, kind := range binaryKinds {
		if has(kind.magic) {
			return text{}, &Error{Message: "this is " + kind.name + ", not a list in CSV or JSON Lines", Hint: kind.hint}
		}
	}
	if isBareUTF16(head) {
		return text{}, &Error{Message: "this is UTF-16 text without the byte-order mark that tells it", Hint: saveAsUTF8}
	}
	return text{encoding: utf8Name}, nil
}

// isBareUTF16 reports whether every other byte is zero, as it is in UTF-16 with
// Latin letters, and none of those between.
func isBareUTF16(head []byte) bool {
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i%2]++
		}
	}
	return len(head) >= 8 && zeros[0]*zeros[1] == 0 && (zeros[0]+zeros[1])*3 > len(head)
}

// binaryKinds are what people give by mistake, by their first bytes.
var binaryKinds = [...]struct{ magic, name, hint string }{
	{"PK\x03\x04", "an Excel or LibreOffice workbook (or another zip file)", "open it and " + saveAsUTF8},
	{"\xd0\xcf\x11\xe0", "an old Excel workbook", "open it and " + saveAsUTF8},
	{"%PDF", "a PDF document", "give the sheet it was made from"},
	{"\x89PNG", "a PNG picture", "give the sheet itself"},
	{"\xff\xd8\xff", "a JPEG picture", "give the sheet itself"},
	{"GIF8", "a GIF picture", "give the sheet itself"},
	{"{\\rtf", "a rich text document", saveAsUTF8},
	{"<?xml", "an XML document", saveAsUTF8},
	{"<!DOCTYPE", "a web page", "download the sheet itself: this may be a sign-in page saved in its place"},
	{"<html", "a web page", "download the sheet itself: this may be a sign-in page saved in its place"},
	{"BZh", "a bzip2 file", "decompress it first; gzip and zstd are read as they are"},
	{"\xfd7zXZ", "an xz file", "decompress it first; gzip and zstd are read as they are"},
	{"7z\xbc\xaf", "a 7-Zip archive", "unpack it first"},
}

// survey passes the file through the census. UTF-16 is decoded first.
func (t text) survey(s *source, c *census) error {
	in, err := s.open()
	if err != nil {
		return err
	}
	defer in.Close()
	if err := copyAhead(c, t.transcoded(in)); err != nil {
		return err
	}
	c.invalid = c.invalid || c.tail > 0
	return nil
}

// copyAhead is io.Copy that reads a piece while the one before is written. It exists
// for speed: nothing else happens meanwhile, and to read, or to decompress, takes about
// as long as to look at what was read.
func copyAhead(to io.Writer, from io.Reader) error {
	pieces, spare := make(chan []byte), make(chan []byte, 2)
	for range cap(spare) {
		spare <- make([]byte, 256<<10)
	}
	var failed error // of the reading, once pieces is closed
	go func() {
		defer close(pieces)
		for piece := range spare {
			n, err := io.ReadFull(from, piece)
			pieces <- piece[:n]
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				return
			}
			if err != nil {
				failed = err
				return
			}
		}
	}()
	var err error
	for piece := range pieces {
		if err != nil {
			continue // until the reading has ended
		}
		if _, err = to.Write(piece); err != nil {
			close(spare)
		} else {
			spare <- piece[:cap(piece)]
		}
	}
	return cmp.Or(err, failed)
}

// decoded returns the file's text: UTF-8 without byte-order mark, lines ending
// with LF or CRLF.
func (t text) decoded(in io.Reader) io.Reader {
	r := t.transcoded(in)
	if t.loneCR {
		r = crReader{r}
	}
	return r
}

func (t text) transcoded(in io.Reader) io.Reader {
	if t.bom > 0 {
		in = &bomReader{in, t.bom}
	}
	switch t.encoding {
	case utf16LEName:
		return transform.NewReader(in, unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder())
	case utf16BEName:
		return transform.NewReader(in, unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM).NewDecoder())
	case ansiName:
		return transform.NewReader(in, charmap.Windows1252.NewDecoder())
	}
	return in
}

// bomReader leaves out the first bytes.
type bomReader struct {
	io.Reader
	left int
}

// Read skips the mark before the first read.
func (b *bomReader) Read(p []byte) (int, error) {
	if b.left > 0 {
		if _, err := io.CopyN(io.Discard, b.Reader, int64(b.left)); err != nil {
			return 0, err
		}
		b.left = 0
	}
	return b.Reader.Read(p)
}

// crReader turns CR into LF.
type crReader struct{ io.Reader }

// Read replaces in place.
func (c crReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	for i, b := range p[:n] {
		if b == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}

// census is told the whole text and remembers what matters. As a writer it
// refuses what is no text or has a line without end.
type census struct {
	maxLine int
	line    int // line ends seen
	run     int // bytes since the last line end
	lf, cr  bool
	invalid bool // not UTF-8
	tail    int  // bytes at the end that may begin a character
	partial [utf8.UTFMax]byte
}

// Write takes the next bytes into account.
func (c *census) Write(p []byte) (int, error) {
	if bytes.IndexByte(p, 0) >= 0 {
		return 0, &Error{
			Line:    c.line + bytes.Count(p[:bytes.IndexByte(p, 0)], []byte{'\n'}) + 1,
			Message: "this is no text: it holds a zero byte",
			Hint:    saveAsUTF8,
		}
	}
	c.cr = c.cr || !c.lf && bytes.IndexByte(p, '\r') >= 0
	if err := c.lines(p); err != nil {
		return 0, err
	}
	if !c.invalid {
		c.validate(p)
	}
	return len(p), nil
}

// lines ends the survey early at a line that the later passes would refuse: they
// know the exact limit.
func (c *census) lines(p []byte) error {
	end := bytes.LastIndexByte(p, '\n')
	end += 1 + bytes.LastIndexByte(p[end+1:], '\r') // this search is slow, but has only the rest of a line to go through
	if end < 0 {
		c.run += len(p)
		if c.run > c.maxLine {
			return errLongLine(c.line+1, c.maxLine)
		}
		return nil
	}
	n := bytes.Count(p, []byte{'\n'})
	c.lf = c.lf || n > 0
	c.line += n
	c.run = len(p) - end - 1
	return nil
}

func errLongLine(line, limit int) error {
	return &Error{
		Line:    line,
		Message: fmt.Sprintf("this line is longer than %d bytes", limit),
		Hint:    "a list of people has one person a line: check that this is one, and how its lines end",
	}
}

// validate looks for bytes that are not UTF-8. A character may be cut by the end
// of p: its first bytes wait for the next.
func (c *census) validate(p []byte) {
	for c.tail > 0 && len(p) > 0 && !utf8.FullRune(c.partial[:c.tail]) {
		c.partial[c.tail] = p[0]
		c.tail++
		p = p[1:]
	}
	if c.tail > 0 && utf8.FullRune(c.partial[:c.tail]) {
		c.invalid = !utf8.Valid(c.partial[:c.tail])
		c.tail = 0
	}
	if c.invalid || len(p) == 0 {
		return
	}
	bad := invalidUTF8(p)
	if bad == len(p) {
		return
	}
	if utf8.FullRune(p[bad:]) {
		c.invalid = true
		return
	}
	c.tail = copy(c.partial[:], p[bad:])
}

// invalidUTF8 returns where p stops being UTF-8, or its length. It exists because
// utf8.Valid is fast only up to the first letter that is not ASCII.
func invalidUTF8(p []byte) int {
	i := 0
	for i < len(p) {
		if p[i] < utf8.RuneSelf {
			i += asciiPrefix(p[i:])
			continue
		}
		r, n := utf8.DecodeRune(p[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return i
}

// asciiPrefix returns how many bytes at the start of p are ASCII.
func asciiPrefix(p []byte) int {
	const high = 0x8080808080808080
	i := 0
	for ; i+32 <= len(p); i += 32 {
		b := p[i : i+32 : i+32]
		if (binary.LittleEndian.Uint64(b)|binary.LittleEndian.Uint64(b[8:])|binary.LittleEndian.Uint64(b[16:])|binary.LittleEndian.Uint64(b[24:]))&high != 0 {
			break
		}
	}
	for ; i+8 <= len(p); i += 8 {
		if eight := binary.LittleEndian.Uint64(p[i:]) & high; eight != 0 {
			return i + bits.TrailingZeros64(eight)/8
		}
	}
	for ; i < len(p) && p[i] < utf8.RuneSelf; i++ {
	}
	return i
}
