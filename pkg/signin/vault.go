package signin

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"muster/pkg/durable"
	"muster/pkg/secret"
)

// refreshLife is how long a refresh token lives that is not replaced
// (learn.microsoft.com/entra/identity-platform/refresh-tokens).
const refreshLife = 90 * 24 * time.Hour

const maxTokenFile = 64 << 10 // bytes

// vault keeps the refresh token: in memory, and in its file where there is one.
type vault struct {
	path  string
	given secret.Text // by the settings, beside the file
	warn  func(string)

	mu      sync.Mutex // guards what follows
	current secret.Text
	warned  bool // that the file cannot be written
}

// openVault finds the refresh token: in the file, else among the settings.
func openVault(c Config) (*vault, error) {
	v := &vault{path: c.RefreshTokenFile, given: c.RefreshToken, warn: c.Warn, current: c.RefreshToken}
	if v.path == "" {
		if v.given.Empty() {
			return nil, broken("there is no refresh token", "sign in first (muster login), and name the token's file (--refresh-token-file)")
		}
		return v, nil
	}
	stored, err := readToken(v.path)
	switch {
	case err == nil:
		v.current = stored
		v.warnOfReaders()
	case v.given.Empty():
		return nil, err
	case !errors.Is(err, fs.ErrNotExist):
		v.warn(err.Error() + "; the refresh token of the settings is used instead")
	}
	return v, nil
}

// readToken reads a token file.
func readToken(path string) (secret.Text, error) {
	const advice = "sign in (muster login), which writes this file, or correct --refresh-token-file"
	f, err := os.Open(path)
	if err != nil {
		return secret.Text{}, &Error{Description: "the refresh token cannot be read", Err: err, advice: advice}
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxTokenFile+1))
	if err != nil {
		return secret.Text{}, &Error{Description: "the refresh token cannot be read", Err: err, advice: advice}
	}
	token := strings.TrimSpace(strings.TrimPrefix(string(content), "\ufeff"))
	illegal := func(r rune) bool { return r <= ' ' || r > '~' }
	if token == "" || len(content) > maxTokenFile || strings.ContainsFunc(token, illegal) {
		return secret.Text{}, broken(fmt.Sprintf("%s does not hold a refresh token", path), advice)
	}
	return secret.New(token), nil
}

// warnOfReaders warns of a file that other people can read. It is used all the
// same: a mounted secret often cannot be otherwise.
func (v *vault) warnOfReaders() {
	info, err := os.Stat(v.path)
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		v.warn(fmt.Sprintf("other users of this machine may read the refresh token in %s (mode %04o): chmod 600 it", v.path, info.Mode().Perm()))
	}
}

// token returns the refresh token to be used.
func (v *vault) token() secret.Text {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.current
}

// others returns the refresh tokens there are besides the one that was refused:
// what the file holds by now, and what the settings gave.
func (v *vault) others(refused secret.Text) []secret.Text {
	others := []secret.Text{v.token(), v.given}
	if v.path != "" {
		if stored, err := readToken(v.path); err == nil {
			others = slices.Insert(others, 0, stored)
		}
	}
	seen := map[string]bool{"": true, refused.Reveal(): true}
	return slices.DeleteFunc(others, func(t secret.Text) bool {
		known := seen[t.Reveal()]
		seen[t.Reveal()] = true
		return known
	})
}

// store keeps the successor of a token that was used, in the file too. A file
// that cannot be written, as in a mounted secret, does not stop the run, but
// somebody must know when the token in it runs out.
func (v *vault) store(used, successor secret.Text) {
	if successor.Empty() {
		successor = used
	}
	v.mu.Lock()
	changed := successor.Reveal() != v.current.Reveal()
	v.current = successor
	v.mu.Unlock()
	if !changed {
		return
	}
	where := "there is no file to keep it in (--refresh-token-file)"
	if v.path != "" {
		err := writeToken(v.path, successor)
		if err == nil {
			return
		}
		where = "it cannot be kept: " + err.Error()
	}
	v.mu.Lock()
	first := !v.warned
	v.warned = true
	v.mu.Unlock()
	if first {
		v.warn(fmt.Sprintf("the sign-in has a new refresh token, but %s; the present one runs out on %s at the latest, 90 days from now, then sign in again (muster login)",
			where, time.Now().Add(refreshLife).Format(time.DateOnly)))
	}
}

func writeToken(path string, token secret.Text) error {
	return durable.Replace(path, 0o600, func(w io.Writer) error {
		_, err := io.WriteString(w, token.Reveal()+"\n")
		return err
	})
}
