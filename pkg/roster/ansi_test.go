package roster

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// westerners have names that Windows-1252 was made for: the commonest ones with
// letters beyond A to Z, by the statistics offices of their countries.
const westerners = `de: Jürgen Müller, Jörg Weiß, Käthe Größmann, Björn Schäfer, Günther Böhm, MÜLLER GROß, Änne Österreicher, Özlem Übelhör
fr: Éloïse Lefèvre, François Noël, Hélène Crépin, Chloë Duchêne, Gaël Bénoît, Françoise D’Épinay, Jérôme Brûlé, Anaïs Cœur, Zoé L'Hôpital, Aloïs Müller
es: José Núñez, María Peña, Ángel Ibáñez, Iñaki Martínez, Íñigo Muñoz, M.ª Ángeles Güell, Begoña Zúñiga, Óscar Sáenz, Lucía Ñáñez
pt: João Simões, Conceição Magalhães, Inês Guimarães, António Leitão, Luís Gonçalves, Irmã Brandão, Estêvão Camões
it: Niccolò Dalla Libertà, Salomè Forlì, Nicolò Cantù, Mosè Virtù
ca: Mercè Puigdollers, Mònica Antònia, Gal·la Solà, Lluç Bahí, Núria Àvila
sv: Åsa Öberg, Göran Sjöström, Märta Åkesson, Pär Nordström
da: Søren Ærø, Bjørn Kjærgård, Åse Østergaard, Lærke Nørgaard
fi: Päivi Määttä, Väinö Hämäläinen, Yrjö Töölö, Öörni Räätäli
is: Þórður Guðmundsson, Hafþór Júlíusson, Sigþrúður Böðvarsdóttir, Sæþór Árnason, Ævar Þór Ðavíð, Davíð Njörður, Guðný Sæmundsdóttir
fo: Páll Høgnesen, Bjørgfríður Rógvi, Jógvan Sørensen
et: Tõnu Kõiv, Ülle Jõgi, Mäks Mägi, Õnne Pärn, Rõõm Sööt, Ämblik Kütt
nl: Daniëlle Van 't Loò, Zoë Patiënt, Loïs Coördinaat, André Curaçao
sq: Besë Çela, Zëri Hoxhë, Çlirim Dëshmi
ga: Seán Ó Súilleabháin, Gráinne Ní Bhriain, Máirtín Ó Cadhain
units: 20 °C, 5 µm, 3 m³, No Nº, Straße §5, Kaffee 2½, Preis £5, Foo™ Bar®, „Jänner“ «Été»
cy: Siân Môn
tr: Çelik Özgür, Yüksel Güneri`

// others have names that Windows-1252 would spoil, and what their computers write.
var others = []struct {
	names     string
	encodings []encoding.Encoding
}{
	{"Łukasz Wójcik, Michał Gołębiewski, Małgorzata Zając, Grażyna Świątek, Paweł Kaźmierczak, Zofia Kamińska, Stanisław Źródło",
		[]encoding.Encoding{charmap.Windows1250, charmap.ISO8859_2, charmap.CodePage852}},
	{"Jiří Dvořák, Václav Černý, Růžena Procházková, Kateřina Němcová, Zdeněk Kučera, Ondřej Řezníček",
		[]encoding.Encoding{charmap.Windows1250, charmap.ISO8859_2, charmap.CodePage852}},
	{"Ľubomír Kováč, Ľudmila Šimková, Božena Križan, Ján Ďurica, Zuzana Čaplovičová", []encoding.Encoding{charmap.Windows1250}},
	{"Szőke Gergő, Kovács Győző, Fűzfa Tünde, Tóth Erzsébet, Gyűrű Dezső", []encoding.Encoding{charmap.Windows1250, charmap.ISO8859_2}},
	{"Ivan Kovačević, Đorđe Đoković, Željka Marić, Ana Horvatić, Živko Božić", []encoding.Encoding{charmap.Windows1250}},
	{"Ionuţ Băsescu, Ştefan Cătălin, Mădălina Ţepeş, Răzvan Ciobanu", []encoding.Encoding{charmap.Windows1250, charmap.ISO8859_2}},
	{"Yıldız Işık, Ayşe Çağlar, Şahin Güneş, İbrahim Doğan, Ömer Kılıç", []encoding.Encoding{charmap.Windows1254}},
	{"Jānis Bērziņš, Kristīne Ozoliņa, Ģirts Kalniņš, Zaiga Krūmiņa", []encoding.Encoding{charmap.Windows1257}},
	{"Gintarė Petrauskaitė, Šarūnas Kazlauskienė, Žydrūnas Čiurlionis, Rūta Šimkutė", []encoding.Encoding{charmap.Windows1257}},
	{"Иван Иванов, Ольга Шевченко, Анна Ёлкина, Пётр Чайковский",
		[]encoding.Encoding{charmap.Windows1251, charmap.KOI8R, charmap.CodePage866, charmap.MacintoshCyrillic, charmap.ISO8859_5}},
	{"Γιώργος Παπαδόπουλος, Ελένη Δημητρίου", []encoding.Encoding{charmap.Windows1253, charmap.ISO8859_7}},
	{"דוד כהן, שרה לוי", []encoding.Encoding{charmap.Windows1255, charmap.ISO8859_8}},
	{"محمد علي, فاطمة حسن", []encoding.Encoding{charmap.Windows1256, charmap.ISO8859_6}},
	{"สมชาย ใจดี, มานี มีนา", []encoding.Encoding{charmap.Windows874}},
	{"山田 太郎, 佐藤 花子, 鈴木 一郎", []encoding.Encoding{japanese.ShiftJIS, japanese.EUCJP}},
	{"王 伟, 李 娜, 张 秀英", []encoding.Encoding{simplifiedchinese.GB18030, simplifiedchinese.GBK}},
	{"陳 志明, 林 美玲", []encoding.Encoding{traditionalchinese.Big5}},
	{"김 민준, 이 서연", []encoding.Encoding{korean.EUCKR}},
	{"Jürgen Müller, René García, Björn Weiß, Núria Peña", []encoding.Encoding{charmap.Macintosh, charmap.CodePage850, charmap.CodePage437}},
}

