// The ledger: docs/protocol/ledger.md, section 8. Executes blocks in memory.
import { Hash, need, hex, equal, join, subjectFrom, be, ownId, commit, Refused } from './bytes.mjs';
import { decode, decodeKnown, encode } from './proto.mjs';
import { wire } from './wire.mjs';
import { check, validKey, keyText, sameKey, isText } from './sign.mjs';
import { headHash, appHash } from './proof.mjs';
import * as merkle from './merkle.mjs';

const minute = 60_000n, tenMinutes = 10n * minute, hundredYears = 100n * 366n * 24n * 60n * minute;
const reasons = { revoked: 1, ended: 2, 'used up': 3, 'not yet': 4 };

function keyDocument(raw) {
  const d = decodeKnown(wire.KeyDocument, raw);
  need(d.devices.length >= 1 && d.devices.length <= 8 && d.salt.length >= 16 && d.salt.length <= 32, 'a key document', 'invalid');
  need(!isText(d.salt), 'a salt reads as text', 'invalid');
  need(encode(wire.KeyDocument, d).length === raw.length, 'something beside its fields', 'invalid');
  d.devices.forEach(goodDevice);
  need(new Set(d.devices.map((x) => keyText(x.signing))).size === d.devices.length, 'one key twice', 'invalid');
  return d;
}
function goodDevice(d) {
  need(validKey(d?.signing), 'a malformed key', 'invalid');
  const signsOnly = d.seal_suite === 0 && d.seal_key.length === 0;
  need(signsOnly || (d.seal_suite === 1 && goodSealKey(d.seal_key)), 'a malformed seal key', 'invalid');
}
const prime = (1n << 255n) - 19n, unusable = [0n, 1n, prime - 1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n];
/** 5: ML-KEM-768's coefficients are below 3,329; the point of X25519 is not of small order; neither is text. */
function goodSealKey(k) {
  if (k.length !== 1216 || [k.slice(0, 1152), k.slice(1152, 1184), k.slice(1184)].some(isText)) return false;
  for (let i = 0; i < 1152; i += 3) {
    if ((k[i] | ((k[i + 1] & 15) << 8)) >= 3329 || ((k[i + 1] >> 4) | (k[i + 2] << 4)) >= 3329) return false;
  }
  const point = k.slice(1184).reverse();
  point[0] &= 127;
  return !unusable.includes(BigInt('0x' + hex(point)) % prime);
}
const length = (b, n, what) => {
  need(b.length === n, `${what} has ${n} bytes`, 'invalid');
  need(!isText(b), `${what} reads as text`, 'invalid');
};

/** 8.6: so many at once, and one more every so often. */
const second = 1000n;
const rates = { access: [60n, 20n * second], anchor: [300n, 30n * second], grant: [200n, 300n * second], key: [20n, 3600n * second], receipt: [600n, second],
  issuer: [256n, 3600n * second], list: [20n, 600n * second], slot: [20n, 3600n * second], glass: [8n, 3n * 3600n * second], change: [16n, 3n * 3600n * second], word: [16n, 3n * 3600n * second], death: [2n, 24n * 3600n * second], merge: [16n, 24n * 3600n * second] };
function pay([burst, every], paid, now) {
  const next = (paid > now ? paid : now) + every;
  return [next, next - now <= burst * every];
}

const hour = 60n * minute, day = 24n * hour;
const encoded = (kind, m) => (m ? hex(encode(wire[kind], m)) : '');
const notice = 150n * 24n * 3600n * second; // before a delegation's end

const fresh = () => ({
  logs: [], // by leaf: {subject, size, peaks}
  subjects: new Map(), // by hex, like all that follow: {leaf, devices}
  issuers: new Map(), lists: new Map(), // by hex of subject and certificate; of the subject: the last epoch
  broken: new Map(), // openings in an emergency, by hex of the member and day
  notes: new Map(), early: new Set(), joined: new Map(), // of merges: what the other log must say, by hex of subject and turn; what it said first; how many are merged into one
  guards: new Map(), changes: new Map(), // by hex of the subject; of the change
  grants: new Map(), accesses: new Set(), batches: new Set(), anchors: new Set(),
  answers: new Map(), // by transaction id: {seq, event}
  paid: new Map(), // by rate and hex of grant or subject
});

export class Ledger {
  constructor(genesis) {
    Object.assign(this, fresh());
    this.genesis = decodeKnown(wire.Genesis, genesis);
    this.members = this.genesis.members.map((m) => ({ ...m, subject: subjectFrom(m.key_document) }));
    this.begin(0n, this.genesis.time_ms);
    this.emit(subjectFrom(genesis), { consortium_founded: { genesis: this.genesis } });
    for (const m of this.members) {
      keyDocument(m.key_document);
      this.emit(m.subject, { subject_created: { key_document: m.key_document } });
    }
  }

  begin(height, time) {
    Object.assign(this, { height, time, index: 0, events: [] });
  }

  get appHash() {
    const heads = this.logs.map((l) => merkle.leaf(headHash(l.subject, l.size, merkle.fold(l.peaks))));
    return appHash(heads.length, merkle.root(heads));
  }

  /** 8.8: a ledger from the events up to a height, log by log, and the app hash that they must come to. */
  static restore(events, height, time, appHash) {
    const l = Object.create(Ledger.prototype);
    Object.assign(l, fresh());
    let last;
    for (const raw of events) {
      need(!last || raw.length <= 64 << 10, 'too large');
      const e = decodeKnown(wire.Event, raw), kind = e.$oneof?.event;
      need(e.version === 1 && kind && e.height >= 0n && e.height <= height && e.time_ms <= time, 'from after the snapshot, or of another version');
      const goesOn = last && equal(e.subject, last.subject), leaf = l.logs.length - (goesOn ? 1 : 0);
      if (goesOn) {
        const later = e.height > last.height || (e.height === last.height && e.index > last.index);
        need(later && e.time_ms >= last.time_ms, 'out of order');
      } else {
        need(!l.subjects.has(hex(e.subject)), 'out of order');
        need(kind === 'subject_created' || kind === 'consortium_founded', 'of nobody');
      }
      if (kind === 'subject_created') need(!goesOn && e.subject_created.leaf === BigInt(leaf), "in another's place");
      l.begin(e.height, e.time_ms);
      l.fold(kind, e[kind], e.subject, leaf, raw);
      last = e;
    }
    need(equal(l.appHash, appHash), 'not the events that the validators signed for');
    return l;
  }

