package simulate

import "time"

// Op is what a request asks for.
type Op string

// The operations. NoOp is a request that the service does not know.
const (
	NoOp           Op = ""
	CreateUser     Op = "create_user"
	ListUsers      Op = "list_users"
	GetUser        Op = "get_user"
	UpdateUser     Op = "update_user" // also a restore, and a password reset without the suffix
	ResetPassword  Op = "reset_password"
	DeleteUser     Op = "delete_user"
	GetCustomer    Op = "get_customer"
	ListCustomers  Op = "list_customers"
	CompanyProfile Op = "company_profile"
	HeadDomain     Op = "head_domain"
	Token          Op = "token"
	DeviceCode     Op = "device_code"
)

// Request is a request as the service saw it. A fault hook sees the first
// group only, [Service.Requests] all.
type Request struct {
	N             int // 1 for the first request of the service
	Attempt       int // 1 for the first with this method, path and user principal name
	Time          time.Time
	Op            Op
	Method, Path  string // path without query
	Tenant        string // customer id in the path, lower case
	UPN           string // user principal name in the body, as sent
	RequestID     string // MS-RequestId, drawn by the service if absent or no GUID
	CorrelationID string

	Status    int    // of the answer; 0 = none was sent
	Mishap    Mishap // the fault it met
	Throttled bool   // refused by a quota
	Early     bool   // arrived while a Retry-After of its scope, already written, had not passed
	Committed bool   // changed the directory, or gave a token
	Replayed  bool   // answered from memory by its MS-RequestId
}
