// Moments at which tests let the process die. Nothing of it is ever reached unless the environment
// variable MULTI_AGENT_CODER_FAULT is set, which is for the project's own tests only:
//
//   before:git.collect:1     before the first `collect` of git is performed
//   after:session.create:2   after the second session was made, before anybody is told
//   before:journal:7         before the seventh write of the journal by this process
//   after:journal:7          after it, before anything follows from it

const MOMENT = /^((?:before|after):[a-z_.]+):(\d+)$/;

const wanted = MOMENT.exec(process.env["MULTI_AGENT_CODER_FAULT"] ?? "");
let left = Number(wanted?.[2] ?? 0);

/** Ends the process as `kill -9` does, when this is the moment that a test wants. */
export function reach(moment: string): void {
  if (wanted === null || wanted[1] !== moment) return;
  left -= 1;
  if (left === 0) process.kill(process.pid, "SIGKILL");
}
