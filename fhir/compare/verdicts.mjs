// Reads {"name", "resource"} a line, resource being JSON as text, and writes
// {"name", "valid", "errors": ["path: message"]} a line: what npm's fhir says.
import { createInterface } from 'node:readline'
import fhir from 'fhir'

const validator = new fhir.Fhir()
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const { name, resource } = JSON.parse(line)
  let verdict
  try {
    const { valid, messages } = validator.validate(resource, { errorOnUnexpected: true })
    const errors = messages.filter((m) => m.severity === 'error' || m.severity === 'fatal').map((m) => `${m.location}: ${m.message}`)
    verdict = { name, valid, errors }
  } catch (err) {
    verdict = { name, valid: false, errors: [`: thrown: ${err.message}`] }
  }
  if (!process.stdout.write(JSON.stringify(verdict) + '\n')) await new Promise((done) => process.stdout.once('drain', done))
}
