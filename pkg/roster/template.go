package roster

// Template returns a starter file in the format "csv" or "jsonl", nil for any
// other. It names every field and holds two people who pass the checks; what a
// person does not need stays empty. Its text is UTF-8; the CSV begins with a
// byte-order mark, without which Excel spoils accents.
func Template(format string) []byte {
	switch format {
	case "csv":
		return []byte("\ufeff" + csvTemplate)
	case "jsonl":
		return []byte(jsonTemplate)
	}
	return nil
}

const csvTemplate = `userPrincipalName,firstName,lastName,displayName,usageLocation,immutableId,password,forceChangePassword,customerId,domain
,Jane,Doe,,US,,,,,
bjoern.hansson,Björn,Hansson,Björn Hansson (Sales),SE,,,true,,
`

const jsonTemplate = `{"firstName":"Jane","lastName":"Doe","usageLocation":"US"}
{"userPrincipalName":"bjoern.hansson","firstName":"Björn","lastName":"Hansson","displayName":"Björn Hansson (Sales)","usageLocation":"SE","forceChangePassword":true}
`
