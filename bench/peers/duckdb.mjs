// DuckDB as a peer: the first load, and the difference of a day against the stored keys and hashes.
//
//   node duckdb.mjs version
//   node duckdb.mjs load DB CSV            makes DB anew: all columns, and the hash
//   node duckdb.mjs compare DB CSV LISTS   writes kind,key lines to LISTS, and leaves DB as it was
//
// PEERS_NPM is the folder that has node_modules, PEERS_THREADS and PEERS_MEMORY_MB the limits. Prints one JSON object;
// its seconds begin before the database is opened and end with the commit: the start of Node.js is not held against it.
import fs from 'node:fs';
import { createRequire } from 'node:module';

const { DuckDBInstance } = createRequire(`${process.env.PEERS_NPM}/package.json`)('@duckdb/node-api');
const [command, database, csv, lists] = process.argv.slice(2);

// Threads of this machine; rows need no order; all types are known, so nothing is guessed from a sample.
const settings = {
  threads: process.env.PEERS_THREADS ?? '2',
  memory_limit: `${process.env.PEERS_MEMORY_MB ?? 8192}MB`,
  preserve_insertion_order: 'false',
};

function columnsOf(path) {
  const file = fs.openSync(path);
  const head = Buffer.alloc(65536);
  const length = fs.readSync(file, head);
  fs.closeSync(file);
  return head.toString('latin1', 0, length).split('\n')[0].trim().split(',');
}

const quoted = (name) => `"${name}"`;
const columns = csv ? columnsOf(csv) : [];
const reader = `read_csv('${csv}', header = true, delim = ',', quote = '"', escape = '"', auto_detect = false,
  columns = {${columns.map((name) => `'${name}': 'VARCHAR'`).join(', ')}})`;
const [typeId, historyKey] = columns.map(quoted);
const hash = `hash(${columns.map(quoted).join(', ')})`;

// One table is enough: stored by columns, it is read for keys and hashes alone when they are all that is asked for.
const others = columns.slice(2).map(quoted).join(', ');
const load = [
  `CREATE TABLE stored AS SELECT ${typeId} AS type_id, ${historyKey} AS history_key, ${others}, ${hash} AS row_hash FROM ${reader}`,
];

const compare = [
  `CREATE TABLE result AS
   SELECT CASE WHEN stored.row_hash IS NULL THEN 'added' WHEN today.row_hash IS NULL THEN 'withdrawn' ELSE 'changed' END AS kind,
     coalesce(today.type_id, stored.type_id) AS type_id, coalesce(today.history_key, stored.history_key) AS history_key
   FROM (SELECT ${typeId} AS type_id, ${historyKey} AS history_key, ${hash} AS row_hash FROM ${reader}) AS today
   FULL JOIN stored ON today.type_id = stored.type_id AND today.history_key = stored.history_key
   WHERE today.row_hash IS DISTINCT FROM stored.row_hash`,
  `SELECT kind, count(*) FROM result GROUP BY kind`,
];

async function timed(statements) {
  const began = process.hrtime.bigint();
  const cpu = process.cpuUsage();
  const instance = await DuckDBInstance.create(database, settings);
  const connection = await instance.connect();
  await connection.run('BEGIN');
  for (const statement of statements) await connection.runAndReadAll(statement);
  await connection.run('COMMIT');
  const used = process.cpuUsage(cpu);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  console.log(JSON.stringify({ seconds, user: used.user / 1e6, system: used.system / 1e6 }));
  return { instance, connection };
}

if (command === 'version') {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  console.log((await connection.runAndReadAll('SELECT version()')).getRows()[0][0]);
} else if (command === 'load') {
  for (const path of [database, `${database}.wal`]) fs.rmSync(path, { force: true });
  const { instance, connection } = await timed(load);
  await connection.run('CHECKPOINT');
  connection.closeSync();
  instance.closeSync();
} else if (command === 'compare') {
  const { instance, connection } = await timed(compare);
  const rows = (await connection.runAndReadAll('SELECT kind, type_id, history_key FROM result')).getRows();
  fs.writeFileSync(lists, rows.map((row) => `${row.join(',')}\n`).join(''));
  await connection.run('DROP TABLE result');
  await connection.run('CHECKPOINT');
  connection.closeSync();
  instance.closeSync();
} else {
  console.error('duckdb.mjs: version, load or compare');
  process.exit(2);
}
