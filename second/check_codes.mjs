// codes.json: the check is @scure/base's Bech32m, in another alphabet
import { bech32m } from '@scure/base';
import { check, answers, same, section } from './checks.mjs';
import { unhex, need } from './bytes.mjs';

const ours = '0123456789ABCDEFGHJKMNPQRSTVWXYZ', theirs = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const kinds = { subject: { name: 'stele', scheme: 'STELE:', mark: 'ST', data: 34 }, slip: { name: 'steleslip', scheme: 'STELESLIP:', mark: '', data: 26 } };

/** The symbols of bytes, the highest bit first; what is left over is filled with zeros. */
function symbols(bytes) {
  const bits = [...bytes].map((b) => b.toString(2).padStart(8, '0')).join('');
  return bits.match(/.{1,5}/g).map((s) => parseInt(s.padEnd(5, '0'), 2));
}

function write({ name, mark, data }, bytes) {
  const words = [...[...mark].map((c) => ours.indexOf(c)), ...symbols(bytes)].slice(0, data);
  const code = [...bech32m.encode(name, words, false).slice(name.length + 1)].map((c) => ours[theirs.indexOf(c)]).join('');
  return code.match(/.{4}/g).join(' ');
}

function read({ name, scheme, mark, data }, text) {
  let code = text.toUpperCase();
  if (code.startsWith(scheme)) code = code.slice(scheme.length);
  code = code.replace(/[ \t\r\n\u00a0\u202f\-‐‑–—_.]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
  need([...code].every((c) => ours.includes(c)) && code.length === data + 6, 'no code');
  const { words } = bech32m.decodeUnsafe(name + '1' + [...code].map((c) => theirs[ours.indexOf(c)]).join('')) ?? {};
  need(words && [...mark].every((c, i) => words[i] === ours.indexOf(c)), 'a wrong check');
  return code.match(/.{4}/g).join(' ');
}

section('codes.json', (text) => {
  const { written, typed } = JSON.parse(text);
  for (const { kind, bytes, code, scan } of written) check(`${kind} ${bytes}`, () => {
    same(write(kinds[kind], unhex(bytes)), code);
    same(kinds[kind].scheme + code.replaceAll(' ', ''), scan);
  });
  for (const { kind, text, code } of typed) answers(`${kind} typed as ${text}`, code !== '', () => same(read(kinds[kind], text), code));
});
