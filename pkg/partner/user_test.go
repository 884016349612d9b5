package partner

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"muster/pkg/secret"
)

func TestCreateUserOnTheWire(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("MS-RequestId", strings.ToUpper(r.Header.Get("MS-RequestId")))
		w.Header().Set("MS-CorrelationId", "11111111-2222-4333-8444-555555555555")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, bom+annAnswer)
	})
	call := Call{RequestID: uuid.New(), CorrelationID: uuid.New()}
	got, err := client(t, server.URL+"/").CreateUser(t.Context(), "{"+strings.ToUpper(tenant)+"}", call, ann())
	if err != nil {
		t.Fatal(err)
	}
	want := User{
		ID: userID, UserPrincipalName: "ann.lee@contoso.onmicrosoft.com", DisplayName: "Ann Lee",
		FirstName: "Ann", LastName: "Lee", UsageLocation: "US", State: Active,
		Trace: Trace{
			RequestID: call.RequestID.String(), CorrelationID: call.CorrelationID.String(),
			EchoedCorrelationID: "11111111-2222-4333-8444-555555555555",
		},
	}
	if got != want {
		t.Errorf("CreateUser = %+v, want %+v", got, want)
	}

	request := server.seen()[0]
	if got, want := request.Method+" "+request.RequestURI, "POST /v1/customers/"+tenant+"/users"; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
	for name, want := range map[string]string{
		"Authorization":                "Bearer bearer-token-1",
		"Accept":                       "application/json",
		"Content-Type":                 "application/json",
		"MS-RequestId":                 call.RequestID.String(),
		"MS-CorrelationId":             call.CorrelationID.String(),
		"MS-Contract-Version":          "v1",
		"MS-PartnerCenter-Application": "muster",
		"X-Locale":                     "en-US",
		"Idempotency-Key":              "",
		"X-Idempotency-Key":            "",
	} {
		if got := request.Header.Get(name); got != want {
			t.Errorf("header %s is %q, want %q", name, got, want)
		}
	}
	quoted, err := json.Marshal(password)
	if err != nil {
		t.Fatal(err)
	}
	wantBody := `{"usageLocation":"US","userPrincipalName":"ann.lee@contoso.onmicrosoft.com","firstName":"Ann","lastName":"Lee",` +
		`"displayName":"Ann Lee","passwordProfile":{"password":` + string(quoted) + `,"forceChangePassword":true},"attributes":{"objectType":"CustomerUser"}}`
	if request.body != wantBody {
		t.Errorf("sent the body\n%s, want\n%s", request.body, wantBody)
	}
}

func TestCreateUserSendsOnlyWhatIsSet(t *testing.T) {
	server := serve(t, reply(200, `{"id":"1"}`))
	user := NewUser{UserPrincipalName: "x@y.z", DisplayName: "Zoë ☂ \"Q\"\n", ImmutableID: "i1", Password: secret.New("p")}
	got, err := client(t, server.URL).CreateUser(t.Context(), tenant, Call{}, user)
	if err != nil || got.ID != "1" {
		t.Fatalf("CreateUser = %+v, %v", got, err)
	}
	want := `{"userPrincipalName":"x@y.z","displayName":"Zoë ☂ \"Q\"\n","immutableId":"i1",` +
		`"passwordProfile":{"password":"p","forceChangePassword":false},"attributes":{"objectType":"CustomerUser"}}`
	request := server.seen()[0]
	if request.body != want {
		t.Errorf("sent %s, want %s", request.body, want)
	}
	for _, name := range []string{"MS-RequestId", "MS-CorrelationId"} {
		if _, err := uuid.Parse(request.Header.Get(name)); err != nil {
			t.Errorf("header %s is %q, want a GUID", name, request.Header.Get(name))
		}
	}
}

