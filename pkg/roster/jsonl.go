package roster

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"muster/pkg/jsonobject"
	"muster/pkg/typo"
)

// maxMembers bounds the work that one line can cause; a person has a dozen.
const maxMembers = 500

// jsonReader reads objects of JSON Lines. encoding/json checks each line; its
// members are then taken apart here, because that package's decoder hides
// doubled ones, and because a walk over text known to be valid is short and fast.
type jsonReader struct {
	fields  map[string]field // what names mean, for names as written in the file
	members map[string]field // the same by folded name
	unknown []string         // names that are none of the contract's, in order of appearance
	seen    [][]byte         // names in the object at hand
	line    []byte           // the line at hand
	record  record           // of it
}

func newJSONReader(members map[string]field) *jsonReader {
	return &jsonReader{fields: map[string]field{}, members: members}
}

// load forgets the names that were new in the batch before.
func (r *jsonReader) load() { r.unknown = nil }

func (r *jsonReader) strangers() []string { return r.unknown }

// read reads one line.
func (r *jsonReader) read(raw string, _ bool) (*record, *Problem) {
	r.line, r.record = append(r.line[:0], raw...), record{}
	rec, line := &r.record, bytes.TrimSpace(r.line)
	if !json.Valid(line) {
		return rec, badJSON(line)
	}
	if line[0] != '{' {
		return rec, &Problem{Code: "bad_json", Message: "the line is no JSON object", Hint: "write one object a line: {\"firstName\": \"Jane\", …}"}
	}
	r.seen = r.seen[:0]
	var p *Problem
	jsonobject.Walk(line, func(name, value []byte) bool {
		p = r.member(rec, unescaped(name), value)
		return p == nil
	})
	return rec, p
}

// unescaped decodes a name, which is written without its quotes.
func unescaped(name []byte) []byte {
	if bytes.IndexByte(name, '\\') < 0 {
		return name
	}
	return []byte(unquote(slices.Concat([]byte{'"'}, name, []byte{'"'})))
}

func badJSON(line []byte) *Problem {
	var v any
	err := json.Unmarshal(line, &v)
	return &Problem{Code: "bad_json", Message: fmt.Sprintf("the line is not valid JSON (%v)", err), Hint: "write one whole object a line, names and texts between double quotes"}
}

// member puts a member's value where it belongs.
func (r *jsonReader) member(rec *record, name, value []byte) *Problem {
	if slices.ContainsFunc(r.seen, func(s []byte) bool { return bytes.Equal(s, name) }) {
		return doubled(string(name), "the object names %q twice")
	}
	if r.seen = append(r.seen, name); len(r.seen) > maxMembers {
		return &Problem{Code: "bad_json", Message: fmt.Sprintf("the object has more than %d members", maxMembers), Hint: "check where the line comes from"}
	}
	f := r.lookup(name)
	if f == none {
		return nil
	}
	text, ok := plainValue(f, value)
	if !ok {
		return &Problem{
			Code: "wrong_type", Column: string(name), Field: f.String(),
			Message: fmt.Sprintf("the %s must be a text, not %s", f.title(), kindOf(value)),
			Hint:    "write it between double quotes",
		}
	}
	if place := rec.at(f); *place == "" {
		*place = text
	} else if text != "" {
		return doubled(string(name), "%q gives the "+f.title()+" a second time")
	}
	return nil
}

func doubled(name, format string) *Problem {
	return &Problem{Code: "doubled_member", Column: clip(name), Message: fmt.Sprintf(format, clip(name)), Hint: "keep one of the two"}
}

// lookup finds the field of a name. What it learns is bounded, so that a file
// with a new name on every line does not fill the memory.
func (r *jsonReader) lookup(name []byte) field {
	if f, ok := r.fields[string(name)]; ok {
		return f
	}
	text := string(name)
	f, known := r.members[foldHeader(text)]
	if !known {
		f = none
	}
	if len(r.fields) < maxMembers {
		r.fields[text] = f
		if !known || f >= publicFields {
			r.unknown = append(r.unknown, text)
		}
	}
	return f
}

// plainValue turns a value into a cell. A number may stand for an id, a boolean
// for a yes or no; null is an empty cell.
func plainValue(f field, value []byte) (string, bool) {
	switch c := value[0]; {
	case c == '"':
		if bytes.IndexByte(value, '\\') < 0 {
			return string(value[1 : len(value)-1]), true
		}
		return unquote(value), true
	case c == 'n':
		return "", true
	case c == 't' || c == 'f':
		return string(value), f == forceChange || f == blockSignIn || f == accountEnabled
	case c == '-' || c >= '0' && c <= '9':
		return string(value), f == immutableID || f == userPrincipalName || f == password
	}
	return "", f == userType || f == statusNow || f == otherUserName // nobody promised a text there
}

func kindOf(value []byte) string {
	switch value[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case 't', 'f':
		return "a yes or no"
	}
	return "a number"
}

// unquote decodes a valid JSON string. Halves of surrogate pairs become U+FFFD,
// which the checks refuse.
func unquote(quoted []byte) string {
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		return string(quoted) // cannot be: the line was checked
	}
	return s
}

// otherMembers are the names that a rejects file has beside the contract's, so that
// nothing of a row is lost. Writings that a header does not tell apart share one.
func otherMembers(unknown []string, members map[string]field) []string {
	var others, seen []string
	for _, name := range unknown {
		folded := foldHeader(name)
		if to, known := members[folded]; known && to >= publicFields {
			name = to.String()
		}
		if !slices.Contains(seen, folded) {
			seen, others = append(seen, folded), append(others, cleanHeader(name))
		}
	}
	return others
}

// memberCells returns the values of an object as they stand, texts without their
// quotes, parallel to File.Header. There are none where the line is no object.
func (f *File) memberCells(raw []byte) []string {
	header := f.Header()
	cells := make([]string, len(header))
	line := bytes.TrimSpace(raw)
	if !json.Valid(line) || line[0] != '{' {
		return cells
	}
	places := map[string]int{}
	for i, h := range header {
		places[foldHeader(h)] = i
	}
	jsonobject.Walk(line, func(name, value []byte) bool {
		folded := foldHeader(string(unescaped(name)))
		if to, known := f.members[folded]; known && to != none {
			folded = foldHeader(to.String())
		}
		if i, ok := places[folded]; ok && cells[i] == "" {
			cells[i] = asCell(value)
		}
		return true
	})
	return cells
}

// asCell turns any JSON value into a cell.
func asCell(value []byte) string {
	switch value[0] {
	case '"':
		return unquote(value)
	case 'n':
		return ""
	}
	return string(value)
}

// memberColumns describes the members of JSON Lines that are none of the contract's.
func memberColumns(unknown []string, members map[string]field) []Column {
	columns := make([]Column, len(unknown))
	for i, name := range unknown {
		columns[i] = Column{Header: cleanHeader(name)}
		if to := members[foldHeader(name)]; to >= publicFields {
			columns[i].Field, columns[i].Known = to.String(), true
			continue
		}
		if like := typo.Nearest(foldHeader(name), sortedKeys(members), 2); like != "" {
			columns[i].Like = members[like].String()
		}
	}
	return columns
}
