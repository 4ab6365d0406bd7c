// verdicts.mjs FOLDER: what becomes of each export file in a folder, a line each. For the
// tests that hold it against the Go code.
import { readdirSync, readFileSync } from 'node:fs';
import { verifyExport, Told } from './export.mjs';

const line = (what, counts, lies) => `${what}: ${counts.records} records, ${counts.receipts} receipts, ${lies} lies`;

function verdict(raw) {
  try {
    return line('good', verifyExport(raw), 0);
  } catch (e) {
    return e instanceof Told ? line('told', e.counts, e.lies.length) : `bad\t${e.message.replaceAll('\n', ' ')}`;
  }
}

const folder = process.argv[2];
for (const name of readdirSync(folder)) console.log(`${name}\t${verdict(readFileSync(`${folder}/${name}`))}`);