// sheetOf writes a list of people as CSV in an encoding. False means that it does
// not have all letters.
func sheetOf(names string, in encoding.Encoding) ([]byte, bool) {
	var b strings.Builder
	b.WriteString("first name;last name\n")
	for name := range strings.SplitSeq(names, ", ") {
		first, last, _ := strings.Cut(name, " ")
		b.WriteString(first + ";" + last + "\n")
	}
	data, err := in.NewEncoder().Bytes([]byte(b.String()))
	return data, err == nil
}

func TestWindows1252IsTold(t *testing.T) {
	var all []string
	for line := range strings.Lines(westerners) {
		language, names, _ := strings.Cut(strings.TrimSpace(line), ": ")
		all = append(all, names)
		data, ok := sheetOf(names, charmap.Windows1252)
		if !ok {
			t.Fatalf("%s: Windows-1252 does not have all letters of %s", language, names)
		}
		if got, err := namesIn(t, data); err != nil || got != names {
			t.Errorf("%s: got %q, %v, want %q", language, got, err, names)
		}
	}
	data, _ := sheetOf(strings.Join(all, ", "), charmap.Windows1252)
	if _, err := namesIn(t, data); err != nil {
		t.Errorf("all together: got %v", err)
	}
}

// TestOtherEncodingsAreRefused holds that no list in another encoding is taken for
// Windows-1252, and that a single person is refused or read rightly, mostly.
func TestOtherEncodingsAreRefused(t *testing.T) {
	single, spoilt := 0, []string{}
	for _, test := range others {
		for _, in := range test.encodings {
			data, ok := sheetOf(test.names, in)
			if !ok {
				t.Fatalf("%v does not have all letters of %s", in, test.names)
			}
			if got, err := namesIn(t, data); err == nil && got != test.names {
				t.Errorf("%v: got %s, want a refusal", in, got)
			} else if err != nil && !strings.Contains(refusal(err).Hint, "CSV UTF-8") {
				t.Errorf("%v: got the hint %q, want what to do", in, refusal(err).Hint)
			}
			for name := range strings.SplitSeq(test.names, ", ") {
				data, _ := sheetOf(name, in)
				single++
				if got, err := namesIn(t, data); err == nil && got != name {
					spoilt = append(spoilt, name+" as "+got)
				}
			}
		}
	}
	t.Logf("of %d files with one person each %d are read wrongly: %q", single, len(spoilt), spoilt)
	if len(spoilt)*20 > single {
		t.Errorf("%d of %d single names are spoilt, want one in twenty at most", len(spoilt), single)
	}
}

