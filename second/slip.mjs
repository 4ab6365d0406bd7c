// What the code of a slip gives: docs/protocol/ledger.md, section 8.6.
import { ed25519 } from '@noble/curves/ed25519.js';
import { derive, subjectFrom, utf8 } from './bytes.mjs';
import { encode } from './proto.mjs';
import { wire } from './wire.mjs';

/** The key, the key document and the subject of a code of 17 bytes. */
export function slip(code) {
  const key = ed25519.getPublicKey(derive(code, utf8('stele.v1.slip.signing')));
  const document = encode(wire.KeyDocument, { devices: [{ signing: { suite: 1, key } }], salt: derive(code, utf8('stele.v1.slip.salt')) });
  return { key, document, subject: subjectFrom(document) };
}
