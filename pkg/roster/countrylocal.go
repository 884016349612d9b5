package roster

import (
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// countryLanguages are those in which countries are understood beside English:
// the official languages of Europe, and those of the largest other markets of
// office programs.
const countryLanguages = "bg ca cs da de el es et fi fr ga hr hu is it lt lv mk mt nb nl pl pt ro ru sk sl sq sr sv tr uk ar he id ja ko ms th vi zh zh-Hant"

// countryLocally finds the code by a name in one of these languages, as Unicode's
// CLDR has it; "" if there is none, or if two languages mean different countries
// by it.
func countryLocally(name string) string { return localCountries()[countryKey(name)] }

// localCountries takes a tenth of a second to build, and is built for the first
// name that is no English one.
var localCountries = sync.OnceValue(func() map[string]string {
	known := countryCodes()
	names := make(map[string]string, 8000)
	for tag := range strings.FieldsSeq(countryLanguages) {
		namer := display.Regions(language.MustParse(tag))
		for a := range byte(26) {
			for b := range byte(26) {
				code := string([]byte{'A' + a, 'A' + b})
				region, err := language.ParseRegion(code)
				if !known[a][b] || err != nil {
					continue
				}
				key := countryKey(namer.Name(region))
				if before, ok := names[key]; ok && before != code {
					code = "" // stays so: the other way round it differs, too
				}
				names[key] = code
			}
		}
	}
	return names
})
