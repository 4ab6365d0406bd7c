package labels

import "github.com/stele-health/stele/fhir"

// Explain labels a resource by itself and says why.
func (p *Policy) Explain(r *fhir.Resource, resolve Resolver) (Label, []Reason) {
	return p.ExplainIn(Around{}, r, resolve)
}
