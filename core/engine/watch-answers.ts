/** Milliseconds from one question to the next, and how long an answer may take. */
const pace = { every: 3500, within: 3500 };
/** One missed answer may be this process's own doing: it was busy, or the machine slept. */
const missedMost = 1;

interface Told {
  /** @param since milliseconds of the clock: when the first question was asked that nobody answered. */
  readonly onSilent: (since: number) => void;
  readonly onAnswer: () => void;
}

/**
 * Asks a server again and again whether it is alive, and tells when it falls silent (two questions in a row, within some ten
 * seconds, had no answer) and when it answers again. Returns what ends the asking.
 */
export function watchAnswers(url: string, { onSilent, onAnswer }: Told, { every, within } = pace): () => void {
  const ended = new AbortController();
  let missed = 0;
  let since = 0;
  let timer: NodeJS.Timeout;
  const askLater = (pause: number) => {
    timer = setTimeout(() => void ask(), pause);
    timer.unref();
  };
  const ask = async () => {
    const asked = Date.now();
    const answered = await isAlive(url, AbortSignal.any([ended.signal, AbortSignal.timeout(within)]));
    if (ended.signal.aborted) return;
    if (answered) {
      if (missed > missedMost) onAnswer();
      missed = 0;
    } else {
      missed++;
      if (missed === 1) since = asked;
      if (missed === missedMost + 1) onSilent(since);
    }
    askLater(Math.max(0, every - (Date.now() - asked)));
  };
  askLater(every);
  return () => {
    ended.abort();
    clearTimeout(timer);
  };
}

async function isAlive(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(new URL("/livez", url), { signal, redirect: "error" });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
