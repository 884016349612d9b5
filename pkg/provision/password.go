package provision

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"muster/pkg/credentials"
	"muster/pkg/durable"
	"muster/pkg/ledger"
	"muster/pkg/partner"
)

// openCredentials opens the credentials file if a password is to be made or a
// person of an earlier run is in doubt, and finds the passwords of the latter.
func (r *run) openCredentials() error {
	if r.generates || r.resumes {
		return r.useCredentials()
	}
	if err := r.tidyCredentials(); err != nil {
		r.Log.Warn("cannot look for stale passwords in the credentials file", zap.Error(err))
	}
	return nil
}

// tidyCredentials drops the passwords of people who were not created from the file
// of a run that died after its last create. Where nobody is known there was none.
func (r *run) tidyCredentials() error {
	known := false
	for range r.Ledger.Entries() {
		known = true
		break
	}
	if !known {
		return nil
	}
	err := errors.Join(r.useCredentials(), r.closeCredentials())
	r.credentials = nil
	return err
}

// useCredentials opens the credentials file and drops what is stale in it.
func (r *run) useCredentials() error {
	file, err := r.OpenCredentials()
	if err != nil {
		return err
	}
	r.credentials = file
	if err := durable.Sweep(file.Path()); err != nil {
		return err
	}
	return r.recallPasswords()
}

// recallPasswords finds the passwords of those who are in doubt, and forgets
// those that a crash left in the file of people who were not created, or were
// deleted since.
func (r *run) recallPasswords() error {
	doubtful, made, gone := map[uint64]bool{}, map[uint64]bool{}, map[uint64]bool{}
	for e, err := range r.Ledger.Entries() {
		if err != nil {
			return err
		}
		switch {
		case e.Status == ledger.Created, e.Status == ledger.Deleting:
			made[nameHash(e.UPN())] = true
		case e.Status == ledger.Doubtful, e.Unconfirmed:
			doubtful[nameHash(e.Intent.UPN)] = true
		default:
			gone[nameHash(e.UPN())] = true
		}
	}
	if len(doubtful)+len(gone) == 0 {
		return nil
	}
	stale := func(h uint64) bool { return gone[h] && !made[h] && !doubtful[h] }
	found, err := r.credentials.Find(func(upn string) bool {
		h := nameHash(upn)
		return doubtful[h] || stale(h)
	})
	if err != nil {
		return err
	}
	r.earlier = found
	for upn := range found {
		if stale(nameHash(upn)) {
			r.credentials.Forget(upn)
			delete(found, upn)
		}
	}
	return nil
}

// closeCredentials completes the credentials file.
func (r *run) closeCredentials() error {
	if r.credentials == nil {
		return nil
	}
	held := r.takeHeld()
	if err := r.credentials.Close(); err != nil {
		return err
	}
	return r.hand(held)
}

// holds reports whether passwords wait in memory, as they do for an encrypted
// file.
func (r *run) holds() bool { return r.credentials != nil && r.credentials.Sealed() }

// handOver sees to it that the ledger knows whose password is in a file: at the
// next checkpoint where it waits in memory, at once where a run that kept it in
// memory left the ledger thinking so.
func (r *run) handOver(k ledger.Key) error {
	if r.holds() {
		r.handing.Lock()
		defer r.handing.Unlock()
		r.held = append(r.held, k)
		return nil
	}
	if !r.Ledger.Lost(k) {
		return nil
	}
	return r.Ledger.Hand("", []ledger.Key{k})
}

func (r *run) takeHeld() []ledger.Key {
	r.handing.Lock()
	defer r.handing.Unlock()
	held := r.held
	r.held = nil
	return held
}

// checkpoint writes the encrypted file with everybody created so far, so that a
// crash costs few new passwords.
func (r *run) checkpoint() error {
	held := r.takeHeld()
	if len(held) == 0 {
		return nil
	}
	if err := r.credentials.Checkpoint(); err != nil {
		return err
	}
	return r.hand(held)
}

// hand records whose passwords are in the file now.
func (r *run) hand(held []ledger.Key) error {
	const atOnce = 10_000 // keys in one line of the ledger
	for len(held) > 0 {
		n := min(len(held), atOnce)
		if err := r.Ledger.Hand(r.credentials.Path(), held[:n]); err != nil {
			return err
		}
		held = held[n:]
	}
	return nil
}

// makePasswords takes the passwords of the rows, or makes some, and puts them where
// they survive.
func (r *run) makePasswords(all ...*job) error {
	var entries []credentials.Entry
	for _, j := range all {
		j.password = j.person.Password
		if j.password.Empty() {
			j.password = credentials.Generate(j.person.FirstName, j.person.LastName, j.person.DisplayName, j.intent.UPN)
		}
		entries = append(entries, credentials.Entry{UPN: j.intent.UPN, Password: j.password})
	}
	if !r.generates { // the input has them all
		return nil
	}
	if err := r.credentials.Put(entries...); err != nil {
		return r.broken(err)
	}
	return nil
}

// forgetPassword drops the password of somebody who certainly was not created,
// once that is recorded: recorded is the error of doing so, and comes back.
func (r *run) forgetPassword(j *job, recorded error) error {
	if recorded == nil && r.credentials != nil {
		r.credentials.Forget(j.intent.UPN)
	}
	return recorded
}

// hold sees to it that the ledger knows, before it is tried to give a user the
// password of the credentials file, that it may have another one: so the next run
// tries again where that fails.
func (r *run) hold(j *job) error {
	if j.intent.Held {
		return nil
	}
	j.intent.Held = true
	if err := r.Ledger.Intend(j.intent); err != nil {
		return r.broken(err)
	}
	return nil
}

// reset gives a user whom a lost run created, or whom we may not have created, the
// password of this one. lost is the service's refusal to do so, or its silence; an
// error says that the run or the lane has ended.
func (r *run) reset(ctx context.Context, j *job, id string) (lost *partner.Error, err error) {
	err = r.call(ctx, j.lane, "reset password", func(ctx context.Context) error {
		return r.Directory.ResetPassword(ctx, j.lane.tenant, id, j.password, j.person.ForceChangePassword)
	})
	if err != nil && !isEnd(err) && errors.As(err, &lost) {
		return lost, r.forgetPassword(j, nil)
	}
	return nil, err
}

// replacePassword sees to a user who was created by a run that ended before its
// encrypted credentials file was written.
func (r *run) replacePassword(ctx context.Context, j *job) error {
	e, err := r.Ledger.Find(j.intent.Key)
	if err != nil {
		return r.broken(err)
	}
	if err := r.makePasswords(j); err != nil {
		return err
	}
	lost, err := r.reset(ctx, j, e.Outcome.UserID)
	if err != nil {
		return nil // the run has ended, and the next one tries again
	}
	o := e.Outcome
	if lost != nil {
		passwordUnknown(&o, lost)
		return r.record(o)
	}
	if o.Code != "" { // an earlier run could not
		o.Code, o.Error, o.Hint = "", "", ""
		if err := r.record(o); err != nil {
			return err
		}
	}
	return r.handOver(j.intent.Key)
}

// passwordUnknown says of a user whom we created that nobody has its password.
func passwordUnknown(o *ledger.Outcome, lost *partner.Error) {
	o.Code, o.Error = "password_unknown", "the user was created, its password was lost with an earlier run, and it could not be reset: "+lost.Error()
	o.Hint = "run again, or reset the password in the portal; " + lost.Advice()
}
