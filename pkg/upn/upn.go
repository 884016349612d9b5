// Package upn makes legal, unique, repeatable user principal names: the sign-in
// names of Microsoft Entra ID, such as jane.doe@contoso.onmicrosoft.com.
//
// A [Template] says how a person's name becomes the local part (what stands
// before the @), [Names] hands out numbers to those whose name is taken, and
// [Check] holds a complete name against Microsoft's rules:
//
//	t, err := upn.ParseTemplate("{first}.{last}")
//	names := upn.NewNames()
//	for each person {
//		local, err := t.Local(upn.Parts{First: "Zoë", Last: "O'Brien"}) // local.Text is "zoe.obrien"
//		wish := local.Text + "@contoso.com"
//		n := names.Next(wish, upn.HashOf(wish), nil)                    // 1, for the second Zoë 2
//		name := upn.Number(wish, n)                                     // "zoe.obrien@…", for the second "zoe.obrien2@…"
//	}
//
// Everything here depends on its arguments only: the same file gives the same
// names on every machine and at every time.
package upn

// Limits of a user principal name in characters, from the table "Username
// policies" of the Microsoft Entra page "Password policies and account
// restrictions in Microsoft Entra ID" (concept-sspr-policy).
const (
	maxUPN    = 113 // the whole name
	maxLocal  = 64  // before the @
	maxDomain = 48  // after it
)

// Parts is what is known of a person. Every field may be empty; what a template
// asks for and the person lacks is left out together with its separator.
type Parts struct {
	First, Last, Display string

	// ImmutableID is the person's id in the source directory, for {immutableId}.
	ImmutableID string

	// Identity tells this person from every other one and stays the same from
	// run to run. {guid} is derived from it.
	Identity string

	// Locale says whose spelling rules apply: a language ("de", "uk", "de-AT") in
	// lower case or a country ("DE", "UA") in upper case. Empty means that only
	// the letters themselves decide; ä is then a. See CheckLocale.
	Locale string
}

// Local is the part of a user principal name that stands before the @.
type Local struct {
	// Text is legal as it is, in lower case, and short enough that a number still
	// fits: [Number].
	Text string

	// Warnings say what in Text was guessed and should be looked at.
	Warnings []Warning
}

// Warning is something that a person should look at before the name is used.
type Warning struct {
	Code    string // a stable word, such as "arabic_vowels"
	Message string // says what was read as what, and why that may be wrong
}

// Fault is a broken rule, worded for the person who has to mend it. As an error
// it is what [Template.Local] returns for someone who cannot be named.
type Fault struct {
	Code    string // a stable word, such as "local_too_long"
	Message string // what is wrong
	Hint    string // what to do
}

// Error returns the message and the hint.
func (f Fault) Error() string { return f.Message + ": " + f.Hint }
