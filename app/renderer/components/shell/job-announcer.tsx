import { notifications } from "@mantine/notifications";
import { useEffect, useRef, useState } from "react";
import type { Job } from "../../../../core/contract/entities.ts";
import { desktopBridge } from "../../transport/electron.ts";
import { isUnfinished } from "../../transport/hooks.ts";
import { nextNotice } from "../feedback/tell.ts";
import { formatSeconds } from "../format/times.ts";
import { isPaused } from "./job-row.tsx";

/** Tells, once and out loud, when a job ends. Progress is never announced. */
export function JobAnnouncer({ jobs }: { readonly jobs: readonly Job[] }) {
  const [message, setMessage] = useState("");
  const underWay = useRef(new Set<string>());
  useEffect(() => {
    const ended = jobs.filter((job) => underWay.current.has(job.id) && !isUnfinished(job));
    underWay.current = new Set(jobs.filter(isUnfinished).map(({ id }) => id));
    if (ended.length === 0) return;
    setMessage(ended.map(endText).join(". "));
    for (const job of ended) show(job);
    notifyUnfocused(ended);
  }, [jobs]);
  return (
    <div className="rb-visually-hidden" role="status" aria-live="polite">
      {message}
    </div>
  );
}

const words: Readonly<Record<Job["state"], string>> = {
  queued: "Queued",
  running: "Running",
  succeeded: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
  interrupted: "Interrupted",
};

function endText(job: Job): string {
  return `${isPaused(job) ? "Paused" : words[job.state]}: ${job.title}`;
}

/** Shorter ones end while the person has hardly looked away. */
const longSeconds = 10;

/** A notice of the system where a long job ends while nobody looks at the window. In a browser: only where it was allowed. */
function notifyUnfocused(ended: readonly Job[]): void {
  if (document.hasFocus()) return;
  for (const job of ended) {
    if (job.state === "cancelled" || isPaused(job) || tookSeconds(job) < longSeconds) continue;
    const body = job.error?.message.slice(0, 500) ?? `Took ${formatSeconds(tookSeconds(job))}.`;
    const bridge = desktopBridge();
    const title = endText(job).slice(0, 200);
    if (bridge !== null) bridge.notify({ title, body });
    else if ("Notification" in window && Notification.permission === "granted") {
      const notice = new Notification(title, { body, tag: job.id });
      notice.addEventListener("click", () => window.focus());
    }
  }
}

function tookSeconds({ startedAt, finishedAt }: Job): number {
  if (startedAt === null || finishedAt === null) return 0;
  return (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
}

function show(job: Job): void {
  const bad = job.state === "failed" || (job.state === "interrupted" && !isPaused(job));
  notifications.show({
    title: endText(job),
    message: bad && job.error !== null ? `${job.error.message} ${job.error.remedy}` : "",
    color: bad ? "red" : job.state === "succeeded" ? "green" : "gray",
    withBorder: true,
    priority: nextNotice(),
    // The live region above says it; the toast is for the eyes.
    role: "presentation",
    closeButtonProps: { "aria-label": "Dismiss" },
    ...(bad ? { autoClose: 12_000 } : { autoClose: 3000 }),
  });
}
