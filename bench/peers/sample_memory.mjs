// Runs a command and samples the anonymous memory (RssAnon) of it and of a server, every 20 ms.
//
//   node sample_memory.mjs SERVER_PID COMMAND...
//
// Prints {"command_kb":…,"server_kb":…,"samples":…} (peaks) to standard error after whatever the command says there, and
// ends with the command's exit status.
import fs from 'node:fs';
import { spawn } from 'node:child_process';

const [server, program, ...args] = process.argv.slice(2);

function anonymousKb(pid) {
  try {
    return Number(/^RssAnon:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // It has ended.
  }
}

const peaks = { command_kb: 0, server_kb: 0, samples: 0 };
const command = spawn(program, args, { stdio: 'inherit' });
const sample = () => {
  peaks.command_kb = Math.max(peaks.command_kb, anonymousKb(command.pid));
  peaks.server_kb = Math.max(peaks.server_kb, anonymousKb(server));
  peaks.samples += 1;
};
const timer = setInterval(sample, 20);
sample();
const end = (status) => {
  clearInterval(timer);
  console.error(JSON.stringify(peaks));
  process.exit(status);
};
command.on('error', () => end(127));
command.on('exit', (code, signal) => end(signal ? 128 : code));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => command.kill(signal));
