import { randomBytes } from "node:crypto";
import { existsSync, rmSync, writeFileSync } from "node:fs";

/** Room on the disk that is kept for the last words: how a job ended must be written down also when the disk is full. */
interface Reserve {
  /** Gives the room up. False where that was done already. */
  release(): boolean;
  /** Takes it, or takes it again where there is room. */
  take(): void;
}

/** Bytes: dozens of ends of jobs, each a few pages of SQLite's log. */
const size = 256 * 1024;

export function keepReserve(path: string): Reserve {
  const reserve: Reserve = {
    release() {
      if (!existsSync(path)) return false;
      rmSync(path, { force: true });
      return true;
    },
    take() {
      if (existsSync(path)) return;
      try {
        // What repeats itself, some file systems store in next to no room.
        writeFileSync(path, randomBytes(size), { mode: 0o600 });
      } catch {
        rmSync(path, { force: true }); // No room now; a half of it would be taken for the whole.
      }
    },
  };
  reserve.take();
  return reserve;
}
