// Trees: docs/protocol/wire.md, section 7.
import { H, join, need, equal } from './bytes.mjs';

export const leaf = (data) => H(join([0], data));
export const node = (left, right) => H(join([1], left, right));
const split = (n) => 2 ** Math.ceil(Math.log2(n) - 1);

export function root(leaves) {
  if (leaves.length === 0) return H(new Uint8Array());
  if (leaves.length === 1) return leaves[0];
  const k = split(leaves.length);
  return node(root(leaves.slice(0, k)), root(leaves.slice(k)));
}

/** Folds peaks, largest first. */
export const fold = (peaks) => (peaks.length ? peaks.reduceRight((right, left) => node(left, right)) : root([]));

/** Appends a leaf hash to the peaks of n leaves. */
export function append(n, peaks, hash) {
  peaks = [...peaks, hash];
  for (let rest = BigInt(n); rest & 1n; rest >>= 1n) peaks.push(node(...peaks.splice(-2)));
  return peaks;
}

/** The sides of the siblings on the way from a node to the root of its level's last node. */
function* way(at, last) {
  for (; last > 0n; at >>= 1n, last >>= 1n) {
    if (at === last && !(at & 1n)) continue; // no sibling here: it rises as it is
    yield at & 1n ? 'left' : 'right';
  }
}

function climb(hash, sides, path, seen = () => {}) {
  sides = [...sides];
  need(sides.length === path.length, 'the path does not have its length');
  sides.forEach((side, i) => {
    hash = side === 'left' ? node(path[i], hash) : node(hash, path[i]);
    seen(side, path[i]);
  });
  return hash;
}

/** The root that a path leads to from a leaf hash at index of n leaves. */
export function rootOf(hash, index, n, path) {
  need(BigInt(index) < BigInt(n), 'no such leaf');
  need(path.every((p) => p.length === 32), 'a digest is 32 bytes');
  return climb(hash, way(BigInt(index), BigInt(n) - 1n), path);
}

/** Checks that n leaves under newRoot begin with m under oldRoot; returns the peaks of m. */
export function consistency(m, n, oldRoot, newRoot, proof) {
  [m, n] = [BigInt(m), BigInt(n)];
  need(m > 0n && m < n && proof.every((p) => p.length === 32), 'nothing to step from');
  let level = 0n;
  while (!((m >> level) & 1n)) level++;
  const whole = m >> level === 1n;
  need(whole || proof.length > 0, 'the proof is too short');
  const first = whole ? oldRoot : proof[0], peaks = [first];
  const got = climb(first, way((m - 1n) >> level, (n - 1n) >> level), whole ? proof : proof.slice(1), (side, hash) => {
    if (side === 'left') peaks.unshift(hash);
  });
  need(equal(fold(peaks), oldRoot), 'not the old root');
  need(equal(got, newRoot), 'not the new root');
  return peaks;
}
