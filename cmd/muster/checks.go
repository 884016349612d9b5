package main

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/google/uuid"

	"muster/pkg/roster"
	"muster/pkg/typo"
	"muster/pkg/upn"
	"muster/pkg/wire"
)

// The checks of single settings. Their errors say what the value must be; who
// calls adds the flag or variable that has it.

func customerName(s string) error {
	if _, err := uuid.Parse(s); err == nil {
		return nil
	}
	if domainName(s) != nil {
		return errors.New("it must be the customer's tenant GUID or one of its domains, such as contoso.onmicrosoft.com")
	}
	return nil
}

func domainName(s string) error {
	for _, f := range upn.CheckDomain(s) {
		return hinted(f.Hint, "it must be a domain, such as contoso.onmicrosoft.com: %s", f.Message)
	}
	return nil
}

func country(s string) error {
	if bad := (*roster.Error)(nil); errors.As(roster.CheckLocation(s), &bad) {
		return hinted(bad.Hint, "it is no country")
	}
	return nil
}

func template(s string) error {
	_, err := upn.ParseTemplate(s)
	return err
}

// locale lets pass what [upn.CheckLocale] does, and auto.
func locale(s string) error {
	if s == "auto" {
		return nil
	}
	return upn.CheckLocale(s)
}

func baseURL(s string) error {
	_, err := wire.Base(s)
	return err
}

func shardPair(s string) error {
	_, err := parseShard(s)
	return err
}

func columnPair(s string) error {
	_, _, err := splitColumn(s)
	return err
}

// splitColumn reads a value of --map.
func splitColumn(s string) (header, field string, err error) {
	i := strings.LastIndex(s, "=") // a header may have one, a field has none
	if i < 1 || i == len(s)-1 {
		return "", "", errors.New(`it must be HEADER=FIELD, such as "Kürzel=userPrincipalName"`)
	}
	return s[:i], s[i+1:], nil
}

// columnsOf are the fields of the columns that --map names.
func columnsOf(pairs []string) (map[string]string, error) {
	columns := map[string]string{}
	for _, pair := range pairs {
		header, field, err := splitColumn(pair)
		if err != nil {
			return nil, usage("--map %q: %v", pair, err)
		}
		for other, before := range columns {
			if strings.EqualFold(other, header) && before != field {
				return nil, hinted("keep one", "--map gives the column %q both to %s and to %s", header, before, field)
			}
		}
		columns[header] = field
	}
	return columns, nil
}

// loopback checks where the emulator is to listen: it asks nobody for a
// password, so nobody else may reach it.
func loopback(s string) error {
	host, _, err := net.SplitHostPort(s)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("it must be a loopback address with a port, such as 127.0.0.1:8080")
	}
	return nil
}

// didYouMean is such as `; did you mean "number"?`, or nothing where no word is
// near.
func didYouMean(given string, words []string) string {
	if w := nearest(given, words); w != "" {
		return fmt.Sprintf("; did you mean %q?", w)
	}
	return ""
}

// nearest returns the word that differs least, or "" where all differ by more
// than a third.
func nearest(given string, words []string) string {
	return typo.Nearest(strings.ToLower(given), words, len(given)/3+1)
}
