package simulate

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const (
	base = "http://partner.test/v1"
	ann  = `{"usageLocation":"US","userPrincipalName":"ann.lee@contoso.onmicrosoft.com","firstName":"Ann","lastName":"Lee",` +
		`"displayName":"Ann Lee","passwordProfile":{"password":"Vq7!sample","forceChangePassword":true},"attributes":{"objectType":"CustomerUser"}}`
	requestID = "6f0a3a0e-6f5e-4a3e-9a55-0b6f5a2f9d11"
	users     = "/customers/" + DefaultCustomerID + "/users"
	bom       = "\ufeff"
)

// person is a create body that breaks no rule.
func person(upn string) string {
	return fmt.Sprintf(`{"userPrincipalName":%q,"displayName":"P","passwordProfile":{"password":"Vq7!sample"}}`, upn)
}

// reply is an answer read to its end.
type reply struct {
	status int
	header http.Header
	body   string
	err    error // of the exchange or of the body
}

// tester sends requests to a service with a good token.
type tester struct {
	*Service
	client *http.Client
	token  string
}

func newTester(sc Scenario) *tester {
	s := New(sc)
	return &tester{s, &http.Client{Transport: s.Transport()}, s.IssueToken()}
}

// do sends one request; headers are "Name: value".
func (s *tester) do(method, path, body string, headers ...string) reply {
	r, err := http.NewRequest(method, base+path, strings.NewReader(body))
	if err != nil {
		return reply{err: err}
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	return exchange(s.client, r)
}

func exchange(client *http.Client, r *http.Request) reply {
	answer, err := client.Do(r)
	if err != nil {
		return reply{err: err}
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return reply{answer.StatusCode, answer.Header, string(body), err}
}

func (s *tester) create(t *testing.T, upn string) string {
	t.Helper()
	got := s.do("POST", users, person(upn))
	if got.status != 201 {
		t.Fatalf("create %s: %d %s", upn, got.status, got.body)
	}
	for _, u := range s.Users(DefaultCustomerID) {
		if u.UserPrincipalName == upn && u.Deleted.IsZero() {
			return u.ID
		}
	}
	t.Fatalf("create %s: answered %d, but is not there", upn, got.status)
	return ""
}

func check[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

func TestCreateAnswersAsDocumented(t *testing.T) {
	s := newTester(Scenario{})
	got := s.do("POST", users, ann, "MS-RequestId: "+strings.ToUpper(requestID), "MS-CorrelationId: 2d1d5a52-3a0b-4c54-8d38-7e0b8a1f2c33", "ValidateMfa: true")
	id := s.Users(DefaultCustomerID)[0].ID
	want := bom + `{"usageLocation":"US","id":"` + id + `","userPrincipalName":"ann.lee@contoso.onmicrosoft.com","firstName":"Ann","lastName":"Lee",` +
		`"displayName":"Ann Lee","passwordProfile":{"password":"Vq7!sample","forceChangePassword":true},"userDomainType":"none","state":"active",` +
		`"links":{"self":{"uri":"/customers/` + DefaultCustomerID + `/users/` + id + `","method":"GET","headers":[]}},"attributes":{"objectType":"CustomerUser"}}`
	check(t, "status", got.status, 201)
	check(t, "body", got.body, want)
	for name, want := range map[string]string{
		"MS-RequestId": strings.ToUpper(requestID), "MS-CorrelationId": "2d1d5a52-3a0b-4c54-8d38-7e0b8a1f2c33",
		"Content-Type": "application/json; charset=utf-8", "isMfaCompliant": "true", "Location": "", "MS-ServerId": "101112616",
	} {
		check(t, name, got.header.Get(name), want)
	}
	check(t, "length of MS-CV", len(got.header.Get("MS-CV")), len("uWM1EGU7+0aI2MvV.0"))
	if _, err := http.ParseTime(got.header.Get("Date")); err != nil {
		t.Error(err)
	}
	stored := s.Users(DefaultCustomerID)[0]
	check(t, "password", stored.Password, "Vq7!sample")
	check(t, "request id", stored.RequestID, requestID)
	check(t, "creates", s.Counts().Created, 1)
}

func TestDialects(t *testing.T) {
	for name, tt := range map[string]struct {
		dialect Dialect
		body    string
		status  int
		want    string // start of the body
	}{
		"no mark":           {Dialect{NoBOM: true, CreateStatus: 200}, person("a.b@contoso.onmicrosoft.com"), 200, `{"id":`},
		"duplicate":         {Dialect{}, person("TAKEN@contoso.onmicrosoft.com"), 409, `{"code":3000,"description":"Another object with the same value for property &#39;userPrincipalName&#39; already exists.","data":["UserAlreadyExistsException : ObjectConflict : TAKEN@contoso.onmicrosoft.com"],"source":"PartnerFD"}`},
		"other duplicate":   {Dialect{Duplicate: Refusal{400, 3000}, StringCodes: true}, person("taken@contoso.onmicrosoft.com"), 400, `{"code":"3000","description":"Another`},
		"JSON in a string":  {Dialect{JSONDescriptions: true}, person("taken@contoso.onmicrosoft.com"), 409, `{"code":3000,"description":"{\"errorMessage\":\"Another object with the same value for property &#39;`},
		"mark on errors":    {Dialect{BOMOnErrors: true}, person("taken@contoso.onmicrosoft.com"), 409, bom + `{"code":3000`},
		"not JSON":          {Dialect{}, `{"password": secret}`, 400, `{"code":800002,"description":"The request input is invalid: the body is no JSON object of the expected form.","data":[],"source":"PartnerApiServiceControllers"}`},
		"Pascal and nulls":  {Dialect{}, `{"UserPrincipalName":"a@contoso.onmicrosoft.com","DisplayName":"A","FirstName":null,"Whatever":[1],"PasswordProfile":{"Password":"Vq7!sample"}}`, 201, bom + `{"id":`},
		"case of the names": {Dialect{}, `{"USERPRINCIPALNAME":"a@CONTOSO.onmicrosoft.com","DISPLAYNAME":"A <&> B","PASSWORDPROFILE":{"PASSWORD":"Vq7!sample"}}`, 201, bom + `{"id":`},
	} {
		s := newTester(Scenario{Dialect: tt.dialect, Customers: []Customer{{Users: []User{{UserPrincipalName: "Taken@contoso.onmicrosoft.com"}}}}})
		got := s.do("POST", users, tt.body)
		if got.status != tt.status || !strings.HasPrefix(got.body, tt.want) {
			t.Errorf("%s:\n got %d %s\nwant %d %s", name, got.status, got.body, tt.status, tt.want)
		}
	}
}

func TestPathsMayDifferInCaseAndEndInASlash(t *testing.T) {
	s := newTester(Scenario{})
	check(t, "create", s.do("POST", "/Customers/"+strings.ToUpper(DefaultCustomerID)+"/Users/", ann).status, 201)
	check(t, "list", s.do("GET", "/CUSTOMERS/"+DefaultCustomerID+"/users/", "").status, 200)
}

func TestUserLife(t *testing.T) {
	s := newTester(Scenario{})
	id := s.create(t, "a.b@contoso.onmicrosoft.com")
	one := users + "/" + id

	got := s.do("PATCH", one, `{"displayName":"New","userPrincipalName":"new@contoso.onmicrosoft.com","attributes":{"objectType":"CustomerUser"}}`)
	check(t, "update", got.status, 200)
	self := `"links":{"self":{"uri":"` + one + `","method":"GET","headers":[]}},"attributes":{"objectType":"CustomerUser"}}`
	get := s.do("GET", one, "")
	check(t, "get", get.body, bom+`{"id":"`+id+`","userPrincipalName":"new@contoso.onmicrosoft.com","displayName":"New","userDomainType":"none","state":"active",`+self)

	reset := `{"passwordProfile":{"password":"Other7!x","forceChangePassword":true},"attributes":{"objectType":"CustomerUser"}}`
	got = s.do("PATCH", one+"/resetpassword", reset)
	check(t, "reset", got.status, 200)
	check(t, "echo", strings.Contains(got.body, `"passwordProfile":{"password":"Other7!x","forceChangePassword":false}`), true)
	check(t, "password", s.Users(DefaultCustomerID)[0].Password, "Other7!x")
	check(t, "change at next sign-in", s.Users(DefaultCustomerID)[0].ForceChangePassword, true)
	check(t, "plain reset", s.do("PATCH", one, reset).status, 200)
	check(t, "weak reset", s.do("PATCH", one+"/resetpassword", `{"passwordProfile":{"password":"weak"}}`).status, 400)

	got = s.do("DELETE", one, "")
	check(t, "delete", fmt.Sprint(got.status, got.body), "204")
	for _, gone := range []reply{s.do("GET", one, ""), s.do("DELETE", one, ""), s.do("PATCH", one, `{"displayName":"x"}`)} {
		check(t, "deleted", gone.status, 404)
		check(t, "deleted", strings.HasPrefix(gone.body, `{"code":60002,`), true)
	}
	check(t, "normal list", strings.Contains(s.do("GET", users, "").body, `"totalCount":0,"items":[]`), true)
	got = s.do("PATCH", one, `{"state":"active","displayName":"Again","passwordProfile":null,"attributes":{"objectType":"CustomerUser"}}`)
	check(t, "restore", got.status, 200)
	check(t, "restored", got.body, bom+strings.Replace(strings.TrimPrefix(get.body, bom), `"New"`, `"Again"`, 1))
}

func TestDeletedUsersAreListedForThirtyDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTester(Scenario{SignIn: SignIn{AccessLife: 60 * 24 * time.Hour}})
		id := s.create(t, "a.b@contoso.onmicrosoft.com")
		deleted := time.Now().UTC().Format(time.RFC3339)
		s.do("DELETE", users+"/"+id, "")
		inactive := users + "?size=500&filter=%7B%22Field%22%3A%22UserState%22%2C%22Value%22%3A%22Inactive%22%2C%22Operator%22%3A%22equals%22%7D"
		want := bom + `{"totalCount":1,"items":[{"id":"` + id + `","userPrincipalName":"a.b@contoso.onmicrosoft.com","displayName":"P","userDomainType":"none",` +
			`"state":"inactive","softDeletionTime":"` + deleted + `","links":{"self":{"uri":"` + users + "/" + id + `","method":"GET","headers":[]}},"attributes":{"objectType":"CustomerUser"}}],` +
			`"links":{"self":{"uri":"` + inactive + `","method":"GET","headers":[]}},"attributes":{"objectType":"Collection"}}`
		check(t, "deleted list", s.do("GET", inactive, "").body, want)
		check(t, "other spelling", strings.Contains(s.do("GET", strings.Replace(inactive, "UserState", "userstatus", 1), "").body, id), true)

		other := s.create(t, "A.B@contoso.onmicrosoft.com")
		check(t, "restore against a new holder", s.do("PATCH", users+"/"+id, `{"state":"active"}`).status, 409)
		s.do("DELETE", users+"/"+other, "")

		time.Sleep(30*24*time.Hour - time.Nanosecond)
		check(t, "last moment", s.do("PATCH", users+"/"+id, `{"state":"active"}`).status, 200)
		time.Sleep(time.Nanosecond)
		check(t, "too late", s.do("PATCH", users+"/"+other, `{"state":"active"}`).status, 404)
		check(t, "users left", len(s.Users(DefaultCustomerID)), 1)
	})
}

func TestListsAndReadsLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTester(Scenario{ListLag: 5 * time.Second, ReadLag: 2 * time.Second})
		id := s.create(t, "a.b@contoso.onmicrosoft.com")
		for _, tt := range []struct {
			wait   time.Duration
			listed bool
			get    int
		}{{0, false, 404}, {2 * time.Second, false, 200}, {3 * time.Second, true, 200}} {
			time.Sleep(tt.wait)
			check(t, "listed", strings.Contains(s.do("GET", users, "").body, id), tt.listed)
			check(t, "get", s.do("GET", users+"/"+id, "").status, tt.get)
			check(t, "duplicate all the same", s.do("POST", users, person("A.b@contoso.onmicrosoft.com")).status, 409)
		}
	})
}

func TestRepeats(t *testing.T) {
	const other = "MS-RequestId: 00000000-0000-4000-8000-000000000001"
	synctest.Test(t, func(t *testing.T) {
		s := newTester(Scenario{Repeats: Repeats{For: time.Minute}})
		first := s.do("POST", users, ann, "MS-RequestId: "+requestID)
		id := s.Users(DefaultCustomerID)[0].ID
		s.do("PATCH", users+"/"+id, `{"displayName":"Changed","passwordProfile":{"password":"Changed7"}}`)
		again := s.do("POST", users, ann, "MS-RequestId: "+requestID)
		check(t, "the first answer again", again.body, first.body)
		check(t, "refused", s.do("POST", users, ann, other).status, 409)
		check(t, "a corrected row collects its old refusal", s.do("POST", users, person("free@contoso.onmicrosoft.com"), other).status, 409)
		check(t, "another operation", s.do("DELETE", users+"/"+id, "", "MS-RequestId: "+requestID).status, 204)
		check(t, "another customer is another key", s.do("POST", "/customers/"+requestID+"/users", ann, "MS-RequestId: "+requestID).status, 404)
		time.Sleep(time.Minute)
		check(t, "forgotten", s.do("POST", users, person("free@contoso.onmicrosoft.com"), other).status, 201)
		check(t, "replayed", s.Counts().Replayed, 2)
		check(t, "created", s.Counts().Created, 2)
	})
	s := newTester(Scenario{Repeats: Repeats{Ignore: true}})
	s.do("POST", users, ann, "MS-RequestId: "+requestID)
	check(t, "ignored", s.do("POST", users, ann, "MS-RequestId: "+requestID).status, 409)
}

