import { notifications } from "@mantine/notifications";
import { useEffect, useRef, useState } from "react";
import type { Job } from "../../../../core/contract/entities.ts";
import { isUnfinished } from "../../transport/hooks.ts";

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
  return `${words[job.state]}: ${job.title}`;
}

function show(job: Job): void {
  const bad = job.state === "failed" || job.state === "interrupted";
  notifications.show({
    title: endText(job),
    message: bad && job.error !== null ? `${job.error.message} ${job.error.remedy}` : "",
    color: bad ? "red" : job.state === "succeeded" ? "green" : "gray",
    withBorder: true,
    // The live region above says it; the toast is for the eyes.
    role: "presentation",
    closeButtonProps: { "aria-label": "Dismiss" },
    ...(bad ? { autoClose: 12_000 } : { autoClose: 3000 }),
  });
}
