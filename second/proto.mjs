// Messages: docs/protocol/wire.md, section 2. Schemas are read from .proto text, so that
// what wire/*.proto say is what this program knows.
import { need, join, utf8, equal } from './bytes.mjs';

const numbers = { bool: 0, int32: 0, int64: 0, uint32: 0, uint64: 0, sfixed64: 1 };
const wireTypes = { ...numbers, string: 2, bytes: 2 };

/** Reads the messages of a .proto file: name → fields by number. */
export function schema(text) {
  const messages = {}, enums = new Set();
  const words = text.replace(/\/\/[^\n]*/g, '').match(/[\w.]+|"[^"]*"|[{}=;[\]]/g);
  for (let i = 0; i < words.length; i++) {
    if (words[i] === 'enum') enums.add(words[i + 1]);
    if (words[i] !== 'message') continue;
    const fields = (messages[words[i + 1]] = new Map());
    let oneof = '';
    for (i += 3; words[i] !== '}' || oneof; i++) {
      if (words[i] === '}') { oneof = ''; continue; }
      if (words[i] === 'oneof') { oneof = words[i + 1]; i += 2; continue; }
      const repeated = words[i] === 'repeated';
      if (repeated) i++;
      const [type, name, , number] = words.slice(i, i + 4);
      i += 4;
      const always = words[i] === '['; // [always]: written even if empty
      if (always) i += 3;
      fields.set(Number(number), { number: Number(number), type, name, repeated, oneof, always });
    }
  }
  for (const fields of Object.values(messages)) for (const f of fields.values()) {
    f.message = messages[f.type];
    if (enums.has(f.type)) f.type = 'int32';
  }
  return messages;
}

function varint(b, at) {
  let value = 0n;
  for (let i = 0; i < 10; i++) {
    need(at + i < b.length, 'cut short', 'invalid');
    value |= BigInt(b[at + i] & 127) << BigInt(7 * i);
    if (b[at + i] < 128) {
      need(value < 1n << 64n, 'a number is too large', 'invalid');
      return [value, at + i + 1];
    }
  }
  need(false, 'a number is too long', 'invalid');
}

/** Where a field's value of a wire type ends. */
function skip(b, at, type, field) {
  if (type === 0) return varint(b, at)[1];
  if (type === 3) { // a group: fields up to its end
    for (let tag; ; at = skip(b, at, Number(tag & 7n), tag >> 3n)) {
      [tag, at] = varint(b, at);
      if ((tag & 7n) !== 4n) continue;
      need(tag >> 3n === field, 'a group ends that has not begun', 'invalid');
      return at;
    }
  }
  let end = at + (type === 1 ? 8 : 4);
  if (type === 2) {
    const [n, begin] = varint(b, at);
    need(n <= BigInt(b.length), 'cut short', 'invalid');
    end = begin + Number(n);
  }
  need(type === 1 || type === 2 || type === 5, 'an unknown wire type', 'invalid');
  need(end <= b.length, 'cut short', 'invalid');
  return end;
}

function number(type, b, at) {
  if (type === 'sfixed64') return new DataView(b.buffer, b.byteOffset + at, 8).getBigInt64(0, true);
  const [value] = varint(b, at);
  if (type === 'uint64') return value;
  if (type === 'int64') return BigInt.asIntN(64, value);
  if (type === 'bool') return Number(value !== 0n);
  return Number(type === 'uint32' ? BigInt.asUintN(32, value) : BigInt.asIntN(32, value));
}

function empty(fields) {
  const m = { $fields: fields, $unknown: false };
  for (const f of fields.values()) m[f.name] = f.repeated ? [] : f.message ? null : zero(f.type);
  return m;
}
const zero = (type) => (type === 'string' ? '' : type === 'bytes' ? new Uint8Array() : /64/.test(type) ? 0n : 0);