func TestCreateAtOnceMakesOneUser(t *testing.T) {
	s := newTester(Scenario{})
	var group sync.WaitGroup
	statuses := make([]int, 16)
	for i := range statuses {
		group.Go(func() { statuses[i] = s.do("POST", users, person("One@contoso.onmicrosoft.com")).status })
	}
	group.Wait()
	created := 0
	for _, status := range statuses {
		if status == 201 {
			created++
		} else {
			check(t, "status", status, 409)
		}
	}
	check(t, "created", created, 1)
	check(t, "users", len(s.Users(DefaultCustomerID)), 1)
}

func TestIDsFollowFromTheSeed(t *testing.T) {
	id := func(seed uint64, names ...string) string {
		s := newTester(Scenario{Seed: seed})
		for _, name := range names {
			s.create(t, name+"@contoso.onmicrosoft.com")
		}
		for _, u := range s.Users(DefaultCustomerID) {
			if strings.HasPrefix(u.UserPrincipalName, "b@") {
				return u.ID
			}
		}
		return ""
	}
	check(t, "order does not matter", id(1, "a", "b"), id(1, "b", "a"))
	check(t, "seed does", id(1, "b") != id(2, "b"), true)
}

func TestRequestsAreRemembered(t *testing.T) {
	s := newTester(Scenario{KeepRequests: 2})
	s.do("POST", users, ann)
	s.list()
	s.do("POST", users, person("ANN.LEE@CONTOSO.ONMICROSOFT.COM"), "MS-RequestId: "+requestID, "MS-CorrelationId: "+requestID)
	s.do("PUT", users, ann)
	got := s.Requests()
	check(t, "kept", len(got), 2)
	got[0].Time = time.Time{}
	check(t, "a duplicate", got[0], Request{
		N: 3, Attempt: 2, Op: CreateUser, Method: "POST", Path: "/v1" + users, Tenant: DefaultCustomerID,
		UPN: "ANN.LEE@CONTOSO.ONMICROSOFT.COM", RequestID: requestID, CorrelationID: requestID, Status: 409,
	})
	check(t, "unknown method", got[1].Status, 405)
	counts := s.Counts()
	check(t, "counted", fmt.Sprint(counts.Requests, counts.Created, counts.ByOp[CreateUser], counts.ByOp[NoOp]), "4 1 2 1")
	silent := newTester(Scenario{KeepRequests: -1})
	silent.do("POST", users, ann)
	check(t, "kept by a silent one", len(silent.Requests()), 0)
}

func TestBodiesAreBounded(t *testing.T) {
	s := newTester(Scenario{})
	huge := string(bytes.Repeat([]byte(" "), bodyLimit)) + ann
	check(t, "status", s.do("POST", users, huge).status, 400)
}
