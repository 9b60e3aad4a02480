import cliProgress from "cli-progress";
import type { Progress } from "../core/contract/entities.ts";
import type { Terminal } from "./terminal.ts";

export interface ProgressLine {
  show(progress: Progress): void;
  /** Clears the line, so that what follows starts clean. */
  end(): void;
}

const plainIntervalMs = 2000;
/** The unit of work whose parts have different ones: its total is 100 and says nothing. */
const percent = "percent";

/** A bar where a line can be redrawn; elsewhere (a log file, a pipe) a line every two seconds or when the work changes. */
export function createProgressLine(terminal: Terminal): ProgressLine {
  return terminal.interactive ? barLine() : plainLine(terminal);
}

function barLine(): ProgressLine {
  let bar: cliProgress.SingleBar | undefined;
  const format = ({ done, total, unit, message }: Progress) =>
    total === null
      ? `${message} ${done === 0 ? "" : `${done.toLocaleString("en-US")} ${unit}`}`
      : unit === percent
        ? message
        : `${message} · ${unit}`;
  return {
    show(progress) {
      const total = progress.total ?? 0;
      if (bar === undefined) {
        bar = new cliProgress.SingleBar(
          {
            format: " {bar} {percentage}% {text}",
            clearOnComplete: true,
            hideCursor: true,
            stream: process.stderr,
            fps: 10,
            gracefulExit: false,
          },
          cliProgress.Presets.shades_classic,
        );
        bar.start(Math.max(1, total), 0, { text: "" });
      }
      bar.setTotal(Math.max(1, total));
      bar.update(Math.min(progress.done, Math.max(1, total)), { text: format(progress) });
    },
    end() {
      bar?.stop();
      bar = undefined;
    },
  };
}

function plainLine(terminal: Terminal): ProgressLine {
  let last = 0;
  let lastWork = "";
  return {
    show({ done, total, unit, message }) {
      const now = performance.now();
      // A message may count, too; a log wants no line for every epoch.
      const work = message.replaceAll(/[\d.,]+/g, "");
      if (work === lastWork && now - last < plainIntervalMs) return;
      [last, lastWork] = [now, work];
      const amount =
        total === null || total === 0
          ? ""
          : ` ${Math.floor((100 * done) / total)}%${unit === percent ? "" : ` of ${total.toLocaleString("en-US")} ${unit}`}`;
      terminal.err(`… ${message}${amount}\n`);
    },
    end: () => undefined,
  };
}
