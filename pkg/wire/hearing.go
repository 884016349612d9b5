package wire

import (
	"context"
	"time"
)

type hearingKey struct{}

// WithHearing returns a context for calls that may wait, by themselves, for as long as
// a service asks to be left alone: told hears of that wait before it begins. Who is
// killed meanwhile has recorded by then what the next run has to keep to.
func WithHearing(ctx context.Context, told func(wait time.Duration)) context.Context {
	return context.WithValue(ctx, hearingKey{}, told)
}

// Hear tells whoever called [WithHearing], if anybody did. A wait of 0 or less is none.
func Hear(ctx context.Context, wait time.Duration) {
	if told, ok := ctx.Value(hearingKey{}).(func(time.Duration)); ok && wait > 0 {
		told(wait)
	}
}
