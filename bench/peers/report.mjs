// Makes the table of a run: text to standard output and table.txt, Markdown in table.md, everything in results.json.
//
//   node report.mjs RESULTS_FOLDER MAIN ONE_PASS
//
// RESULTS_FOLDER has rounds.ndjson, checks.ndjson and machine.json. MAIN is the contestant that the others are compared
// with (sabun-accepted or sabun-pending); ONE_PASS is "none" when this Sabun cannot read a source in one pass.
import fs from 'node:fs';

const [folder, main, onePass] = process.argv.slice(2);
const lines = (name) => fs.readFileSync(`${folder}/${name}`, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
const rounds = lines('rounds.ndjson');
const checks = lines('checks.ndjson');
const machine = JSON.parse(fs.readFileSync(`${folder}/machine.json`, 'utf8'));

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
const group = (number) => Math.round(number).toString().replace(/\B(?=(\d{3})+$)/g, ',');
const short = (number) => (number < 10 ? number.toFixed(2) : number.toFixed(1));

// The median, the fastest and the slowest of the rounds of one contestant; null when it did not take part.
function figure(line, who) {
  const of = rounds.filter((round) => round.line === line && round.who === who);
  if (of.length === 0) return null;
  const seconds = of.map((round) => round.seconds);
  const processor = of.map((round) => round.user + round.system + (round.server ?? 0));
  return {
    line, who, rounds: of.length, seconds: median(seconds), fastest: Math.min(...seconds), slowest: Math.max(...seconds),
    processor_seconds: median(processor),
    written_bytes: 'written_bytes' in of[0] ? Math.max(...of.map((round) => round.written_bytes)) : undefined,
  };
}

const labels = {
  cat: 'cat FILE > /dev/null',
  'sabun-accepted': 'sabun push (hub has accepted day 0)',
  'sabun-pending': 'sabun push (nothing sent to the hub yet)',
  'sabun-cp932': 'sabun push, the same file in CP932',
  'sabun-one-pass': 'sabun push --one-pass',
  sabun: 'sabun push',
  duckdb: `DuckDB ${machine.duckdb}`,
  coreutils: 'sort | comm | awk',
  postgres: 'PostgreSQL 15',
};
const daily = ['cat', 'sabun-accepted', 'sabun-pending', 'sabun-cp932', 'sabun-one-pass', 'duckdb', 'coreutils', 'postgres']
  .map((who) => figure('daily', who)).filter(Boolean);
const first = ['sabun', 'duckdb', 'postgres'].map((who) => figure('first', who)).filter(Boolean);
const again = ['sabun-accepted', 'sabun-pending'].map((who) => figure('again', who)).filter(Boolean);
const of = (who) => daily.find((one) => one.who === who);

const memory = rounds.filter((round) => round.line === 'memory')
  .map(({ who, command_kb, server_kb }) => ({ what: labels[who], sabun_mib: command_kb / 1024, sabund_mib: server_kb / 1024 }));
const loads = rounds.filter((round) => round.line === 'first' && round.memory).map((round) => round.memory);
memory.push({
  what: 'first load', sabun_mib: Math.max(...loads.map((load) => load.command_kb)) / 1024,
  sabund_mib: Math.max(...loads.map((load) => load.server_kb)) / 1024,
});

const goal = (what, actual, limit, unit) => ({ what, actual, limit, unit, met: actual <= limit });
const mainMemory = memory.find((one) => one.what === labels[main]);
const written = again.find((one) => one.who === main).written_bytes;
const goals = [
  goal("daily run, as a share of DuckDB's time", of(main).seconds / of('duckdb').seconds, 0.2, ''),
  goal('daily run, in times of cat', of(main).seconds / of('cat').seconds, 3.5, ''),
  goal('anonymous memory of sabun and sabund together', (mainMemory.sabun_mib + mainMemory.sabund_mib) * 1.048576, 300, 'MB'),
  goal('written to disk by sabund when nothing changed', written / 1e6, 1, 'MB'),
];

// ---- The tables: title, columns, rows of text. ----

const megabytes = machine.bytes / 1e6;
const row = (one, base) => [
  labels[one.who], short(one.seconds), `${short(one.fastest)}–${short(one.slowest)}`, short(one.processor_seconds),
  one.who === base.who ? '1' : short(one.seconds / base.seconds),
];
const tables = [
  {
    title: `Daily run: what did day 1 add, change and withdraw? Seconds, median of ${machine.rounds} rounds`,
    columns: ['', 'seconds', 'from–to', 'processor s', '× Sabun', '× cat', 'MB/s'],
    rows: daily.map((one) => [...row(one, of(main)), short(one.seconds / of('cat').seconds), group(megabytes / one.seconds)]),
  },
  {
    title: `First load of all ${group(machine.records)} records. Seconds, median of ${first[0].rounds} rounds`,
    columns: ['', 'seconds', 'from–to', 'processor s', '× Sabun', 'records/s'],
    rows: first.map((one) => [...row(one, first[0]), group(machine.records / one.seconds)]),
  },
  {
    title: 'The same file again: nothing has changed',
    columns: ['', 'seconds', 'from–to', 'processor s', 'bytes written by sabund (most)'],
    rows: again.map((one) => [...row(one, again[0]).slice(0, 4), group(one.written_bytes)]),
  },
  {
    title: 'Anonymous memory (RssAnon), peak of samples every 20 ms, MiB',
    columns: ['', 'sabun', 'sabund', 'both'],
    rows: memory.map((one) => [one.what, ...[one.sabun_mib, one.sabund_mib, one.sabun_mib + one.sabund_mib].map((mib) => mib.toFixed(0))]),
  },
  {
    title: 'Goals',
    columns: ['', 'measured', 'at most', ''],
    rows: goals.map((one) => [one.what, `${short(one.actual)} ${one.unit}`.trim(), `${one.limit} ${one.unit}`.trim(), one.met ? 'met' : 'NOT met']),
  },
  {
    title: 'Lists of keys that were found, the same in every round (first 12 digits of SHA-256)',
    columns: ['', 'added', 'changed', 'withdrawn', 'cosmetic'],
    rows: [...new Set(checks.map((check) => check.who))].map((who) => [
      who === 'truth' ? 'the generator says' : labels[who],
      ...['added', 'changed', 'withdrawn', 'cosmetic'].map((kind) => {
        const found = checks.find((check) => check.who === who && check.kind === kind);
        return found.count === 0 ? '–' : `${group(found.count)} ${found.sha256.slice(0, 12)}`;
      }),
    ]),
  },
];
const notes = [
  'Whoever compares bytes (DuckDB, sort, PostgreSQL) reports cosmetic rows as changed; Sabun does not send them.',
  ...(of('sabun-pending') ? ['While nothing is accepted yet, a change is still part of the addition, and Sabun lists it as one.'] : []),
  `CP932 takes ${short(of('sabun-cp932').seconds / of(main).seconds)} times as long as UTF-8.`,
  ...(onePass === 'none' ? ['This Sabun has no --one-pass: not measured.'] : []),
  ...(main === 'sabun-accepted' ? [] : ['Measured before the hub had accepted day 0 only.']),
];
if (machine.records < 1e6) notes.push('The goals are meant for 5,000,000 records; with so few, start-up is most of the time.');
const about = [
  `${machine.date} · Sabun ${machine.commit} · ${machine.processor}, ${machine.cores} cores, ${machine.memory}, ${machine.debian}, ${machine.kernel}`,
  `${group(machine.records)} records, ${group(machine.rows)} rows on day 1, ${group(megabytes)} MB, 22 columns, 0.5 % changed · load at the start ${machine.load}`,
  `sabund ${machine.sabun} · DuckDB ${machine.duckdb} · ${machine.postgres} · ${machine.sort}`,
];

// Kana and the like are not in the tables, so that characters are columns.
function asText({ title, columns, rows }) {
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((cells) => cells[i].length)));
  const show = (cells) => `  ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ').trimEnd()}`;
  return [title, show(columns), ...rows.map(show), ''].join('\n');
}
function asMarkdown({ title, columns, rows }) {
  const show = (cells) => `| ${cells.join(' | ')} |`;
  return [`**${title}**`, '', show(columns), show(columns.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(show), ''].join('\n');
}

const text = [...about, '', ...tables.map(asText), ...notes].join('\n');
fs.writeFileSync(`${folder}/table.txt`, `${text}\n`);
fs.writeFileSync(`${folder}/table.md`, `${[...about.map((line) => `- ${line}`), '', ...tables.map(asMarkdown), ...notes.map((line) => `- ${line}`)].join('\n')}\n`);
fs.writeFileSync(`${folder}/results.json`, `${JSON.stringify({ machine, main, daily, first, again, memory, goals, checks, rounds }, null, 1)}\n`);
console.log(text);
