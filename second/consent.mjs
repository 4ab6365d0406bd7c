// Grant documents: docs/protocol/reading.md, section 16.
import { need as needOf, hex, idOf, subjectOf, base32, did, utf8 } from './bytes.mjs';
import { unbase64 } from './light.mjs';

const need = (condition, text) => needOf(condition, text, 'invalid');

const hl7 = 'http://terminology.hl7.org/CodeSystem/', ours = 'https://stele.health/fhir/';
const systems = {
  scope: hl7 + 'consentscope', action: hl7 + 'consentaction', act: hl7 + 'v3-ActCode', reason: hl7 + 'v3-ActReason',
  confidential: hl7 + 'v3-Confidentiality', participant: hl7 + 'v3-ParticipationType', loinc: 'http://loinc.org', uri: 'urn:ietf:rfc:3986',
  category: ours + 'CodeSystem/category', role: ours + 'CodeSystem/role', facility: ours + 'CodeSystem/facility-kind',
  record: ours + 'NamingSystem/record-handle', ourAction: ours + 'CodeSystem/action', delegation: ours + 'CodeSystem/delegation', doing: ours + 'CodeSystem/act',
};
const extension = (name) => `${ours}StructureDefinition/${name}`;

export const categories = {
  demographics: 'personal details', allergies: 'allergies', medications: 'medicines', problems: 'health problems', immunizations: 'vaccinations',
  procedures: 'procedures', results: 'laboratory results', vitals: 'vital signs', imaging: 'imaging', documents: 'documents and notes',
  encounters: 'visits', 'care-plans': 'care plans', 'social-history': 'social history', 'family-history': 'family history',
  pregnancy: 'pregnancies', functional: 'functional assessments', devices: 'medical devices', 'advance-directives': 'advance directives',
  summary: 'emergency summary', claims: 'insurance claims', providers: 'care providers', other: 'other records',
};
const sensitivities = {
  ETH: 'alcohol and drug use', GDIS: 'genetic disease', HIV: 'HIV', PSY: 'mental health', SDV: 'abuse and violence',
  SEX: 'sexual and reproductive health', STD: 'sexually transmitted disease', SUD: 'substance use treatment',
};
Object.assign(sensitivities, { PDS: 'not classified', ADOL: 'confidential to an adolescent' });
export const sensitivityOrder = ['ADOL', 'ETH', 'GDIS', 'HIV', 'PDS', 'PSY', 'SDV', 'SEX', 'STD', 'SUD'];
export const purposes = {
  TREAT: 'treatment', ETREAT: 'emergency treatment', HPAYMT: 'payment', HOPERAT: 'running the health service', HRESCH: 'research',
  PATRQT: 'what you asked for yourself', PUBHLTH: 'public health',
};
const delegateKinds = { parent: 'your parent', carer: 'your carer', attorney: 'the holder of your power of attorney', executor: 'the executor of your will' };
const acts = { read: 'read', give: 'let others read', write: 'let others add to', answer: 'answer who asks for', delegate: '' };
const known = (table, code) => Object.hasOwn(table, code);

/** JSON of which no two keys of an object are equal. */
function strictJSON(text) {
  need(utf8(text).length <= 512 << 10, 'too long');
  let v;
  try { v = JSON.parse(text); } catch { need(false, 'not JSON'); }
  // JSON.parse takes the last of two equal keys. Written again, the text is then shorter
  // by tokens: so count the keys in the text, outside of strings.
  let inText = 0;
  for (const m of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)) if (m[1]) inText++;
  const keys = (x, depth) => {
    need(depth <= 16, 'too deep');
    if (typeof x !== 'object' || x === null) return 0;
    return (Array.isArray(x) ? 0 : Object.keys(x).length) + Object.values(x).reduce((n, y) => n + keys(y, depth + 1), 0);
  };
  need(keys(v, 0) === inText, 'two equal keys');
  need(!/"valueUnsignedInt"\s*:\s*\d*[.eE]/.test(text), 'a number that is not digits alone');
  return v;
}