// TestCreateUserBelievesOnlyAnID holds for every answer of 2xx: it is a success
// with an id in it, and otherwise in doubt.
func TestCreateUserBelievesOnlyAnID(t *testing.T) {
	for _, test := range []struct {
		status int
		body   string
		want   Kind // 0 for success
	}{
		{200, annAnswer, 0},
		{201, bom + annAnswer, 0},
		{202, annAnswer, 0},
		{201, bom + `{"Id":"1"}`, 0},
		{201, `{"id":"1","userPrincipalName":"ANN.LEE@Contoso.onmicrosoft.com","unknown":[1]}`, 0},
		{201, `{"id":"1","userPrincipalName":null,"lastDirectorySyncTime":null}`, 0},
		{204, "", Garbled},
		{200, "", Garbled},
		{201, bom, Garbled},
		{201, "{}", Garbled},
		{201, `{"id":""}`, Garbled},
		{201, `{"id":` + strconv.Quote(password) + `}`, Garbled},
		{201, `{"id":null}`, Garbled},
		{201, `{"id":7}`, Garbled},
		{201, `{"id":"a b"}`, Garbled},
		{201, `{"id":"` + strings.Repeat("x", 200) + `"}`, Garbled},
		{201, `{"id":"1","userPrincipalName":"bob@contoso.onmicrosoft.com"}`, Garbled},
		{201, annAnswer[:len(annAnswer)-1], Garbled},
		{201, annAnswer + "x", Garbled},
		{200, "<html><body>Welcome to the hotel</body></html>", Garbled},
		{200, `[]`, Garbled},
		{200, `{"code":800003,"description":"` + "Vq7!sam" + `"}`, Garbled},
		{201, `{"id":"1","x":"` + strings.Repeat("x", maxObject) + `"}`, Garbled},
	} {
		server := serve(t, reply(test.status, test.body))
		user, err := client(t, server.URL).CreateUser(t.Context(), tenant, Call{}, ann())
		head := test.body[:min(len(test.body), 60)]
		if test.want == 0 {
			if err != nil || user.ID == "" {
				t.Errorf("HTTP %d %q: %+v, %v, want success", test.status, head, user, err)
			}
			continue
		}
		e := failure(t, err)
		if e.Kind != test.want || !e.Doubtful() || e.Status != test.status || user != (User{}) {
			t.Errorf("HTTP %d %q: %v (status %d, doubtful %v), want %v with its status, doubtful", test.status, head, e.Kind, e.Status, e.Doubtful(), test.want)
		}
		if strings.Contains(err.Error(), "Vq7!sam") {
			t.Errorf("HTTP %d %q: the error %q repeats the body of a success", test.status, head, err)
		}
	}
}

func TestUser(t *testing.T) {
	for _, test := range []struct {
		status int
		body   string
		want   Kind
	}{
		{200, bom + annAnswer, 0},
		{200, `{"id":"somebody-else"}`, Garbled},
		{404, `{"code":60002,"description":"no such user"}`, NotFound},
		{404, `{"code":"3000"}`, NotFound},
		{400, `{"code":3000}`, NotFound},
		{400, `{"code":"60002"}`, NotFound},
		{400, `{"code":2000}`, BadInput},
		{404, ``, NotFound},
	} {
		server := serve(t, reply(test.status, test.body))
		_, err := client(t, server.URL).User(t.Context(), tenant, strings.ToUpper(userID))
		if test.want == 0 && err != nil || test.want != 0 && failure(t, err).Kind != test.want {
			t.Errorf("HTTP %d %s: %v, want %v", test.status, test.body, err, test.want)
		}
	}
}

func TestIDsStayOneSegment(t *testing.T) {
	server := serve(t, reply(204, ""))
	c := client(t, server.URL+"/base")
	if err := c.DeleteUser(t.Context(), tenant, "a/b?c#d%2f é"); err != nil {
		t.Fatal(err)
	}
	want := "/base/v1/customers/" + tenant + "/users/a%2Fb%3Fc%23d%252f%20%C3%A9"
	if got := server.seen()[0].RequestURI; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
	for _, id := range []string{"", ".", ".."} {
		if e := failure(t, c.DeleteUser(t.Context(), tenant, id)); e.Kind != BadInput || e.Doubtful() {
			t.Errorf("DeleteUser(%q) = %v, want bad input", id, e)
		}
		if e := failure(t, c.DeleteUser(t.Context(), id, "x")); e.Kind != BadInput {
			t.Errorf("DeleteUser of customer %q = %v, want bad input", id, e)
		}
	}
	if got := len(server.seen()); got != 1 {
		t.Errorf("%d requests were sent, want 1", got)
	}
}

