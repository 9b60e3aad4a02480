import type { JobQueue } from "../jobs/queue.ts";
import type { DirectHandlers } from "./handlers.ts";

export function jobHandlers(queue: JobQueue): DirectHandlers<"jobs.list" | "jobs.get" | "jobs.cancel" | "jobs.resume"> {
  return {
    "jobs.list": (query) => queue.list(query),
    "jobs.get": ({ jobId }) => queue.get(jobId),
    "jobs.cancel": ({ jobId }) => queue.cancel(jobId),
    "jobs.resume": ({ jobId }) => queue.resume(jobId),
  };
}