/** An object being read: what nobody took is refused. */
class Element {
  constructor(v) {
    need(typeof v === 'object' && v !== null && !Array.isArray(v), 'not an object');
    this.v = v;
    this.left = new Set(Object.keys(v));
  }
  take(name) {
    this.left.delete(name);
    return Object.hasOwn(this.v, name) ? this.v[name] : undefined;
  }
  has(name) { return Object.hasOwn(this.v, name); }
  text(name) {
    const s = this.take(name);
    need(typeof s === 'string' && s !== '', `${name} is missing`);
    return s;
  }
  may(name) { return this.has(name) ? this.text(name) : ''; }
  fixed(name, want) { need(this.text(name) === want, `${name} is not ${want}`); return this; }
  number(name) {
    const n = this.take(name);
    need(Number.isInteger(n) && n >= 1 && n <= 2 ** 31 - 1, `${name} is not a positive number`);
    return n;
  }
  bytes(name) {
    try { return unbase64(this.text(name)); } catch { need(false, `${name} is not base64`); }
  }
  child(name) { return new Element(this.take(name)); }
  list(name, min, max = 256) {
    const list = this.has(name) ? this.take(name) : [];
    need(Array.isArray(list) && (!this.has(name) || list.length > 0) && list.length >= min && list.length <= max, `${name} has too few or too many`);
    return list.map((x) => new Element(x));
  }
  one(name) { return this.list(name, 1, 1)[0]; }
  ignore(...names) { names.forEach((n) => this.left.delete(n)); return this; }
  done() { need(this.left.size === 0, `${[...this.left][0]} is not understood`); }
}

function coding(e, system) {
  e.fixed('system', system).ignore('display');
  const code = e.text('code');
  e.done();
  return code;
}
function concept(e, system, want) {
  const code = coding(e.one('coding'), system);
  e.ignore('text').done();
  need(want === undefined || code === want, `not ${want}`);
  return code;
}
function party(e, type) {
  if (type !== '' || e.has('type')) e.fixed('type', type);
  const id = e.child('identifier').fixed('system', systems.uri), subject = subjectOf(id.text('value')), name = e.may('display');
  id.done();
  e.done();
  return { subject: did(subject), name };
}
const id = (e, name) => base32(idOf(e.text(name)));
function instant(e, name) {
  const text = e.text(name), ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) ? Date.parse(text) : NaN;
  need(!Number.isNaN(ms) && new Date(ms).toISOString() === text, `${name} is not a time`);
  return ms;
}

const monthDays = (y, m) => new Date(Date.UTC(2000 + (y % 400), m, 0)).getUTCDate();
/** A clinical date as [year, month, day], 0 where not known; null if there is no such date. */
export function date(text) {
  const m = text.match(/^(\d{4})(?:-(\d\d)(?:-(\d\d)(T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))?)?)?$/);
  if (!m) return null;
  const [y, mo, d] = m.slice(1, 4).map((x) => (x === undefined ? -1 : Number(x)));
  if (y < 1 || mo === 0 || mo > 12 || d === 0 || d > (mo > 0 ? monthDays(y, mo) : 31)) return null;
  return [y, Math.max(mo, 0), Math.max(d, 0)];
}
const firstDay = ([y, m, d]) => y * 10000 + (m || 1) * 100 + (d || 1);
const lastDay = ([y, m, d]) => y * 10000 + (m || 12) * 100 + (d || monthDays(y, m || 12));

