package durable

// syncDir does nothing: Windows offers no sync of a folder, and NTFS journals
// the change of a name by itself.
func syncDir(string) error { return nil }
