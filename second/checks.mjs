// What the checks of vectors share.
import { readFileSync } from 'node:fs';
import { deepStrictEqual } from 'node:assert';
import { hex, Refused } from './bytes.mjs';

export const tally = { held: 0, failed: 0 };
export const vectors = (name) => readFileSync(new URL('../testdata/vectors/' + name, import.meta.url), 'utf8');

/** One check: f throws when it does not hold. */
export function check(what, f) {
  try {
    f();
    tally.held++;
  } catch (e) {
    tally.failed++;
    console.error(`FAILED ${what}: ${process.env.TRACE ? e.stack : e.message}`);
  }
}

/** One check whose answer the vector says: f is refused exactly where ok is false. */
export const answers = (what, ok, f) =>
  check(what, () => {
    try {
      f();
    } catch (e) {
      if (!(e instanceof Refused) || ok) throw e;
      return;
    }
    if (!ok) throw new Error('taken, and should be refused');
  });

const plain = (v) =>
  v instanceof Uint8Array ? hex(v) : Array.isArray(v) ? v.map(plain) : typeof v === 'bigint' ? Number(v) : v;
export const same = (got, want) => deepStrictEqual(plain(got), plain(want));

/** Runs the checks of some vector files and says how many hold. */
export function section(name, f) {
  const before = tally.held;
  check(name, () => f(vectors(name)));
  console.log(`${name.padEnd(18)}${String(tally.held - before - 1).padStart(5)} hold`);
}