/** Reads a grant document; refuses what is not understood or not good. */
export function parse(text) {
  const e = new Element(strictJSON(text)), g = {};
  e.fixed('resourceType', 'Consent').fixed('status', 'active').ignore('meta', 'identifier');
  g.id = id(e, 'id');
  g.language = e.text('language');
  const extensions = e.list('extension', 2).map((x) => [x.text('url'), x]);
  const only = (name) => {
    const found = extensions.filter(([url]) => url === extension(name));
    need(found.length === 1, `${name} is not there once`);
    return found[0][1];
  };
  const key = only('grantee-key'), [suite, bytes, ...more] = key.list('extension', 2, 2);
  g.grantee_suite = suite.fixed('url', 'suite').number('valueUnsignedInt');
  g.grantee_key = hex(bytes.fixed('url', 'key').bytes('valueBase64Binary'));
  const wording = only('wording');
  g.wording = wording.text('valueString');
  for (const x of [suite, bytes, key, wording]) x.done();
  concept(e.child('scope'), systems.scope, 'patient-privacy');
  const [first, second] = e.list('category', 2, 2);
  g.patient = party(e.child('patient'), 'Patient');
  g.signed_ms = instant(e, 'dateTime');
  g.signed_by = party(e.one('performer'), '');
  const disclosers = e.list('organization', 1), policy = e.one('policy');
  g.policy = policy.text('uri');
  policy.done();
  provision(e.child('provision'), g);
  concept(first, systems.loinc, '59284-0');
  concept(second, systems.act, { read: 'IDSCL', write: 'ICOL', delegate: 'INFA' }[g.action]);
  disclosedBy(disclosers, g);
  good(g);
  words(e, g);
  e.done();
  return g;
}

function provision(e, g) {
  e.fixed('type', 'permit');
  const p = e.child('period');
  [g.not_before_ms, g.end_ms] = [instant(p, 'start'), instant(p, 'end')];
  p.done();
  actor(e.one('actor'), g);
  const action = e.one('action'), what = action.one('coding'), found = `${what.text('system')} ${what.text('code')}`;
  what.ignore('display').done();
  action.ignore('text').done();
  g.action = { [`${systems.action} access`]: 'read', [`${systems.action} collect`]: 'write', [`${systems.ourAction} delegate`]: 'delegate' }[found];
  need(g.action, 'neither access, collect nor delegate');
  const labels = e.list('securityLabel', 1).map((l) => {
    const found = [l.text('system'), l.text('code')];
    l.ignore('display').done();
    return found;
  });
  g.sensitivity = unique(labels.filter(([s]) => s === systems.act).map(([, c]) => c), sensitivityOrder);
  const marks = new Set(labels.filter(([s]) => s !== systems.act).map(([s, c]) => s + '|' + c));
  const wanted = g.sensitivity.length ? ['N', 'R'] : ['N'];
  need(marks.size === wanted.length && wanted.every((c) => marks.has(systems.confidential + '|' + c)), 'labels');
  g.purposes = unique(e.list('purpose', 1).map((c) => coding(c, systems.reason)), Object.keys(purposes));
  g.categories = unique(e.list('code', 1).map((c) => concept(c, systems.category)), ['all', ...Object.keys(categories)]);
  [g.from, g.to] = ['', ''];
  if (e.has('dataPeriod')) {
    const d = e.child('dataPeriod');
    [g.from, g.to] = [d.may('start'), d.may('end')];
    need(g.from || g.to, 'neither start nor end');
    d.done();
  }
  g.records = e.list('data', 0).map((x) => {
    const ref = x.fixed('meaning', 'instance').child('reference'), identifier = ref.child('identifier').fixed('system', systems.record);
    const handle = id(identifier, 'value');
    [identifier, ref, x].forEach((y) => y.done());
    return handle;
  });
  g.records = [...new Set(g.records)].sort((a, b) => compare(sortable(a), sortable(b)));
  [g.max_uses, g.sources, g.unclassified, g.delegate_kind, g.acts, g.of_age] = [0, [], [], '', [], ''];
  for (const x of e.list('modifierExtension', 0, 512)) {
    const url = x.text('url');
    if (url === extension('max-uses') && g.max_uses === 0) g.max_uses = x.number('valueUnsignedInt');
    else if (url === extension('delegation') && g.delegate_kind === '') delegation(x, g);
    else if (url === extension('unclassified')) g.unclassified.push(worst(x));
    else {
      need(url === extension('source'), 'not understood');
      g.sources.push(party(x.child('valueReference'), 'Organization'));
    }
    x.done();
  }
  g.sources = sortedParties(g.sources);
  const rank = (w) => Object.keys(categories).indexOf(w.category);
  g.unclassified.sort((a, b) => rank(a) - rank(b));
  e.done();
}

