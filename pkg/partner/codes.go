package partner

import (
	"errors"
	"net/http"
)

// The operations, as errors name them.
const (
	opCreate   = "create user"
	opGet      = "get user"
	opList     = "list users"
	opUpdate   = "update user"
	opReset    = "reset password"
	opDelete   = "delete user"
	opRestore  = "restore user"
	opCustomer = "get customer"
	opFind     = "find customer"
)

// scope says what an answer is about.
type scope int

const (
	ofRow      scope = iota // this user only, as far as is known
	ofCustomer              // every user of this customer
	ofRun                   // every call of this partner
)

// code is what is known of one of Partner Center's codes.
type code struct {
	op     string // empty: in answer to any operation
	status int    // 0: with any status
	code   string
	kind   Kind
	scope  scope
	advice string // empty: by its kind
}

// The advices which several codes share.
const (
	adviseRole   = "role" // replaced by the roles of the operation, see (*Error).roleAdvice
	adviseTenant = "check the customer: its tenant GUID, and that it is a customer of this partner"
	adviseMFA    = "sign in again with an account that uses multi-factor authentication (muster login), since the service wants proof of it in the token"
)

// codes is the table of codes that mean more than their status. A code may come
// with several statuses and mean different things (3000 is an invalid property
// with 400, and something that was not found with 404), so rows name a status
// wherever the code alone is not enough. The first row that fits counts.
//
// Sources: learn.microsoft.com/partner-center/developer/error-codes, and for
// what that page lacks: 60002 and 3000 on reading a deleted user from
// CustomerUserDelete.cs in the samples of Microsoft's .NET SDK; 900420 and 900421
// from Microsoft's notices of 2026 about multi-factor authentication.
var codes = []code{
	{opGet, 400, "3000", NotFound, ofRow, ""},
	{opGet, 404, "3000", NotFound, ofRow, ""},
	{"", 0, "60002", NotFound, ofRow, ""},
	{"", 404, "60003", NotFound, ofCustomer, adviseTenant},
	{"", 400, "900118", BadInput, ofCustomer, adviseTenant},
	{"", 400, "900127", BadInput, ofCustomer, "this operation does not exist in the customer's cloud: create its users with that cloud's own tools"},
	{"", 400, "20002", Forbidden, ofCustomer, "ask the customer to accept a reseller relationship with this partner"},
	{"", 403, "20002", Forbidden, ofCustomer, "ask the customer to accept a reseller relationship with this partner"},
	{"", 403, "2032", Forbidden, ofCustomer, adviseRole},
	{"", 403, "600006", Forbidden, ofCustomer, adviseRole},
	{"", 403, "900150", Forbidden, ofCustomer, adviseRole},
	{"", 403, "900308", Forbidden, ofCustomer, adviseRole},
	{"", 403, "900309", Forbidden, ofCustomer, "the customer's Conditional Access blocks the partner's sign-in: ask the customer to exclude service provider users, or sign in from where its policy allows"},
	{"", 403, "90000", Forbidden, ofCustomer, "Entra gave Partner Center no token for this customer: check the consent and the GDAP relationship, then sign in again"},
	{"", 403, "900329", Forbidden, ofRun, "sign in as a user (muster login): the users API refuses tokens of an application alone"},
	{"", 400, "900316", BadInput, ofRun, "sign in as a user of the partner (muster login): the service refuses this kind of token"},
	{"", 401, "900420", Unauthorized, ofRun, "the token is for another service: ask for one whose audience is https://api.partnercenter.microsoft.com"},
	{"", 401, "900421", Unauthorized, ofRun, adviseMFA},
	{"", 403, "900421", Forbidden, ofRun, adviseMFA},
}

// known returns the row of the table that fits the error.
func (e *Error) known() (code, bool) {
	for _, row := range codes {
		if e.Code == row.code && (row.op == "" || row.op == e.Op) && (row.status == 0 || row.status == e.Status) {
			return row, true
		}
	}
	return code{}, false
}

// kindOf sorts an answer other than 2xx: by its status where that says to come again,
// whatever code there is beside it, else by both.
func kindOf(e *Error) Kind {
	switch status := e.Status; {
	case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable && e.HasRetryAfter:
		return Throttled
	case status == http.StatusNotImplemented:
		return Refused
	case status < 200, status == http.StatusRequestTimeout, status >= 500: // 101 is no answer to any of our requests
		return Unavailable
	case status == http.StatusMisdirectedRequest, status == http.StatusTooEarly: // RFC 9110 section 15.5.20, RFC 8470 section 5.2
		return Unavailable
	}
	if row, ok := e.known(); ok {
		return row.kind
	}
	switch e.Status {
	case http.StatusBadRequest:
		return BadInput
	case http.StatusUnauthorized:
		return Unauthorized
	case http.StatusForbidden:
		return Forbidden
	case http.StatusNotFound:
		return NotFound
	case http.StatusConflict:
		return Conflict
	}
	return Refused
}

