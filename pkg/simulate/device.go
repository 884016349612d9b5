package simulate

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// deviceCode is a sign-in that was started.
type deviceCode struct {
	started  time.Time
	polled   time.Time
	scopes   []string
	redeemed bool
}

// deviceCode starts a device-code sign-in: RFC 8628, section 3.1, with the
// fields of "OAuth 2.0 device authorization grant" in the Microsoft identity
// platform documentation.
func (s *Service) deviceCode(c *call) answer {
	si := s.signIn
	si.mu.Lock()
	defer si.mu.Unlock()
	now := time.Now()
	e := si.checkClient(c, "device_code")
	if e == (SignInError{}) || e.Code == 7000218 { // no secret is sent here
		_, e = requested(c)
	}
	if e != (SignInError{}) {
		return e.answer(now, c)
	}
	code, userCode := noise(120), strings.ToUpper(randomID(c.random).String()[:8])
	si.devices[code] = &deviceCode{started: now, scopes: strings.Fields(c.form.Get("scope"))}
	const page = "https://microsoft.com/devicelogin"
	return answer{status: http.StatusOK, body: tokenBody(struct {
		UserCode   string `json:"user_code"`
		DeviceCode string `json:"device_code"`
		Page       string `json:"verification_uri"`
		ExpiresIn  int    `json:"expires_in"`
		Interval   int    `json:"interval"`
		Message    string `json:"message"`
	}{
		userCode, code, page, int(si.rules.Device.life() / time.Second), int(si.rules.Device.interval() / time.Second),
		fmt.Sprintf("To sign in, use a web browser to open the page %s and enter the code %s to authenticate.", page, userCode),
	})}
}

// poll checks whether the person has signed in.
func (si *signIn) poll(text string, now time.Time) SignInError {
	rules := si.rules.Device
	code := si.devices[text]
	if code == nil {
		return SignInError{Word: "bad_verification_code"}
	}
	hasty := !code.polled.IsZero() && now.Sub(code.polled) < rules.interval()
	code.polled = now
	switch age := now.Sub(code.started); {
	case code.redeemed:
		return SignInError{Code: 54005}
	case age >= rules.life():
		return SignInError{Word: "expired_token"}
	case hasty:
		return SignInError{Word: "slow_down"}
	case age < rules.ApproveAfter:
		return SignInError{Word: "authorization_pending"}
	case rules.Outcome != "":
		return SignInError{Word: rules.Outcome}
	}
	code.redeemed = true
	return SignInError{}
}

func (d Device) life() time.Duration {
	if d.Life == 0 {
		return 900 * time.Second
	}
	return d.Life
}

func (d Device) interval() time.Duration {
	if d.Interval == 0 {
		return 5 * time.Second
	}
	return d.Interval
}
