package pace

// Mislead has a pacer believe that customers have limits of their own, as if the
// evidence had been just clear.
func Mislead(p *Pacer) {
	b := &p.blame
	b.verdict, b.odds, b.trust = separate, b.own()-1, b.worth(1)
}
