// Package credentials makes initial passwords and keeps them in one file, the
// only one that a run writes them to.
//
//	file, err := credentials.Open("staff.credentials.csv", nil)
//	password := credentials.Generate(first, last, upn)
//	err = file.Put(credentials.Entry{UPN: upn, Password: password}) // returns once it is safe to send the create
//	file.Forget(upn)                 // where it is certain that this was not created
//	err = file.Close()               // at the end: the file has each user once
//
// # What a crash leaves behind
//
// In a plain file every password is on the disk before its request leaves, so
// that the file holds at least the users that exist:
//
//	crash                         the file afterwards             the next run
//	before Put returned           may have the entry, or half      cuts a half line off; nobody was created
//	between Put and the answer    has the entry                    Find gives the password for the same request again
//	after the answer              has the entry                    nothing to do
//	during Close                  is the old one or the new one    nothing to do, or Close drops what is forgotten
//
// An entry of somebody who was never created can stay after a crash. The next
// run of the same ledger finds it and uses or forgets it.
//
// An encrypted file can be neither read nor extended by those who write it. The
// passwords are kept in memory, about 60 bytes a user, and go to the disk with
// [File.Checkpoint] and [File.Close]:
//
//	crash                         the file afterwards              the next run
//	before Checkpoint             lacks the users since the last   resets the password of each user it created
//	                                                               that was not handed, and hands the new one
//	after Checkpoint, before the  has them                         resets them once more: its file, the one with
//	caller recorded the handed                                     the higher number, holds
//	after that                    has them                         nothing to do
package credentials

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"muster/pkg/durable"
	"muster/pkg/secret"
)

// header is the first line of the file.
const header = "user_principal_name,password"

// fileMode is for the file that holds passwords.
const fileMode = 0o600

// File is a credentials file. It is safe for concurrent use, except that nothing
// may be called after Close.
type File struct {
	path string
	lock *durable.Lock
	store
}

// store is a file in one of the two forms, plain or sealed.
type store interface {
	put(all []Entry) error
	find(want func(upn string) bool) (map[string]secret.Text, error)
	forget(upn string)
	checkpoint() error
	close() error
}

// Open opens the credentials file at path for one run. Open it only where
// passwords are to be written, and before anything is sent.
//
// Without recipients the file is plain CSV, user_principal_name and password,
// with mode 0600. It is created by the first Put. One that exists is extended; a
// last line that a crash tore is cut off. A file that is anything else is refused.
//
// With recipients, which are age public keys (https://age-encryption.org/v1) or
// SSH ones, the file is that CSV encrypted to all of them, as ASCII armour that
// survives mail; age -d -i KEY opens it. An existing file is left as it is, and
// this run's is numbered before its endings: x.credentials.2.csv.age.
//
// Only one run at a time may have a file open; the lock is a hidden file beside
// it, which stays.
func Open(path string, recipients []string) (*File, error) {
	keys, err := parseRecipients(recipients)
	if err != nil {
		return nil, err
	}
	lock, err := lockFor(path)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, lock: lock}
	if len(keys) > 0 {
		if f.path, err = freeName(path); err == nil {
			f.store = newSealed(f.path, keys)
		}
	} else {
		f.store, err = openPlain(path)
	}
	if err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	return f, nil
}

func lockFor(path string) (*durable.Lock, error) {
	dir, base := filepath.Split(path)
	lock, err := durable.Acquire(filepath.Join(dir, "."+base+".lock"))
	if errors.Is(err, durable.ErrHeld) {
		return nil, fmt.Errorf("credentials file %s: another run is writing passwords to it; wait for its end, or name another file with --credentials", path)
	}
	return lock, err
}

// freeName is path, or where there is such a file already, path with the least
// number from 2 that is free.
func freeName(path string) (string, error) {
	dir, stem, endings := split(path)
	for n, name := 2, path; ; n++ {
		if _, err := os.Lstat(name); errors.Is(err, os.ErrNotExist) {
			return name, nil
		} else if err != nil {
			return "", err
		}
		name = filepath.Join(dir, fmt.Sprintf("%s.%d%s", stem, n, endings))
	}
}

