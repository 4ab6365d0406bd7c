// Signatures: docs/protocol/wire.md, section 5.
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { Hash, need, hex } from './bytes.mjs';

export const keyText = (k) => (k ? k.suite + ':' + hex(k.key) : '0:');
export const sameKey = (a, b) => keyText(a) === keyText(b);

// By a key of small order one signature holds for every message.
function largeOrder(key) {
  try {
    return !ed25519.Point.fromBytes(key, true).isSmallOrder();
  } catch {
    return false;
  }
}

/** Printable ASCII and white space, perhaps filled up with zero bytes. */
export function isText(b) {
  const end = b.findLastIndex((x) => x !== 0) + 1;
  return end > 0 && b.slice(0, end).every((x) => (x >= 32 && x <= 126) || x === 9 || x === 10 || x === 13);
}

/** A key that the ledger takes. */
export const validKey = (k) => usable(k) && !isText(k.key) && !isText(k.key.slice(1));

function usable(k) {
  if (k?.suite === 1) return k.key.length === 32 && largeOrder(k.key);
  if (k?.suite !== 2 || k.key.length !== 33) return false;
  try {
    p256.Point.fromBytes(k.key).assertValidity();
    return true;
  } catch {
    return false;
  }
}

export function verify(key, message, signature) {
  if (!usable(key) || signature.length !== 64) return false;
  try {
    return key.suite === 1
      ? ed25519.verify(signature, message, key.key, { zip215: true })
      : p256.verify(signature, message, key.key, { prehash: true, lowS: false, format: 'compact' });
  } catch {
    return false;
  }
}

/** Checks a Signed under a tag and returns the keys that signed. */
export function check(tag, signed) {
  const n = signed?.signatures.length ?? 0;
  const most = tag === 'stele.v1.transaction' ? 64 : 8;
  need(n >= 1 && n <= most, `1 to ${most} signatures`, 'denied');
  const hash = Hash(tag, signed.body), seen = new Set();
  for (const s of signed.signatures) {
    need(!seen.has(keyText(s.key)), 'a key signed twice', 'denied');
    need(verify(s.key, hash, s.signature), 'a signature is wrong', 'denied');
    seen.add(keyText(s.key));
  }
  return signed.signatures.map((s) => s.key);
}