/** As what somebody acts, what they do, and until which day. */
function delegation(x, g) {
  x.list('extension', 2).forEach((y, i) => {
    const url = y.text('url');
    if (url === 'kind' && i === 0) g.delegate_kind = coding(y.child('valueCoding'), systems.delegation);
    else if (url === 'act' && i > 0 && !g.of_age) g.acts.push(coding(y.child('valueCoding'), systems.doing));
    else {
      need(url === 'of-age' && !g.of_age, 'not understood');
      g.of_age = y.text('valueDate');
    }
    y.done();
  });
  g.acts = unique(g.acts, Object.keys(acts));
}

/** What records of a category count as that cannot be classified. */
function worst(x) {
  const w = { category: '', sensitivity: [] };
  x.list('extension', 1).forEach((y, i) => {
    const url = y.text('url'), c = y.child('valueCoding');
    if (url === 'category') {
      w.category = coding(c, systems.category);
      need(i === 0 && w.category, 'a category');
    } else {
      need(url === 'sensitivity', 'not understood');
      w.sensitivity.push(coding(c, systems.act));
    }
    y.done();
  });
  w.sensitivity = unique(w.sensitivity, sensitivityOrder);
  return w;
}

function actor(e, g) {
  concept(e.child('role'), systems.participant, 'IRCP');
  const ref = e.child('reference'), type = ref.text('type');
  [g.actor, g.acting_for, g.role, g.facility_kind] = [null, null, '', ''];
  g.actor_kind = { Practitioner: 'practitioner', RelatedPerson: 'person', Organization: 'organisation', PractitionerRole: 'role' }[type];
  need(g.actor_kind, 'no kind of actor');
  if (g.actor_kind === 'role') ref.ignore('display').done();
  else g.actor = party(ref, type);
  const seen = new Set();
  for (const x of e.list('modifierExtension', 0, 3)) {
    const url = x.text('url');
    need(!seen.has(url), 'there twice');
    seen.add(url);
    if (url === extension('acting-for')) g.acting_for = party(x.child('valueReference'), 'Organization');
    else if (url === extension('actor-role')) g.role = coding(x.child('valueCoding'), systems.role);
    else if (url === extension('facility-kind')) g.facility_kind = coding(x.child('valueCoding'), systems.facility);
    else need(false, 'not understood');
    x.done();
  }
  e.done();
}

const unique = (list, order) => [...new Set(list)].sort((a, b) => order.indexOf(a) - order.indexOf(b));
// Subjects and ids sort by their bytes, which base32 keeps, but that digits stand behind letters.
const sortable = (text) => text.replace(/[2-7]/g, (c) => '{' + c);
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const sortedParties = (list) => [...new Map(list.map((p) => [p.subject + p.name, p])).values()]
  .sort((a, b) => compare(sortable(a.subject), sortable(b.subject)) || compare(a.name, b.name));

function disclosedBy(list, g) {
  if (list.length === 1 && !list[0].has('identifier')) {
    need(g.sources.length === 0, 'not who discloses');
    list[0].text('display');
    return list[0].done();
  }
  const named = sortedParties(list.map((x) => party(x, 'Organization')));
  need(JSON.stringify(named) === JSON.stringify(g.sources), 'not who discloses');
}

const validName = (s) => s !== '' && [...s].length <= 120 && /^[\p{L}\p{M}\p{N}\p{P}\p{S}]+( [\p{L}\p{M}\p{N}\p{P}\p{S}]+)*$/u.test(s) && !s.includes('\ufffd');
const validCode = (s) => /^[a-z][a-z0-9-]{0,39}$/.test(s);

