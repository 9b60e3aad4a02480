import { LRUCache } from "lru-cache";

export const windowMs = 60_000;
const remembered = 100_000;

export interface Taken {
  /** 0 … wanted. */
  readonly given: number;
  /** What is left after that. */
  readonly free: number;
  /** Until the window ends; where nothing was given, until one more may be taken. */
  readonly milliseconds: number;
}

interface Counts {
  window: number;
  current: number;
  previous: number;
}

/**
 * A window that slides by two counters: what was taken in this minute, and the share of what was taken in the one before
 * that the last sixty seconds still reach into.
 */
export function createLocalWindows(
  limit: number,
  // Of the clock at the start, and steady from there: one that is set back would leave a full window full.
  now: () => number = () => performance.timeOrigin + performance.now(),
): { take(who: string, wanted: number, back: number): Taken } {
  const windows = new LRUCache<string, Counts>({ max: remembered });
  return {
    take(who, wanted, back) {
      const at = now();
      const window = Math.floor(at / windowMs);
      const into = at % windowMs;
      let counts = windows.get(who);
      if (counts === undefined) {
        counts = { window, current: 0, previous: 0 };
        windows.set(who, counts);
      }
      // A clock that was set back counts on in the window it was in.
      if (counts.window < window) {
        counts.previous = counts.window === window - 1 ? counts.current : 0;
        counts.current = 0;
        counts.window = window;
      }
      counts.current = Math.max(0, counts.current - back);
      const free = Math.max(0, Math.floor(limit - counts.current - (counts.previous * (windowMs - into)) / windowMs));
      const given = Math.min(wanted, free);
      counts.current += given;
      return {
        given,
        free: free - given,
        milliseconds: given > 0 ? windowMs - into : waitFor(limit, counts, into),
      };
    },
  };
}

function waitFor(limit: number, { current, previous }: Counts, into: number): number {
  if (current <= limit - 1 && previous > 0)
    return Math.max(1, Math.ceil(windowMs * (1 - (limit - 1 - current) / previous)) - into);
  return windowMs - into + (current <= limit - 1 ? 0 : Math.ceil(windowMs * (1 - (limit - 1) / current)));
}

/**
 * The same in Redis, by Redis' clock. KEYS[1]: the counters. ARGV: milliseconds of the window, limit, wanted, given back.
 * Answers as `Taken`.
 */
export const takeScript = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local length, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
local wanted, back = tonumber(ARGV[3]), tonumber(ARGV[4])
local window, into = math.floor(now / length), now % length
local counts = redis.call('HMGET', KEYS[1], 'window', 'current', 'previous')
local standing = tonumber(counts[1] or window)
local current, previous = tonumber(counts[2] or 0), tonumber(counts[3] or 0)
if standing < window then
  if standing == window - 1 then previous = current else previous = 0 end
  current = 0
else
  window = standing
end
current = math.max(0, current - back)
local free = math.max(0, math.floor(limit - current - previous * (length - into) / length))
local given = math.min(wanted, free)
current = current + given
redis.call('HSET', KEYS[1], 'window', window, 'current', current, 'previous', previous)
redis.call('PEXPIRE', KEYS[1], 2 * length)
local wait = length - into
if given == 0 then
  if current <= limit - 1 and previous > 0 then
    wait = math.max(1, math.ceil(length * (1 - (limit - 1 - current) / previous)) - into)
  elseif current > limit - 1 then
    wait = wait + math.ceil(length * (1 - (limit - 1) / current))
  end
end
return {given, free - given, wait}`;
