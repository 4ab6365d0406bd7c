// What a patient says of emergencies: docs/protocol/reading.md, section 15.10.
import { need, equal, join, commit } from './bytes.mjs';
import { decodeKnown, encode } from './proto.mjs';
import { wire } from './wire.mjs';
import { openEnvelope } from './seal.mjs';
import { categories as words, sensitivityOrder as sensitivities } from './consent.mjs';

const categories = Object.keys(words);
const emergency = ['allergies', 'medications', 'problems', 'devices', 'advance-directives', 'summary'];
const less = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const bytewise = (a, b) => { for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] - b[i]; return 0; };
const ascending = (list, by) => list.every((v, i) => i === 0 || by(list[i - 1], v) < 0);
const code = /^[a-z][a-z0-9-]{0,39}$/;

/** Reads a document, which has one form. */
export function read(document) {
  need(document.length <= 4062, 'too long', 'invalid');
  const s = decodeKnown(wire.EmergencySlot, document), form = (ok) => need(ok, 'not a document of an emergency slot', 'invalid');
  form(equal(encode(wire.EmergencySlot, s), document));
  form(s.categories.every((c) => categories.includes(c)) && ascending(s.categories, (a, b) => categories.indexOf(a) - categories.indexOf(b)));
  form(s.sensitivity.every((c) => sensitivities.includes(c)) && ascending(s.sensitivity, less));
  for (const codes of [s.roles, s.facilities]) form(codes.every((c) => code.test(c)) && ascending(codes, less));
  form(s.excluded.every((e) => e.length === 20) && ascending(s.excluded, bytewise));
  const more = s.categories.length + s.sensitivity.length + s.roles.length + s.facilities.length + s.excluded.length;
  form(!s.nothing || more === 0);
  form(s.restrictions.length <= 64);
  form(s.capsules.length === 0 || (s.capsules.length === 32 && s.capsules.some((b) => b !== 0)));
  s.restrictions.forEach((r) => readRestriction(r, form));
  return { ...s, nothing: Boolean(s.nothing), opens: s.nothing ? [] : s.categories.length ? s.categories : emergency };
}

function readRestriction(r, form) {
  const labels = r.categories.length + r.sensitivity.length + r.sources.length > 0 || r.from_year !== 0 || r.to_year !== 0;
  form(labels !== r.records.length > 0 && !(labels && r.whole_folios));
  form(r.categories.every((c) => categories.includes(c)) && ascending(r.categories, (a, b) => categories.indexOf(a) - categories.indexOf(b)));
  form(r.sensitivity.every((c) => sensitivities.includes(c)) && ascending(r.sensitivity, less));
  form(r.sources.every((e) => e.length === 20) && ascending(r.sources, bytewise));
  form(r.records.every((e) => e.folio.length === 32 && e.handle.length === 16) && ascending(r.records.map((e) => join(e.folio, e.handle)), bytewise));
  form([r.from_year, r.to_year].every((y) => y >= 0 && y <= 9999) && (r.to_year === 0 || r.from_year <= r.to_year));
  form(code.test(r.language) && r.warning.length >= 1 && new TextEncoder().encode(r.warning).length <= 40 && r.at_ms > 0n);
}

/** Whether a record of a folio is kept from whoever reads but its owner; without a handle, whether the folio's key is. */
export const restricts = (s, emergency, folio, label, handle) => s.restrictions.some((r) => (!emergency || r.in_emergencies) && (r.records.length
  ? r.records.some((e) => equal(e.folio, folio) && (!handle || r.whole_folios || equal(e.handle, handle)))
  : (!r.categories.length || r.categories.includes(label.category))
    && (!r.sensitivity.length || r.sensitivity.some((c) => label.sensitivity.includes(c)))
    && (!r.sources.length || r.sources.some((e) => equal(e, label.source)))
    && (label.year <= 0 || ((r.from_year === 0 || label.year >= r.from_year) && (r.to_year === 0 || label.year <= r.to_year)))));

/** Whether a record needs a capsule of its own: its folio's key is kept back by that of single records, and it is not. */
export function beside(s, folio, handle) {
  const singles = { ...s, restrictions: s.restrictions.filter((r) => r.records.length > 0) };
  return [false, true].some((e) => restricts(singles, e, folio, {}) && !restricts(singles, e, folio, {}, handle));
}

/** Reads the capsules that go with a slot, which have one form, and says of how many records they are. */
export function readCapsules(raw) {
  const form = (ok) => need(ok, 'not the capsules of a slot', 'invalid'), m = decodeKnown(wire.SlotCapsules, raw);
  form(equal(encode(wire.SlotCapsules, m), raw));
  form(m.folios.every((f) => f.folio.length === 32 && f.records.length > 0) && ascending(m.folios.map((f) => f.folio), bytewise));
  for (const f of m.folios) form(f.records.every((r) => r.handle.length === 16 && r.capsule.length === 194) && ascending(f.records.map((r) => r.handle), bytewise));
  const count = m.folios.reduce((n, f) => n + f.records.length, 0);
  form(count <= 512);
  return count;
}

/** Opens what was sealed to a member, and holds it against the commitment. */
export function open(seed, member, subject, commitment, envelope) {
  const plain = openEnvelope(seed, 'stele.v1.envelope.slot', join(subject, commitment, member), envelope);
  need(plain.length === 4096, 'of another length', 'invalid');
  const length = plain[32] * 256 + plain[33], document = plain.slice(34, 34 + length);
  need(length <= 4062 && plain.slice(34 + length).every((b) => b === 0), 'of another form', 'invalid');
  need(equal(commit(plain.slice(0, 32), 'stele.v1.emergency', document), commitment), 'not what was committed to');
  return document;
}

/** Why somebody may not open anything; empty: they may. */
export function allows(s, a) {
  if (s.nothing) return 'in an emergency nobody may open anything';
  if (s.excluded.some((e) => equal(e, a.who) || equal(e, a.organisation))) return 'the patient has said that this one may not, in an emergency either';
  if (s.roles.length && !s.roles.includes(a.role)) return 'the role may not open anything in an emergency';
  if (s.facilities.length && !s.facilities.includes(a.facility)) return 'the kind of facility may not open anything in an emergency';
  return '';
}

/** Why a folio of a label is not opened; empty: it is. */
export function covers(s, label) {
  if (s.nothing) return 'in an emergency nobody may open anything';
  if (!s.opens.includes(label.category)) return 'the category is not opened in an emergency';
  if (label.sensitivity.some((c) => !s.sensitivity.includes(c))) return 'a sensitivity is not opened in an emergency';
  return '';
}
