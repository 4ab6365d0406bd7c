// Bytes, hashes and identifiers: docs/protocol.md, sections 1, 3 and 4.
import { sha256 } from '@noble/hashes/sha2.js';
import { hmac } from '@noble/hashes/hmac.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { bytesToHex, hexToBytes, concatBytes } from '@noble/hashes/utils.js';

export const H = sha256;

/** A refusal, with its Kind (section 19). */
export class Refused extends Error {
  constructor(kind, text) {
    super(text);
    this.kind = kind;
  }
}
/** Refuses unless a condition holds. */
export function need(condition, text, kind = 'proof') {
  if (!condition) throw new Refused(kind, text);
}

export const utf8 = (text) => new TextEncoder().encode(text);
export const hex = bytesToHex;
export const unhex = (text) => hexToBytes(text ?? '');
export const join = (...parts) => concatBytes(...parts.map((p) => Uint8Array.from(p)));
export const equal = (a, b) => a.length === b.length && a.every((v, i) => v === b[i]);
export const xor = (a, b) => a.map((v, i) => v ^ b[i]);

export function be(value, width) {
  const out = new Uint8Array(width);
  for (let i = width - 1, v = BigInt(value); i >= 0; i--, v >>= 8n) out[i] = Number(v & 255n);
  return out;
}
export const little = (b) => b.reduceRight((sum, v) => (sum << 8n) | BigInt(v), 0n);

export const field = (b) => join(be(b.length, 4), b);
export const Hash = (tag, ...parts) => H(join([tag.length], utf8(tag), ...parts));
export const ownId = (owner, half) => join(half, H(join(utf8('stele.v1.id'), owner, half)).slice(0, 8));
export const commit = (salt, tag, content) => hmac(sha256, salt, join(field(utf8(tag)), content));
export const derive = (secret, info) => hkdf(sha256, secret, undefined, info, 32);
export const opens = (commitment, salt, tag, content) =>
  salt.length === 32 && equal(commit(salt, tag, content), commitment);

const letters = 'abcdefghijklmnopqrstuvwxyz234567';
export function base32(b) {
  let out = '', bits = 0, held = 0;
  for (const v of b) {
    held = (held << 8) | v;
    for (bits += 8; bits >= 5; bits -= 5) out += letters[(held >> (bits - 5)) & 31];
    held &= 255;
  }
  return bits ? out + letters[(held << (5 - bits)) & 31] : out;
}
export function unbase32(text) {
  const out = [];
  let bits = 0, held = 0;
  for (const c of text) {
    need(letters.includes(c), 'not base32', 'invalid');
    held = ((held << 5) | letters.indexOf(c)) & 0xfff;
    if ((bits += 5) >= 8) out.push((held >> (bits -= 8)) & 255);
  }
  need(base32(out) === text, 'a second spelling of base32', 'invalid');
  return Uint8Array.from(out);
}
export const did = (subject) => 'did:stele:' + base32(subject);
export function subjectOf(text) {
  need(text.startsWith('did:stele:') && text.length === 42, 'not a DID', 'invalid');
  return unbase32(text.slice(10));
}
export function idOf(text) {
  need(text.length === 26, 'not an id', 'invalid');
  return unbase32(text);
}
export const subjectFrom = (document) => H(document).slice(0, 20);
