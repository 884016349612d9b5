package ledger

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/google/uuid"

	"muster/pkg/jsonobject"
)

// The two lines that there are for every person are written and read by hand, the
// others by encoding/json: see [jsonobject]. A test holds both ways of writing to the
// same bytes.

// lineRoom is room for nearly every line about a person.
const lineRoom = 512

// appendTo appends the line of an intent.
func (i *Intent) appendTo(b []byte) []byte {
	b = append(b, `{"type":"`+typeIntent+`"`...)
	b = appendKey(b, i.Key)
	b = appendID(b, "request_id", i.Request)
	b = jsonobject.AppendMember(b, "customer_id", i.Tenant)
	b = jsonobject.AppendMember(b, "user_principal_name", i.UPN)
	b = appendSome(b, "first_name", i.FirstName)
	b = appendSome(b, "last_name", i.LastName)
	b = jsonobject.AppendMember(b, "display_name", i.DisplayName)
	b = appendSome(b, "usage_location", i.UsageLocation)
	b = appendSome(b, "immutable_id", i.ImmutableID)
	b = appendTrue(b, "force_change_password", i.ForceChangePassword)
	b = appendTrue(b, "password_held", i.Held)
	return append(appendTime(b, i.At), '}')
}

// appendTo appends the line of an outcome.
func (o *Outcome) appendTo(b []byte) []byte {
	b = append(b, `{"type":"`+typeOutcome+`"`...)
	b = appendKey(b, o.Key)
	if o.Request != uuid.Nil {
		b = appendID(b, "request_id", o.Request)
	}
	b = jsonobject.AppendMember(b, "customer_id", o.Tenant)
	b = jsonobject.AppendMember(b, "user_principal_name", o.UPN)
	b = jsonobject.AppendMember(b, "status", string(o.Status))
	b = appendTrue(b, "doubt", o.Doubt)
	b = appendTrue(b, "refused", o.Refused)
	b = appendTrue(b, "unconfirmed", o.Unconfirmed)
	b = appendSome(b, "user_id", o.UserID)
	b = appendSome(b, "error_code", o.Code)
	b = appendSome(b, "error", o.Error)
	b = appendSome(b, "hint", o.Hint)
	b = appendCount(b, "attempts", int64(o.Attempts))
	b = appendSome(b, "correlation_id", o.Correlation)
	b = appendCount(b, "latency_ms", o.LatencyMS)
	return append(appendTime(b, o.At), '}')
}

func appendKey(b []byte, k Key) []byte {
	b = append(jsonobject.AppendName(b, "key"), '"')
	b, _ = k.AppendText(b) // never fails
	return append(b, '"')
}

func appendID(b []byte, name string, id uuid.UUID) []byte {
	return jsonobject.AppendMember(b, name, id.String())
}

// appendSome leaves out what is empty, as the functions after it do.
func appendSome(b []byte, name, text string) []byte {
	if text == "" {
		return b
	}
	return jsonobject.AppendMember(b, name, text)
}

func appendTrue(b []byte, name string, yes bool) []byte {
	if !yes {
		return b
	}
	return append(jsonobject.AppendName(b, name), "true"...)
}

func appendCount(b []byte, name string, n int64) []byte {
	if n == 0 {
		return b
	}
	return strconv.AppendInt(jsonobject.AppendName(b, name), n, 10)
}

func appendTime(b []byte, t time.Time) []byte {
	b = append(jsonobject.AppendName(b, "at"), '"')
	return append(t.AppendFormat(b, time.RFC3339Nano), '"')
}

// decode reads a record into what its members describe. set takes one member, and
// returns false for a value that it leaves to encoding/json.
func decode(record []byte, into any, set func(name, value []byte) bool) error {
	if jsonobject.Walk(record, set) {
		return nil
	}
	return json.Unmarshal(record, into)
}

// set takes one member of an intent's line; see decode.
func (i *Intent) set(name, value []byte) bool {
	switch string(name) {
	case "key":
		return setText(&i.Key, value)
	case "request_id":
		return setText(&i.Request, value)
	case "customer_id":
		return setString(&i.Tenant, value)
	case "user_principal_name":
		return setString(&i.UPN, value)
	case "first_name":
		return setString(&i.FirstName, value)
	case "last_name":
		return setString(&i.LastName, value)
	case "display_name":
		return setString(&i.DisplayName, value)
	case "usage_location":
		return setString(&i.UsageLocation, value)
	case "immutable_id":
		return setString(&i.ImmutableID, value)
	case "force_change_password":
		return setBool(&i.ForceChangePassword, value)
	case "password_held":
		return setBool(&i.Held, value)
	case "at":
		return setText(&i.At, value)
	}
	return true // "type", "sum", and what later versions may add
}

// set takes one member of an outcome's line; see decode.
func (o *Outcome) set(name, value []byte) bool {
	switch string(name) {
	case "key":
		return setText(&o.Key, value)
	case "request_id":
		return setText(&o.Request, value)
	case "customer_id":
		return setString(&o.Tenant, value)
	case "user_principal_name":
		return setString(&o.UPN, value)
	case "status":
		return setString((*string)(&o.Status), value)
	case "doubt":
		return setBool(&o.Doubt, value)
	case "refused":
		return setBool(&o.Refused, value)
	case "unconfirmed":
		return setBool(&o.Unconfirmed, value)
	case "user_id":
		return setString(&o.UserID, value)
	case "error_code":
		return setString(&o.Code, value)
	case "error":
		return setString(&o.Error, value)
	case "hint":
		return setString(&o.Hint, value)
	case "attempts":
		n, err := strconv.Atoi(string(value))
		o.Attempts = n
		return err == nil
	case "correlation_id":
		return setString(&o.Correlation, value)
	case "latency_ms":
		n, err := strconv.ParseInt(string(value), 10, 64)
		o.LatencyMS = n
		return err == nil
	case "at":
		return setText(&o.At, value)
	}
	return true
}

func setString(s *string, value []byte) (ok bool) {
	*s, ok = jsonobject.Text(value)
	return ok
}

func setBool(b *bool, value []byte) bool {
	*b = string(value) == "true"
	return *b || string(value) == "false"
}

// setText sets what reads itself from text: a key, an id, a time.
func setText(into interface{ UnmarshalText([]byte) error }, value []byte) bool {
	return len(value) > 1 && value[0] == '"' && into.UnmarshalText(value[1:len(value)-1]) == nil
}
