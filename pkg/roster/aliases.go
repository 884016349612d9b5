package roster

import (
	"strings"
	"sync"
)

// weight says how surely a header means its field. Of two columns for one field
// the surer one is read; between two that are equally sure a person must choose.
type weight int

const (
	exact  weight = iota // the field's own name
	usual                // a common name of it
	rather               // a name that may mean something else
)

// alias is what a header means.
type alias struct {
	field  field
	weight weight
}

// headerWords are the headers that people use, by field and weight, in the
// languages of common office programs; a line that is indented goes on. They are
// compared by foldHeader, so case, blanks, punctuation and accents do not matter.
// "Country" is missing on purpose: in every known sheet it belongs to a postal
// address.
const headerWords = `userPrincipalName exact: user principal name, upn
userPrincipalName usual: user name, user, login, login name, logon name, sign-in name, account name,
	benutzername, benutzer, anmeldename, anmeldung, kontoname, nutzername,
	nom d'utilisateur, utilisateur, identifiant, identifiant de connexion,
	nombre de usuario, usuario, nome utente, utente, nome de usuário, nome de utilizador, utilizador, usuário,
	gebruikersnaam, gebruiker, nazwa użytkownika, użytkownik, användarnamn, brukernavn, brugernavn,
	käyttäjänimi, käyttäjätunnus, uživatelské jméno, používateľské meno, felhasználónév, kullanıcı adı,
	имя пользователя, логин, ім'я користувача, korisničko ime, uporabniško ime, nume utilizator, όνομα χρήστη,
	ユーザー名, 用户名, 使用者名稱, 사용자 이름,
	nom d'usuari, erabiltzaile-izena, vartotojo vardas, naudotojo vardas, lietotājvārds, kasutajanimi, notandanafn,
	потребителско име, корисничко име, імя карыстальніка, اسم المستخدم, نام کاربری, שם משתמש, tên người dùng, tên đăng nhập,
	ชื่อผู้ใช้, nama pengguna, उपयोगकर्ता नाम
userPrincipalName usual: email, e-mail address, mail, mail address, primary email, work email,
	email-adresse, mailadresse, adresse e-mail, adresse mail, adresse électronique, courriel, mél,
	correo, correo electrónico, dirección de correo, posta elettronica, indirizzo e-mail,
	e-mailadres, endereço de e-mail, correio eletrónico, adres e-mail, e-postadress, e-post, e-postadresse,
	sähköposti, sähköpostiosoite, e-mailová adresa, e-mail cím, e-posta, электронная почта, эл. почта, електронна пошта,
	メールアドレス, 电子邮件, 이메일,
	correu, correu electrònic, el. paštas, e-pasts, netfang, e-pošta, имейл, електронна поща, е-пошта, почта,
	البريد الإلكتروني, ایمیل, דוא"ל, דואר אלקטרוני, thư điện tử, อีเมล, surel, ईमेल, 电子邮箱, 邮箱, 電子郵件
userPrincipalName rather: mail nickname, alias
firstName exact: first name
firstName usual: first, given name, given names, forename, vorname, vornamen, rufname,
	prénom, prénoms, nombre de pila, nombres, nome proprio, primeiro nome, voornaam, roepnaam, imię, förnamn, fornavn,
	etunimi, křestní jméno, krstné meno, keresztnév, utónév, prenume, имя, ім'я, όνομα, 名, 名字, 이름,
	primer nombre, eesnimi, fornafn, собствено име, лично име, уласнае імя, სახელი, անուն, الاسم الأول, שם פרטי, tên riêng, nama depan,
	प्रथम नाम, पहला नाम
lastName exact: last name
lastName usual: last, surname, family name, nachname, familienname, zuname,
	nom de famille, apellido, apellidos, cognome, sobrenome, apelido, achternaam, familienaam,
	nazwisko, efternamn, etternavn, efternavn, sukunimi, příjmení, priezvisko, vezetéknév, családnév, soyadı, soyad,
	prezime, priimek, nume de familie, фамилия, прізвище, επώνυμο, 姓, 姓氏, 성,
	cognom, cognoms, primer cognom, segon cognom, apelidos, primeiro apelido, segundo apelido,
	primer apellido, segundo apellido, apellido paterno, apellido materno, abizena, abizenak, pavardė, uzvārds, perekonnanimi, perenimi,
	eftirnafn, kenninafn, mbiemri, фамилно име, презиме, прозвішча, გვარი, ազգանուն, اسم العائلة, الاسم الأخير, نام خانوادگی,
	שם משפחה, họ và tên đệm, นามสกุล, nama belakang, nama keluarga, अंतिम नाम, उपनाम
lastName rather: họ
displayName exact: display name
displayName usual: full name, anzeigename, vollständiger name, ganzer name,
	nom complet, nom d'affichage, nom affiché, nombre completo, nombre para mostrar, nome completo, nome visualizzato,
	nome para exibição, nome de exibição, nome a apresentar, weergavenaam, volledige naam, nazwa wyświetlana,
	imię i nazwisko, visningsnamn, visningsnavn, vist navn, näyttönimi, zobrazované jméno, zobrazovaný název,
	zobrazované meno, megjelenítendő név, görünen ad, ad soyad, отображаемое имя, ф.и.о., фио, піб, εμφανιζόμενο όνομα,
	表示名, 显示名称, 顯示名稱, 표시 이름,
	nom visible, nome para mostrar, bistaratzeko izena, rodomas vardas, vardas ir pavardė, vardas pavardė,
	parādāmais vārds, vārds uzvārds, kuvatav nimi, kuvanimi, täisnimi, birtingarnafn, zaslonsko ime, prikazano ime, ime za prikaz,
	ime i prezime, ime in priimek, jméno a příjmení, meno a priezvisko, nume afișat, nume complet, повне ім'я, коротке ім'я,
	показвано име, име и фамилия, име за приказ, име и презиме, ονοματεπώνυμο, اسم العرض, الاسم الكامل, نام نمایشی,
	שם תצוגה, שם מלא, họ và tên, họ tên, tên hiển thị, ชื่อที่แสดง, ชื่อ-นามสกุล, nama lengkap, nama tampilan,
	प्रदर्शन नाम, पूरा नाम, 氏名, 名前, 姓名, 성명
usageLocation exact: usage location
usageLocation usual: location, country code, work country, iso country code,
	verwendungsstandort, nutzungsstandort, ländercode, länderkürzel, landeskennzeichen,
	emplacement d'utilisation, code pays, ubicación de uso, código de país, codice paese, località di utilizzo,
	gebruikslocatie, landcode, código do país, local de uso, lokalizacja użycia, kod kraju, landskod, landekode, kód země
immutableId exact: immutable id, on-premises immutable id
immutableId usual: employee id, employee number, employee no, source anchor, personnel number, staff id, staff number,
	personalnummer, mitarbeiternummer, mitarbeiter-id, matricule, numéro d'employé, número de empleado,
	matricola, personeelsnummer, número de funcionário, numer pracownika, anställningsnummer,
	ansattnummer, medarbejdernummer, osobní číslo, osobné číslo, törzsszám, sicil no, sicil numarası, legajo,
	nº de funcionário, número d'empleat, tabelio numeris, darbinieka numurs, töötaja number, табельный номер, табельний номер, служебен номер,
	αριθμός υπαλλήλου, الرقم الوظيفي, מספר עובד, mã nhân viên, รหัสพนักงาน, 社員番号, 员工编号, 工号, 員工編號, 사번
password exact: password
password usual: initial password, temporary password, password profile, passwort, kennwort, initialpasswort, initialkennwort,
	startpasswort, mot de passe, contraseña, clave, wachtwoord, senha, palavra-passe, hasło, lösenord, adgangskode, passord,
	salasana, heslo, jelszó, parola, şifre, lozinka, geslo, пароль, κωδικός πρόσβασης, パスワード, 密码, 密碼, 비밀번호,
	contrasenya, pasahitza, slaptažodis, parole, parool, lykilorð, парола, лозинка, كلمة المرور, رمز عبور, סיסמה,
	mật khẩu, รหัสผ่าน, kata sandi, पासवर्ड
forceChangePassword exact: force change password
forceChangePassword usual: force change password next sign-in, change password at next sign-in, change password at next logon,
	must change password, password change required, kennwort ändern, passwort ändern, changer le mot de passe
customerId exact: customer id
customerId usual: customer, customer tenant id, tenant id, tenant, kunden-id, mandant, client tenant id
domain exact: domain
domain usual: domain name, upn suffix, domäne, domaine, dominio, domínio, domein, domena, domän
blockSignIn exact: block sign in, sign-in blocked, sign in blocked, block credential, anmeldung blockieren
accountEnabled exact: account enabled
accountStatus exact: account status
passwordHashFunction exact: password hash function
userType exact: user type
`

