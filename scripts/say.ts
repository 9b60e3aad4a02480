/** One line for the person at the terminal, apart from a command's own output. */
export function say(message: string): void {
  process.stderr.write(`reelbench: ${message}\n`);
}
