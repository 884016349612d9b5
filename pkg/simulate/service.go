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
//
// Paths, headers, bodies and codes are those of the Partner Center developer
// documentation (learn.microsoft.com/partner-center/developer); where it is
// silent or contradicts itself, [Dialect] and [Repeats] choose.
package simulate

import (
	"context"
	"net/http"
	"time"
)

// Service is an emulated Partner Center. Make one with [New]. It is safe for
// concurrent use.
type Service struct {
	scenario  Scenario
	customers []*customer
	byID      map[string]*customer
	signIn    *signIn
	quotas    *quotas
	log       *log
}

// New makes a service that behaves as the scenario says.
func New(sc Scenario) *Service {
	s := &Service{
		scenario: sc,
		byID:     make(map[string]*customer),
		signIn:   newSignIn(sc.SignIn),
		quotas:   newQuotas(sc.Quotas),
		log:      newLog(sc.KeepRequests),
	}
	if len(sc.Customers) == 0 {
		sc.Customers = []Customer{{}}
	}
	for i, described := range sc.Customers {
		c := newCustomer(described, i == 0, sc.Seed)
		s.customers = append(s.customers, c)
		s.byID[c.ID] = c
	}
	return s
}

// ServeHTTP answers API requests under /v1 and token requests under
// /{tenant}/oauth2. A connection that is to drop ends in a panic with
// [http.ErrAbortHandler].
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := s.receive(r)
	if c.fault.Mishap == Late {
		wait(r.Context(), c.latency+c.fault.Before)
		s.answerLate(w, c)
		return
	}
	defer func() { s.log.add(c.Request) }()
	s.handle(w, c)
}

// handle answers a request, or drops it.
func (s *Service) handle(w http.ResponseWriter, c *call) {
	ctx := c.http.Context()
	if c.fault.Mishap == LostRequest {
		panic(http.ErrAbortHandler)
	}
	wait(ctx, c.latency/2+c.fault.Before)
	if c.fault.Mishap == HangBefore {
		<-ctx.Done()
		panic(http.ErrAbortHandler)
	}
	a := s.decide(c)
	wait(ctx, c.latency-c.latency/2+c.fault.After)
	s.send(w, c, a)
}

// wait sleeps for d, or until the client has gone. A request on its way cannot
// be called back, so the service then goes on without delay.
func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// decide carries a request out, or refuses it: sign-in, quotas, then rules.
func (s *Service) decide(c *call) answer {
	if c.Op != Token && c.Op != DeviceCode {
		if refusal := s.authenticate(c); refusal != nil {
			return refuse(refusal)
		}
	}
	if a, refused := s.quotas.admit(c, time.Now()); refused {
		return a
	}
	if a, failed := failBefore(c); failed {
		return a
	}
	switch c.Op {
	case Token:
		return s.token(c)
	case DeviceCode:
		return s.deviceCode(c)
	case HeadDomain:
		return s.headDomain(c)
	case ListCustomers:
		return s.listCustomers(c)
	case NoOp:
		return s.noSuchPath(c)
	}
	if refusal := s.resolve(c); refusal != nil {
		return refuse(refusal)
	}
	return s.operate(c)
}

// operate carries out a request about a customer that may be touched.
func (s *Service) operate(c *call) answer {
	switch c.Op {
	case GetCustomer:
		return answer{status: http.StatusOK, body: c.customer.whole()}
	case CompanyProfile:
		return answer{status: http.StatusOK, body: c.customer.profile()}
	case ListUsers:
		return s.listUsers(c)
	case GetUser:
		return s.getUser(c)
	case CreateUser:
		return s.once(c, s.createUser)
	case UpdateUser, ResetPassword:
		return s.once(c, s.updateUser)
	default:
		return s.once(c, s.deleteUser)
	}
}