// aliases is the table of headerWords by folded header, made once and not changed.
var aliases = sync.OnceValue(func() map[string]alias {
	table := make(map[string]alias, 512)
	var a alias
	for line := range strings.Lines(headerWords) {
		if what, headers, ok := strings.Cut(line, ": "); ok {
			name, word, _ := strings.Cut(what, " ")
			a = alias{fieldOf(name), weightOf(word)}
			line = headers
		}
		for header := range strings.SplitSeq(strings.TrimRight(strings.TrimSpace(line), ","), ",") {
			table[foldHeader(header)] = a
		}
	}
	return table
})

func weightOf(word string) weight {
	switch word {
	case "exact":
		return exact
	case "rather":
		return rather
	}
	return usual
}

// Some words mean a whole name or a part of it, depending on the columns beside
// them: "Nom" beside "Prénom" is the last name, "Nombre" beside "Apellidos" the
// first. surnameOrFull and givenOrFull tell them apart.
func surnameOrFull() []string { return []string{"name", "nom", "naam", "navn", "namn", "nev", "nume"} }

func givenOrFull() []string {
	words := []string{"nombre", "nome", "jmeno", "meno", "ime", "nimi", "adi", "ad", "izena", "vardas", "vards", "emri", "nama",
		"име", "الاسم", "نام", "tên", "ชื่อ", "नाम"}
	for i, w := range words {
		words[i] = foldHeader(w)
	}
	return words
}

// catalanSurnames are the last-name headers beside which "Nom" is the first name.
func catalanSurnames() []string { return []string{"cognom", "cognoms", "primercognom"} }

// isSurnamePrefix holds for a column with "van der" or "von", which belongs before
// the last name.
func isSurnamePrefix(folded string) bool {
	switch folded {
	case "tussenvoegsel", "tussenvoegsels", "voorvoegsel", "voorvoegsels", "namensvorsatz", "vorsatzwort", "surnameprefix", "lastnameprefix":
		return true
	}
	return false
}

// surnameLanguages are the first-name headers beside which "Name" is the last name
// by custom: "Name, Vorname". Beside the English "First name" it may be either.
func surnameLanguages() []string {
	return []string{"vorname", "vornamen", "rufname", "prenom", "prenoms", "voornaam", "roepnaam", "fornavn", "fornamn", "keresztnev", "utonev", "prenume"}
}