func TestChanges(t *testing.T) {
	const path = "/v1/customers/" + tenant + "/users/" + userID
	for _, test := range []struct {
		name       string
		do         func(*Client) error
		line, body string
	}{
		{"update", func(c *Client) error {
			return c.UpdateUser(t.Context(), tenant, userID, Changes{DisplayName: "A", UsageLocation: "DE"})
		}, "PATCH " + path, `{"usageLocation":"DE","displayName":"A","attributes":{"objectType":"CustomerUser"}}`},
		{"delete", func(c *Client) error { return c.DeleteUser(t.Context(), tenant, userID) }, "DELETE " + path, ""},
		{"restore", func(c *Client) error { return c.RestoreUser(t.Context(), tenant, userID) },
			"PATCH " + path, `{"state":"active","attributes":{"objectType":"CustomerUser"}}`},
		{"reset", func(c *Client) error {
			return c.ResetPassword(t.Context(), tenant, userID, secret.New("New1!pass"), true)
		},
			"PATCH " + path + "/resetpassword",
			`{"passwordProfile":{"password":"New1!pass","forceChangePassword":true},"attributes":{"objectType":"CustomerUser"}}`},
	} {
		for _, answer := range []struct {
			status int
			body   string
			want   Kind
		}{
			{200, bom + annAnswer, 0}, {204, "", 0}, {200, "", 0}, {200, "{}", 0},
			{200, "<html>", Garbled}, {200, "true story", Garbled}, {200, `{"code":1,"description":"x"}`, Garbled},
			{409, `{"code":1}`, Conflict},
		} {
			if test.name == "delete" && answer.body == "{}" {
				answer.want = Garbled // perhaps the rest of an answer to another request
			}
			server := serve(t, reply(answer.status, answer.body))
			err := test.do(client(t, server.URL))
			if answer.want == 0 && err != nil || answer.want != 0 && failure(t, err).Kind != answer.want {
				t.Errorf("%s answered by HTTP %d %s: %v, want %v", test.name, answer.status, answer.body, err, answer.want)
			}
			request := server.seen()[0]
			if got := request.Method + " " + request.RequestURI; got != test.line || request.body != test.body {
				t.Errorf("%s sent %s %s, want %s %s", test.name, got, request.body, test.line, test.body)
			}
		}
	}
}

func TestResetPasswordFindsItsPath(t *testing.T) {
	const missingUser = `{"code":60002,"description":"no such user"}`
	for _, test := range []struct {
		name           string
		suffix, plain  http.HandlerFunc
		want           Kind // of both calls; 0 for success
		first, further int  // requests of the first call, and of the second
	}{
		{"current service", reply(200, annAnswer), reply(500, ""), 0, 1, 1},
		{"older service, 404", reply(404, ""), reply(200, annAnswer), 0, 2, 1},
		{"older service, 404 with a page", reply(404, "<html>"), reply(200, annAnswer), 0, 2, 1},
		{"older service, 405", reply(405, `{"code":1}`), reply(204, ""), 0, 2, 1},
		{"user is missing", reply(404, missingUser), reply(500, ""), NotFound, 1, 1},
		{"user is missing, path is old", reply(404, ""), reply(404, missingUser), NotFound, 2, 2},
		{"throttled", reply(429, ""), reply(500, ""), Throttled, 1, 1},
		{"forbidden", reply(403, ""), reply(500, ""), Forbidden, 1, 1},
	} {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/resetpassword") {
				test.suffix(w, r)
				return
			}
			test.plain(w, r)
		})
		c := client(t, server.URL)
		var counts []int
		for range 2 {
			before := len(server.seen())
			err := c.ResetPassword(t.Context(), tenant, userID, secret.New("New1!pass"), true)
			if test.want == 0 && err != nil || test.want != 0 && failure(t, err).Kind != test.want {
				t.Errorf("%s: %v, want %v", test.name, err, test.want)
			}
			counts = append(counts, len(server.seen())-before)
		}
		if got, want := fmt.Sprint(counts), fmt.Sprint([]int{test.first, test.further}); got != want {
			t.Errorf("%s: the calls took %s requests, want %s", test.name, got, want)
		}
	}
}

func TestSoftDeletionTime(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2017-01-20T00:33:34Z":         time.Date(2017, 1, 20, 0, 33, 34, 0, time.UTC),
		"2017-01-20T00:33:34.1234567Z": time.Date(2017, 1, 20, 0, 33, 34, 123456700, time.UTC),
		"yesterday":                    {},
	} {
		got := (&userAnswer{SoftDeletionTime: text}).user()
		if !got.SoftDeletionTime.Equal(want) || got.State != Inactive {
			t.Errorf("deleted %q: %v, %v, want %v, inactive", text, got.SoftDeletionTime, got.State, want)
		}
	}
}