function good(g) {
  for (const p of [g.patient, g.signed_by]) need(p.name === '' || validName(p.name), 'a name');
  const parties = [g.patient, g.signed_by, g.actor, g.acting_for, ...g.sources].filter(Boolean);
  need(parties.every((p) => p.subject !== did(new Uint8Array(20))), 'nobody');
  need({ 1: /^.{64}$/, 2: /^0[23].{64}$/ }[g.grantee_suite]?.test(g.grantee_key), 'the key');
  const kind = g.actor_kind;
  need(kind === 'role' || validName(g.actor.name), 'the actor has no name');
  need(!g.acting_for || (kind === 'practitioner' && validName(g.acting_for.name)), 'acting for');
  need(!['practitioner', 'person'].includes(kind) || (!g.role && !g.facility_kind && !g.actor.name.includes(' at ')), 'a practitioner');
  need(kind !== 'organisation' || (!g.facility_kind && (!g.role || validCode(g.role))), 'an organisation');
  need(kind !== 'role' || (validCode(g.role) && validCode(g.facility_kind)), 'a role');
  need(g.purposes.every((p) => known(purposes, p)) && (!g.purposes.includes('HRESCH') || g.purposes.length === 1), 'purposes');
  need(g.categories.every((c) => known(categories, c)) || (g.categories.length === 1 && g.categories[0] === 'all'), 'categories');
  need(g.sensitivity.every((s) => known(sensitivities, s)) && g.sensitivity.every((s) => worded(g, s)), 'sensitivities');
  need(g.unclassified.length === 0 || (g.action === 'write' && g.wording !== '1'), 'unclassified in a grant to read');
  need(g.unclassified.every((w) => (w.category === '' || known(categories, w.category)) && w.sensitivity.length > 0 &&
    w.sensitivity.every((s) => known(sensitivities, s) && worded(g, s))), 'unclassified');
  need(new Set(g.unclassified.map((w) => w.category)).size === g.unclassified.length, 'unclassified twice');
  const [from, to] = [g.from, g.to].map((t) => (t ? date(t) : undefined));
  need(from !== null && to !== null && !/T/.test(g.from + g.to) && (!from || !to || firstDay(from) <= lastDay(to)), 'the period');
  need(g.sources.length <= 256 && g.sources.every((s) => validName(s.name)) && new Set(g.sources.map((s) => s.subject)).size === g.sources.length, 'sources');
  need(/[^a]/.test(g.id) && g.records.every((r) => /[^a]/.test(r)), 'an empty id');
  need([g.not_before_ms, g.end_ms, g.signed_ms].every((t) => t >= 0) && g.not_before_ms < g.end_ms && g.signed_ms < g.end_ms, 'times');
  need(utf8(g.policy).length <= 256 && /^[a-z][a-z0-9+.-]*:/i.test(g.policy) && /^[\p{L}\p{M}\p{N}\p{P}\p{S}]+$/u.test(g.policy), 'the policy');
  need(g.language === 'en' && ['1', '2', '3', '4'].includes(g.wording), 'words of another version');
  need(g.signed_by.subject !== g.patient.subject || g.signed_by.name === g.patient.name, 'two names');
  goodDelegation(g);
  need(!part2(g) || (g.patient.name && g.signed_by.name), 'who');
}
const worded = (g, s) => !(s === 'PDS' && g.wording === '1') && !(s === 'ADOL' && g.wording < '3');
const day = 24 * 3600_000;
function goodDelegation(g) {
  if (g.action !== 'delegate') return need(!g.delegate_kind && g.actor_kind !== 'person', 'no delegation');
  need(g.wording >= '3' && known(delegateKinds, g.delegate_kind), 'a kind of delegate');
  need(g.acts.every((a) => known(acts, a)) && g.acts.some((a) => a !== 'delegate'), 'acts');
  need(['person', 'organisation'].includes(g.actor_kind) && !g.role && g.actor.subject !== g.patient.subject, 'who acts');
  need(!g.records.length && !g.max_uses, 'records or uses of a delegation');
  need((g.delegate_kind === 'parent') === (g.of_age !== ''), 'a day of age');
  if (!g.of_age) return;
  need(date(g.of_age)?.[2] > 0 && !g.of_age.includes('T'), 'a day of age');
  const from = Date.parse(g.of_age);
  need(g.end_ms <= from + 60 * day && g.not_before_ms < from && !g.sensitivity.includes('ADOL'), "a parent's");
}
const part2 = (g) => g.sensitivity.includes('SUD') || g.sensitivity.includes('ETH');

// 16.2