/** Decodes a message, into m where one is given: a sub-message given twice is merged. */
export function decode(fields, b, m = empty(fields)) {
  for (let at = 0; at < b.length; ) {
    const [tag, begin] = varint(b, at);
    const f = fields.get(Number(tag >> 3n)), type = Number(tag & 7n);
    need(tag >> 3n > 0n && tag >> 3n < 1n << 29n, 'a field number out of range', 'invalid');
    at = skip(b, begin, type, tag >> 3n);
    if (f?.repeated && f.type in numbers && type === 2) { // packed
      for (let [, next] = varint(b, begin); next < at; next = skip(b, next, numbers[f.type])) m[f.name].push(number(f.type, b, next));
      continue;
    }
    if (!f || type !== (wireTypes[f.type] ?? 2)) {
      m.$unknown = true;
      continue;
    }
    let value;
    if (f.type in numbers) value = number(f.type, b, begin);
    else {
      const raw = b.slice(varint(b, begin)[1], at);
      if (f.message) {
        const before = f.repeated || (f.oneof && m.$oneof?.[f.oneof] !== f.name) ? null : m[f.name];
        value = decode(f.message, raw, before ?? undefined);
      } else if (f.type === 'string') {
        try { value = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw); } catch { need(false, 'not UTF-8', 'invalid'); }
      } else value = raw;
    }
    if (f.oneof) {
      m.$oneof ??= {};
      const other = m.$oneof[f.oneof];
      if (other && other !== f.name) m[other] = null;
      m.$oneof[f.oneof] = f.name;
    }
    if (f.repeated) m[f.name].push(value);
    else m[f.name] = value;
  }
  return m;
}

/** Whether a message, at any depth, holds something that this program does not know. */
export function hasUnknown(m) {
  if (m.$unknown) return true;
  return [...m.$fields.values()].some((f) => f.message && [m[f.name]].flat().some((x) => x && hasUnknown(x)));
}
export function decodeKnown(fields, b) {
  const m = decode(fields, b);
  need(!hasUnknown(m), 'holds unknown fields', 'invalid');
  return m;
}

export function uvarint(value) {
  const out = [];
  let v = BigInt.asUintN(64, BigInt(value));
  for (; v > 127n; v >>= 7n) out.push(Number(v & 127n) | 128);
  return Uint8Array.from([...out, Number(v)]);
}

/** Writes a message in the one form. Fields that m lacks are empty. */
export function encode(fields, m) {
  const parts = [];
  for (const f of [...fields.values()].sort((a, b) => a.number - b.number)) {
    const type = wireTypes[f.type] ?? 2, tag = uvarint((f.number << 3) | type);
    if (f.repeated && f.type in numbers) {
      const raw = join(...(m[f.name] ?? []).map(uvarint));
      if (raw.length) parts.push(uvarint((f.number << 3) | 2), uvarint(raw.length), raw);
      continue;
    }
    for (const v of f.repeated ? m[f.name] ?? [] : [m[f.name]]) {
      if (f.message) {
        if (!v && !f.always) continue;
        const raw = encode(f.message, v ?? {});
        parts.push(tag, uvarint(raw.length), raw);
      } else if (f.type === 'string' || f.type === 'bytes') {
        const raw = typeof v === 'string' ? utf8(v) : v ?? new Uint8Array();
        if (raw.length || f.repeated) parts.push(tag, uvarint(raw.length), raw);
      } else if (v && BigInt(v) !== 0n) {
        if (type === 0) parts.push(tag, uvarint(v));
        else {
          const raw = new Uint8Array(8);
          new DataView(raw.buffer).setBigInt64(0, BigInt(v), true);
          parts.push(tag, raw);
        }
      }
    }
  }
  return join(...parts);
}

/** Decodes a message and refuses bytes that are not in the one form. */
export function decodeExactly(fields, b) {
  const m = decodeKnown(fields, b);
  need(equal(encode(fields, m), b), 'not in its one form');
  return m;
}