// split cuts a path where a number goes.
func split(path string) (dir, stem, endings string) {
	dir, base := filepath.Split(path)
	stem = strings.TrimSuffix(base, ".age")
	stem = strings.TrimSuffix(stem, filepath.Ext(stem))
	if stem == "" { // a dot file
		stem = base
	}
	return dir, stem, base[len(stem):]
}

// Files returns the credentials files of all runs that were given this path, sorted by
// name: the file at path, if there is one, and the numbered encrypted ones beside it;
// see [Open].
func Files(path string) ([]string, error) {
	dir, stem, endings := split(path)
	entries, err := os.ReadDir(filepath.Clean(dir))
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), stem)
		number, same := strings.CutSuffix(rest, endings)
		if ours && same && (number == "" || strings.HasSuffix(endings, ".age") && isNumber(number)) {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files, nil
}

// isNumber reports whether s is a dot and a number, such as .2.
func isNumber(s string) bool {
	digits, dotted := strings.CutPrefix(s, ".")
	_, err := strconv.ParseUint(digits, 10, 31)
	return dotted && err == nil
}

// Path returns the name of the file that this run writes, which is not the one
// that Open was given where that was encrypted and existed.
func (f *File) Path() string { return f.path }

// Sealed reports whether the file is encrypted, so that passwords are in it only
// after a Checkpoint or Close.
func (f *File) Sealed() bool {
	_, sealed := f.store.(*sealed)
	return sealed
}

// Entry is a user and its initial password.
type Entry struct {
	UPN      string
	Password secret.Text
}

// Put records the passwords of users that are about to be created. Where the file
// is plain the entries are on the disk when Put returns; they share a sync, also
// with those of callers that come at the same time. After an error nothing may be
// sent for these users, and every further Put fails too. The last entry of a user
// principal name counts.
func (f *File) Put(all ...Entry) error {
	for _, e := range all {
		if e.UPN == "" || e.Password.Empty() || hasControl(e.UPN) || hasControl(e.Password.Reveal()) {
			return fmt.Errorf("credentials file %s: user %q: the name or the password is empty or has a control character", f.path, e.UPN)
		}
	}
	if len(all) == 0 {
		return nil
	}
	if err := f.put(all); err != nil {
		return fmt.Errorf("credentials file %s: %w", f.path, err)
	}
	return nil
}

// Find returns the passwords that earlier runs recorded for the users that want
// asks for, which is called with user principal names in lower case; these are
// the keys of the result. Whoever sends one of them again need not Put it again.
// From encrypted files nothing can be found.
func (f *File) Find(want func(upn string) bool) (map[string]secret.Text, error) {
	return f.find(want)
}

// Forget says that no user of that name was created with a password of this run
// or one that was found by it: the service refused, or nothing was sent. Close
// then leaves it out. Where that is in doubt do not forget: a password too many
// harms nobody. A later Put of the name counts again.
func (f *File) Forget(upn string) { f.forget(upn) }

// Checkpoint writes the encrypted file with what was Put before it was called and
// not forgotten. It writes the whole file, about 20 ms for 100,000 users, during
// which Put waits: call it now and then, say once a minute. Where the file is
// plain everything is written already.
func (f *File) Checkpoint() error { return f.checkpoint() }

// Close ends the run's work on the file, which then has every user once and nobody
// that was forgotten; entries of earlier runs stay in a plain file. Where something
// has to go, and where the file is encrypted, it is replaced as a whole. A plain file
// from which all entries went is removed. After an error the file holds what it did
// before.
func (f *File) Close() error {
	err := f.close()
	if err != nil {
		err = fmt.Errorf("credentials file %s: %w", f.path, err)
	}
	return errors.Join(err, f.lock.Release())
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// looksEncrypted reports whether a file that starts so was made by age.
func looksEncrypted(start []byte) bool {
	return bytes.HasPrefix(start, []byte("age-encryption.org/")) || bytes.HasPrefix(start, []byte("-----BEGIN AGE"))
}