const list = (items, word) => (items.length === 1 ? items[0] : `${items.slice(0, -1).join(', ')} ${word} ${items.at(-1)}`);
const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const sayDate = (text) => date(text).toReversed().map((n, i) => (i === 1 ? months[n - 1] : n)).filter(Boolean).join(' ');
function sayTime(ms) {
  const t = new Date(ms), two = (n) => String(n).padStart(2, '0');
  let clock = `${two(t.getUTCHours())}:${two(t.getUTCMinutes())}`;
  if (ms % 60_000) clock += ':' + two(t.getUTCSeconds());
  if (ms % 1000) clock += '.' + String(ms % 1000).padStart(3, '0');
  return `${t.getUTCDate()} ${months[t.getUTCMonth()].slice(0, 3)} ${t.getUTCFullYear()}, ${clock} UTC`;
}

export function presented(g) {
  const role = g.role.replaceAll('-', ' ');
  const who = {
    practitioner: () => g.actor.name + (g.acting_for ? ' at ' + g.acting_for.name : ''),
    person: () => g.actor.name,
    organisation: () => (role ? `Any ${role}` : 'Anyone') + ' acting for ' + g.actor.name,
    role: () => `Any ${role} at any ${g.facility_kind.replaceAll('-', ' ')}`,
  }[g.actor_kind]();
  const everything = g.categories[0] === 'all', asides = [];
  if (g.records.length === 1) asides.push('only the single record ' + g.records[0]);
  if (g.records.length > 1) asides.push(`only the ${g.records.length} single records ${list(g.records, 'and')}`);
  if (g.from && g.from === g.to) asides.push('only what is dated ' + sayDate(g.from));
  else if (g.from && g.to) asides.push(`only what is dated from ${sayDate(g.from)} to ${sayDate(g.to)}`);
  else if (g.from) asides.push(`only what is dated ${sayDate(g.from)} or later`);
  else if (g.to) asides.push(`only what is dated ${sayDate(g.to)} or earlier`);
  if (g.sources.length) asides.push('only what came from ' + list(g.sources.map((s) => s.name), 'or'));
  const marked = g.sensitivity.filter((s) => s !== 'PDS'), said = [], first = g.wording === '1';
  const all = g.wording < '3' ? 8 : 9;
  if (marked.length === all && (first || g.sensitivity.length > all)) said.push('everything marked as sensitive');
  else if (marked.length) said.push('what is marked as ' + list(marked.map((s) => sensitivities[s]), 'or'));
  if (marked.length < g.sensitivity.length) said.push('what could not be classified');
  if (said.length) asides.push('including ' + list(said, 'and'));
  else if (everything && (g.action !== 'write' || g.wording < '4')) asides.push('except what is marked as sensitive' + (first ? '' : ' or could not be classified'));
  const mayBe = g.wording < '4' || g.sensitivity.length === 10 ? '' : g.action === 'write' ? ' What comes in under it may be marked as sensitive.'
    : g.acts.includes('write') ? ' What others add by this may be marked as sensitive.' : '';
  const worsts = g.unclassified.map((w) => (w.category && `in your ${categories[w.category]} `) +
    `as ${list(w.sensitivity.map((s) => sensitivities[s]), 'and')}`);
  const unclassified = worsts.length ? ` What comes in under it and cannot be classified counts ${worsts.join('; ')}.` : '';
  const what = (everything ? 'your whole chart' : 'your ' + list(g.categories.map((c) => categories[c]), 'and')) +
    asides.map((a) => ', ' + a).join('') + (asides.length ? ',' : '');
  const uses = g.max_uses === 0 ? '' : g.max_uses === 1 ? ', once only,' : `, at most ${g.max_uses} times,`;
  const from = g.not_before_ms === g.signed_ms ? '' : ' from ' + sayTime(g.not_before_ms);
  const doing = list(g.acts.map((a) => acts[a]).filter(Boolean), 'and');
  const verb = g.action === 'delegate' ? `act for you as ${delegateKinds[g.delegate_kind]}, and ${doing}` : g.action === 'read' ? 'read' : 'add to';
  const more = (g.acts.includes('delegate') ? ' Within this they may let others act for you, who let nobody.' : '') +
    (g.of_age ? ` From ${sayDate(g.of_age)} on, when you come of age, it allows nothing, and before that nothing that is confidential to an adolescent.` : '') +
    (g.delegate_kind === 'executor' ? ' It begins to count with your death.' : '');
  return `${who} may ${verb} ${what} for ${list(g.purposes.map((p) => purposes[p]), 'or')}${uses}${from}` +
    ` until ${sayTime(g.end_ms)}.${unclassified}${mayBe}${more} You can take this back at any time.` + (part2(g)
      ? ' One step in your wallet takes it back; what was done under it before stays done. Substance use records that are passed on under it' +
        ' may be passed on further where health privacy law allows, but may not be used against you in legal proceedings.'
      : '');
}

