package credentials

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"sync"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"

	"muster/pkg/durable"
	"muster/pkg/secret"
)

// sealed keeps the entries of one run in memory and writes them encrypted.
type sealed struct {
	path string
	keys []age.Recipient

	mu      sync.Mutex
	memory  memory
	chunks  [][]byte // the lines of the entries; one chunk each would cost more
	written bool     // there is a file of this run
}

// chunkSize is the capacity of a chunk: small beside a run, large beside a line.
const chunkSize = 64 << 10

func newSealed(path string, keys []age.Recipient) *sealed {
	return &sealed{path: path, keys: keys, memory: newMemory()}
}

func (s *sealed) put(all []Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range all {
		line := entry{upn: e.UPN, password: e.Password.Reveal()}.appendTo(nil)
		last := len(s.chunks) - 1
		if last < 0 || len(s.chunks[last])+len(line) > chunkSize {
			s.chunks = append(s.chunks, make([]byte, 0, chunkSize))
			last++
		}
		s.chunks[last] = append(s.chunks[last], line...)
		s.memory.remember(e.UPN)
	}
	return nil
}

func (s *sealed) entries() iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		for _, chunk := range s.chunks {
			for line := range strings.Lines(string(chunk)) {
				e, err := parseEntry(strings.TrimSuffix(line, "\n"))
				e.mine = true
				if !yield(e, err) {
					return
				}
			}
		}
	}
}

func (s *sealed) find(func(upn string) bool) (map[string]secret.Text, error) { return nil, nil }

func (s *sealed) forget(upn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.memory.forget(upn)
}

func (s *sealed) checkpoint() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	entries := s.memory.last(s.entries())
	if !s.written && isEmpty(entries) {
		return nil
	}
	if err := durable.Replace(s.path, fileMode, s.encrypt); err != nil {
		return err
	}
	s.written = true
	return nil
}

func isEmpty(entries iter.Seq2[entry, error]) bool {
	for range entries {
		return false
	}
	return true
}

func (s *sealed) close() error { return s.checkpoint() }

func (s *sealed) encrypt(w io.Writer) error {
	text := armor.NewWriter(w)
	in, err := age.Encrypt(text, s.keys...)
	if err != nil {
		return err
	}
	if _, err := writeEntries(in, s.memory.last(s.entries())); err != nil {
		return err
	}
	if err := in.Close(); err != nil {
		return err
	}
	return text.Close()
}

// CheckRecipients reports whether [Open] takes these recipients, so that a run
// which may need no credentials file is told all the same.
func CheckRecipients(recipients []string) error {
	_, err := parseRecipients(recipients)
	return err
}

// parseRecipients reads the values of --age-recipient and tries them out, so that
// ones that cannot be used, or not together, are found before a run.
func parseRecipients(texts []string) ([]age.Recipient, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	keys := make([]age.Recipient, 0, len(texts))
	for _, text := range texts {
		key, err := parseRecipient(strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	if _, err := age.Encrypt(io.Discard, keys...); err != nil {
		return nil, fmt.Errorf("--age-recipient: these keys cannot be used together: %w", err)
	}
	return keys, nil
}

func parseRecipient(text string) (key age.Recipient, err error) {
	switch {
	case strings.Contains(strings.ToUpper(text), "AGE-SECRET-KEY-"), strings.Contains(text, "PRIVATE KEY"):
		return nil, errors.New("--age-recipient: this is a secret key, which belongs to those who open the file alone; give the public one, which age-keygen -y prints, and replace the secret key if it may have been seen")
	case strings.HasPrefix(text, "ssh-"):
		key, err = agessh.ParseRecipient(text)
	case strings.HasPrefix(text, "age1pq1"):
		key, err = age.ParseHybridRecipient(text)
	case strings.HasPrefix(text, "age1"):
		key, err = age.ParseX25519Recipient(text)
	default:
		err = fmt.Errorf("unknown kind of key %q", text)
	}
	if err != nil {
		return nil, fmt.Errorf("--age-recipient: %w; give an age public key (age1…) or an SSH one (ssh-ed25519 … or ssh-rsa …)", err)
	}
	return key, nil
}
