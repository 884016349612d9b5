package simulate

import "time"

// What a Scenario without customers, and a SignIn without a tenant, stand for.
const (
	DefaultCustomerID    = "0b1c2d3e-1111-4222-8333-444455556666"
	DefaultDomain        = "contoso.onmicrosoft.com"
	DefaultPartnerTenant = "5f3c9a10-7d21-4c53-9b8e-2a6d1e0f4b7c"
)

// Scenario says how a [Service] behaves. Its zero value is a kind service: one
// customer, [DefaultCustomerID], without users; no quota, no faults, no delay;
// any refresh token is good. Durations are measured with time.Now and
// time.Timer, so inside a testing/synctest bubble they are virtual.
type Scenario struct {
	// Seed decides everything random. A request's fate depends on Seed and on
	// what the request is (method, path, user principal name, how often it came
	// before), not on the order in which concurrent requests arrive.
	Seed uint64

	Customers []Customer // none: one customer with the defaults above
	SignIn    SignIn
	Dialect   Dialect
	Repeats   Repeats
	Quotas    []Quota // a request must pass all that concern it
	Latency   Latency

	// Chances draws faults at random; Fault, asked first, scripts them. Fault
	// also sees token requests, Chances only API requests. Fault may be called
	// by several goroutines at once.
	Chances Chances
	Fault   func(Request) Fault

	// ListLag and ReadLag are how long after its creation a user is missing
	// from lists, and from GET by id.
	ListLag, ReadLag time.Duration

	// KeepRequests bounds what [Service.Requests] remembers to the latest so
	// many. Zero means 100,000, negative none. [Service.Counts] counts all.
	KeepRequests int
}

// Customer is one customer tenant of the partner.
type Customer struct {
	ID          string // tenant GUID; "" = DefaultCustomerID for the first customer, else one made from Domain
	Domain      string // of the company profile, and verified; "" = DefaultDomain
	CompanyName string // "" = the first label of Domain

	CustomDomains    []string // more verified domains
	FederatedDomains []string // verified, but users cannot be created in them

	Relationship      string // relationshipToPartner; "" = reseller
	NoDelegatedAccess bool   // allowDelegatedAccess false; the answer omits custom domains

	// Forbidden is the code of the 403 that this customer's requests get: 20002
	// (no relationship) for all of them, any other, such as 900308 (role
	// missing), for those about users. Zero: allowed.
	Forbidden int

	Users []User // there from the start; ID is made up if empty. Not checked
}

// User is a user of a customer's directory as [Service.Users] shows it, with
// the password in clear.
type User struct {
	ID                  string
	UserPrincipalName   string
	FirstName, LastName string
	DisplayName         string
	UsageLocation       string
	ImmutableID         string
	PhoneNumber         string
	Password            string
	ForceChangePassword bool
	Created             time.Time
	Deleted             time.Time // soft deletion; zero = active
	RequestID           string    // MS-RequestId of the create; "" = there from the start
}

// SignIn says who may have tokens. Its zero value gives a token to any client
// with any refresh token.
type SignIn struct {
	Tenant       string // of the partner, in tokens and in the path; "" = DefaultPartnerTenant, and any path does
	ClientID     string // "" = any
	ClientSecret string // "" = any or none
	PublicClient bool   // a client secret is refused with AADSTS700025
	RefreshToken string // the one good at the start; "" = any that this service has not made itself

	AccessLife  time.Duration // of access tokens; 0 = 3599 s
	RefreshLife time.Duration // of refresh tokens this service made; 0 = 90 days
	OneTime     bool          // a refresh token is good for one use only; false: until it expires, as documented
	NoMFA       bool          // tokens carry no MFA claim: the API answers 401 / 900421

	// Refuse scripts refusals of token requests; its zero answer lets the
	// request go on to the checks above. It may be called concurrently.
	Refuse func(TokenRequest) SignInError

	Device Device
}

// TokenRequest is what SignIn.Refuse decides upon.
type TokenRequest struct {
	N         int    // 1 for the first token request of the service
	Grant     string // grant_type, such as refresh_token
	ClientID  string
	Versioned bool // the v2.0 endpoint
}

// SignInError is a refusal of the token endpoint. The zero value is none; if
// either Code or Word is given the other follows from it where it is known.
type SignInError struct {
	Code   int    // AADSTS number, such as 700082
	Word   string // OAuth error, such as invalid_grant
	Status int    // HTTP status; 0 = 401 for invalid_client, else 400
	Text   string // after "AADSTSnnn: "; "" = the usual one
}

// Device is the device-code sign-in. Its zero value: the person signs in before
// the first poll.
type Device struct {
	ApproveAfter time.Duration // from the start; until then polls get authorization_pending
	Outcome      string        // "" = signs in; else the word polls then get: authorization_declined, expired_token …
	Life         time.Duration // of the code; 0 = 900 s
	Interval     time.Duration // between polls, whole seconds; 0 = 5 s. A quicker poll gets slow_down
}

// Dialect chooses among forms that the documentation leaves open or shows
// differently. Its zero value is what captured answers show.
type Dialect struct {
	NoBOM            bool // 2xx bodies without byte-order mark
	BOMOnErrors      bool // errors with one
	StringCodes      bool // "code":"3000" instead of 3000
	JSONDescriptions bool // description is JSON inside the string
	CreateStatus     int  // 0 = 201; the how-to article shows 200
	ResetPathStatus  int  // 404 or 405: there is no …/resetpassword. 0 = there is

	Duplicate   Refusal // of a taken user principal name; zero = 409 / 3000
	MissingUser Refusal // of an unknown or deleted user; zero = 404 / 60002
	BadCustomer Refusal // of a customer id that is no GUID; zero = 400 / 900118

	PagingEndsInError bool // every page of users has a next; past the last comes 400 / 2000
}

// Refusal is an HTTP status and the code in its body. Where a member is zero
// the default stated at the field of this type holds.
type Refusal struct{ Status, Code int }

// Repeats says what happens to a write whose MS-RequestId came before, for the
// same customer and operation. The zero value replays the first answer for
// ever, also if that was a refusal; what never got as far as an answer of the
// service itself (lost, throttled, unauthorised, 5xx) is not remembered.
type Repeats struct {
	Ignore bool          // carry it out again, whatever that gives
	For    time.Duration // replay for so long; 0 = for ever
}

// Latency is what a request takes at least, a random time from Min to Max (Max
// below Min: Min). Half of it passes before the service decides, half after.
type Latency struct{ Min, Max time.Duration }
