package signin

import (
	"fmt"
	"strings"
	"time"
)

// Bounds of texts that are shown, in characters.
const (
	maxDescription = 300
	maxWord        = 64
)

// Error is a sign-in that failed, as data. No text in it holds a secret.
type Error struct {
	Code        int    // of AADSTS; 0 where none was told
	Word        string // OAuth's, such as "invalid_grant"; may be empty
	Status      int    // of HTTP; 0 where no answer came
	Description string // one line, cut; the service's where there is an answer
	Err         error  // the cause, if there is one
	advice      string
	temporary   bool
	wait        time.Duration // that the service asked for
}

// Error returns one line for people.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("sign-in")
	if e.Word != "" {
		b.WriteString(" refused: " + e.Word)
	} else if e.Status != 0 {
		fmt.Fprintf(&b, " refused: HTTP %d", e.Status)
	}
	if number := fmt.Sprintf("AADSTS%d", e.Code); e.Code != 0 && !strings.HasPrefix(e.Description, number) {
		b.WriteString(": " + number)
	}
	if e.Description != "" {
		b.WriteString(": " + e.Description)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Advice says in one sentence what a person can do.
func (e *Error) Advice() string { return e.advice }

// Temporary reports whether a later try may succeed without anybody's help.
func (e *Error) Temporary() bool { return e.temporary }

// broken is an error of this side.
func broken(what, advice string) *Error { return &Error{Description: what, advice: advice} }

// The advices that several codes share.
const (
	signInAgain = "sign in again with multi-factor authentication (muster login)"
	fixClient   = "check --client-id, and that the application is registered in the partner's tenant"
	askAdmin    = "ask the tenant's administrator, then sign in again (muster login)"
)

// advices says what to do for each code of AADSTS that a sign-in can meet. It is
// only read. Sources: learn.microsoft.com/entra/identity-platform/reference-error-codes
// and, for 70008, 700082, 700084, 7000215 and 7000222, the texts that the
// service sends with them.
var advices = map[int]string{
	// The refresh token.
	700082: "the refresh token was not used for 90 days: " + signInAgain + ", and let runs write new tokens to the token file",
	700084: "the refresh token of a single-page application lives 24 hours: register the application as a public or web client, then sign in again (muster login)",
	70008:  "the refresh token has expired or was revoked: " + signInAgain,
	70000:  "the refresh token is not one of this application: check the token file and --client-id, or " + signInAgain,
	50173:  "the refresh token was revoked, perhaps with a password change: " + signInAgain,
	50132:  "the sign-in was revoked, perhaps with a password change: " + signInAgain,
	50133:  "the sign-in was revoked by a password change: " + signInAgain,
	54005:  "the code of this sign-in was used before: " + signInAgain,
	// The person.
	50076:  "the sign-in lacks multi-factor authentication: " + signInAgain,
	50079:  "the account must set up multi-factor authentication first: do so at https://aka.ms/mfasetup, then sign in again (muster login)",
	50158:  "another check is asked for that only a person can pass: " + signInAgain,
	50126:  "user name or password is wrong: " + signInAgain,
	50034:  "the account does not exist in this tenant: check --tenant, then sign in again (muster login)",
	50053:  "the account is locked for too many wrong passwords: wait or have it unlocked, then sign in again (muster login)",
	50055:  "the account's password has expired: change it, then sign in again (muster login)",
	50057:  "the account is disabled: have it enabled, or sign in with another one (muster login)",
	65001:  "nobody has consented to the application: grant it the permission user_impersonation of Microsoft Partner Center, then sign in again (muster login)",
	53000:  "Conditional Access wants a compliant device: " + askAdmin,
	53001:  "Conditional Access wants a joined device: " + askAdmin,
	53003:  "a Conditional Access policy blocks the sign-in: " + askAdmin,
	530034: "delegated administrators are blocked because the account is at risk: " + askAdmin,
	// The application.
	7000215: "the client secret is wrong: give the secret's value, not its id (MUSTER_CLIENT_SECRET or --client-secret-file)",
	7000222: "the client secret has expired: make a new one at the application's registration (MUSTER_CLIENT_SECRET or --client-secret-file)",
	7000218: "the application needs its client secret: give it (MUSTER_CLIENT_SECRET or --client-secret-file), or allow public client flows at its registration",
	700025:  "the application is a public client, which must not send a client secret: leave MUSTER_CLIENT_SECRET and --client-secret-file out",
	70002:   "the application's credentials are wrong: check --client-id and the client secret",
	700027:  "the application's certificate or assertion is not accepted: use a client secret",
	700016:  fixClient,
	700011:  fixClient,
	70001:   "the application is disabled or not in this tenant: " + fixClient,
	650057:  "the application may not use Partner Center: add the API permission user_impersonation of Microsoft Partner Center at its registration",
	70011:   "the scope is not accepted: check --api-url, which names the resource to sign in to",
	50196:   "the authority saw too many equal requests: wait some minutes, and let runs share one token file one after the other",
	// The tenant.
	90002:  "there is no such tenant: check --tenant and --auth-url",
	900023: "the tenant is neither a GUID nor a domain that is known: check --tenant",
}

// lookup finds the advice by code, else by word, else by status.
func (e *Error) lookup() string {
	if advice := advices[e.Code]; advice != "" {
		return advice
	}
	switch e.Word {
	case "invalid_grant", "interaction_required", "login_required", "consent_required":
		return signInAgain
	case "invalid_client":
		return "check --client-id and the client secret (MUSTER_CLIENT_SECRET or --client-secret-file)"
	case "unauthorized_client":
		return fixClient
	case "invalid_resource", "invalid_scope", "invalid_target":
		return advices[70011]
	case "authorization_declined", "access_denied":
		return "the sign-in was declined: run muster login again and accept it"
	case "expired_token", "code_expired":
		return "the code was not entered in time: run muster login again"
	case "bad_verification_code":
		return "run muster login again"
	}
	if e.temporary {
		return "the authority is not available: run the same command again later"
	}
	return "check --tenant, --client-id and --auth-url"
}