function words(e, g) {
  const want = presented(g), a = e.child('sourceAttachment').fixed('contentType', 'text/plain').fixed('language', g.language);
  need(new TextDecoder().decode(a.bytes('data')) === want && instant(a, 'creation') === g.signed_ms, 'not what the document does');
  a.done();
  if (!e.has('text')) return;
  const n = e.child('text').fixed('status', 'generated'), div = n.text('div');
  const [open, close] = ['<div xmlns="http://www.w3.org/1999/xhtml"><p>', '</p></div>'];
  const inner = div.slice(open.length, -close.length), plain = { '&lt;': '<', '&gt;': '>', '&#39;': "'", '&#34;': '"', '&amp;': '&' };
  need(div === open + inner + close && !inner.includes('<'), 'the narrative');
  need(inner.replace(/&(lt|gt|#39|#34|amp);/g, (x) => plain[x]) === want, 'not what the document does');
  n.done();
}

// 16.3

/** Why an asking for a folio or a record is denied; '' when it is permitted. */
export function evaluate(g, a) {
  const actorDenied = () => {
    if (a.action !== g.action) return 'the grant is for another action';
    if (a.at_ms < g.not_before_ms) return 'the grant has not begun';
    if (a.at_ms >= g.end_ms) return 'the grant has ended';
    if (!known(purposes, a.purpose) || !g.purposes.includes(a.purpose)) return "the purpose is not the grant's";
    const somebodyElse = 'the grant is for somebody else', elsewhere = 'the grant is for another organisation', role = 'the grant is for another role';
    if (!a.who) return somebodyElse;
    switch (g.actor_kind) {
      case 'practitioner':
        if (a.who !== g.actor.subject) return somebodyElse;
        return g.acting_for && a.organisation !== g.acting_for.subject ? elsewhere : '';
      case 'organisation':
        if (a.organisation !== g.actor.subject && a.who !== g.actor.subject) return elsewhere;
        return g.role && a.role !== g.role ? role : '';
      default:
        if (a.role !== g.role) return role;
        return a.facility_kind !== g.facility_kind ? 'the grant is for another kind of facility' : '';
    }
  };
  const labelDenied = () => {
    const period = "the clinical date is not in the grant's period";
    if (!known(categories, a.category) || (g.categories[0] !== 'all' && !g.categories.includes(a.category))) return 'the category is not in the grant';
    if (!a.sensitivity.every((s) => g.sensitivity.includes(s))) return 'a sensitivity is not in the grant';
    if (g.from && a.year < date(g.from)[0]) return period;
    if (g.to && (a.year <= 0 || a.year > date(g.to)[0])) return period;
    if (g.sources.length && !g.sources.some((s) => s.subject === a.source)) return 'the source is not in the grant';
    if (a.record === null || (!g.from && !g.to)) return '';
    const when = date(a.when);
    const inside = when && (!g.from || firstDay(when) >= firstDay(date(g.from))) && (!g.to || lastDay(when) <= lastDay(date(g.to)));
    return inside ? '' : period;
  };
  const recordDenied = () =>
    g.records.length && (a.record === null || !g.records.includes(a.record)) ? "the record is not one of the grant's" : '';
  return actorDenied() || recordDenied() || labelDenied();
}
