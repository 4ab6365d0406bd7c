// export.ndjson (version 1), export-2.ndjson, export-3.ndjson
import { check, answers, same, section } from './checks.mjs';
import { utf8, unhex, H, hex } from './bytes.mjs';
import { decode, encode } from './proto.mjs';
import { wire } from './wire.mjs';
import { unbase64 } from './light.mjs';
import { verifyExport, Told } from './export.mjs';

const finished = (lines) => {
  const body = lines.map((l) => l + '\n').join('');
  return utf8(body + JSON.stringify({ kind: 'end', sha256: hex(H(utf8(body))) }) + '\n');
};
const swapped = (lines, i, j) => lines.map((l, k) => (k === i ? lines[j] : k === j ? lines[i] : l));

for (const [file, counts] of [['export.ndjson', [1, 5, 1, 0, 2, 0, 4, 2, 1, 0]], ['export-2.ndjson', [1, 6, 1, 1, 2, 0, 4, 2, 1, 0]], ['export-3.ndjson', [1, 6, 1, 1, 2, 0, 4, 2, 1, 0]]]) section(file, (text) => {
  const raw = utf8(text), fingerprint = unhex(JSON.parse(text.split('\n')[0]).fingerprint);
  check('the file', () => same(Object.values(verifyExport(raw, fingerprint)), counts));
  answers('a file of today may not be of old', file === 'export-3.ndjson', () => verifyExport(raw, fingerprint, 0n));
  answers('another network expected', false, () => verifyExport(raw, new Uint8Array(32)));
  // Every line has bits changed, and the last digest repaired where it can be: the
  // checks behind it must find the change, too.
  for (let at = 0; at < raw.length; at += 97) answers(`bit ${at * 8 + (at % 8)} changed`, false, () => {
    const changed = raw.slice();
    changed[at] ^= 1 << at % 8;
    verifyExport(changed);
  });
  const lines = text.split('\n').slice(0, -2);
  // A file may hold less than there is (a wallet notes what is missing), but not a log
  // with a gap, nor anything that hangs on a line that is gone.
  lines.slice(1).forEach((line, i) => answers(`line ${i + 2} left out`, /^{"kind":"(grant|submission|record|detail|receipt)"/.test(line), () =>
    verifyExport(finished(lines.filter((l) => l !== line)))));
  const event = lines.findLastIndex((l) => l.startsWith('{"kind":"event"'));
  answers('two events changed places', false, () => verifyExport(finished(swapped(lines, event, event - 1))));
  check('a lie of a trustee spoils nothing', () => {
    const line = lines.find((l) => l.startsWith('{"kind":"detail"')), d = decode(wire.Detail, unbase64(JSON.parse(line).detail));
    const lie = encode(wire.Detail, { ...d, request: new Uint8Array(16), released: 1, receipt: null });
    try {
      verifyExport(finished(lines.map((l) => (l === line ? JSON.stringify({ kind: 'detail', detail: btoa(String.fromCharCode(...lie)) }) : l))));
    } catch (e) {
      if (!(e instanceof Told)) throw e;
      same([...e.lies.map((l) => l.member), ...Object.values(e.counts)], [d.member, ...counts.with(7, counts[7] - 1)]);
      return;
    }
    throw new Error('taken, and should be told');
  });
  answers('a resource altered', false, () => verifyExport(finished(lines.map((l) => l.replace('Observation\\"', 'observation\\"')))));
});
