const dateTime = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const date = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });
const utcDate = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" });
const utcDateTime = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });

/** Something that happened here: local time. */
export function formatDateTime(iso: string): string {
  return dateTime.format(new Date(iso));
}

/** To the second, where things follow one another fast: a log. */
export function formatMoment(iso: string): string {
  return moment.format(new Date(iso));
}

/** Within minutes from now: "18:07:32". */
export function formatClock(iso: string): string {
  return clock.format(new Date(iso));
}

/** A date of the data, in UTC as it is stored. */
export function formatDataDate(iso: string): string {
  return utcDate.format(new Date(iso));
}

export function formatDataTime(iso: string): string {
  return utcDateTime.format(new Date(iso));
}

/** "just now", "4 min ago", "3 h ago", then the date. */
export function formatAgo(iso: string, now: number): string {
  const seconds = (now - new Date(iso).getTime()) / 1000;
  if (seconds < 45) return "just now";
  if (seconds < 3600) return `${String(Math.max(1, Math.round(seconds / 60)))} min ago`;
  if (seconds < 20 * 3600) return `${String(Math.round(seconds / 3600))} h ago`;
  return date.format(new Date(iso));
}

/** Elapsed or remaining time: "0.42 s", "12 s", "3 min 05 s", "2 h 10 min". */
export function formatSeconds(seconds: number): string {
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${String(whole)} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${String(minutes)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${String(Math.floor(minutes / 60))} h ${String(minutes % 60).padStart(2, "0")} min`;
}
