// Package simulate is a Partner Center in memory: the users API and the token
// endpoints behind it as one [http.Handler], which checks requests as strictly
// as the documentation reads and fails in every way asked for.
//
//	service := simulate.New(simulate.Scenario{
//		Quotas:  []simulate.Quota{{Rate: 200, Burst: 50}},
//		Chances: simulate.Chances{Of: map[simulate.Mishap]float64{simulate.LostAnswer: 0.01}},
//	})
//	client := &http.Client{Transport: service.Transport()} // or http.Serve(listener, service)
//	… run something against any base URL …
//	service.Users(simulate.DefaultCustomerID)
package simulate

import "net/http"

// Service is an emulated Partner Center. Make one with [New]. It is safe for
// concurrent use.
type Service struct{ scenario Scenario }

// New makes a service that behaves as the scenario says.
func New(sc Scenario) *Service { return &Service{scenario: sc} }

// ServeHTTP answers API requests under /v1 and token requests under /{tenant}/oauth2.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }

// Transport returns a transport that hands requests to the service without a
// network, whatever their host. It needs no time of its own, starts no
// goroutine, and honours the request's context: when that ends, RoundTrip returns
// its error at once, although the service may have carried the request out.
// Dropped connections are io.ErrUnexpectedEOF.
func (s *Service) Transport() http.RoundTripper { return http.DefaultTransport }

// Users returns the users of a customer, by tenant GUID, deleted ones included, in order of creation.
func (s *Service) Users(tenant string) []User { return nil }

// Customers returns the customers with the defaults filled in, without their users.
func (s *Service) Customers() []Customer { return nil }

// Requests returns the latest requests, oldest first; see Scenario.KeepRequests.
func (s *Service) Requests() []Request { return nil }

// Counts returns what the service counted since it was made.
func (s *Service) Counts() Counts { return Counts{} }

// Creates returns how many users were created under each MS-RequestId (lower case).
func (s *Service) Creates() map[string]int { return nil }

// IssueToken returns an access token good for SignIn.AccessLife, as if
// somebody had just signed in.
func (s *Service) IssueToken() string { return "" }

// Counts are totals of all requests, remembered or not.
type Counts struct {
	Requests  int
	ByOp      map[Op]int // Token and DeviceCode are sign-in requests
	Created   int        // users created
	Replayed  int        // answered from memory by MS-RequestId
	Throttled int        // refused by a quota
	Early     int        // see Request.Early
	Dropped   int        // no whole answer was sent
}
