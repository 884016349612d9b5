package partner

import (
	"bytes"
	"encoding/json"
	"html"
	"regexp"
	"strconv"
	"strings"
	"time"

	"muster/pkg/wire"
)

// Bounds of texts that are shown, in characters.
const (
	maxText = 500
	maxItem = 200
	maxCode = 64
	maxData = 3 // items
)

// fault is the body of an answer that is no success.
type fault struct {
	code, description string
	data              []string
	retryAfter        time.Duration
	hasRetryAfter     bool
}

// faultBody is the union of the shapes that the service is seen to send; every
// member is read for itself, so that a surprise in one costs only that one.
//
//	{"code":60012,"description":"…","data":["…"],"source":"PartnerFD"}   a fault; the code is documented as a string and sent as a number
//	{"statusCode":429,"message":"… Try again in 57 seconds."}            throttling
//	{"code":600061,"message":"…","description":"…","errorName":"…"}      newer services
//	{"error":{"code":"…","message":"…"}}                                 gateways in front of them
//
// (learn.microsoft.com/partner-center/developer/error-codes and
// …/api-throttling-guidance)
type faultBody struct {
	Code        json.RawMessage `json:"code"`
	Description json.RawMessage `json:"description"`
	Message     json.RawMessage `json:"message"`
	ErrorName   json.RawMessage `json:"errorName"`
	Data        json.RawMessage `json:"data"`
	Error       json.RawMessage `json:"error"`
}

// readFault reads a body of any shape, also HTML and nothing. plain makes text
// fit to be shown.
func readFault(body []byte, plain func(text string, limit int) string) fault {
	var raw faultBody
	if json.Unmarshal(body, &raw) != nil {
		return fault{description: plain(notJSON(body), maxText)}
	}
	if len(raw.Code) == 0 && len(raw.Error) > 0 && raw.Error[0] == '{' {
		_ = json.Unmarshal(raw.Error, &raw) // its members, as far as they are there
	}
	text := message(raw.Description)
	if text == "" {
		text = message(raw.Message)
	}
	if text == "" {
		text = scalar(raw.ErrorName)
	}
	f := fault{code: plain(scalar(raw.Code), maxCode), description: plain(text, maxText)}
	if wait := tryAgain.FindStringSubmatch(text); wait != nil {
		f.retryAfter, f.hasRetryAfter = wire.Seconds(wait[1])
	}
	var items []json.RawMessage
	if json.Unmarshal(raw.Data, &items) != nil {
		items = []json.RawMessage{raw.Data}
	}
	for _, item := range items {
		if text := plain(message(item), maxItem); text != "" && len(f.data) < maxData {
			f.data = append(f.data, text)
		}
	}
	return f
}

// tryAgain finds the wait in the text of a throttling answer, the one place
// where text is read: it stands in for a missing Retry-After.
var tryAgain = regexp.MustCompile(`(?i)try again in (\d+(?:\.\d+)?) second`)

// scalar returns a JSON string, number or boolean as text, whichever it is. A
// whole number is written without fraction and exponent.
func scalar(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return strings.TrimSpace(text)
	}
	if len(raw) == 0 || raw[0] == '{' || raw[0] == '[' {
		return ""
	}
	if n, err := strconv.ParseFloat(string(raw), 64); err == nil && n == float64(int64(n)) {
		return strconv.FormatInt(int64(n), 10)
	}
	return string(raw)
}

// message returns the text for people in a member of a fault. It is escaped for
// HTML, once, and may be an object, or JSON inside the string, that holds the
// text proper.
func message(raw json.RawMessage) string {
	text := html.UnescapeString(scalar(raw))
	inner := json.RawMessage(text)
	if text == "" {
		inner = raw
	}
	if found := innermost(inner, 4); found != "" {
		return found
	}
	return text
}

// innermost looks for the text in an object that stands in a description.
func innermost(raw json.RawMessage, depth int) string {
	var members map[string]json.RawMessage
	if depth == 0 || json.Unmarshal(raw, &members) != nil {
		return ""
	}
	for _, name := range []string{"message", "description", "error_description", "value", "error", "odata.error"} {
		for member, value := range members {
			if !strings.EqualFold(member, name) {
				continue
			}
			if text := innermost(value, depth-1); text != "" {
				return text
			}
			if text := scalar(value); text != "" {
				return text
			}
		}
	}
	return ""
}

// notJSON returns what a body that is no JSON says to people: the title of an
// HTML page, or the text itself.
func notJSON(body []byte) string {
	text := strings.TrimSpace(string(body))
	if !isHTML(body) {
		return text
	}
	lower := strings.ToLower(text)
	if len(lower) == len(text) {
		_, rest, _ := strings.Cut(lower, "<title>")
		if title, _, ok := strings.Cut(rest, "</title>"); ok {
			at := len(lower) - len(rest)
			return "an HTML page: " + html.UnescapeString(text[at:at+len(title)])
		}
	}
	return "an HTML page"
}

func isHTML(body []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) }