// WantsFreshToken reports whether the answer is a 401 that a fresh token may cure,
// as the methods try once by themselves. It may not if the token is for another
// service or lacks proof of MFA: the next one would be the same.
func (e *Error) WantsFreshToken() bool {
	return e != nil && e.Status == http.StatusUnauthorized && e.Code != "900420" && e.Code != "900421"
}

// ConcernsRun reports whether no call of this partner would succeed: there is
// no token, or the service refuses it. It is for a person to help.
func (e *Error) ConcernsRun() bool {
	row, _ := e.known()
	return e.Kind == SignIn || e.Kind == Unauthorized || row.scope == ofRun
}

// ConcernsCustomer reports whether no call for the same customer would succeed,
// while others may. Refusals of a whole list or of the customer itself do; of
// refusals of one user, those with a code that says so. A 403 with a code that
// is not known may concern the one user (an administrator, say, whom the
// signed-in account may not touch): several in a row tell more.
func (e *Error) ConcernsCustomer() bool {
	if e.ConcernsRun() {
		return false
	}
	row, _ := e.known()
	if row.scope == ofCustomer {
		return true
	}
	switch e.Kind {
	case BadInput, Forbidden, NotFound, Conflict, Refused:
		return e.Op == opList || e.Op == opCustomer || e.Op == opFind
	}
	return false
}

// Advice says in one sentence what a person can do about the error.
func (e *Error) Advice() string {
	var told interface{ Advice() string }
	if errors.As(e.Err, &told) && told.Advice() != "" {
		return told.Advice()
	}
	if row, ok := e.known(); ok && row.advice != "" {
		if row.advice == adviseRole {
			return e.roleAdvice()
		}
		return row.advice
	}
	return e.adviceOfKind()
}

func (e *Error) adviceOfKind() string {
	switch e.Kind {
	case Throttled:
		return "run the same command again later, or with a lower rate"
	case Unavailable, Lost:
		return "run the same command again: it finds out what became of this"
	case NotSent:
		return "check the network, the proxy and the API's URL, then run the same command again"
	case Garbled:
		return "check that the API's URL is right and that no proxy answers in its place, then run the same command again"
	case BadInput:
		return e.inputAdvice()
	case Unauthorized:
		return adviseMFA
	case Forbidden:
		return e.roleAdvice()
	case NotFound:
		return e.absenceAdvice()
	case Conflict:
		if e.Op == opRestore {
			return "another user has taken the name since: rename that one, then restore again"
		}
		return "look whether a user with this name exists, also among the deleted ones"
	case SignIn:
		return "sign in again (muster login)"
	}
	return "check that the API's URL is right and that no proxy answers in its place"
}

func (e *Error) inputAdvice() string {
	if e.Op == opCreate || e.Op == opUpdate || e.Op == opReset {
		return "check the row: its domain must be verified in the customer's tenant and not federated, its password must be strong and without the user's name, its usage location a country's code, its name not that of a deleted user, a contact or a group"
	}
	return adviseTenant
}

func (e *Error) absenceAdvice() string {
	switch e.Op {
	case opCreate, opList, opCustomer:
		return adviseTenant
	case opFind:
		return "give the customer's tenant GUID, or the domain of its company profile (usually name.onmicrosoft.com): others cannot be searched for"
	case opDelete:
		return "the service does not know a user whom it lists: check that no proxy answers in its place, then run the same command again"
	case opRestore:
		return "the user cannot be restored: that is possible for 30 days after the deletion"
	}
	return "the user is not there: it may have been deleted"
}

// roleAdvice names the least roles that the operation needs: of granular
// delegation (GDAP), any one of them, and in Partner Center itself
// (learn.microsoft.com/partner-center/developer/create-user-accounts-for-a-customer
// and the pages beside it).
func (e *Error) roleAdvice() string {
	roles := "User Administrator or Directory Writers"
	switch e.Op {
	case opCustomer, opFind:
		return "give the signed-in account the role Admin Agent in Partner Center"
	case opList, opGet:
		roles = "Directory Readers, Global Reader or User Administrator"
	case opReset:
		roles = "User Administrator or Privileged Authentication Administrator"
	case opUpdate, opDelete:
		roles = "User Administrator"
	}
	return "give the signed-in account the GDAP role " + roles +
		" for this customer, and the role Admin Agent or Helpdesk Agent in Partner Center"
}