// namesIn reads a list of people.
func namesIn(t *testing.T, data []byte) (string, error) {
	f, err := Open("-", Options{Stdin: bytes.NewReader(data), TempDir: t.TempDir()})
	if err != nil {
		return "", err
	}
	defer f.Close()
	var names []string
	for row, err := range f.Rows() {
		if err != nil {
			return "", err
		}
		names = append(names, row.Person.DisplayName)
	}
	return strings.Join(names, ", "), nil
}

// TestOddNamesAmongOthers holds that in a list which reads well but for one name,
// that name is refused, or told where it may be right.
func TestOddNamesAmongOthers(t *testing.T) {
	others := strings.Repeat("Jürgen Müller, José Böhm, ", 5)
	for name, want := range map[string]string{
		"Łukasz Zając":   "damaged_text damaged_text",
		"Jan Dvořák":     "odd_spelling",
		"Şahin Güneş":    "odd_spelling",
		"Tóth Győző":     "odd_spelling",
		"Šimon Žídek":    "",
		"Jarosław Król":  "damaged_text",
		"Ana Lupaş":      "odd_spelling",
		"Ana Mª Díaz":    "",
		"D—naill Róisín": "damaged_text",              // Dónaill in Mac Roman
		"‚lirim Hoxha":   "damaged_text",              // Çlirim
		"³\\ ¥\\»\\":     "damaged_text damaged_text", // 許 功蓋 in Big5
		"Ďurišová Anna":  "odd_spelling",
		"Csűrös Anna":    "odd_spelling",
		"Žnidaršič Anna": "odd_spelling",
		"Anna æœastnì":   "odd_spelling", // Šťastný in code page 852
		"ƒ3³5 Kim":       "damaged_text", // GB 18030 writes so what is not Chinese
	} {
		var data []byte
		for _, in := range []encoding.Encoding{charmap.Windows1250, charmap.Windows1254} {
			if list, ok := sheetOf(others+name, in); ok {
				data = list
			}
		}
		f, err := Open("-", Options{Stdin: bytes.NewReader(data), TempDir: t.TempDir()})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var last Row
		for row, err := range f.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			last = row
			if row.N <= 10 && len(row.Problems)+len(row.Warnings) > 0 {
				t.Errorf("row %d: got %+v %+v", row.N, row.Problems, row.Warnings)
			}
		}
		f.Close()
		if got := strings.TrimSpace(codesOf(last.Problems) + " " + codesOf(last.Warnings)); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// TestMarksInWords holds that letters of other tables which are marks and symbols in
// Windows-1252 make nobody's name, and that these are no reason to refuse what
// stands where it belongs.
func TestMarksInWords(t *testing.T) {
	refused := []struct {
		names string
		in    encoding.Encoding
	}{
		{"Muñoz, Peña, Ibáñez", charmap.Macintosh},
		{"Muñoz", charmap.Macintosh},
		{"Català, Vilà", charmap.CodePage850},
		{"Nàpols", charmap.CodePage850},
		{"Ángel Ruiz, Álvaro Gil", charmap.CodePage850},
		{"Bjørn, Ørsted, Æge", charmap.Windows1257},
		{"Niccolò, Cantù", simplifiedchinese.GBK},
	}
	for _, tt := range refused {
		data, ok := sheetOf(tt.names, tt.in)
		if !ok {
			t.Fatalf("%v does not have all letters of %s", tt.in, tt.names)
		}
		f, err := Open("-", Options{Stdin: bytes.NewReader(data), TempDir: t.TempDir()})
		if err != nil {
			continue
		}
		for row := range f.Rows() {
			if codesOf(row.Problems) != "damaged_text" {
				t.Errorf("%v: got %q %+v, want damaged_text", tt.in, row.Person.DisplayName, row.Problems)
			}
		}
		f.Close()
	}
	for _, text := range []string{
		"Tõnu,Lõhmus,", "Guèye,Friðþjófur,", "Màiri,Iàin,", "Küçük,Göçmen,", "Müller–Schmidt,Ann’ O´Neill,",
		"Ann,Lee,Sup3r£ecret9", "Ann,Lee,§uper§Secret9", "Ann,Lee,Sup#r§ecret",
	} {
		data, err := charmap.Windows1252.NewEncoder().String("firstName,lastName,password\n" + text + "\n")
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rowsOf(t, data, Options{}) {
			if got := codesOf(row.Problems); got != "" && got != "password_characters" {
				t.Errorf("%s: got problems %q", text, got)
			}
		}
	}
}
