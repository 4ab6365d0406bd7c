// Sealing and envelopes: docs/protocol/sealing.md, sections 12 and 14.
import { gcm } from '@noble/ciphers/aes.js';
import { extract, expand } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { ml_kem768_x25519 as xwing } from '@noble/post-quantum/hybrid.js';
import { H, be, commit, derive, equal, field, join, need, utf8 } from './bytes.mjs';

const suites = { record: be(0x0201, 2), wrap: be(0x0202, 2), envelope: be(0x0203, 2) };

function openGCM(key, suite, aad, raw) {
  need(raw.length >= 30 && equal(raw.slice(0, 2), suite), 'an unknown suite');
  try {
    return gcm(key, raw.slice(2, 14), aad).decrypt(raw.slice(14));
  } catch {
    need(false, 'it does not open');
  }
}

export const keyCommitment = (key) => derive(key, utf8('stele.v1.commit'));

export function openRecord(key, handle, cover, ciphertext, commitment) {
  const plain = openGCM(derive(key, join(utf8('stele.v1.record'), handle)), suites.record, join(suites.record, cover), ciphertext);
  need(plain.length >= 32, 'too short');
  const salt = plain.slice(0, 32), resource = plain.slice(32);
  need(equal(commit(salt, 'stele.v1.plaintext', resource), commitment), 'not what the leaf commits to');
  return { salt, resource };
}
export const unwrap = (erasureKey, handle, wrapped) =>
  openGCM(erasureKey, suites.wrap, join(suites.wrap, field(utf8('stele.v1.wrap')), handle), wrapped);

export const sealKey = (seed) => xwing.keygen(seed).publicKey;

// HPKE, RFC 9180 §5.1, base mode.
const suiteId = join(utf8('HPKE'), be(0x647a, 2), be(0x0001, 2), be(0x0002, 2));
const labelled = (label, ikm) => join(utf8('HPKE-v1'), suiteId, utf8(label), ikm);
const none = new Uint8Array();
function openHPKE(secret, info, aad, ciphertext) {
  const context = join([0], extract(sha256, labelled('psk_id_hash', none), none), extract(sha256, labelled('info_hash', info), none));
  const prk = extract(sha256, labelled('secret', none), secret);
  const out = (label, n) => expand(sha256, prk, join(be(n, 2), labelled(label, context)), n);
  return gcm(out('key', 32), out('base_nonce', 12), aad).decrypt(ciphertext);
}

/** Opens an envelope with the seed of a seal key, for a tag and a context. */
export function openEnvelope(seed, tag, context, raw) {
  const { publicKey, secretKey } = xwing.keygen(seed), id = H(publicKey);
  need(raw.length >= 1170 && equal(raw.slice(0, 2), suites.envelope), 'not an envelope of a known suite', 'invalid');
  need(equal(raw.slice(2, 34), id), 'for another key');
  const info = join(suites.envelope, id, field(utf8(tag)), field(context));
  try {
    return openHPKE(xwing.decapsulate(raw.slice(34, 1154), secretKey), info, none, raw.slice(1154));
  } catch {
    need(false, 'it does not open');
  }
}
