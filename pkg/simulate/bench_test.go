package simulate

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
)

// BenchmarkCreate is one create through the transport, beside the JSON work
// that no emulator could avoid (BenchmarkJSON). Its memory is what a million
// users take.
func BenchmarkCreate(b *testing.B) {
	s := newTester(Scenario{KeepRequests: -1})
	transport := s.Transport()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		body := bytes.NewReader(fmt.Appendf(nil, `{"userPrincipalName":"u%d@contoso.onmicrosoft.com","displayName":"P","passwordProfile":{"password":"Vq7!sample"}}`, i))
		r, err := http.NewRequest("POST", base+users, body)
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+s.token)
		answer, err := transport.RoundTrip(r)
		if err != nil || answer.StatusCode != 201 {
			b.Fatal(answer, err)
		}
	}
}

func BenchmarkJSON(b *testing.B) {
	s := newTester(Scenario{})
	s.do("POST", users, ann)
	r := s.byID[DefaultCustomerID].directory.records[0]
	for b.Loop() {
		c := &call{http: &http.Request{Body: http.NoBody}}
		c.Op = CreateUser
		c.http.Body = closer{bytes.NewReader([]byte(ann))}
		c.readBody()
		s.render(answer{body: shownUser{record: r, customer: DefaultCustomerID, withPassword: true}})
	}
}

type closer struct{ *bytes.Reader }

func (closer) Close() error { return nil }
