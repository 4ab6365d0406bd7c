// Checks this implementation against testdata/vectors. Exits with 1 when one fails.
import { tally } from './checks.mjs';

await import('./check_bytes.mjs');
for (const room of ['ledger', 'proof', 'seal', 'consent', 'slot', 'slip', 'messages', 'export']) await import(`./check_${room}.mjs`);
console.log(tally.failed ? `${tally.failed} FAILED` : 'all hold');
process.exitCode = tally.failed ? 1 : 0;
