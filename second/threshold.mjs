// The committee: docs/protocol/sealing.md, section 13.
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { be, field, join, little, need, utf8, xor, equal } from './bytes.mjs';

const { Point } = ristretto255, G = Point.BASE, { Fn } = Point;
const suites = { capsule: 0x0101, proof: 0x0102, dealing: 0x0103, subshare: 0x0104, share: 0x0105 };

/** T: numbers are their 8 bytes, points their encoding. */
function T(tag, ...xs) {
  const bytes = (x) => (typeof x === 'number' || typeof x === 'bigint' ? be(x, 8) : x instanceof Point ? x.toBytes() : x);
  return sha512(join(field(utf8('stele.v1.threshold.' + tag)), ...xs.map((x) => field(bytes(x)))));
}
const scalarOf = (wide) => Fn.create(little(wide));
const weightOf = (wide) => little(wide.slice(0, 16));
export const second = ristretto255_hasher.deriveToCurve(T('second-generator'));

export function point(raw) {
  let p;
  try { p = Point.fromBytes(raw); } catch { need(false, 'not a canonical point'); }
  need(!p.is0(), 'the identity');
  return p;
}
export function scalar(raw) {
  const n = little(raw);
  need(raw.length === 32 && n < Fn.ORDER, 'not a canonical scalar');
  return n;
}
// Everything multiplied here is public or a test's own secret.
const times = (p, n) => (n === 0n ? Point.ZERO : p.multiplyUnsafe(n));
const sum = (points) => points.reduce((a, b) => a.add(b), Point.ZERO);

/** Cuts an object with a suite into parts of the given widths. */
function cut(suite, raw, ...widths) {
  need(raw.length === 2 + widths.reduce((a, b) => a + b, 0), 'wrong length');
  need(equal(raw.slice(0, 2), be(suite, 2)), 'unknown suite');
  let at = 2;
  return widths.map((w) => raw.slice(at, (at += w)));
}

const maskOf = (u, shared) => T('capsule.mask', suites.capsule, u, shared).slice(0, 32);

/** 13.1: checks a capsule for the committee's key and a label. */
export function openCapsule(raw, h, label) {
  const [c, ...rest] = cut(suites.capsule, raw, 32, 32, 32, 32, 32, 32);
  const f = scalar(rest.pop()), [u, uBar, w, wBar] = rest.map(point);
  const e = scalarOf(T('capsule.challenge', suites.capsule, h, label, c, ...rest));
  need(times(G, f).equals(w.add(times(u, e))) && times(second, f).equals(wBar.add(times(uBar, e))), 'the proof does not hold');
  return { c, u, challenge: e };
}

/** 13.2: capsules that check, with the batch's digest. */
export function batch(committee, capsules, labels) {
  need(capsules.length >= 1 && capsules.length <= 4096 && labels.length === capsules.length, '1 to 4,096 capsules', 'invalid');
  const { epoch, threshold, key, shares } = committee;
  return {
    committee,
    capsules: capsules.map((raw, i) => openCapsule(raw, key, labels[i])),
    digest: T('batch', epoch, threshold, key, shares.length, ...shares, capsules.length, ...capsules.flatMap((c, i) => [c, labels[i]])),
  };
}

/** The values that a proof over partials is about. */
export function statement(b, index, context, partials) {
  need(index >= 1 && index <= b.committee.shares.length && partials.length === b.capsules.length, 'one partial for each capsule');
  const y = point(b.committee.shares[index - 1]), points = partials.map(point);
  const seed = T('partials', suites.proof, b.digest, index, y, context, partials.length, ...partials);
  const weights = points.map((_, j) => weightOf(T('partials.weight', seed, j)));
  const m = sum(b.capsules.map((c, j) => times(c.u, weights[j]))), z = sum(points.map((p, j) => times(p, weights[j])));
  return { y, points, seed, weights, m, z };
}