  /** Executes the next block; returns the verdicts of its transactions. */
  block(height, time, parcels) {
    this.begin(BigInt(height), BigInt(time));
    const due = [...this.grants].flatMap(([name, g]) => [
      g.member ? { at: g.end, kind: 2, name, g, is: g.deadline, event: { emergency_ended: { activation: g.id } } }
        : { at: g.end, kind: 1, name, g, is: g.deadline, event: { grant_ended: { grant: g.id } } },
      { at: g.end - notice, kind: 4, name, g, is: g.notice, event: { delegation_ending: { grant: g.id, end_ms: g.end } } },
      { at: g.reviewBy, kind: 3, name, g, is: g.unreviewed, event: { review_overdue: { activation: g.id } } },
    ]).concat([...this.notes].map(([name, n]) => ({ at: n.at, kind: 5, name, g: { subject: n.other }, is: true, event: { merge_noted: { from: n.from, turn: n.turn } } })))
      .concat([...this.changes].map(([name, c]) => ({ at: c.until, kind: 6, name, g: c, is: true, due: () => this.changes.has(name) && this.madeOrNot(c) })))
      .concat([...this.guards].map(([name, g]) => ({ at: g.until, kind: 7, name, g, is: g.recovers, due: () => this.recoveredOrNot(g) })))
      .filter((d) => d.is && d.at <= this.time);
    due.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.kind - b.kind || (a.name < b.name ? -1 : 1)));
    for (const d of due.slice(0, 1000)) {
      const event = d.due ? d.due() : d.event; // none where an event of this block has ended it
      if (event) this.emit(d.g.subject, event);
    }
    return parcels.flatMap((raw) => {
      try {
        return this.parcel(raw).transactions.map((tx) => this.transact(tx));
      } catch (e) {
        if (e instanceof Refused) return [];
        throw e;
      }
    });
  }

  parcel(raw) {
    need(raw.length <= 256 << 10, 'too large', 'invalid');
    const signed = decodeKnown(wire.Signed, raw), p = decodeKnown(wire.Parcel, signed.body);
    need(p.chain === this.genesis.chain, 'another chain', 'invalid');
    length(p.nonce, 16, 'a nonce');
    need(p.transactions.length <= 1024, 'too many', 'invalid');
    const member = this.members.find((m) => equal(m.subject, p.member));
    need(member && signed.signatures.length === 1 && sameKey(signed.signatures[0].key, member.node), "not of a member's node", 'denied');
    check('stele.v1.parcel', signed);
    return p;
  }

  transact(raw) {
    let id = new Uint8Array(32);
    try {
      if (raw.length <= 16 << 10) id = Hash('stele.v1.transaction', decode(wire.Signed, raw).body);
      return { id, ...this.answer(raw, id) };
    } catch (e) {
      if (e instanceof Refused) return { id, kind: e.kind, why: e.message };
      throw e;
    }
  }

  answer(raw, id) {
    need(raw.length <= 16 << 10, 'too large', 'invalid');
    const signed = decodeKnown(wire.Signed, raw), tx = decodeKnown(wire.Transaction, signed.body);
    need(tx.chain === this.genesis.chain, 'another chain', 'invalid');
    length(tx.nonce, 16, 'a nonce');
    need(tx.expires_ms > this.time && tx.expires_ms <= this.time + tenMinutes, 'expired, or too far ahead', 'invalid');
    need(tx.$oneof?.message, 'no message', 'invalid');
    need(signed.signatures.length <= Math.max(8, this.members.length), 'too many signatures', 'denied');
    const keys = check('stele.v1.transaction', signed);
    const first = this.answers.get(hex(id));
    if (first) return first;
    const kind = tx.$oneof.message;
    const signedBy = (key) => key && keys.some((k) => sameKey(k, key));
    const [subject, event] = this[kind](tx[kind], signedBy);
    const answer = this.emit(subject, event, id);
    this.answers.set(hex(id), answer);
    return answer;
  }

  /** Stamps an event, folds it into the state and appends it to its log. */
  emit(subject, event, tx) {
    const kind = Object.keys(event)[0], known = this.subjects.get(hex(subject));
    const leaf = known?.leaf ?? this.logs.length;
    if (kind === 'subject_created') event.subject_created.leaf = BigInt(leaf);
    return this.fold(kind, event[kind], subject, leaf, encode(wire.Event, {
      version: 1, subject, height: this.height, index: this.index++, time_ms: this.time, tx, ...event,
    }));
  }

  fold(kind, e, subject, leaf, raw) {
    this.apply(kind, e, subject, leaf);
    const log = (this.logs[leaf] ??= { subject, size: 0, peaks: [] });
    log.peaks = merkle.append(log.size, log.peaks, merkle.leaf(raw));
    this.events.push(raw);
    return { seq: log.size++, event: raw };
  }

  /** The key of what a rate has been used for, and whether once more is too often. */
  rate(name, of, bound = rates[name]) {
    const key = `${name} ${hex(of)}`, [paid, ok] = pay(bound, this.paid.get(key) ?? 0n, this.time);
    return { key, paid, ok };
  }
  use(name, of) {
    const { key, paid } = this.rate(name, of);
    this.paid.set(key, paid);
  }
  within(name, of, bound) {
    need(this.rate(name, of, bound).ok, 'too often for now', 'limit');
  }

  apply(kind, e, subject, leaf) {
    const rated = { keys_rotated: ['key', subject], device_added: ['key', subject], grant_given: ['grant', this.account(subject)],
      access_permitted: ['access', e.grant], anchored: ['anchor', e.grant], receipts_posted: ['receipt', subject],
      issuer_admitted: ['issuer', subject], status_list_posted: ['list', this.account(subject)],
      emergency_set: ['slot', this.account(subject)], death_recorded: ['death', subject], change_announced: ['change', this.by(subject, e)],
      device_frozen: ['change', this.by(subject, e)], guardian_spoke: ['word', join(subject, e.guardian?.key ?? [])], glass_broken: ['glass', join(subject, e.member ?? subject)],
      subjects_merged: ['merge', subject], merge_noted: e.turn % 2 === 1 ? ['merge', subject] : undefined }[kind];
    if (rated) this.use(...rated);
    const at = this.subjects.get(hex(subject)), about = e.grant ?? e.activation, grant = about && this.grants.get(hex(about));
    switch (kind) {
      case 'consortium_founded': return this.subjects.set(hex(subject), { leaf, devices: [] });
      case 'subject_created': return this.subjects.set(hex(subject), this.created(e, leaf));
      case 'subjects_merged':
        Object.assign(at, { into: e.into, before: at.slot });
        return this.turned(subject, at, e.into, 1);
      case 'merge_undone':
        Object.assign(at, { into: undefined, before: undefined, slot: e.emergency });
        if (e.said) Object.assign(at, { died: e.died, said: e.said });
        return this.turned(subject, at, e.into, -1);
      case 'merge_noted': {
        const name = hex(e.from) + hex(be(e.turn, 4));
        return void (this.notes.delete(name) || this.early.add(name));
      }
      case 'subject_claimed': return Object.assign(at, { devices: [e.device], slip: undefined, enrolled: undefined });
      case 'keys_rotated':
        at.devices = at.devices.map((d) => (sameKey(d.signing, e.old) ? e.device : d));
        return this.followed(subject, e.old, e.device.signing);
      case 'change_announced': return this.changes.set(hex(e.change), { id: e.change, subject, by: e.by, what: e.what, until: e.until_ms });
      case 'change_stopped': return this.changes.delete(hex(e.change));
      case 'change_made':
        this.changes.delete(hex(e.change));
        if (e.what.guardians) return Object.assign(this.guard(subject), { circle: e.what.guardians.number ? e.what.guardians : undefined, words: [], vetoed: 0n });
        this.takeOut(at, e.what.remove);
        return this.forget(subject, (c) => sameKey(c.by, e.what.remove));
      case 'device_frozen': return this.chill(at, e.device, !e.thawed, false);
      case 'guardian_spoke': return this.heard(subject, at, e);
      case 'recovery_stopped': {
        this.stopRecovery(Object.assign(this.guard(subject), e.by ? { vetoed: this.time } : {}));
        return;
      }
      case 'subject_recovered': {
        const g = Object.assign(this.guard(subject), { recovers: undefined, recovered: this.time });
        g.words.forEach((w) => Object.assign(w, { recover: '', other: '' }));
        for (const [name, c] of this.changes) if (equal(c.subject, subject)) this.changes.delete(name);
        return Object.assign(at, { devices: [e.device], frozen: [] });
      }
      case 'device_added': return at.devices.push(e.device);
      case 'grant_given': return this.grants.set(hex(e.grant), {
        id: e.grant, subject, action: e.action, grantee: e.grantee, notBefore: e.not_before_ms, end: e.end_ms, maxUses: e.max_uses,
        delegation: e.delegation?.length ? hex(e.delegation) : undefined, notice: e.action === 3 && e.end_ms - notice > this.time,
        members: e.members ?? [], turn: at.into && !e.delegation?.length ? at.turn : undefined, uses: 0, status: 'active', deadline: true, minute: -1n, inMinute: 0, refusals: 0 });
      case 'grant_revoked': return Object.assign(grant, { status: 'revoked', deadline: false, notice: false });
      case 'death_recorded': case 'death_undone':
        if (kind === 'death_recorded' && this.guards.get(hex(subject))?.recovers) this.stopRecovery(this.guard(subject));
        return Object.assign(at, { died: kind === 'death_recorded' ? this.height : 0n, said: this.height });
      case 'delegation_ending': grant.notice = false; return;
      case 'grant_ended': return Object.assign(grant, { status: 'ended', deadline: false });
      case 'access_permitted': grant.uses = e.use; return this.accesses.add(hex(e.request));
      case 'access_refused':
        if (grant.minute !== this.time / minute) Object.assign(grant, { minute: this.time / minute, inMinute: 0 });
        grant.inMinute++;
        grant.refusals++;
        return;
      case 'receipts_posted': return this.batches.add(hex(e.batch));
      case 'issuer_admitted': return this.issuers.set(hex(e.issuer.subject) + hex(e.issuer.certificate), e.issuer);
      case 'issuer_dismissed': return this.issuers.delete(hex(e.subject) + hex(e.certificate));
      case 'status_list_posted': return this.lists.set(hex(subject), e.epoch);
      case 'emergency_set': at.slot = e.commitment; return;
      case 'glass_broken': {
        const today = this.today(e.member);
        this.broken.set(today, (this.broken.get(today) ?? 0) + 1);
        return this.grants.set(hex(e.activation), {
          id: e.activation, subject, member: e.member, action: 1, grantee: e.grantee, notBefore: 0n, end: e.until_ms, maxUses: 0, uses: 0,
          status: 'active', deadline: true, minute: -1n, inMinute: 0, refusals: 0, reviewBy: e.review_by_ms, unreviewed: true, outcome: 0 });
      }
      case 'emergency_ended': return Object.assign(grant, { status: 'ended', deadline: false });
      case 'emergency_reviewed': return Object.assign(grant, { outcome: e.outcome, unreviewed: false });
      case 'review_overdue': grant.unreviewed = false; return;
      case 'anchored': grant.uses++; return this.anchors.add(hex(e.submission));
    }
  }

  created(e, leaf) {
    const { devices } = decode(wire.KeyDocument, e.key_document), slot = e.emergency?.length ? e.emergency : undefined;
    return e.member?.length ? { leaf, slot, devices: [], enrolled: e.member, slip: devices[0].signing } : { leaf, slot, devices };
  }
  today(member) {
    return `${hex(member)} ${this.time / (24n * 60n * minute)}`;
  }
  status(g) {
    if (g.status !== 'active') return g.status;
    if (g.end <= this.time) return 'ended';
    return g.maxUses !== 0 && g.uses >= g.maxUses ? 'used up' : 'active';
  }
  /** What may be done under a grant: one that was given for the subject holds while the delegation does. */
  standing(g) {
    const own = this.parted(g, this.status(g));
    if (own === 'revoked' || own === 'ended') return own;
    for (let up = g; up.delegation; ) {
      up = this.grants.get(up.delegation);
      const over = this.parted(up, this.status({ ...up, maxUses: 0 }));
      if (over !== 'active') return over;
    }
    return own;
  }
  /** The delegation, which holds, by whose key somebody signed; or undefined. */
  acting(delegation, signedBy) {
    const g = this.grants.get(hex(delegation));
    return g?.action === 3 && signedBy(g.grantee) && this.standing(g) === 'active' && this.time >= g.notBefore ? g : undefined;
  }
  /** A grant that was given while its subject was merged falls when it is parted. */
  parted(g, status) {
    return g.turn && status !== 'ended' && this.subjects.get(hex(g.subject)).turn !== g.turn ? 'revoked' : status;
  }
  owned(subject, signedBy) {
    return this.subjects.get(hex(subject))?.devices.some((d) => signedBy(d.signing));
  }
  /** Whose keys speak for a subject: its own, or those of whom it is merged into. */
  speaking(subject) {
    const at = this.subjects.get(hex(subject));
    return at?.into ? this.subjects.get(hex(at.into)) : at;
  }
  spoken(subject, signedBy) {
    return this.speaking(subject)?.devices.some((d) => signedBy(d.signing));
  }
  /** What is said for a subject while it is merged is paid by both: nothing of its own is used up. */
  account(subject) {
    const { into } = this.subjects.get(hex(subject)) ?? {};
    return into ? join(subject, into) : subject;
  }
  /** All that are one person with a subject, it among them. */
  person(subject) {
    const one = this.speaking(subject);
    return one ? [...this.subjects.values()].filter((at) => (at.into ? this.subjects.get(hex(at.into)) : at) === one) : [];
  }
  /** In whose row of a person the death stands, if one does. */
  dead(subject) {
    return this.person(subject).find((at) => at.died);
  }
  said(subject) {
    return this.person(subject).reduce((last, at) => (at.said > last ? at.said : last), 0n);
  }
  turned(subject, at, other, n) {
    at.turn = (at.turn ?? 0) + 1;
    this.joined.set(hex(other), (this.joined.get(hex(other)) ?? 0) + n);
    const name = hex(subject) + hex(be(at.turn, 4));
    if (!this.early.delete(name)) this.notes.set(name, { at: this.time, from: subject, turn: at.turn, other });
  }

  /** The members that signed; a key that two of them share speaks for neither. */
  voices(signedBy) {
    const keys = this.members.map((m) => this.subjects.get(hex(m.subject)).devices.map((d) => d.signing));
    return this.members.filter((_, i) => keys[i].some((k) => signedBy(k) && !keys.some((others, j) => j !== i && others.some((o) => sameKey(o, k)))));
  }
  decided(signedBy) {
    need(3 * this.voices(signedBy).length > 2 * this.members.length, 'not signed for more than two thirds of the members', 'denied');
  }
  /** The first two members of different kinds that signed, for a subject whom nobody has claimed. */
  carers(signedBy) {
    const spoke = this.voices(signedBy);
    for (const [i, one] of spoke.entries()) for (const other of spoke.slice(i + 1)) if (one.kind !== other.kind) return [one.subject, other.subject];
  }

  // Devices and guardians.

  by(subject, e) {
    return join(subject, e.by?.key ?? []);
  }
  guard(subject) {
    const name = hex(subject);
    if (!this.guards.has(name)) this.guards.set(name, { subject, words: [], vetoed: 0n, recovered: 0n });
    return this.guards.get(name);
  }
  /** A device that signs nothing for now. */
  frozen(subject, key) {
    return this.subjects.get(hex(subject))?.frozen?.find((f) => key && sameKey(f.device.signing, key));
  }
  has(subject, key) {
    return this.subjects.get(hex(subject))?.devices.some((d) => key && sameKey(d.signing, key));
  }
  left(subject, key) {
    return this.subjects.get(hex(subject)).devices.some((d) => !sameKey(d.signing, key));
  }
  takeOut(at, key) {
    at.devices = at.devices.filter((d) => !sameKey(d.signing, key));
    at.frozen = (at.frozen ?? []).filter((f) => !sameKey(f.device.signing, key));
  }
  /** Ends those of a subject's changes that wait. */
  forget(subject, which) {
    for (const [name, c] of this.changes) if (equal(c.subject, subject) && which(c)) this.changes.delete(name);
  }
  stopRecovery(g) {
    g.recovers = undefined;
    g.words.forEach((w) => Object.assign(w, { recover: '' }));
  }
  chill(at, key, freeze, guarded) {
    const device = [...at.devices, ...(at.frozen ?? []).map((f) => f.device)].find((d) => sameKey(d.signing, key));
    this.takeOut(at, key);
    if (freeze) at.frozen.push({ device, guarded });
    else at.devices.push(device);
  }
  /** What waits for a device waits for its new key. */
  followed(subject, old, key) {
    const spent = this.paid.get(`change ${hex(this.by(subject, { by: old }))}`);
    if (spent !== undefined) this.paid.set(`change ${hex(this.by(subject, { by: key }))}`, spent);
    for (const c of this.changes.values()) if (equal(c.subject, subject)) {
      if (sameKey(c.by, old)) c.by = key;
      if (c.what.remove && sameKey(c.what.remove, old)) c.what = { remove: key };
    }
    const words = this.guards.get(hex(subject))?.words ?? [], before = encoded('GuardianWord', { freeze: old });
    for (const w of words) if (w.other === before) w.other = encoded('GuardianWord', { freeze: key });
  }
  madeOrNot({ id, subject, what }) {
    const { remove } = what;
    return (!remove || this.left(subject, remove)) && !this.dead(subject) ? { change_made: { change: id, what } } : { change_stopped: { change: id } };
  }
  recoveredOrNot({ subject, recovers }) {
    if (!recovers) return undefined;
    return this.dead(subject) ? { recovery_stopped: {} } : { subject_recovered: { device: recovers } };
  }
  heard(subject, at, { guardian, kind, word, enough, until_ms }) {
    const g = this.guard(subject);
    let w = g.words.find((x) => sameKey(x.key, guardian));
    if (!w) g.words.push((w = { key: guardian, kind, recover: '', other: '' }));
    const said = encoded('GuardianWord', word);
    if (!word?.$oneof?.word && !said) Object.assign(w, { recover: '', other: '' });
    else if (word.recover) Object.assign(w, { recover: said, recoverAt: this.time });
    else Object.assign(w, { other: said, otherAt: this.time });
    const waits = g.recovers && encoded('GuardianWord', { recover: g.recovers });
    const still = g.words.filter((x) => waits && x.recover === waits);
    if (waits && !(still.length >= g.circle.needed && still.some((x) => x.kind !== still[0].kind))) g.recovers = undefined;
    if (!enough) return;
    if (word.recover) {
      Object.assign(g, { recovers: word.recover, until: until_ms });
      return this.forget(subject, (c) => c.what.guardians);
    }
    for (const x of g.words) if (x.other === said) x.other = '';
    if (word.freeze) this.forget(subject, (c) => sameKey(c.by, word.freeze));
    if (word.freeze) this.chill(at, word.freeze, true, true);
    else if (word.thaw) this.chill(at, word.thaw, false, false);
    else this.changes.delete(hex(word.stop));
  }
  /** Whether a device that signs says something for its subject, which can. */
  device(subject, by, signedBy) {
    need(this.has(subject, by) && signedBy(by), 'not a current key', 'denied');
    need(!this.dead(subject), 'dead', 'denied');
  }

  // 8.6: each returns the subject and the event, or refuses.

  announce_change(m, signedBy) {
    const { change, subject, by, what } = m;
    this.device(subject, by, signedBy);
    need(!this.subjects.get(hex(subject)).into, 'merged into another', 'exists');
    const term = this.genesis.terms?.change_ms || 72n * hour, g = this.guards.get(hex(subject));
    length(change, 16, 'an id');
    need(equal(change, ownId(subject, change.slice(0, 8))), 'not an id of its owner', 'invalid');
    need(!this.changes.has(hex(change)), 'there is such a change', 'exists');
    need(!g?.recovered || this.time >= g.recovered + term, 'recovered a short while ago', 'limit');
    const waiting = [...this.changes.values()].filter((c) => equal(c.subject, subject));
    need(waiting.filter((c) => sameKey(c.by, by)).length < 4, 'too many wait', 'limit');
    this.within('change', this.by(subject, m));
    if (what?.remove) {
      need(this.has(subject, what.remove) || this.frozen(subject, what.remove), 'no such device', 'invalid');
      need(!waiting.some((c) => c.what.remove && sameKey(c.what.remove, what.remove)), 'announced already', 'exists');
      need(this.left(subject, what.remove), 'none would be left', 'invalid');
    } else {
      need(what?.guardians, 'a change of an unknown kind', 'invalid');
      need(!this.members.some((x) => equal(x.subject, subject)), 'of a member', 'denied');
      need(!g?.recovers, 'a recovery waits', 'exists');
      const { root, number, needed, wait_ms } = what.guardians;
      if (root.length || number || needed || wait_ms) {
        length(root, 32, 'a root');
        need(number >= 3 && number <= 16 && needed >= 2 && needed < number, 'how many guardians', 'invalid');
        need(wait_ms >= (term < 48n * hour ? term : 48n * hour) && wait_ms <= 14n * day, 'how long a recovery waits', 'invalid');
      }
    }
    return [subject, { change_announced: { change, by, what, until_ms: this.time + term } }];
  }

  veto_change(m, signedBy) {
    const c = this.changes.get(hex(m.change)), cold = c && this.frozen(c.subject, m.by);
    need(c && m.by && signedBy(m.by) && (this.has(c.subject, m.by) || cold), 'no such change', 'denied');
    need(!sameKey(c.by, m.by) && !cold?.guarded && !this.dead(c.subject), 'not by this device', 'denied');
    return [c.subject, { change_stopped: { change: m.change, by: m.by } }];
  }

  freeze_device(m, signedBy) {
    const { subject, device, by, thaw } = m;
    this.device(subject, by, signedBy);
    need(device && !sameKey(device, by), 'itself', 'invalid');
    need(thaw ? this.frozen(subject, device) : this.has(subject, device), 'no such device', 'invalid');
    need(!thaw || !this.frozen(subject, device).guarded, 'guardians did it', 'denied');
    this.within('change', this.by(subject, m));
    return [subject, { device_frozen: { device, by, thawed: thaw } }];
  }

  speak_as_guardian(m, signedBy) {
    const { subject, word } = m, g = this.guards.get(hex(subject)), circle = g?.circle;
    let who;
    try {
      who = decodeKnown(wire.Guardian, m.guardian);
      const path = m.path.map((p) => (need(p.length === 32 && !isText(p), 'a digest'), p));
      need(m.salt.length === 32 && !isText(m.salt) && validKey(who.key) && who.kind >= 1 && who.kind <= 3 && m.index < circle.number, 'no guardian');
      const at = merkle.leaf(commit(m.salt, 'stele.v1.guardian', m.guardian));
      need(equal(merkle.rootOf(at, m.index, circle.number, path), circle.root), 'no guardian');
    } catch {
      need(false, 'no guardian', 'denied');
    }
    need(signedBy(who.key) && !this.dead(subject), 'no guardian, or dead', 'denied');
    need(g.words.every((w) => !sameKey(w.key, who.key) || w.kind === who.kind), 'of another kind before', 'denied');
    this.within('word', join(subject, who.key.key));
    const agree = (wants) => {
      const others = g.words.filter((w) => !sameKey(w.key, who.key) && wants(w));
      return others.length + 1 >= circle.needed && others.some((w) => w.kind !== who.kind);
    };
    const said = encoded('GuardianWord', word), fresh = (at) => this.time < at + 14n * day, spoke = { guardian: who.key, kind: who.kind, word };
    if (word?.recover) {
      goodDevice(word.recover);
      need(word.recover.seal_key.length && !sameKey(word.recover.signing, who.key), 'the device', 'invalid');
      need(!this.has(subject, word.recover.signing) && !this.frozen(subject, word.recover.signing), "a device's key", 'exists');
      need(signedBy(word.recover.signing) || g.words.some((w) => w.recover === said), 'not signed by the new key', 'denied');
      need(!g.vetoed || this.time >= g.vetoed + 7n * day, 'vetoed a short while ago', 'limit');
      if (!g.recovers && agree((w) => w.recover === said && fresh(w.recoverAt))) Object.assign(spoke, { enough: 1, until_ms: this.time + circle.wait_ms });
    } else if (word?.$oneof?.word) {
      const { freeze, thaw, stop } = word, cold = this.frozen(subject, freeze ?? thaw);
      if (freeze) need(this.has(subject, freeze) || (cold && !cold.guarded), 'no such device', 'invalid');
      else if (thaw) need(cold, 'no such device', 'invalid');
      else need(equal(this.changes.get(hex(stop))?.subject ?? [], subject), 'no such change', 'invalid');
      if (agree((w) => w.other === said && fresh(w.otherAt))) spoke.enough = 1;
    }
    return [subject, { guardian_spoke: spoke }];
  }

  veto_recovery(m, signedBy) {
    const { subject, by } = m, g = this.guards.get(hex(subject));
    need(by && signedBy(by) && (this.has(subject, by) || this.frozen(subject, by)) && !this.dead(subject), 'no device of it', 'denied');
    need(g?.recovers, 'none waits', 'exists');
    need(!g.vetoed || g.until - g.circle.wait_ms >= g.vetoed + 30n * day, 'vetoed a short while ago', 'limit');
    return [subject, { recovery_stopped: { by } }];
  }

  create_subject(m, signedBy) {
    const d = keyDocument(m.key_document), subject = subjectFrom(m.key_document);
    need(!this.subjects.has(hex(subject)), 'there is such a subject', 'exists');
    need(d.devices.every((x) => signedBy(x.signing)), 'not signed by every key', 'denied');
    if (this.genesis.terms || m.emergency?.length) length(m.emergency, 32, 'a commitment');
    if (m.member?.length) {
      need(this.members.some((x) => equal(x.subject, m.member)) && this.owned(m.member, signedBy), 'not signed by a member', 'denied');
      need(d.devices.length === 1 && !d.devices[0].seal_key?.length, 'a slip has one key', 'invalid');
      need(!this.owned(m.member, (key) => sameKey(key, d.devices[0].signing)), "the member's own key", 'denied');
    }
    return [subject, { subject_created: { key_document: m.key_document, emergency: m.emergency, member: m.member } }];
  }

  claim_subject(m, signedBy) {
    const at = this.subjects.get(hex(m.subject));
    need(at?.slip && signedBy(at.slip), 'no such slip', 'denied');
    need(!at.into, 'merged into another', 'exists');
    need(!this.dead(m.subject), 'dead', 'denied');
    goodDevice(m.device);
    need(m.device.seal_key?.length, 'a first device reads', 'invalid');
    need(signedBy(m.device.signing) && !sameKey(m.device.signing, at.slip), 'not signed by the new key', 'denied');
    const saw = this.voices(signedBy).find((x) => !equal(x.subject, at.enrolled));
    need(saw, 'not signed by another member', 'denied');
    return [m.subject, { subject_claimed: { device: m.device, member: saw.subject } }];
  }

  rotate_keys(m, signedBy) {
    const at = this.subjects.get(hex(m.subject)), holds = (key) => at.devices.some((d) => sameKey(d.signing, key));
    need(at, 'no such subject', 'denied');
    goodDevice(m.device);
    need(holds(m.old) && signedBy(m.old), 'not a current key', 'denied');
    need(signedBy(m.device.signing), 'not signed by the new key', 'denied');
    need((sameKey(m.device.signing, m.old) || !holds(m.device.signing)) && !this.frozen(m.subject, m.device.signing), "another device's key", 'exists');
    this.within('key', m.subject);
    return [m.subject, { keys_rotated: { old: m.old, device: m.device } }];
  }

  add_device(m, signedBy) {
    need(this.owned(m.subject, signedBy), 'not a current key', 'denied');
    goodDevice(m.device);
    const { devices, frozen = [] } = this.subjects.get(hex(m.subject));
    need(!this.has(m.subject, m.device.signing) && !this.frozen(m.subject, m.device.signing), "a device's key", 'exists');
    need(signedBy(m.device.signing), 'not signed by the new key', 'denied');
    need(devices.length + frozen.length < 8, 'too many devices', 'invalid');
    this.within('key', m.subject);
    return [m.subject, { device_added: { device: m.device } }];
  }

  give_grant(m, signedBy) {
    const by = m.delegation?.length ? this.acting(m.delegation, signedBy) : undefined;
    const unclaimed = !m.delegation?.length && this.speaking(m.subject)?.slip, members = unclaimed ? this.carers(signedBy) : undefined;
    need(m.delegation?.length || !this.dead(m.subject), 'dead', 'denied');
    if (unclaimed) need(members, 'not by two members of different kinds', 'denied');
    else if (!m.delegation?.length) need(this.spoken(m.subject, signedBy), 'not a current key', 'denied');
    else need(by && equal(by.subject, m.subject) && !(by.delegation && m.action === 3), 'not of who acts for the subject', 'denied');
    length(m.grant, 16, 'an id');
    need(validKey(m.grantee), 'a malformed key', 'invalid');
    need(!this.grants.has(hex(m.grant)), 'there is such a grant', 'exists');
    need(m.action >= 1 && m.action <= 3, 'read, write or delegate', 'invalid');
    length(m.commitment, 32, 'a commitment');
    need(m.end_ms > this.time && m.end_ms > m.not_before_ms && m.not_before_ms >= 0n && m.end_ms <= this.time + hundredYears, 'its times', 'invalid');
    need(!by || m.end_ms <= by.end, 'after the delegation', 'invalid');
    const days = unclaimed ? { 1: 90n, 2: 366n }[m.action] : undefined;
    need(!days || m.end_ms <= this.time + days * 24n * 60n * minute, 'members give for longer', 'invalid');
    this.within('grant', this.account(m.subject), by && [100n, rates.grant[1]]);
    const { grant, action, grantee, not_before_ms, end_ms, max_uses, commitment, delegation } = m;
    return [m.subject, { grant_given: { grant, action, grantee, not_before_ms, end_ms, max_uses, commitment, delegation, members } }];
  }

  record_death(m, signedBy) { return this.death(m, signedBy, true); }
  undo_death(m, signedBy) { return this.death(m, signedBy, false); }
  death({ subject, member, delegation, commitment, as_of }, signedBy, died) {
    const { node, kind } = this.members.find((x) => equal(x.subject, member)) ?? {};
    need(node && signedBy(node), 'not of a member', 'denied');
    need(kind === 'hospital' || kind === 'clinic', 'not of one that certifies a death', 'denied');
    if (!died && !delegation?.length) {
      const keys = [this.subjects.get(hex(subject)), this.speaking(subject)].flatMap((at) => at?.devices ?? []);
      need(keys.some((d) => signedBy(d.signing) && !sameKey(d.signing, node)), 'not of the subject', 'denied');
    } else {
      const by = this.acting(delegation, signedBy);
      need(by && this.speaking(by.subject) === this.speaking(subject) && !sameKey(by.grantee, node), 'not of who acts', 'denied');
    }
    length(commitment, 32, 'a commitment');
    const dead = this.dead(subject), { into } = this.subjects.get(hex(subject));
    need(as_of >= 0n && as_of <= this.height, 'as of a block to come', 'invalid');
    need(Boolean(dead) !== died, 'that is so already', 'exists');
    need(as_of >= this.said(subject), 'certified before the last word', 'denied');
    const person = died ? (into ?? subject) : this.logs[dead.leaf].subject;
    if (died) this.within('death', person);
    return [person, { [died ? 'death_recorded' : 'death_undone']: { member, delegation, commitment } }];
  }

  merge_subjects(m, signedBy) {
    const { from, into, commitment } = m;
    need(!equal(from, into), 'with itself', 'invalid');
    let members;
    for (const side of [from, into]) {
      const at = this.subjects.get(hex(side));
      need(at && at !== this.subjects.get(hex(this.logs[0].subject)) && !this.members.some((x) => equal(x.subject, side)), "no person's", 'denied');
      if (at.slip) need((members ??= this.carers(signedBy)), 'not by two members of different kinds', 'denied');
      else need(this.owned(side, signedBy), 'not a current key', 'denied');
    }
    const a = this.subjects.get(hex(from)), b = this.subjects.get(hex(into));
    need(a.slip || !b.slip, 'into whom nobody has claimed', 'invalid');
    need(!this.dead(from) && !this.dead(into), 'dead', 'denied');
    need(!a.into && !b.into, 'merged already', 'exists');
    need(!this.joined.get(hex(from)), 'others are merged into it', 'invalid');
    need((this.joined.get(hex(into)) ?? 0) < 8, 'too many', 'limit');
    length(commitment, 32, 'a commitment');
    this.within('merge', from);
    this.within('merge', into);
    return [from, { subjects_merged: { into, commitment, members } }];
  }

  undo_merge(m, signedBy) {
    const { from, commitment } = m;
    const at = this.subjects.get(hex(from));
    const dead = this.dead(from), own = this.owned(from, signedBy), other = this.spoken(from, signedBy);
    const may = own || (other && !dead), members = may || !at?.slip ? undefined : this.carers(signedBy);
    need(own || other || members, 'by neither side', 'denied');
    need(at.into, 'merged into none', 'exists');
    need(may || members, 'dead', 'denied');
    length(commitment, 32, 'a commitment');
    return [from, { merge_undone: { into: at.into, commitment, members, emergency: at.before, died: dead?.died, said: this.said(from) } }];
  }

  revoke_grant(m, signedBy) {
    const g = this.grants.get(hex(m.grant));
    const own = g && this.spoken(g.subject, signedBy), member = own || m.delegation?.length ? undefined : g?.members?.find((x) => this.owned(x, signedBy));
    // Who holds it gives it back; an activation (which has a member) was given to nobody.
    const returned = (!m.delegation?.length && g && !own && !member && !g.member && signedBy(g.grantee)) || undefined;
    if (!m.delegation?.length) need(own || member || returned, 'no such grant', 'denied');
    else need(g?.delegation === hex(m.delegation) && this.acting(m.delegation, signedBy), 'no such grant of who acts', 'denied');
    need(['active', 'used up'].includes(this.status(g)), 'it is over', 'exists');
    need(!(own || g.action === 3) || returned || m.delegation?.length || !this.dead(g.subject), 'dead', 'denied');
    return [g.subject, { grant_revoked: { grant: m.grant, delegation: m.delegation, member, returned } }];
  }

  open_access(m, signedBy) {
    const g = this.grants.get(hex(m.grant)), { request, grant, detail_commitment, reader_key_hash } = m;
    need(g && g.action !== 2 && signedBy(g.grantee) && !(g.member && this.dead(g.subject)), 'no access', 'denied');
    length(request, 16, 'an id');
    need(!this.accesses.has(hex(request)), 'the id has been used', 'exists');
    length(detail_commitment, 32, 'a commitment');
    length(reader_key_hash, 32, 'a hash');
    need(m.window_ms >= 1 && m.window_ms <= 900_000, 'the window', 'invalid');
    let status = this.standing(g);
    if (status === 'active' && this.time < g.notBefore) status = 'not yet';
    if (status !== 'active') {
      need(!(g.minute === this.time / minute && g.inMinute >= 3) && g.refusals < 100, 'no access', 'denied');
      return [g.subject, { access_refused: { request, grant, detail_commitment, refusal: reasons[status] } }];
    }
    this.within('access', grant);
    const until = this.time + BigInt(m.window_ms);
    return [g.subject, { access_permitted: {
      request, grant, detail_commitment, reader_key_hash, until_ms: until < g.end ? until : g.end, use: g.uses + 1,
    } }];
  }

  post_receipts(m, signedBy) {
    length(m.batch, 16, 'an id');
    need(!this.batches.has(hex(m.batch)), 'there is such a batch', 'exists');
    length(m.root, 32, 'a root');
    need(m.count >= 1 && m.count <= 1 << 20, 'the count', 'invalid');
    const member = this.members.find((x) => signedBy(x.trustee));
    need(member, 'not signed by a trustee', 'denied');
    this.within('receipt', member.subject);
    return [member.subject, { receipts_posted: { batch: m.batch, root: m.root, count: m.count } }];
  }

  make_anchor(m, signedBy) {
    const g = this.grants.get(hex(m.grant)), { submission, grant, root, source_commitment, count_commitment } = m;
    need(g?.action === 2 && signedBy(g.grantee), 'no write grant', 'denied');
    length(submission, 16, 'an id');
    need(!this.anchors.has(hex(submission)), 'it is anchored', 'exists');
    for (const b of [root, source_commitment, count_commitment]) length(b, 32, 'a digest');
    need(this.standing(g) === 'active' && this.time >= g.notBefore, 'it does not hold now', 'denied');
    this.within('anchor', grant);
    return [g.subject, { anchored: { submission, grant, root, source_commitment, count_commitment } }];
  }

  admit_issuer(m, signedBy) {
    this.decided(signedBy);
    const i = m.issuer ?? {};
    length(i.certificate ?? [], 32, "a certificate's hash");
    need(i.kinds >= 1 && i.kinds <= 3, 'licences, accreditations or both', 'invalid');
    const codes = i.jurisdictions;
    need(codes.length >= 1 && codes.length <= 32, '1 to 32 jurisdictions', 'invalid');
    need(codes.every((c, at) => /^[A-Z]{2}(-[A-Z0-9]{1,3})?$/.test(c) && (at === 0 || codes[at - 1] < c)), 'codes in ascending order', 'invalid');
    need(this.subjects.has(hex(i.subject)), 'no such subject', 'denied');
    const before = this.issuers.get(hex(i.subject) + hex(i.certificate));
    need(!(before?.kinds === i.kinds && before.jurisdictions.join() === codes.join()), 'it is admitted for just that', 'exists');
    need(before || this.issuers.size < 256, 'too many issuers', 'invalid');
    this.within('issuer', this.logs[0].subject);
    return [this.logs[0].subject, { issuer_admitted: { issuer: i } }];
  }

  dismiss_issuer(m, signedBy) {
    this.decided(signedBy);
    need(this.issuers.has(hex(m.subject) + hex(m.certificate)), 'no such issuer', 'denied');
    return [this.logs[0].subject, { issuer_dismissed: { subject: m.subject, certificate: m.certificate } }];
  }

  post_status_list(m, signedBy) {
    need(this.spoken(m.subject, signedBy), 'not a current key', 'denied');
    length(m.hash, 32, 'a hash');
    const last = this.lists.get(hex(m.subject)) ?? 0n;
    need(m.epoch === 0n || m.epoch > last, 'it has been posted', 'exists');
    need(m.epoch === last + 1n, 'not the next', 'invalid');
    this.within('list', this.account(m.subject));
    return [m.subject, { status_list_posted: { epoch: m.epoch, hash: m.hash } }];
  }

  set_emergency(m, signedBy) {
    need(this.spoken(m.subject, signedBy), 'not a current key', 'denied');
    need(!this.dead(m.subject), 'dead', 'denied');
    length(m.commitment, 32, 'a commitment');
    this.within('slot', this.account(m.subject));
    return [m.subject, { emergency_set: { commitment: m.commitment } }];
  }

  break_glass(m, signedBy) {
    const { activation, subject, member, grantee, detail_commitment } = m;
    const { node } = this.members.find((x) => equal(x.subject, member)) ?? {};
    need(node, 'not for a member', 'denied');
    need(signedBy(node) && signedBy(grantee), 'not signed by both', 'denied');
    need(!sameKey(node, grantee) && !this.owned(member, (key) => sameKey(key, grantee)), "the member's own key", 'denied');
    need(this.subjects.get(hex(subject))?.slot && !this.dead(subject), 'no emergency slot, or dead', 'denied');
    length(activation, 16, 'an id');
    need(!this.grants.has(hex(activation)), 'there is such an activation', 'exists');
    need(validKey(grantee), 'a malformed key', 'invalid');
    length(detail_commitment, 32, 'a commitment');
    this.within('glass', join(subject, member));
    need((this.broken.get(this.today(member)) ?? 0) < 256, 'too many today', 'limit');
    const { emergency_ms, review_ms } = this.genesis.terms ?? {}, hour = 60n * minute;
    return [subject, { glass_broken: {
      activation, member, grantee, detail_commitment, until_ms: this.time + (emergency_ms || 24n * hour), review_by_ms: this.time + (review_ms || 72n * hour),
    } }];
  }

  activation(id) {
    const g = this.grants.get(hex(id));
    return g?.member ? g : null;
  }

  end_emergency(m, signedBy) {
    const g = this.activation(m.activation);
    need(g && (signedBy(g.grantee) || this.owned(g.member, signedBy)), 'no such activation', 'denied');
    need(this.status(g) === 'active', 'it is over', 'exists');
    return [g.subject, { emergency_ended: { activation: m.activation, early: 1 } }];
  }

  review_emergency(m, signedBy) {
    const g = this.activation(m.activation);
    need(g && (this.owned(g.member, signedBy) || (this.spoken(g.subject, signedBy) && !this.dead(g.subject))) && !signedBy(g.grantee), "not another's word", 'denied');
    need(g.outcome === 0, 'it has been reviewed', 'exists');
    need(this.status(g) !== 'active', 'it is not over', 'invalid');
    need(m.outcome >= 1 && m.outcome <= 4, 'no such outcome', 'invalid');
    length(m.commitment, 32, 'a commitment');
    return [g.subject, { emergency_reviewed: { activation: m.activation, outcome: m.outcome, commitment: m.commitment, late: g.reviewBy <= this.time ? 1 : 0 } }];
  }
}