export function verifyPartials(b, index, context, partials, proof) {
  const [rawC, rawA] = cut(suites.proof, proof, 32, 32), c = scalar(rawC), a = scalar(rawA);
  const { y, points, seed, m, z } = statement(b, index, context, partials);
  const back = (p, q) => times(p, a).subtract(times(q, c));
  need(scalarOf(T('partials.challenge', seed, G, y, m, z, back(G, y), back(m, z))) === c, 'the proof does not hold');
  return { index, points };
}

const lagrange = (at, indices, i) => indices.filter((k) => k !== i).reduce((l, k) =>
  Fn.mul(l, Fn.div(Fn.create(BigInt(k - at)), Fn.create(BigInt(k - i)))), 1n);

/** Opens every capsule with verified partials of t different trustees. */
export function combine(b, parts) {
  const indices = parts.map((p) => p.index);
  need(parts.length >= b.committee.threshold && new Set(indices).size === parts.length, 'not enough trustees', 'invalid');
  return b.capsules.map(({ c, u }, j) =>
    xor(c, maskOf(u, sum(parts.map((p) => times(p.points[j], lagrange(0, indices, p.index)))))));
}

/** Checks that the verification keys and the key lie on one polynomial. */
export function checkCommittee({ threshold, key, shares }) {
  const points = shares.map(point), first = Array.from({ length: threshold }, (_, i) => i + 1);
  const at = (x) => sum(first.map((i) => times(points[i - 1], lagrange(x, first, i))));
  need(at(0).equals(point(key)), 'not the key');
  for (let i = threshold + 1; i <= shares.length; i++) need(at(i).equals(points[i - 1]), `share ${i} is out of line`);
}

/** 13.3: checks a dealing and returns its commitments. */
export function checkDealing({ chain, epoch, threshold, members }, raw) {
  const [i, t, ...rest] = cut(suites.dealing, raw, 2, 2, ...Array(threshold + 2).fill(32));
  const a = scalar(rest.pop()), c = scalar(rest.pop()), commitments = rest.map(point);
  need(Number(little(t.reverse())) === threshold, 'another degree');
  const r = times(G, a).subtract(times(commitments[0], c));
  need(scalarOf(T('dealing.possession', suites.dealing, utf8(chain), epoch, threshold, members, i[0] * 256 + i[1], ...commitments, r)) === c, 'no proof of possession');
  return commitments;
}
const evaluate = (commitments, x) => sum(commitments.map((p, k) => times(p, BigInt(x) ** BigInt(k))));

export function checkSubshare(commitments, epoch, dealer, receiver, raw) {
  const [e, i, j, value] = cut(suites.subshare, raw, 8, 2, 2, 32);
  need(equal(join(e, i, j), join(be(epoch, 8), be(dealer, 2), be(receiver, 2))), 'for somebody else');
  need(times(G, scalar(value)).equals(evaluate(commitments, receiver)), 'does not fit the dealing');
  return scalar(value);
}
export function sumDealings({ epoch, threshold, members }, dealings) {
  const sums = dealings[0].map((_, k) => sum(dealings.map((d) => d[k])));
  const shares = Array.from({ length: members }, (_, i) => evaluate(sums, i + 1).toBytes());
  return { epoch, threshold, key: sums[0].toBytes(), shares };
}
export const shareBytes = (epoch, index, values) =>
  join(be(suites.share, 2), be(epoch, 8), be(index, 2), be(values.reduce((a, b) => Fn.add(a, b)), 32).reverse());
export const scalarBytes = (n) => be(n, 32).reverse();
export const encrypt = (h, label, key, r, s) => {
  const [u, uBar, w, wBar] = [times(G, r), times(second, r), times(G, s), times(second, s)].map((p) => p.toBytes());
  const c = xor(key, maskOf(u, times(point(h), r)));
  const e = scalarOf(T('capsule.challenge', suites.capsule, h, label, c, u, uBar, w, wBar));
  return join(be(suites.capsule, 2), c, u, uBar, w, wBar, scalarBytes(Fn.add(s, Fn.mul(e, r))));
};
